//! The engine as JavaScript sees it. Conversions only: no formula lives here.

mod bindings;
mod call_options;
mod js_bytes;
mod js_error;
mod js_progress;
mod js_values;
mod kept_array;
mod open_picture;
mod options;
mod own_files;
mod png_blob;
mod probe_adapter;
mod timer;
mod watched_memory;
