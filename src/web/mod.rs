//! The engine as JavaScript sees it. This module converts values and adapts the browser's
//! interfaces; it contains no algorithm.
//!
//! | | modules |
//! |---|---|
//! | exported classes | `engine*`, `open_network`, `saliency_map`, `sanity_check`, `object_cut`, `segmentation`, `class_model_run` |
//! | arguments | `arguments`, `target`, `cut_options`, `js_bytes`, `js_progress` |
//! | results | `opened_network`, `js_values`, `js_error`, `kept_array`, `png_blob` |
//! | the browser | `open_picture`, `read_pixels`, `probe_adapter`, `own_files`, `timer`, `watched_memory` |

mod arguments;
mod class_model_run;
mod cut_options;
mod engine;
mod engine_evaluation;
mod engine_lists;
mod engine_overlay;
mod engine_picture;
mod js_bytes;
mod js_error;
mod js_progress;
mod js_values;
mod kept_array;
mod object_cut;
mod open_network;
mod open_picture;
mod opened_network;
mod own_files;
mod png_blob;
mod probe_adapter;
mod read_pixels;
mod saliency_map;
mod sanity_check;
mod segmentation;
mod target;
mod timer;
mod watched_memory;

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
    #[cfg(feature = "relaxed-simd")]
    crate::kernels::enable_relaxed_simd();
}
