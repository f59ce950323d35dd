//! The adapter that the browser offers, by `navigator.gpu`.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::device::Adapter;

/// Asks `navigator.gpu` for the adapter that Burn will ask for; none when there is no WebGPU here or the browser has no adapter.
pub async fn probe_adapter() -> Option<Adapter> {
    let gpu = get(&get(&js_sys::global(), "navigator")?, "gpu")?;
    let options = js_sys::Object::new();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter = JsFuture::from(promise).await.ok()?;
    let info = get(&adapter, "info")?;
    let words: Vec<String> =
        ["vendor", "architecture", "device", "description"].iter().filter_map(|key| get(&info, key)?.as_string()).collect();
    let fallback = |object: &JsValue| get(object, "isFallbackAdapter").is_some();
    let text = words.join(" ").to_lowercase();
    let emulated = ["swiftshader", "llvmpipe", "software", "basic render"].iter().any(|name| text.contains(name));
    // The description, where the browser gives one, says it all; else vendor and architecture.
    let name = words.last().filter(|_| words.len() > 3).cloned().unwrap_or_else(|| words.join(" "));
    let name = if name.is_empty() { "unnamed adapter".to_owned() } else { name };
    Some(Adapter { name, software: fallback(&info) || fallback(&adapter) || emulated })
}

/// A property that is there and is neither false, null, empty nor undefined.
fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &key.into()).ok().filter(JsValue::is_truthy)
}
