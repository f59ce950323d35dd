//! The adapter that the browser offers, asked for once.
//!
//! Three ask in turn: the CPU's program, to know whether the one with the WebGPU backend has to be
//! fetched; that one, to tell what it computes on; and Burn, which takes no adapter from outside. A
//! slow adapter would be waited for three times, and one that never comes for ever. So the
//! browser's promise stays in the global object, which both programs see, until the device is open,
//! and answers all three.

use std::future::Future;

use js_sys::{Array, Function, Object, Promise, Reflect, Symbol};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::timer::after;
use crate::device::{Adapter, Offer, PATIENCE};

const REQUEST: &str = "requestAdapter";

/// The adapter of `navigator.gpu`, where it comes within `PATIENCE` of the first question.
pub async fn probe_adapter() -> Offer {
    let Some(promise) = request() else {
        return Offer::Nothing;
    };
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_object() => Offer::Adapter(describe(&adapter)),
        Ok(timer) if timer.is_undefined() => Offer::Silence,
        _ => Offer::Nothing,
    }
}

/// Runs `open`, which makes Burn ask for an adapter, and answers it with the one that
/// `probe_adapter` has; forgets it then, as an adapter gives one device only.
pub async fn with_probed_adapter<T>(open: impl Future<Output = T>) -> T {
    let promise = Reflect::get(&js_sys::global(), &place())
        .ok()
        .and_then(|kept| kept.dyn_into::<Promise>().ok());
    let gpu = gpu()
        .filter(|_| promise.is_some())
        .map(JsCast::unchecked_into::<Object>);
    let own = gpu
        .as_ref()
        .zip(promise.as_ref())
        .and_then(|(gpu, promise)| lend(gpu, promise));
    let opened = open.await;
    if let Some(gpu) = gpu {
        // The browser's own function is the prototype's; somebody may have put another one before
        // it.
        let _ = match own {
            Some(own) => Reflect::define_property(&gpu, &REQUEST.into(), &own),
            None => Reflect::delete_property(&gpu, &REQUEST.into()),
        };
    }
    let _ = Reflect::delete_property(&js_sys::global(), &place());
    opened
}

/// Has `gpu.requestAdapter` answer with `promise`. Returns the property's descriptor as it was, if
/// it had one.
fn lend(gpu: &Object, promise: &Promise) -> Option<Object> {
    let own = Reflect::get_own_property_descriptor(gpu, &REQUEST.into())
        .ok()
        .and_then(|own| own.dyn_into().ok());
    // `Promise.resolve(promise)` is the promise itself. (A Rust closure would do as well, but its
    // name in the program's JavaScript differs from build to build, and the CPU's two programs
    // share theirs.)
    let promises = get(&js_sys::global(), "Promise")?;
    let answer = get(&promises, "resolve")?
        .dyn_into::<Function>()
        .ok()?
        .bind1(&promises, promise);
    let descriptor = Object::new();
    for (key, value) in [("value", answer.as_ref()), ("configurable", &JsValue::TRUE)] {
        let _ = Reflect::set(&descriptor, &key.into(), value);
    }
    let _ = Reflect::define_property(gpu, &REQUEST.into(), &descriptor);
    own
}

/// The promise of an adapter or, after `PATIENCE`, of `undefined`: the one that there is already,
/// else a new one. None without WebGPU.
fn request() -> Option<Promise> {
    let global = js_sys::global();
    if let Some(kept) = Reflect::get(&global, &place())
        .ok()
        .and_then(|kept| kept.dyn_into().ok())
    {
        return Some(kept);
    }
    let gpu = gpu()?;
    let options = Object::new();
    Reflect::set(
        &options,
        &"powerPreference".into(),
        &"high-performance".into(),
    )
    .ok()?;
    let request: Function = get(&gpu, REQUEST)?.dyn_into().ok()?;
    let answer: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let promise = Promise::race(&Array::of2(&answer, &after(PATIENCE)));
    Reflect::set(&global, &place(), &promise).ok()?;
    Some(promise)
}

/// Where the promise is kept.
fn place() -> JsValue {
    Symbol::for_("deep-inside: the adapter that was asked for").into()
}

fn gpu() -> Option<JsValue> {
    get(&get(&js_sys::global(), "navigator")?, "gpu")
}

fn describe(adapter: &JsValue) -> Adapter {
    let info = get(adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let words: Vec<String> = ["vendor", "architecture", "device", "description"]
        .iter()
        .filter_map(|key| get(&info, key)?.as_string())
        .collect();
    let fallback = |object: &JsValue| get(object, "isFallbackAdapter").is_some();
    let text = words.join(" ").to_lowercase();
    let emulated = ["swiftshader", "llvmpipe", "software", "basic render"]
        .iter()
        .any(|name| text.contains(name));
    // The description, where the browser gives one, says it all; else vendor and architecture.
    let name = words
        .last()
        .filter(|_| words.len() > 3)
        .cloned()
        .unwrap_or_else(|| words.join(" "));
    let name = if name.is_empty() {
        "unnamed adapter".to_owned()
    } else {
        name
    };
    Adapter {
        name,
        software: fallback(&info) || fallback(adapter) || emulated,
    }
}

/// A property that is there and is neither false, null, empty nor undefined.
fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &key.into())
        .ok()
        .filter(JsValue::is_truthy)
}
