//! The exported classes.

use std::cell::{OnceCell, RefCell};
use std::future::Future;
use std::rc::Rc;

use futures_util::lock::Mutex;
use js_sys::{Float32Array, Object, Promise, Reflect, Uint8Array, Uint8ClampedArray};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;

use super::js_error::{class_index, count, js_error};
use super::js_progress::JsProgress;
use super::js_values::{
    BoundingBox, ClassModelOptions, ClassModelProgress, DeviceInfo, LocateOptions, MethodInfo, NetworkInfo, PictureInfo,
    RecipeDefaults, RecipeInfo, SaliencyOptions, SegmentOptions, WeightsInfo,
};
use super::probe_adapter::probe_adapter;
use crate::class_model::{self, CLASS_MODEL_RECIPES, ClassModelSettings};
use crate::device::DeviceChoice;
use crate::engine;
use crate::error::Error;
use crate::image_input::{Picture, decode_file};
use crate::networks::{NETWORKS, imagenet_labels};
use crate::preprocess::Views;
use crate::saliency::{self, SALIENCY_METHODS};
use crate::segmentation;
use crate::weights::manifest_row;

#[wasm_bindgen(typescript_custom_section)]
const LONG_CALL: &'static str = r#"
/** What every long call takes beside its own options. */
export interface LongCall {
    /** Told after each piece of the work. */
    onProgress?: (done: number, total: number) => void;
    /** Aborting it ends the call with the error `cancelled`. */
    signal?: AbortSignal;
}
/** A saliency map in the photo's frame: width * height values, row-major, >= 0. */
export interface SaliencyValues { width: number; height: number; values: Float32Array; }
/** Pixels of a class model, row-major from the top left. */
export interface ClassModelPixels { rgba: Uint8ClampedArray; width: number; height: number; }
"#;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// Whether `Engine.open(device)` wants WebGPU here; this program may have been built without it.
#[wasm_bindgen(js_name = takesWebGpu)]
pub async fn takes_webgpu(device: JsValue) -> bool {
    match device.as_string().unwrap_or_default().parse() {
        Ok(DeviceChoice::Cpu) | Err(_) => false,
        Ok(choice) => DeviceChoice::takes_webgpu(choice, probe_adapter().await.as_ref()),
    }
}

/// The engine: one device, one network, one picture.
#[wasm_bindgen]
pub struct Engine {
    engine: Rc<RefCell<engine::Engine>>,
}

#[wasm_bindgen]
impl Engine {
    /// The networks that can be loaded.
    #[wasm_bindgen(unchecked_return_type = "NetworkInfo[]")]
    pub fn networks() -> Result<JsValue, JsValue> {
        let infos: Result<Vec<NetworkInfo>, Error> = NETWORKS.iter().map(|definition| network_info(definition.id)).collect();
        infos.and_then(|infos| js_object(&infos)).map_err(js_error)
    }

    /// The saliency methods, the paper's first.
    #[wasm_bindgen(js_name = saliencyMethods, unchecked_return_type = "MethodInfo[]")]
    pub fn saliency_methods() -> Result<JsValue, JsValue> {
        let infos: Vec<MethodInfo> = SALIENCY_METHODS
            .iter()
            .map(|method| MethodInfo {
                id: method.id.to_owned(),
                title: method.title.to_owned(),
                cost: method.cost,
                reading: method.reading.to_owned(),
                reference: method.reference.to_owned(),
            })
            .collect();
        js_object(&infos).map_err(js_error)
    }

    /// The class models' recipes.
    #[wasm_bindgen(js_name = classModelRecipes, unchecked_return_type = "RecipeInfo[]")]
    pub fn class_model_recipes() -> Result<JsValue, JsValue> {
        let infos: Vec<RecipeInfo> = CLASS_MODEL_RECIPES
            .iter()
            .map(|recipe| RecipeInfo {
                id: recipe.id.to_owned(),
                title: recipe.title.to_owned(),
                defaults: RecipeDefaults { steps: recipe.steps, side: recipe.side },
                reference: recipe.reference.to_owned(),
            })
            .collect();
        js_object(&infos).map_err(js_error)
    }

    /// Opens "auto" (WebGPU on a hardware adapter, else the CPU), "webgpu" (any adapter) or "cpu".
    pub async fn open(
        #[wasm_bindgen(unchecked_param_type = "\"auto\" | \"webgpu\" | \"cpu\"")] device: JsValue,
    ) -> Result<Engine, JsValue> {
        let choice: DeviceChoice = device.as_string().unwrap_or_default().parse().map_err(js_error)?;
        let adapter = if choice == DeviceChoice::Cpu { None } else { probe_adapter().await };
        let engine = engine::Engine::open(choice, adapter).await.map_err(js_error)?;
        Ok(Engine { engine: Rc::new(RefCell::new(engine)) })
    }

    /// Where it computes, and why there.
    #[wasm_bindgen(getter, unchecked_return_type = "DeviceInfo")]
    pub fn device(&self) -> Result<JsValue, JsValue> {
        let device = &self.engine.borrow().device;
        js_object(&DeviceInfo {
            kind: device.kind.to_owned(),
            adapter: device.adapter.clone(),
            software: device.software,
            reason: device.reason.clone(),
        })
        .map_err(js_error)
    }

    /// Loads a network from its file of weights.
    #[wasm_bindgen(js_name = loadNetwork, unchecked_return_type = "Promise<void>")]
    pub fn load_network(&self, id: String, weights: Vec<u8>) -> Promise {
        let engine = self.engine.clone();
        promise(async move { engine.borrow_mut().load_network(&id, &weights).map(|()| JsValue::UNDEFINED) })
    }

    /// Decodes a picture file and makes it the picture.
    #[wasm_bindgen(js_name = setPictureFile, unchecked_return_type = "PictureInfo")]
    pub fn set_picture_file(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        self.set_picture(decode_file(bytes))
    }

    /// Makes RGBA pixels, row-major from the top left, the picture.
    #[wasm_bindgen(js_name = setPicturePixels, unchecked_return_type = "PictureInfo")]
    pub fn set_picture_pixels(&self, rgba: Uint8ClampedArray, width: f64, height: f64) -> Result<JsValue, JsValue> {
        let side = |name, value| count(name, value).map(|side| u32::try_from(side).unwrap_or(u32::MAX));
        let (width, height) = (side("width", width).map_err(js_error)?, side("height", height).map_err(js_error)?);
        self.set_picture(Picture::from_rgba(rgba.to_vec(), width, height))
    }

    /// The unnormalised class scores of the whole photo squashed to the network's input.
    #[wasm_bindgen(unchecked_return_type = "Promise<Float32Array>")]
    pub fn classify(&self) -> Promise {
        let engine = self.snapshot();
        promise(async move { engine.classify().await.map(|scores| Float32Array::from(&scores[..])) })
    }

    /// dS_c/dI for the same view: R, G, B planes of side x side, per unit of a 0..255 pixel value.
    #[wasm_bindgen(js_name = inputGradient, unchecked_return_type = "Promise<Float32Array>")]
    pub fn input_gradient(&self, #[wasm_bindgen(js_name = classIndex)] class: f64) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let planes = engine.input_gradient(class_index(class)?).await?;
            Ok(Float32Array::from(&planes[..]))
        })
    }

    /// The saliency map of a class.
    #[wasm_bindgen(unchecked_return_type = "Promise<SaliencyMap>")]
    pub fn saliency(&self, #[wasm_bindgen(unchecked_param_type = "SaliencyOptions & LongCall")] options: JsValue) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let options: SaliencyOptions = read_options(options)?;
            let class = class_index(options.class_index)?;
            let views = Views::try_from(count("views", options.views.unwrap_or(10.0))?)?;
            let method = options.method.as_deref().unwrap_or("gradient");
            let map = engine.saliency(class, method, views, &progress).await?;
            let (width, height) = engine.picture_size()?;
            Ok(SaliencyMap { map, width, height, values: OnceCell::new() })
        })
    }

    /// The object that a saliency map points at, cut out of the picture: the cut alone.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "{ saliency: SaliencyValues } & SegmentOptions")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let map = read_saliency(&options)?;
            let options: SegmentOptions = read_options(options)?;
            let mode: engine::LocateMode = options.mode.as_deref().unwrap_or("paper").parse()?;
            let mut settings = mode.cut_settings();
            settings.foreground_quantile = options.foreground_quantile.unwrap_or(settings.foreground_quantile);
            settings.background_quantile = options.background_quantile.unwrap_or(settings.background_quantile);
            if let Some(side) = options.working_side {
                settings.working_side = u32::try_from(count("workingSide", side)?).unwrap_or(u32::MAX);
            }
            engine.segment(&map, &settings).map(Segmentation::from)
        })
    }

    /// Saliency, seeds and cut of a class.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn locate(&self, #[wasm_bindgen(unchecked_param_type = "LocateOptions & LongCall")] options: JsValue) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let options: LocateOptions = read_options(options)?;
            let mode = options.mode.as_deref().unwrap_or("best").parse()?;
            let cut = engine.locate(class_index(options.class_index)?, mode, &progress).await?;
            Ok(Segmentation::from(cut))
        })
    }

    /// A class model before its first step.
    #[wasm_bindgen(js_name = classModel)]
    pub fn class_model(
        &self,
        #[wasm_bindgen(unchecked_param_type = "ClassModelOptions")] options: JsValue,
    ) -> Result<ClassModelRun, JsValue> {
        let run = class_model_settings(options).and_then(|settings| self.engine.borrow().class_model(&settings));
        Ok(ClassModelRun { run: Rc::new(Mutex::new(run.map_err(js_error)?)) })
    }

    fn set_picture(&self, picture: Result<Picture, Error>) -> Result<JsValue, JsValue> {
        let picture = picture.map_err(js_error)?;
        let info = PictureInfo { width: picture.width(), height: picture.height() };
        self.engine.borrow_mut().set_picture(picture);
        js_object(&info).map_err(js_error)
    }

    /// What long work runs on, so that it neither holds this object nor sees the next picture.
    fn snapshot(&self) -> engine::Engine {
        self.engine.borrow().clone()
    }
}

/// A saliency map in the photo's frame.
#[wasm_bindgen]
pub struct SaliencyMap {
    map: saliency::SaliencyMap,
    width: u32,
    height: u32,
    values: OnceCell<Float32Array>,
}

#[wasm_bindgen]
impl SaliencyMap {
    /// The photo's columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The photo's rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// width * height values, row-major, >= 0, per unit of a 0..255 pixel value.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Float32Array {
        let sampled = || Float32Array::from(&self.map.sampled(self.width as usize, self.height as usize)[..]);
        self.values.get_or_init(sampled).clone()
    }
}

/// An object cut out of the photo.
#[wasm_bindgen]
pub struct Segmentation {
    segmentation: segmentation::Segmentation,
}

impl From<segmentation::Segmentation> for Segmentation {
    fn from(segmentation: segmentation::Segmentation) -> Self {
        Self { segmentation }
    }
}

#[wasm_bindgen]
impl Segmentation {
    /// The photo's columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.segmentation.width
    }

    /// The photo's rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.segmentation.height
    }

    /// 255 on the object, 0 elsewhere; row-major in the photo's frame.
    #[wasm_bindgen(getter)]
    pub fn mask(&self) -> Uint8Array {
        Uint8Array::from(&self.segmentation.mask[..])
    }

    /// The object's bounding box in photo pixels.
    #[wasm_bindgen(getter, js_name = "box", unchecked_return_type = "BoundingBox")]
    pub fn bounding_box(&self) -> Result<JsValue, JsValue> {
        let b = &self.segmentation.bounding_box;
        js_object(&BoundingBox { x: b.x, y: b.y, width: b.width, height: b.height }).map_err(js_error)
    }

    /// The energy of the cut's labelling.
    #[wasm_bindgen(getter)]
    pub fn energy(&self) -> f64 {
        self.segmentation.energy
    }

    /// The maximum flow, which is the cut's capacity.
    #[wasm_bindgen(getter)]
    pub fn flow(&self) -> f64 {
        self.segmentation.flow
    }
}

/// A class model that grows by `step`; not asking for more is a pause, `free` the end.
#[wasm_bindgen]
pub struct ClassModelRun {
    run: Rc<Mutex<class_model::ClassModelRun>>,
}

#[wasm_bindgen]
impl ClassModelRun {
    /// Takes `n` steps.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelProgress>")]
    pub fn step(&self, n: f64) -> Promise {
        let run = self.run.clone();
        promise(async move {
            let progress = run.lock().await.step(count("steps", n)?).await?;
            js_object(&ClassModelProgress { step: progress.step, score: progress.score, probability: progress.probability })
        })
    }

    /// The picture as it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelPixels>")]
    pub fn pixels(&self) -> Promise {
        let run = self.run.clone();
        promise(async move {
            let picture = run.lock().await.pixels().await?;
            let object = Object::new();
            let rgba = Uint8ClampedArray::from(picture.rgba());
            for (key, value) in [("rgba", rgba.into()), ("width", picture.width().into()), ("height", picture.height().into())] {
                Reflect::set(&object, &key.into(), &value).map_err(|_| Error::Internal("a property was refused".to_owned()))?;
            }
            Ok(object)
        })
    }
}

fn promise<T: Into<JsValue>>(work: impl Future<Output = Result<T, Error>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map(Into::into).map_err(js_error) })
}

/// A plain object, or an array of them.
fn js_object(value: &impl Serialize) -> Result<JsValue, Error> {
    serde_wasm_bindgen::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}

fn read_options<T: DeserializeOwned>(options: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(options).map_err(|error| Error::SettingOutOfRange(error.to_string()))
}

/// The `saliency` of a call's options: a `SaliencyMap`, or any object with its three properties.
fn read_saliency(options: &JsValue) -> Result<saliency::SaliencyMap, Error> {
    let missing = |what: &str| Error::SettingOutOfRange(format!("saliency has no {what}"));
    let map = Reflect::get(options, &"saliency".into()).map_err(|_| missing("value"))?;
    let get = |key: &str| Reflect::get(&map, &key.into()).map_err(|_| missing(key));
    let side = |key: &str| count(key, get(key)?.as_f64().ok_or_else(|| missing(key))?);
    let values: Float32Array = get("values")?.dyn_into().map_err(|_| missing("values"))?;
    let (columns, rows) = (side("width")?, side("height")?);
    Ok(saliency::SaliencyMap { values: values.to_vec(), rows, columns })
}

fn class_model_settings(options: JsValue) -> Result<ClassModelSettings, Error> {
    let options: ClassModelOptions = read_options(options)?;
    Ok(ClassModelSettings {
        class: class_index(options.class_index)?,
        recipe: options.recipe.unwrap_or_else(|| "robust".to_owned()),
        seed: count("seed", options.seed.unwrap_or(0.0))? as u64,
        side: options.side.map(|side| count("side", side)).transpose()?,
    })
}

fn network_info(id: &str) -> Result<NetworkInfo, Error> {
    let row = manifest_row(id)?;
    Ok(NetworkInfo {
        id: row.id,
        title: row.title,
        classes: imagenet_labels().map(str::to_owned).collect(),
        input_side: row.input.side,
        weights: WeightsInfo { file: row.file, bytes: row.bytes, sha256: row.sha256, licence: row.licence },
    })
}
