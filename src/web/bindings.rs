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
    BoundingBox, ClassModelOptions, ClassModelProgress, DeviceInfo, LayerInfo, LayerRelation, LocateOptions, MethodInfo,
    NetworkInfo, PictureInfo, RecipeDefaults, RecipeInfo, SaliencyOptions, SegmentOptions, TargetOptions, WeightsInfo,
};
use super::open_picture::{Opened, open_picture};
use super::probe_adapter::probe_adapter;
use super::watched_memory::memory_was_refused;
use crate::class_model::{self, CLASS_MODEL_RECIPES, ClassModelSettings, Start};
use crate::device::DeviceChoice;
use crate::engine;
use crate::error::Error;
use crate::gradient;
use crate::image_input::{Picture, decode_file};
use crate::networks::{NETWORKS, imagenet_labels};
use crate::preprocess::{Views, resize};
use crate::render::{COLOUR_MAPS, table};
use crate::saliency::{self, SALIENCY_METHODS, SaliencySettings};
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
/** What a cut starts from: a saliency map, or a box around the object in photo pixels. */
export type CutGuide = { saliency: SaliencyValues; rectangle?: undefined } | { rectangle: BoundingBox; saliency?: undefined };
/** One line of a round brush. */
export interface StrokeOptions {
    /** x0, y0, x1, y1, ... in photo pixels, joined by straight lines; a single point is a dab. */
    points: Float32Array;
    /** In photo pixels, above 0. */
    radius: number;
    /** Whether what it covers is object, or else background. */
    object: boolean;
}
/**
 * A saliency map on the network's own grid, which covers the photo edge to edge: width * height values, row-major. `values` are >= 0, the
 * map as it is usually drawn; `signed` are above 0 where a cell speaks for the target, below where against it.
 */
export interface SaliencyGrid { width: number; height: number; values: Float32Array; signed: Float32Array; }
/**
 * A saliency map after one more layer of the network has been given random weights. Signs and places can change apart from each other:
 * a map passes the check only where both correlations come down to about 0.
 */
export interface RandomisedLayer {
    layer: string;
    /** Layers that are still as trained. */
    left: number;
    /**
     * Signs: Spearman's rank correlation, -1 to 1, of `map.signed` with the trained network's; undefined where they are the same everywhere.
     * It says nothing of the map as it is usually drawn, which has no signs.
     */
    correlation: number | undefined;
    /**
     * Places: the same of `map.values`. Of the gradient 0.4 to 0.7 after one layer and 0.3 to 0.45 with all layers random, where the signs
     * have nothing in common any more.
     */
    magnitudeCorrelation: number | undefined;
    map: SaliencyGrid;
}
/** A colour map for values of 0 to 1. */
export interface ColourMapInfo {
    id: string;
    /**
     * R, G, B and A for each of 256 values from 0 to 1: the colour, and how much of it is added to a dimmed photo. Laid over one by the blend
     * mode `screen`, a higher value is never darker than a lower one.
     */
    table: Uint8ClampedArray;
}
/** Pixels of a class model, row-major from the top left. */
export interface ClassModelPixels { rgba: Uint8ClampedArray; width: number; height: number; }
/** Pixels of the photo, opaque, row-major from the top left. */
export interface PicturePixels { rgba: Uint8ClampedArray; width: number; height: number; }
/** What `openPicture` takes: a file, or pixels that the browser holds. */
export type PictureSource = Blob | BufferSource | ImageBitmap | VideoFrame;
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
        let defaults = SaliencySettings::new(gradient::Target::Class(0));
        let infos: Vec<MethodInfo> = SALIENCY_METHODS
            .iter()
            .map(|method| MethodInfo {
                id: method.id.to_owned(),
                title: method.title.to_owned(),
                cost: (method.passes)(&defaults),
                formula: method.formula.to_owned(),
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
                reading: recipe.reading.to_owned(),
                reference: recipe.reference.to_owned(),
            })
            .collect();
        js_object(&infos).map_err(js_error)
    }

    /// The colour maps for saliency maps, the default first.
    #[wasm_bindgen(js_name = colourMaps, unchecked_return_type = "ColourMapInfo[]")]
    pub fn colour_maps() -> Result<js_sys::Array, JsValue> {
        let infos = COLOUR_MAPS.iter().map(|&(id, map)| {
            let table = Uint8ClampedArray::from(&table(map)[..]);
            plain_object([("id", id.into()), ("table", table.into())])
        });
        infos.collect::<Result<_, Error>>().map_err(js_error)
    }

    /// Whether this program stopped, with a `WebAssembly.RuntimeError`, because it was refused memory. A program that has stopped may be
    /// asked this and nothing else.
    #[wasm_bindgen(js_name = ranOutOfMemory)]
    pub fn ran_out_of_memory() -> bool {
        memory_was_refused()
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

    /// Has a GPU build its pipelines, on an empty picture; without it the first calls take that time. The CPU has no use for it.
    #[wasm_bindgen(js_name = warmUp, unchecked_return_type = "Promise<void>")]
    pub fn warm_up(&self, #[wasm_bindgen(unchecked_param_type = "LongCall | undefined")] options: JsValue) -> Promise {
        let engine = self.snapshot();
        promise(async move { engine.warm_up(&JsProgress::from_options(&options)).await.map(|()| JsValue::UNDEFINED) })
    }

    /// Opens a picture, by the browser's own decoder where it can, and makes it the picture. Until then, and where it fails or is
    /// cancelled, the one that there was stays.
    #[wasm_bindgen(js_name = openPicture, unchecked_return_type = "Promise<PictureInfo>")]
    pub fn open_picture(
        &self,
        #[wasm_bindgen(unchecked_param_type = "PictureSource")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.engine.clone();
        promise(async move {
            let opened = open_picture(&source, &JsProgress::from_options(&options)).await?;
            use_picture(&engine, opened)
        })
    }

    /// The photo as it is seen, squashed to `width` x `height` pixels; in its own size when they are left out.
    #[wasm_bindgen(js_name = picturePixels, unchecked_return_type = "PicturePixels")]
    pub fn picture_pixels(&self, width: Option<f64>, height: Option<f64>) -> Result<JsValue, JsValue> {
        let pixels = || {
            let photo = self.engine.borrow().picture()?;
            let width = width.map_or(Ok(photo.width()), |width| side("width", width))?;
            let height = height.map_or(Ok(photo.height()), |height| side("height", height))?;
            if (width, height) == (photo.width(), photo.height()) {
                return picture_object(&photo);
            }
            picture_object(&resize(&photo, width, height)?)
        };
        pixels().map_err(js_error)
    }

    /// Decodes a picture file by this program's own decoder and makes it the picture.
    #[wasm_bindgen(js_name = setPictureFile, unchecked_return_type = "PictureInfo")]
    pub fn set_picture_file(&self, bytes: &[u8]) -> Result<JsValue, JsValue> {
        self.set_picture(decode_file(bytes), "crate")
    }

    /// Makes RGBA pixels, row-major from the top left, the picture.
    #[wasm_bindgen(js_name = setPicturePixels, unchecked_return_type = "PictureInfo")]
    pub fn set_picture_pixels(&self, rgba: Uint8ClampedArray, width: f64, height: f64) -> Result<JsValue, JsValue> {
        let (width, height) = (side("width", width).map_err(js_error)?, side("height", height).map_err(js_error)?);
        self.set_picture(Picture::from_rgba(rgba.to_vec(), width, height), "pixels")
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
            let planes = engine.input_gradient(&gradient::Target::Class(class_index(class)?)).await?;
            Ok(Float32Array::from(&planes[..]))
        })
    }

    /// The loaded network's layers in order of computation, with their shapes; the classes' last.
    #[wasm_bindgen(unchecked_return_type = "LayerInfo[]")]
    pub fn layers(&self) -> Result<JsValue, JsValue> {
        let layers = self.engine.borrow().layers().map_err(js_error)?;
        let infos: Vec<LayerInfo> = layers
            .into_iter()
            .map(|layer| LayerInfo {
                name: layer.name,
                kind: layer.kind.to_owned(),
                channels: layer.channels,
                rows: layer.rows,
                columns: layer.columns,
            })
            .collect();
        js_object(&infos).map_err(js_error)
    }

    /// The saliency map of a class, or of a neuron.
    #[wasm_bindgen(unchecked_return_type = "Promise<SaliencyMap>")]
    pub fn saliency(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & SaliencyOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let saliency = engine.saliency(&saliency_settings(&options)?, &progress).await?;
            let (width, height) = engine.picture_size()?;
            Ok(SaliencyMap { saliency, width, height, values: OnceCell::new(), signed: OnceCell::new() })
        })
    }

    /// Gradient and DeconvNet compared, from the layer that the target reads down to the picture.
    #[wasm_bindgen(unchecked_return_type = "Promise<LayerRelation[]>")]
    pub fn relation(&self, #[wasm_bindgen(unchecked_param_type = "TargetOptions & LongCall")] options: JsValue) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let layers = engine.relation(&target(&options)?, &progress).await?;
            let layers: Vec<LayerRelation> = layers
                .into_iter()
                .map(|layer| LayerRelation {
                    layer: layer.layer,
                    kind: layer.kind.to_owned(),
                    cosine: layer.cosine,
                    parted: layer.parted,
                    trunk: layer.trunk,
                })
                .collect();
            js_object(&layers)
        })
    }

    /// Starts to randomise the network's layers from the top down; computes the trained network's map. What becomes of the map's signs and of
    /// its places is told apart, step by step: `RandomisedLayer`.
    #[wasm_bindgen(js_name = sanityCheck, unchecked_return_type = "Promise<SanityCheck>")]
    pub fn sanity_check(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & SaliencyOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let settings = saliency_settings(&options)?;
            let seed = settings.seed;
            let check = engine.sanity_check(settings, seed, &progress).await?;
            Ok(SanityCheck { layers: check.left(), check: Rc::new(Mutex::new(check)) })
        })
    }

    /// The object that a saliency map points at, or that is in a rectangle, cut out of the picture: the cut alone.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let (guide, settings) = cut_guide(&options, engine::LocateMode::Paper)?;
            engine.segment(guide.as_guide(), &settings, &progress).await.map(Segmentation::from)
        })
    }

    /// The same, as a cut that strokes can correct. Its mode is `best` where nothing else is asked for.
    #[wasm_bindgen(js_name = objectCut, unchecked_return_type = "Promise<ObjectCut>")]
    pub fn object_cut(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let (guide, settings) = cut_guide(&options, engine::LocateMode::Best)?;
            let cut = engine.object_cut(guide.as_guide(), &settings, &progress).await?;
            let quantiles = match guide {
                CutGuide::Saliency(_) => Some([settings.foreground_quantile, settings.background_quantile]),
                CutGuide::Rectangle(_) => None,
            };
            Ok(ObjectCut { cut: RefCell::new(cut), quantiles })
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
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & ClassModelOptions")] options: JsValue,
    ) -> Result<ClassModelRun, JsValue> {
        let engine = self.engine.borrow();
        let run = class_model_settings(options, &engine).and_then(|settings| engine.class_model(&settings));
        Ok(ClassModelRun { run: RefCell::new(run.map_err(js_error)?) })
    }

    fn set_picture(&self, picture: Result<Picture, Error>, decoder: &'static str) -> Result<JsValue, JsValue> {
        let opened = picture.map(|picture| Opened { picture, decoder, reason: String::new() });
        opened.and_then(|opened| use_picture(&self.engine, opened)).map_err(js_error)
    }

    /// What long work runs on, so that it neither holds this object nor sees the next picture.
    fn snapshot(&self) -> engine::Engine {
        self.engine.borrow().clone()
    }
}

/// Makes it the engine's picture and says what it is.
fn use_picture(engine: &RefCell<engine::Engine>, Opened { picture, decoder, reason }: Opened) -> Result<JsValue, Error> {
    let (file_width, file_height) = picture.file_size();
    let (width, height) = (picture.width(), picture.height());
    engine.borrow_mut().set_picture(picture);
    js_object(&PictureInfo { width, height, file_width, file_height, decoder: decoder.to_owned(), reason })
}

/// A saliency map in the photo's frame.
#[wasm_bindgen]
pub struct SaliencyMap {
    saliency: saliency::Saliency,
    width: u32,
    height: u32,
    values: OnceCell<Float32Array>,
    signed: OnceCell<Float32Array>,
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

    /// width * height values, row-major, >= 0; of `gradient` and its kin per unit of a 0..255 pixel value.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Float32Array {
        let sampled = || Float32Array::from(&self.saliency.map.sampled(self.width as usize, self.height as usize)[..]);
        self.values.get_or_init(sampled).clone()
    }

    /// The values as they were computed, on the network's own grid.
    #[wasm_bindgen(getter, unchecked_return_type = "SaliencyGrid")]
    pub fn grid(&self) -> Result<JsValue, JsValue> {
        saliency_grid(&self.saliency.map, &self.saliency.signed).map_err(js_error)
    }

    /// The values in a frame of another size, such as a display's: width * height of them, row-major.
    pub fn sampled(&self, width: f64, height: f64) -> Result<Float32Array, JsValue> {
        let (width, height) = (side("width", width).map_err(js_error)?, side("height", height).map_err(js_error)?);
        Ok(Float32Array::from(&self.saliency.map.sampled(width as usize, height as usize)[..]))
    }

    /// As many signed values, the attribution's sums over the colours: above 0 speaks for the target, below against it.
    #[wasm_bindgen(getter)]
    pub fn signed(&self) -> Float32Array {
        let sampled = || Float32Array::from(&self.saliency.signed_sampled(self.width as usize, self.height as usize)[..]);
        self.signed.get_or_init(sampled).clone()
    }

    /// Of `integrated_gradients`: by how much the attribution's sum misses the score's rise from the mean picture, as a part of that
    /// rise; undefined for other methods.
    #[wasm_bindgen(getter, js_name = completenessGap)]
    pub fn completeness_gap(&self) -> Option<f64> {
        self.saliency.completeness_gap
    }
}

/// A network that loses what it has learnt, layer by layer, as `step` is called; `free` ends it.
#[wasm_bindgen]
pub struct SanityCheck {
    check: Rc<Mutex<saliency::SanityCheck>>,
    layers: usize,
}

#[wasm_bindgen]
impl SanityCheck {
    /// How many layers there are to randomise.
    #[wasm_bindgen(getter)]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The trained network's map.
    #[wasm_bindgen(unchecked_return_type = "Promise<SaliencyGrid>")]
    pub fn original(&self) -> Promise {
        let check = self.check.clone();
        promise(async move {
            let check = check.lock().await;
            let original = check.original();
            saliency_grid(&original.map, &original.signed)
        })
    }

    /// Randomises the next layer, the classes' own first, and gives its name, the map after it and the map's rank
    /// correlations with the trained network's; undefined when none is left. A step that is cancelled has randomised its layer all the same.
    #[wasm_bindgen(unchecked_return_type = "Promise<RandomisedLayer | undefined>")]
    pub fn step(&self, #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue) -> Promise {
        let check = self.check.clone();
        promise(async move {
            let progress = JsProgress::from_options(&options);
            let Some(randomised) = check.lock().await.step(&progress).await? else { return Ok(JsValue::UNDEFINED) };
            plain_object([
                ("layer", randomised.layer.into()),
                ("left", randomised.left.into()),
                ("correlation", randomised.correlation.into()),
                ("magnitudeCorrelation", randomised.magnitude_correlation.into()),
                ("map", saliency_grid(&randomised.map, &randomised.signed)?),
            ])
        })
    }
}

/// A cut that strokes can correct; `free` ends it.
#[wasm_bindgen]
pub struct ObjectCut {
    cut: RefCell<segmentation::ObjectCut>,
    /// Above and below which the map's values are seeds; `None` for a rectangle.
    quantiles: Option<[f64; 2]>,
}

#[wasm_bindgen]
impl ObjectCut {
    /// The object as it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segmentation(&self) -> Promise {
        let segmentation = self.cut.borrow().segmentation();
        promise(async move { segmentation.map(Segmentation::from) })
    }

    /// Marks pixels as object or not and cuts anew. The stroke stays even where the answer is `no-object-found`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn stroke(&self, #[wasm_bindgen(unchecked_param_type = "StrokeOptions")] options: JsValue) -> Promise {
        match read_stroke(&options).and_then(|stroke| self.cut.borrow_mut().stroke(stroke)) {
            Ok(()) => self.segmentation(),
            Err(error) => promise(async move { Err::<JsValue, _>(error) }),
        }
    }

    /// Takes the last stroke back, where there is one.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn undo(&self) -> Promise {
        self.cut.borrow_mut().undo();
        self.segmentation()
    }

    /// Takes all strokes back.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn clear(&self) -> Promise {
        self.cut.borrow_mut().clear();
        self.segmentation()
    }

    /// What the cut started from, in a frame of width x height pixels, the photo's or a smaller one; row-major: 2 where the object's colours
    /// were taken from, 1 where the background's were, 0 elsewhere. Strokes do not change it.
    pub fn seeds(&self, width: f64, height: f64) -> Result<Uint8Array, JsValue> {
        let (width, height) = (side("width", width).map_err(js_error)?, side("height", height).map_err(js_error)?);
        let seeds = self.cut.borrow().seeds(width, height).map_err(js_error)?;
        let codes: Vec<u8> = seeds
            .into_iter()
            .map(|seed| match seed {
                segmentation::Seed::None => 0,
                segmentation::Seed::Background => 1,
                segmentation::Seed::Object => 2,
            })
            .collect();
        Ok(Uint8Array::from(&codes[..]))
    }

    /// The object's colours were taken from the cells of the saliency map above this quantile; undefined for a rectangle.
    #[wasm_bindgen(getter, js_name = foregroundQuantile)]
    pub fn foreground_quantile(&self) -> Option<f64> {
        self.quantiles.map(|[foreground, _]| foreground)
    }

    /// The background's colours were taken from the cells below this one; undefined for a rectangle.
    #[wasm_bindgen(getter, js_name = backgroundQuantile)]
    pub fn background_quantile(&self) -> Option<f64> {
        self.quantiles.map(|[_, background]| background)
    }

    /// How many strokes there are.
    #[wasm_bindgen(getter)]
    pub fn strokes(&self) -> usize {
        self.cut.borrow().strokes().len()
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

    /// How much of each pixel is object, 0 to 255, in the same frame: the mask with a soft edge.
    #[wasm_bindgen(getter)]
    pub fn alpha(&self) -> Uint8Array {
        Uint8Array::from(&self.segmentation.alpha[..])
    }

    /// The soft mask in a smaller frame, such as a display's: width * height values, row-major.
    pub fn cover(&self, width: f64, height: f64) -> Result<Uint8Array, JsValue> {
        let (width, height) = (side("width", width).map_err(js_error)?, side("height", height).map_err(js_error)?);
        let cover = self.segmentation.cover(width, height).map_err(js_error)?;
        Ok(Uint8Array::from(&cover[..]))
    }

    /// The share of the photo's pixels that are object, 0 to 1.
    #[wasm_bindgen(getter)]
    pub fn share(&self) -> f64 {
        self.segmentation.share()
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
    run: RefCell<class_model::ClassModelRun>,
}

#[wasm_bindgen]
impl ClassModelRun {
    /// Takes `n` steps. More of them, and the pixels, may be asked for before the promise is kept.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelProgress>")]
    pub fn step(&self, n: f64) -> Promise {
        let asked = count("steps", n).map(|n| self.run.borrow_mut().step(n));
        promise(async move {
            let progress = asked?.await?;
            js_object(&ClassModelProgress { step: progress.step, score: progress.score, probability: progress.probability })
        })
    }

    /// The picture as it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelPixels>")]
    pub fn pixels(&self) -> Promise {
        let asked = self.run.borrow().pixels();
        promise(async move { picture_object(&asked.await?) })
    }
}

/// A whole number that is a length in pixels, or a count; larger ones than fit are as large as fits.
fn side(name: &str, value: f64) -> Result<u32, Error> {
    count(name, value).map(|side| u32::try_from(side).unwrap_or(u32::MAX))
}

fn promise<T: Into<JsValue>>(work: impl Future<Output = Result<T, Error>> + 'static) -> Promise {
    future_to_promise(async move { work.await.map(Into::into).map_err(js_error) })
}

/// A plain object, or an array of them.
fn js_object(value: &impl Serialize) -> Result<JsValue, Error> {
    serde_wasm_bindgen::to_value(value).map_err(|error| Error::Internal(error.to_string()))
}

/// An object whose values are not copied.
fn plain_object<const N: usize>(properties: [(&str, JsValue); N]) -> Result<JsValue, Error> {
    let object = Object::new();
    for (key, value) in properties {
        Reflect::set(&object, &key.into(), &value).map_err(|_| Error::Internal("a property was refused".to_owned()))?;
    }
    Ok(object.into())
}

/// A picture's pixels: `PicturePixels`, `ClassModelPixels`.
fn picture_object(picture: &Picture) -> Result<JsValue, Error> {
    let rgba = Uint8ClampedArray::from(picture.rgba());
    plain_object([("rgba", rgba.into()), ("width", picture.width().into()), ("height", picture.height().into())])
}

/// A map as it was computed: `SaliencyGrid`.
fn saliency_grid(map: &saliency::SaliencyMap, signed: &[f32]) -> Result<JsValue, Error> {
    let (values, signed) = (Float32Array::from(&map.values[..]), Float32Array::from(signed));
    plain_object([
        ("width", map.columns.into()),
        ("height", map.rows.into()),
        ("values", values.into()),
        ("signed", signed.into()),
    ])
}

fn read_options<T: DeserializeOwned>(options: JsValue) -> Result<T, Error> {
    serde_wasm_bindgen::from_value(options).map_err(|error| Error::SettingOutOfRange(error.to_string()))
}

/// What a cut starts from, kept for the time of the call.
enum CutGuide {
    Saliency(saliency::SaliencyMap),
    Rectangle(segmentation::BoundingBox),
}

impl CutGuide {
    fn as_guide(&self) -> segmentation::Guide<'_> {
        match self {
            CutGuide::Saliency(map) => segmentation::Guide::Saliency(map),
            CutGuide::Rectangle(rectangle) => segmentation::Guide::Rectangle(*rectangle),
        }
    }
}

/// The `saliency` or the `rectangle` of a call's options, and its settings: where nothing else is asked for, those of `mode` or GrabCut's.
fn cut_guide(options: &JsValue, mode: engine::LocateMode) -> Result<(CutGuide, segmentation::CutSettings), Error> {
    let named = |key: &str| Reflect::get(options, &key.into()).ok().filter(|value| !value.is_undefined());
    let settings: SegmentOptions = read_options(options.clone())?;
    let mode = settings.mode.as_deref().map_or(Ok(mode), str::parse)?;
    let (guide, defaults) = match (named("saliency"), named("rectangle")) {
        (Some(map), None) => (CutGuide::Saliency(read_saliency(&map)?), mode.cut_settings()),
        (None, Some(rectangle)) => {
            let BoundingBox { x, y, width, height } = read_options(rectangle)?;
            let rectangle = segmentation::BoundingBox { x, y, width, height };
            (CutGuide::Rectangle(rectangle), segmentation::CutSettings::rectangle())
        }
        _ => return Err(Error::SettingOutOfRange("a cut starts from either a saliency map or a rectangle".to_owned())),
    };
    let whole = |name, value: Option<f64>, default| value.map_or(Ok(default), |value| side(name, value));
    let settings = segmentation::CutSettings {
        foreground_quantile: settings.foreground_quantile.unwrap_or(defaults.foreground_quantile),
        background_quantile: settings.background_quantile.unwrap_or(defaults.background_quantile),
        working_side: whole("workingSide", settings.working_side, defaults.working_side)?,
        iterations: whole("iterations", settings.iterations, defaults.iterations)?,
        ..defaults
    };
    Ok((guide, settings))
}

/// A `SaliencyMap`, of which the grid alone is read, or any object with its three properties.
fn read_saliency(map: &JsValue) -> Result<saliency::SaliencyMap, Error> {
    let missing = |what: &str| Error::SettingOutOfRange(format!("saliency has no {what}"));
    let grid = Reflect::get(map, &"grid".into()).ok().filter(JsValue::is_object);
    let map = grid.as_ref().unwrap_or(map);
    let get = |key: &str| Reflect::get(map, &key.into()).map_err(|_| missing("value"));
    let side = |key: &str| count(key, get(key)?.as_f64().ok_or_else(|| missing(key))?);
    let values: Float32Array = get("values")?.dyn_into().map_err(|_| missing("values"))?;
    let (columns, rows) = (side("width")?, side("height")?);
    Ok(saliency::SaliencyMap { values: values.to_vec(), rows, columns })
}

fn read_stroke(options: &JsValue) -> Result<segmentation::Stroke, Error> {
    let get = |key: &str| Reflect::get(options, &key.into()).unwrap_or(JsValue::UNDEFINED);
    let wrong = |what: &str| Error::SettingOutOfRange(format!("a stroke has {what}"));
    let points: Float32Array = get("points").dyn_into().map_err(|_| wrong("its points in a Float32Array"))?;
    Ok(segmentation::Stroke {
        points: points.to_vec().as_chunks().0.to_vec(),
        radius: get("radius").as_f64().ok_or_else(|| wrong("a radius"))? as f32,
        object: get("object").as_bool().ok_or_else(|| wrong("an object that is true or false"))?,
    })
}

/// What a call is about: its `classIndex`, or its `layer`, `channel` and `position`.
fn target(options: &JsValue) -> Result<gradient::Target, Error> {
    let TargetOptions { class_index: class, layer, channel, position } = read_options(options.clone())?;
    match (class, layer) {
        (Some(_), Some(_)) => Err(Error::SettingOutOfRange("a classIndex and a layer exclude each other".to_owned())),
        (class, None) => Ok(gradient::Target::Class(class_index(class.unwrap_or(f64::NAN))?)),
        (None, Some(layer)) => {
            let channel = count("channel", channel.unwrap_or(f64::NAN))?;
            let position = match position.as_deref() {
                None => None,
                Some(&[row, column]) => Some([count("position", row)?, count("position", column)?]),
                Some(_) => return Err(Error::SettingOutOfRange("a position is a row and a column".to_owned())),
            };
            Ok(gradient::Target::Neuron { layer, channel, position })
        }
    }
}

fn saliency_settings(options: &JsValue) -> Result<SaliencySettings, Error> {
    let defaults = SaliencySettings::new(target(options)?);
    let options: SaliencyOptions = read_options(options.clone())?;
    let or_default = |name, value: Option<f64>, default| value.map_or(Ok(default), |value| count(name, value));
    Ok(SaliencySettings {
        method: options.method.unwrap_or(defaults.method),
        views: options.views.map_or(Ok(defaults.views), |views| Views::try_from(count("views", views)?))?,
        samples: or_default("n", options.n, defaults.samples)?,
        sigma: options.sigma.map_or(defaults.sigma, |sigma| sigma as f32),
        seed: or_default("seed", options.seed, 0)? as u64,
        steps: or_default("steps", options.steps, defaults.steps)?,
        cam_layer: options.cam_layer,
        target: defaults.target,
    })
}

fn class_model_settings(options: JsValue, engine: &engine::Engine) -> Result<ClassModelSettings, Error> {
    let target = target(&options)?;
    let options: ClassModelOptions = read_options(options)?;
    let defaults = ClassModelSettings::new(target);
    Ok(ClassModelSettings {
        recipe: options.recipe.unwrap_or(defaults.recipe),
        seed: options.seed.map_or(Ok(defaults.seed), |seed| count("seed", seed).map(|seed| seed as u64))?,
        side: options.side.map(|side| count("side", side)).transpose()?,
        start: match options.start.as_deref() {
            None => defaults.start,
            Some("zero") => Start::Zero,
            Some("noise") => Start::Noise,
            Some("photo") => Start::Picture(engine.picture()?),
            Some(other) => return Err(Error::SettingOutOfRange(format!("start must be zero, noise or photo, not \"{other}\""))),
        },
        target: defaults.target,
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
