//! The exported classes.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use futures_util::lock::Mutex;
use js_sys::{Float32Array, Object, Promise, Reflect, Uint8Array, Uint8ClampedArray};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Blob;

use super::call_options::{
    CLASS_MODEL, CUT, CutGuide, LOCATE, LONG_CALL, OVERLAY, SALIENCY, STROKE, TARGET,
    class_model_settings, cut_guide, finite_numbers, map_layer, mode, saliency_settings, stroke,
    target,
};
use super::js_bytes::{ByteSource, read_blob};
use super::js_error::{class_index, count, js_error};
use super::js_progress::JsProgress;
use super::js_values::{
    BoundingBox, ClassModelProgress, DeviceInfo, LayerInfo, LayerRelation, MethodInfo, NetworkInfo,
    PictureInfo, RecipeDefaults, RecipeInfo, WeightsInfo,
};
use super::kept_array::KeptArray;
use super::open_picture::{Opened, open_picture};
use super::options::{Options, must_be, number, text};
use super::own_files::own_weights;
use super::png_blob::PngBlob;
use super::probe_adapter::{probe_adapter, with_probed_adapter};
use super::timer::after;
use super::watched_memory::memory_was_refused;
use crate::class_model::{self, CLASS_MODEL_RECIPES};
use crate::device::{DeviceChoice, Offer, PATIENCE};
use crate::engine::{self, LocateMode};
use crate::error::Error;
use crate::gradient;
use crate::image_input::{Picture, decode_file};
use crate::imaging::{Filter, resize};
use crate::networks::{NETWORKS, imagenet_labels, manifest_row, softmax};
use crate::render::{
    COLOUR_MAPS, DIMMED_WHITE, Intensity, intensity, overlay_rows, signed_intensity, signed_table,
    table, write_cutout, write_mask, write_overlay,
};
use crate::saliency::{self, SALIENCY_METHODS, SaliencySettings};
use crate::segmentation;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** What depends on what is given: a `Blob` has to be read first. */
export interface Engine {
    /**
     * Decodes a picture file by this program's own decoder and makes it the picture; the pixels of an `ImageData` are taken as they are.
     * Returns its size; for a `Blob` or a `File`, which takes time to be read, a promise of it.
     */
    setPictureFile(file: Bytes | ImageData): PictureInfo;
    setPictureFile(file: Blob): Promise<PictureInfo>;
    setPictureFile(file: Bytes | ImageData | Blob): PictureInfo | Promise<PictureInfo>;
    /** Makes RGBA pixels, row-major from the top left, the picture. An `ImageData` knows its size. */
    setPicturePixels(pixels: ImageData): PictureInfo;
    setPicturePixels(rgba: Bytes, width: number, height: number): PictureInfo;
    setPicturePixels(rgba: Blob, width: number, height: number): Promise<PictureInfo>;
    setPicturePixels(rgba: Bytes | Blob, width: number, height: number): PictureInfo | Promise<PictureInfo>;
}
/**
 * A saliency map on the network's own grid, which covers the photo edge to edge: width * height values, row-major. `values` are >= 0, the
 * map as it is usually drawn; `signed` are above 0 where a cell speaks for the target, below where against it.
 */
export interface SaliencyGrid {
    width: number;
    height: number;
    values: Float32Array;
    signed: Float32Array;
    /** `values` as levels to draw: 0 to 255, for the tables of `Engine.colourMaps`. */
    intensity: Uint8Array;
    /** `signed` as levels to draw: 128 is 0, for `Engine.signedColours`. */
    signedIntensity: Uint8Array;
}
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
export type PictureSource = Blob | Bytes | ImageData | ImageBitmap | VideoFrame;
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
        Ok(choice) => choice.takes_webgpu(probe_adapter().await.adapter()),
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
        let infos: Result<Vec<NetworkInfo>, Error> = NETWORKS
            .iter()
            .map(|definition| network_info(definition.id))
            .collect();
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
                defaults: RecipeDefaults {
                    steps: recipe.steps,
                    side: recipe.side,
                },
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

    /// R, G, B and A for each of the 256 levels of a signed map: blue below 128, white at it, red
    /// above.
    #[wasm_bindgen(js_name = signedColours)]
    pub fn signed_colours() -> Uint8ClampedArray {
        Uint8ClampedArray::from(&signed_table()[..])
    }

    /// The level, 0 to 255, of a white photo under a map of zeros: maps are laid over the photo
    /// dimmed in this ratio.
    #[wasm_bindgen(getter, js_name = dimmedWhite)]
    pub fn dimmed_white() -> u8 {
        DIMMED_WHITE
    }

    /// The probability of each class, 0 to 1, from the scores that `classify` gives: their softmax,
    /// computed so that no score is too large for it. Throws `setting-out-of-range` when `scores`
    /// is no array of finite numbers.
    pub fn probabilities(
        #[wasm_bindgen(unchecked_param_type = "ArrayLike<number>")] scores: JsValue,
    ) -> Result<Float32Array, JsValue> {
        let scores = finite_numbers("scores", &scores).map_err(js_error)?;
        Ok(Float32Array::from(&softmax(&scores)[..]))
    }

    /// Whether this program stopped, with a `WebAssembly.RuntimeError`, because it was refused
    /// memory. A program that has stopped may be asked this and nothing else.
    #[wasm_bindgen(js_name = ranOutOfMemory)]
    pub fn ran_out_of_memory() -> bool {
        memory_was_refused()
    }

    /// Opens "auto" (WebGPU on a hardware adapter, else the CPU), "webgpu" (any adapter) or "cpu".
    pub async fn open(
        #[wasm_bindgen(unchecked_param_type = "\"auto\" | \"webgpu\" | \"cpu\"")] device: JsValue,
    ) -> Result<Engine, JsValue> {
        let choice: DeviceChoice = device
            .as_string()
            .unwrap_or_default()
            .parse()
            .map_err(js_error)?;
        let offer = if choice == DeviceChoice::Cpu {
            Offer::Nothing
        } else {
            probe_adapter().await
        };
        let patience = async { JsFuture::from(after(PATIENCE)).await.map_or((), |_| ()) };
        let opening = engine::Engine::open_within(choice, offer, patience);
        let engine = with_probed_adapter(opening).await.map_err(js_error)?;
        Ok(Engine {
            engine: Rc::new(RefCell::new(engine)),
        })
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

    /// Loads a network from its file of weights: from the one given, else from the package's own.
    #[wasm_bindgen(js_name = loadNetwork, unchecked_return_type = "Promise<void>")]
    pub fn load_network(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Bytes | Blob")] weights: JsValue,
    ) -> Promise {
        let engine = self.engine.clone();
        promise(async move {
            let id = text("id", &id)?;
            let weights = if weights.is_undefined() || weights.is_null() {
                own_weights(&manifest_row(&id)?.file).await?
            } else {
                match ByteSource::of("weights", &weights)? {
                    ByteSource::Bytes(bytes) => bytes.to_vec(),
                    ByteSource::Blob(blob) => {
                        read_blob(&blob).await.map_err(Error::WeightsCorrupt)?
                    }
                    ByteSource::ImageData(..) => {
                        return Err(must_be("weights", "a file", &weights));
                    }
                }
            };
            engine
                .borrow_mut()
                .load_network(&id, &weights)
                .map(|()| JsValue::UNDEFINED)
        })
    }

    /// Has a GPU build its pipelines, on an empty picture; without it the first calls take that
    /// time. The CPU has no use for it.
    #[wasm_bindgen(js_name = warmUp, unchecked_return_type = "Promise<void>")]
    pub fn warm_up(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            engine.warm_up(&progress).await.map(|()| JsValue::UNDEFINED)
        })
    }

    /// Opens a picture, by the browser's own decoder where it can, and makes it the picture. Until
    /// then, and where it fails or is cancelled, the one that there was stays.
    #[wasm_bindgen(js_name = openPicture, unchecked_return_type = "Promise<PictureInfo>")]
    pub fn open_picture(
        &self,
        #[wasm_bindgen(unchecked_param_type = "PictureSource")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.engine.clone();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            use_picture(&engine, open_picture(&source, &progress).await?)
        })
    }

    /// The photo as it is seen, squashed to `width` x `height` pixels; in its own size when they
    /// are left out.
    #[wasm_bindgen(js_name = picturePixels, unchecked_return_type = "PicturePixels")]
    pub fn picture_pixels(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] height: JsValue,
    ) -> Result<JsValue, JsValue> {
        let pixels = || {
            let photo = self.engine.borrow().picture()?;
            let side_or = |name, value: &JsValue, own| {
                if value.is_undefined() {
                    Ok(own)
                } else {
                    side(name, value)
                }
            };
            let (width, height) = (
                side_or("width", &width, photo.width())?,
                side_or("height", &height, photo.height())?,
            );
            if (width, height) == (photo.width(), photo.height()) {
                return picture_object(&photo);
            }
            picture_object(&resize(&photo, width, height, Filter::Bilinear)?)
        };
        pixels().map_err(js_error)
    }

    /// The photo in its own size with a saliency map over it: the picture that the page shows and
    /// that the native command writes.
    #[wasm_bindgen(unchecked_return_type = "PicturePixels")]
    pub fn overlay(
        &self,
        #[wasm_bindgen(unchecked_param_type = "OverlayOptions")] options: JsValue,
    ) -> Result<JsValue, JsValue> {
        let draw = || {
            let layer = map_layer(&Options::of(options, &[OVERLAY])?)?;
            let photo = self.engine.borrow().picture()?;
            let rgba = Uint8ClampedArray::new_with_length(photo.width() * photo.height() * 4);
            let mut start = 0;
            for row in overlay_rows(&photo, &layer) {
                let end = start + row.len() as u32;
                rgba.subarray(start, end).copy_from(&row);
                start = end;
            }
            pixels_object(rgba, photo.width(), photo.height())
        };
        draw().map_err(js_error)
    }

    /// The [`overlay`](Engine::overlay) as a PNG file, written row by row: a large photo is never
    /// held a second time.
    #[wasm_bindgen(js_name = overlayPng, unchecked_return_type = "Promise<Blob>")]
    pub fn overlay_png(
        &self,
        #[wasm_bindgen(unchecked_param_type = "OverlayOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[OVERLAY, LONG_CALL])?;
            let (layer, progress) = (map_layer(&options)?, JsProgress::of(&options)?);
            let photo = engine.picture()?;
            let file = PngBlob::default();
            write_overlay(&photo, &layer, file.clone(), &progress).await?;
            file.finish().map(JsValue::from)
        })
    }

    /// Decodes a picture file by this program's own decoder and makes it the picture.
    #[wasm_bindgen(js_name = setPictureFile, skip_typescript)]
    pub fn set_picture_file(&self, file: JsValue) -> Result<JsValue, JsValue> {
        match ByteSource::of("file", &file).map_err(js_error)? {
            ByteSource::Bytes(bytes) => self.set_picture(decode_file(&bytes.to_vec()), "crate"),
            ByteSource::ImageData(rgba, width, height) => {
                self.set_picture(Picture::from_rgba(rgba.to_vec(), width, height), "pixels")
            }
            ByteSource::Blob(blob) => {
                Ok(self.set_later(blob, "crate", |bytes| decode_file(&bytes)))
            }
        }
    }

    /// Makes RGBA pixels, row-major from the top left, the picture.
    #[wasm_bindgen(js_name = setPicturePixels, skip_typescript)]
    pub fn set_picture_pixels(
        &self,
        rgba: JsValue,
        width: JsValue,
        height: JsValue,
    ) -> Result<JsValue, JsValue> {
        let source = ByteSource::of("rgba", &rgba).map_err(js_error)?;
        if let (ByteSource::ImageData(rgba, columns, rows), true, true) =
            (&source, width.is_undefined(), height.is_undefined())
        {
            return self.set_picture(Picture::from_rgba(rgba.to_vec(), *columns, *rows), "pixels");
        }
        let (width, height) = frame_size(&width, &height)?;
        match source {
            ByteSource::ImageData(_, columns, rows) if (columns, rows) != (width, height) => {
                let found = format!(
                    "an ImageData of {columns} x {rows} pixels is not one of {width} x {height}"
                );
                Err(js_error(Error::PictureCorrupt(found)))
            }
            ByteSource::Bytes(rgba) | ByteSource::ImageData(rgba, ..) => {
                self.set_picture(Picture::from_rgba(rgba.to_vec(), width, height), "pixels")
            }
            ByteSource::Blob(blob) => Ok(self.set_later(blob, "pixels", move |rgba| {
                Picture::from_rgba(rgba, width, height)
            })),
        }
    }

    /// The unnormalised class scores of the whole photo squashed to the network's input.
    #[wasm_bindgen(unchecked_return_type = "Promise<Float32Array>")]
    pub fn classify(&self) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            engine
                .classify()
                .await
                .map(|scores| Float32Array::from(&scores[..]))
        })
    }

    /// dS_c/dI for the same view: R, G, B planes of side x side, per unit of a 0..255 pixel value.
    #[wasm_bindgen(js_name = inputGradient, unchecked_return_type = "Promise<Float32Array>")]
    pub fn input_gradient(
        &self,
        #[wasm_bindgen(js_name = classIndex, unchecked_param_type = "number")] class: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let class = class_index(if class.is_undefined() {
                f64::NAN
            } else {
                number("classIndex", &class)?
            })?;
            let planes = engine
                .input_gradient(&gradient::Target::Class(class))
                .await?;
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
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & SaliencyOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, SALIENCY, LONG_CALL])?;
            let saliency = engine
                .saliency(
                    &saliency_settings(&options, &engine)?,
                    &JsProgress::of(&options)?,
                )
                .await?;
            let (width, height) = engine.picture_size()?;
            Ok(SaliencyMap {
                saliency,
                width,
                height,
                values: KeptArray::default(),
                signed: KeptArray::default(),
            })
        })
    }

    /// Gradient and DeconvNet compared, from the layer that the target reads down to the picture.
    #[wasm_bindgen(unchecked_return_type = "Promise<LayerRelation[]>")]
    pub fn relation(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, LONG_CALL])?;
            let layers = engine
                .compare_rules(&target(&options, &engine)?, &JsProgress::of(&options)?)
                .await?;
            let layers: Vec<LayerRelation> = layers
                .into_iter()
                .map(|layer| LayerRelation {
                    layer: layer.layer,
                    kind: layer.kind.to_owned(),
                    cosine: layer.cosine,
                    parted: layer.relative_difference,
                    trunk: layer.on_every_path,
                })
                .collect();
            js_object(&layers)
        })
    }

    /// Starts to randomise the network's layers from the top down; computes the trained network's
    /// map. What becomes of the map's signs and of its places is told apart, step by step:
    /// `RandomisedLayer`.
    #[wasm_bindgen(js_name = sanityCheck, unchecked_return_type = "Promise<SanityCheck>")]
    pub fn sanity_check(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & SaliencyOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, SALIENCY, LONG_CALL])?;
            let settings = saliency_settings(&options, &engine)?;
            let seed = settings.smooth_grad.seed;
            let check = engine
                .sanity_check(settings, seed, &JsProgress::of(&options)?)
                .await?;
            Ok(SanityCheck {
                layers: check.left(),
                check: Rc::new(Mutex::new(check)),
            })
        })
    }

    /// The object that a saliency map points at, or that is in a rectangle, cut out of the picture:
    /// the cut alone.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[CUT, LONG_CALL])?;
            let (guide, settings) = cut_guide(&options, LocateMode::Paper, engine.picture_size()?)?;
            let segmentation = engine
                .segment(guide.as_guide(), &settings, &JsProgress::of(&options)?)
                .await?;
            Ok(Segmentation::new(segmentation, engine.picture()?))
        })
    }

    /// The same, as a cut that strokes can correct. Its mode is `best` where nothing else is asked
    /// for.
    #[wasm_bindgen(js_name = objectCut, unchecked_return_type = "Promise<ObjectCut>")]
    pub fn object_cut(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[CUT, LONG_CALL])?;
            let (guide, settings) = cut_guide(&options, LocateMode::Best, engine.picture_size()?)?;
            let cut = engine
                .object_cut(guide.as_guide(), &settings, &JsProgress::of(&options)?)
                .await?;
            let quantiles = match guide {
                CutGuide::Saliency(_) => {
                    Some([settings.foreground_quantile, settings.background_quantile])
                }
                CutGuide::Rectangle(_) => None,
            };
            Ok(ObjectCut {
                cut: RefCell::new(cut),
                photo: engine.picture()?,
                quantiles,
            })
        })
    }

    /// Saliency, seeds and cut of a class.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn locate(
        &self,
        #[wasm_bindgen(unchecked_param_type = "LocateOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[LOCATE, LONG_CALL])?;
            let (class, mode) = (
                options.class("classIndex")?,
                mode(&options, LocateMode::Best)?,
            );
            let segmentation = engine
                .locate(class, mode, &JsProgress::of(&options)?)
                .await?;
            Ok(Segmentation::new(segmentation, engine.picture()?))
        })
    }

    /// A class model before its first step.
    #[wasm_bindgen(js_name = classModel)]
    pub fn class_model(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & ClassModelOptions")]
        options: JsValue,
    ) -> Result<ClassModelRun, JsValue> {
        let engine = self.engine.borrow();
        let run = Options::of(options, &[TARGET, CLASS_MODEL])
            .and_then(|options| class_model_settings(&options, &engine))
            .and_then(|settings| engine.class_model(&settings));
        Ok(ClassModelRun {
            run: RefCell::new(run.map_err(js_error)?),
        })
    }

    fn set_picture(
        &self,
        picture: Result<Picture, Error>,
        decoder: &'static str,
    ) -> Result<JsValue, JsValue> {
        let opened = picture.map(|picture| Opened {
            picture,
            decoder,
            reason: String::new(),
        });
        opened
            .and_then(|opened| use_picture(&self.engine, opened))
            .map_err(js_error)
    }

    /// A promise of the picture that `decode` makes of a blob's bytes.
    fn set_later(
        &self,
        blob: Blob,
        decoder: &'static str,
        decode: impl FnOnce(Vec<u8>) -> Result<Picture, Error> + 'static,
    ) -> JsValue {
        let engine = Engine {
            engine: self.engine.clone(),
        };
        let work = async move {
            let bytes = read_blob(&blob)
                .await
                .map_err(|error| js_error(Error::PictureCorrupt(error)))?;
            engine.set_picture(decode(bytes), decoder)
        };
        future_to_promise(work).into()
    }

    /// What long work runs on, so that it neither holds this object nor sees the next picture.
    fn snapshot(&self) -> engine::Engine {
        self.engine.borrow().clone()
    }
}

/// Makes it the engine's picture and says what it is.
fn use_picture(
    engine: &RefCell<engine::Engine>,
    Opened {
        picture,
        decoder,
        reason,
    }: Opened,
) -> Result<JsValue, Error> {
    let (file_width, file_height) = picture.file_size();
    let (width, height) = (picture.width(), picture.height());
    engine.borrow_mut().set_picture(picture);
    js_object(&PictureInfo {
        width,
        height,
        file_width,
        file_height,
        decoder: decoder.to_owned(),
        reason,
    })
}

/// A saliency map in the photo's frame.
#[wasm_bindgen]
pub struct SaliencyMap {
    saliency: saliency::Saliency,
    width: u32,
    height: u32,
    values: KeptArray<Float32Array>,
    signed: KeptArray<Float32Array>,
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

    /// width * height values, row-major, >= 0; of `gradient` and its kin per unit of a 0..255 pixel
    /// value. The same array at every access.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Float32Array {
        self.values.get(|| {
            Float32Array::from(
                &self
                    .saliency
                    .map
                    .sampled(self.width as usize, self.height as usize)[..],
            )
        })
    }

    /// The values as they were computed, on the network's own grid.
    #[wasm_bindgen(getter, unchecked_return_type = "SaliencyGrid")]
    pub fn grid(&self) -> Result<JsValue, JsValue> {
        saliency_grid(&self.saliency.map, &self.saliency.signed).map_err(js_error)
    }

    /// The values in a frame of another size, such as a display's: width * height of them,
    /// row-major.
    pub fn sampled(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Float32Array, JsValue> {
        let (width, height) = frame_size(&width, &height)?;
        Ok(Float32Array::from(
            &self.saliency.map.sampled(width as usize, height as usize)[..],
        ))
    }

    /// The map as levels to draw in a frame of width x height pixels, row-major: interpolated,
    /// slightly blurred, 255 at its 99.5th percentile and above. `Engine.colourMaps` has colours
    /// for them.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array")]
    pub fn intensity(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let (width, height) = frame_size(&width, &height)?;
        let intensity = Intensity::new(&self.saliency.map, width as usize, height as usize);
        Ok(Uint8Array::from(&intensity.levels[..]))
    }

    /// As many signed values, the attribution's sums over the colours: above 0 speaks for the
    /// target, below against it. The same array at every access.
    #[wasm_bindgen(getter)]
    pub fn signed(&self) -> Float32Array {
        self.signed.get(|| {
            Float32Array::from(
                &self
                    .saliency
                    .signed_sampled(self.width as usize, self.height as usize)[..],
            )
        })
    }

    /// Of `integrated_gradients`: by how much the attribution's sum misses the score's rise from
    /// the mean picture, as a part of that rise; undefined for other methods.
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

    /// Randomises the next layer, the classes' own first, and gives its name, the map after it and
    /// the map's rank correlations with the trained network's; undefined when none is left. A step
    /// that is cancelled has randomised its layer all the same.
    #[wasm_bindgen(unchecked_return_type = "Promise<RandomisedLayer | undefined>")]
    pub fn step(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let check = self.check.clone();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            let Some(randomised) = check.lock().await.step(&progress).await? else {
                return Ok(JsValue::UNDEFINED);
            };
            plain_object([
                ("layer", randomised.layer.into()),
                ("left", randomised.left.into()),
                ("correlation", randomised.correlation.into()),
                (
                    "magnitudeCorrelation",
                    randomised.magnitude_correlation.into(),
                ),
                ("map", saliency_grid(&randomised.map, &randomised.signed)?),
            ])
        })
    }
}

/// A cut that strokes can correct; `free` ends it.
#[wasm_bindgen]
pub struct ObjectCut {
    cut: RefCell<segmentation::ObjectCut>,
    photo: Rc<Picture>,
    /// Above and below which the map's values are seeds; `None` for a rectangle.
    quantiles: Option<[f64; 2]>,
}

#[wasm_bindgen]
impl ObjectCut {
    /// The object as it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segmentation(&self) -> Promise {
        let (segmentation, photo) = (self.cut.borrow().segmentation(), self.photo.clone());
        promise(
            async move { segmentation.map(|segmentation| Segmentation::new(segmentation, photo)) },
        )
    }

    /// Scribbles pixels as object or not and cuts anew. The stroke stays even where the answer is
    /// `no-object-found`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn stroke(
        &self,
        #[wasm_bindgen(unchecked_param_type = "StrokeOptions")] options: JsValue,
    ) -> Promise {
        let stroke = Options::of(options, &[STROKE]).and_then(|options| stroke(&options));
        match stroke.and_then(|stroke| self.cut.borrow_mut().stroke(stroke)) {
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

    /// What the cut started from, in a frame of width x height pixels, the photo's or a smaller
    /// one; row-major: 2 where the object's colours were taken from, 1 where the background's were,
    /// 0 elsewhere. Strokes do not change it.
    pub fn seeds(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let (width, height) = frame_size(&width, &height)?;
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

    /// The object's colours were taken from the cells of the saliency map above this quantile;
    /// undefined for a rectangle.
    #[wasm_bindgen(getter, js_name = foregroundQuantile)]
    pub fn foreground_quantile(&self) -> Option<f64> {
        self.quantiles.map(|[foreground, _]| foreground)
    }

    /// The background's colours were taken from the cells below this one; undefined for a
    /// rectangle.
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
    segmentation: Rc<segmentation::Segmentation>,
    photo: Rc<Picture>,
    mask: KeptArray<Uint8Array>,
    alpha: KeptArray<Uint8Array>,
}

impl Segmentation {
    fn new(segmentation: segmentation::Segmentation, photo: Rc<Picture>) -> Self {
        Self {
            segmentation: Rc::new(segmentation),
            photo,
            mask: KeptArray::default(),
            alpha: KeptArray::default(),
        }
    }

    /// A value for each of the photo's pixels.
    fn array(&self, value: impl Fn(u8) -> u8) -> Uint8Array {
        let array = Uint8Array::new_with_length(self.segmentation.width * self.segmentation.height);
        let mut row = vec![0; self.segmentation.width as usize];
        for y in 0..self.segmentation.height {
            self.segmentation.alpha.read_row(y as usize, &mut row);
            row.iter_mut().for_each(|alpha| *alpha = value(*alpha));
            array
                .subarray(
                    y * self.segmentation.width,
                    (y + 1) * self.segmentation.width,
                )
                .copy_from(&row);
        }
        array
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

    /// 255 on the object, 0 elsewhere; row-major in the photo's frame. The same array at every
    /// access.
    #[wasm_bindgen(getter)]
    pub fn mask(&self) -> Uint8Array {
        self.mask.get(|| self.array(segmentation::mask))
    }

    /// How much of each pixel is object, 0 to 255, in the same frame: the mask with a soft edge.
    /// The same array at every access.
    #[wasm_bindgen(getter)]
    pub fn alpha(&self) -> Uint8Array {
        self.alpha.get(|| self.array(|alpha| alpha))
    }

    /// The object's pixels of the photo on nothing, with a soft edge, as a PNG file.
    #[wasm_bindgen(js_name = cutoutPng, unchecked_return_type = "Promise<Blob>")]
    pub fn cutout_png(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let (segmentation, photo) = (self.segmentation.clone(), self.photo.clone());
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            let file = PngBlob::default();
            write_cutout(&photo, &segmentation, file.clone(), &progress).await?;
            file.finish()
        })
    }

    /// The mask as a PNG file, white on black.
    #[wasm_bindgen(js_name = maskPng, unchecked_return_type = "Promise<Blob>")]
    pub fn mask_png(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let segmentation = self.segmentation.clone();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            let file = PngBlob::default();
            write_mask(&segmentation, file.clone(), &progress).await?;
            file.finish()
        })
    }

    /// The soft mask in a smaller frame, such as a display's: width * height values, row-major.
    pub fn cover(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, JsValue> {
        let (width, height) = frame_size(&width, &height)?;
        let cover = self.segmentation.cover(width, height).map_err(js_error)?;
        Ok(Uint8Array::from(&cover[..]))
    }

    /// The share of the photo's pixels that are object, 0 to 1.
    #[wasm_bindgen(getter)]
    pub fn share(&self) -> f64 {
        self.segmentation.object_fraction()
    }

    /// The object's bounding box in photo pixels.
    #[wasm_bindgen(getter, js_name = "box", unchecked_return_type = "BoundingBox")]
    pub fn bounding_box(&self) -> Result<JsValue, JsValue> {
        let b = &self.segmentation.bounding_box;
        js_object(&BoundingBox {
            x: b.x,
            y: b.y,
            width: b.width,
            height: b.height,
        })
        .map_err(js_error)
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
    pub fn step(&self, #[wasm_bindgen(unchecked_param_type = "number")] n: JsValue) -> Promise {
        let asked = number("n", &n)
            .and_then(|n| count("n", n))
            .map(|n| self.run.borrow_mut().step(n));
        promise(async move {
            let progress = asked?.await?;
            js_object(&ClassModelProgress {
                step: progress.step,
                score: progress.score,
                probability: progress.probability,
            })
        })
    }

    /// The picture as it is now.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelPixels>")]
    pub fn pixels(&self) -> Promise {
        let asked = self.run.borrow().pixels();
        promise(async move { picture_object(&asked.await?) })
    }
}

/// A length in pixels.
fn side(name: &str, value: &JsValue) -> Result<u32, Error> {
    number(name, value)
        .and_then(|value| count(name, value))
        .map(|side| side as u32)
}

/// The columns and rows that a caller asks for.
fn frame_size(width: &JsValue, height: &JsValue) -> Result<(u32, u32), JsValue> {
    let sides = side("width", width).and_then(|width| Ok((width, side("height", height)?)));
    sides.map_err(js_error)
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
        Reflect::set(&object, &key.into(), &value)
            .map_err(|_| Error::Internal("a property was refused".to_owned()))?;
    }
    Ok(object.into())
}

/// A picture's pixels: `PicturePixels`, `ClassModelPixels`.
fn picture_object(picture: &Picture) -> Result<JsValue, Error> {
    let row = picture.width() * 4;
    let rgba = Uint8ClampedArray::new_with_length(row * picture.height());
    let count = strip_rows(picture);
    for first in (0..picture.height()).step_by(count as usize) {
        let end = picture.height().min(first + count);
        rgba.subarray(first * row, end * row)
            .copy_from(&picture.rgba_rows(first, count));
    }
    pixels_object(rgba, picture.width(), picture.height())
}

fn pixels_object(rgba: Uint8ClampedArray, width: u32, height: u32) -> Result<JsValue, Error> {
    plain_object([
        ("rgba", rgba.into()),
        ("width", width.into()),
        ("height", height.into()),
    ])
}

/// Rows of a picture that are handed over at a time: two megabytes of RGBA.
fn strip_rows(picture: &Picture) -> u32 {
    ((2 << 20) / (picture.width() * 4)).max(1)
}

/// A map as it was computed: `SaliencyGrid`.
fn saliency_grid(map: &saliency::SaliencyMap, signed: &[f32]) -> Result<JsValue, Error> {
    let levels = intensity(&map.values, map.columns);
    let signed_levels = signed_intensity(signed, map.columns);
    let (values, signed) = (
        Float32Array::from(&map.values[..]),
        Float32Array::from(signed),
    );
    plain_object([
        ("width", map.columns.into()),
        ("height", map.rows.into()),
        ("values", values.into()),
        ("signed", signed.into()),
        ("intensity", Uint8Array::from(&levels[..]).into()),
        (
            "signedIntensity",
            Uint8Array::from(&signed_levels[..]).into(),
        ),
    ])
}

fn network_info(id: &str) -> Result<NetworkInfo, Error> {
    let row = manifest_row(id)?;
    Ok(NetworkInfo {
        id: row.id,
        title: row.title,
        classes: imagenet_labels().map(str::to_owned).collect(),
        input_side: row.input.side,
        weights: WeightsInfo {
            file: row.file,
            bytes: row.bytes,
            sha256: row.sha256,
            licence: row.licence,
        },
    })
}
