//! The engine as JavaScript sees it. Conversions only: no formula lives here.

mod bindings;
mod js_error;
mod js_progress;
mod js_values;
mod open_picture;
mod probe_adapter;
mod watched_memory;
