//! The browser's WebGPU adapter, requested once.
//!
//! Three parts of a page need it in turn: the CPU program, to decide whether to fetch the program
//! with the WebGPU backend; that program, to name the adapter; and Burn, which requests its adapter
//! itself. A slow adapter would delay each of them, and one that never answers would block them. So
//! the browser's promise is kept in the global object, which both programs see, until the device is
//! open, and answers all three.

use std::future::Future;

use js_sys::{Array, Function, Object, Promise, Reflect, Symbol};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::timer::after;
use crate::device::{Adapter, Offer, PATIENCE};

const REQUEST: &str = "requestAdapter";

// `web_sys` marks all of its WebGPU types as unstable.
#[wasm_bindgen]
extern "C" {
    type Navigator;
    #[wasm_bindgen(thread_local_v2, js_name = navigator)]
    static NAVIGATOR: Option<Navigator>;
    #[wasm_bindgen(method, getter)]
    fn gpu(this: &Navigator) -> Option<Gpu>;

    #[wasm_bindgen(extends = Object)]
    type Gpu;
    #[wasm_bindgen(method, catch, js_name = requestAdapter)]
    fn request_adapter(this: &Gpu, options: &RequestOptions) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = Object)]
    type RequestOptions;
    #[wasm_bindgen(method, setter, js_name = powerPreference)]
    fn set_power_preference(this: &RequestOptions, preference: &str);

    type GpuAdapter;
    // Each of these two is missing in some browsers.
    #[wasm_bindgen(method, getter)]
    fn info(this: &GpuAdapter) -> Option<GpuAdapterInfo>;
    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    fn is_fallback_adapter(this: &GpuAdapter) -> Option<bool>;

    type GpuAdapterInfo;
    #[wasm_bindgen(method, getter)]
    fn vendor(this: &GpuAdapterInfo) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn architecture(this: &GpuAdapterInfo) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn device(this: &GpuAdapterInfo) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn description(this: &GpuAdapterInfo) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = isFallbackAdapter)]
    fn is_fallback_adapter(this: &GpuAdapterInfo) -> Option<bool>;

    type PromiseClass;
    #[wasm_bindgen(thread_local_v2, js_name = Promise)]
    static PROMISE: PromiseClass;
    #[wasm_bindgen(method, getter)]
    fn resolve(this: &PromiseClass) -> Function;
}

/// The adapter of `navigator.gpu`, if it answers within `PATIENCE` of the first request.
pub async fn probe_adapter() -> Offer {
    let Some(promise) = request() else {
        return Offer::Nothing;
    };
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_object() => Offer::Adapter(describe(adapter.unchecked_ref())),
        Ok(timer) if timer.is_undefined() => Offer::Silence,
        _ => Offer::Nothing,
    }
}

/// Runs `open`, in which Burn requests an adapter, and answers with the one that `probe_adapter`
/// has. Drops that adapter afterwards, as an adapter gives only one device.
pub async fn with_probed_adapter<T>(open: impl Future<Output = T>) -> T {
    let promise = Reflect::get(&js_sys::global(), &promise_key())
        .ok()
        .and_then(|kept| kept.dyn_into::<Promise>().ok());
    let gpu = gpu().filter(|_| promise.is_some());
    let own = gpu
        .as_ref()
        .zip(promise.as_ref())
        .and_then(|(gpu, promise)| lend(gpu, promise));
    let opened = open.await;
    if let Some(gpu) = gpu {
        // The browser's function belongs to the prototype; a page may have put its own on the
        // object.
        let _ = match own {
            Some(own) => Reflect::define_property(&gpu, &REQUEST.into(), &own),
            None => Reflect::delete_property(&gpu, &REQUEST.into()),
        };
    }
    let _ = Reflect::delete_property(&js_sys::global(), &promise_key());
    opened
}

/// Makes `gpu.requestAdapter` answer with `promise`. Returns the previous descriptor of the
/// object's own property, if it had one.
fn lend(gpu: &Gpu, promise: &Promise) -> Option<Object> {
    let own = Reflect::get_own_property_descriptor(gpu, &REQUEST.into())
        .ok()
        .and_then(|own| own.dyn_into().ok());
    // `Promise.resolve(promise)` is the promise itself. (A Rust closure has a name in the program's
    // JavaScript that differs between builds, and the two CPU programs share their JavaScript.)
    let answer = PROMISE.with(|class| class.resolve().bind1(class, promise));
    let descriptor = Object::new();
    for (key, value) in [("value", answer.as_ref()), ("configurable", &JsValue::TRUE)] {
        let _ = Reflect::set(&descriptor, &key.into(), value);
    }
    let _ = Reflect::define_property(gpu, &REQUEST.into(), &descriptor);
    own
}

/// The promise of an adapter or, after `PATIENCE`, of `undefined`: the kept one, else a new one.
/// None without WebGPU.
fn request() -> Option<Promise> {
    let global = js_sys::global();
    if let Some(kept) = Reflect::get(&global, &promise_key())
        .ok()
        .and_then(|kept| kept.dyn_into().ok())
    {
        return Some(kept);
    }
    let gpu = gpu()?;
    let options: RequestOptions = Object::new().unchecked_into();
    options.set_power_preference("high-performance");
    let answer = gpu.request_adapter(&options).ok()?;
    let promise = Promise::race(&Array::of2(&answer, &after(PATIENCE)));
    Reflect::set(&global, &promise_key(), &promise).ok()?;
    Some(promise)
}

/// The global object's property that holds the promise.
fn promise_key() -> JsValue {
    Symbol::for_("deep-inside: the adapter that was asked for").into()
}

fn gpu() -> Option<Gpu> {
    NAVIGATOR.with(|navigator| navigator.as_ref()?.gpu())
}

fn describe(adapter: &GpuAdapter) -> Adapter {
    let info = adapter.info();
    let fallback = [
        info.as_ref().and_then(GpuAdapterInfo::is_fallback_adapter),
        adapter.is_fallback_adapter(),
    ];
    let words = info.map(|info| {
        [
            info.vendor(),
            info.architecture(),
            info.device(),
            info.description(),
        ]
    });
    let words = words.unwrap_or_default().map(Option::unwrap_or_default);
    Adapter::described(words, fallback.contains(&Some(true)))
}
