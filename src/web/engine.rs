//! The exported class `Engine`: devices, networks and all computations.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Float32Array, Promise};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use super::arguments::{Options, class_index, is_left_out, number, text};
use super::class_model_run::ClassModelRun;
use super::cut_options::{CUT, LOCATE, cut_options, mode};
use super::js_bytes::ByteSource;
use super::js_error::EngineError;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{js_object, promise};
use super::object_cut::ObjectCut;
use super::own_files::own_weights;
use super::probe_adapter::{probe_adapter, with_probed_adapter};
use super::saliency_map::{SALIENCY, SaliencyMap, saliency_settings};
use super::sanity_check::SanityCheck;
use super::segmentation::Segmentation;
use super::target::{TARGET, target};
use super::timer::after;
use crate::device::{DeviceChoice, Offer, PATIENCE};
use crate::engine::{self, LocateMode};
use crate::error::Error;
use crate::gradient::Target;
use crate::networks::{self, manifest_row};

/// The device that an engine computes on.
#[derive(Serialize, Tsify)]
pub struct DeviceInfo {
    /// The backend.
    #[tsify(type = "\"webgpu\" | \"cpu\"")]
    pub kind: String,
    /// The adapter's name.
    pub adapter: String,
    /// Whether the CPU computes: by the CPU backend, or by a software adapter.
    pub software: bool,
    /// A sentence that says why this device was chosen.
    pub reason: String,
}

/// A layer of the loaded network.
#[derive(Serialize, Tsify)]
pub struct LayerInfo {
    /// Identifies the layer in the options `layer` and `camLayer`.
    pub name: String,
    /// The module that it is part of, such as `features.3`; empty at the top.
    pub group: String,
    /// The operation, such as `convolution`, `relu`, `max-pool` or `concatenation`.
    pub kind: String,
    /// Channels of its output.
    pub channels: usize,
    /// Rows of each channel, for the network's own input.
    pub rows: usize,
    /// Columns of each channel, for the network's own input.
    pub columns: usize,
}

impl From<networks::LayerInfo> for LayerInfo {
    fn from(layer: networks::LayerInfo) -> Self {
        Self {
            name: layer.name,
            group: layer.group,
            kind: layer.kind.to_owned(),
            channels: layer.channels,
            rows: layer.rows,
            columns: layer.columns,
        }
    }
}

/// The gradient's and the DeconvNet's backward signal, compared at one layer.
#[derive(Serialize, Tsify)]
pub struct LayerRelation {
    /// The layer's name; the last entry is the picture.
    pub layer: String,
    /// The operation.
    pub kind: String,
    /// Cosine of the angle between the two signals at the layer's output, -1 to 1: 1 if they have
    /// the same direction.
    pub cosine: f32,
    /// The effect of this layer alone: the relative difference, 0 to 1, between what the two rules
    /// make of one and the same signal. 0 if they are identical.
    pub parted: f32,
    /// Whether every path from the picture to the target passes through this layer.
    pub trunk: bool,
}

/// Whether `Engine.open(device)` uses WebGPU in this browser, whether or not this program was built
/// with it.
#[wasm_bindgen(js_name = takesWebGpu)]
pub async fn takes_webgpu(device: JsValue) -> bool {
    match device.as_string().unwrap_or_default().parse() {
        Ok(DeviceChoice::Cpu) | Err(_) => false,
        Ok(choice) => choice.takes_webgpu(probe_adapter().await.adapter()),
    }
}

/// The engine: one device, one network, one photo.
#[wasm_bindgen]
pub struct Engine {
    engine: Rc<RefCell<engine::Engine>>,
}

impl Engine {
    /// The engine as it is now. Long work runs on such a copy, so that later calls neither wait for
    /// it nor change its network and photo.
    pub(super) fn snapshot(&self) -> engine::Engine {
        self.engine.borrow().clone()
    }

    /// The engine that a later part of a call changes.
    pub(super) fn shared(&self) -> Rc<RefCell<engine::Engine>> {
        self.engine.clone()
    }
}

#[wasm_bindgen]
impl Engine {
    /// Opens an engine on "auto" (WebGPU on a hardware adapter, else the CPU), "webgpu" (any
    /// adapter) or "cpu".
    pub async fn open(
        #[wasm_bindgen(unchecked_param_type = "\"auto\" | \"webgpu\" | \"cpu\"")] device: JsValue,
    ) -> Result<Engine, EngineError> {
        let choice: DeviceChoice = device.as_string().unwrap_or_default().parse()?;
        let offer = if choice == DeviceChoice::Cpu {
            Offer::Nothing
        } else {
            probe_adapter().await
        };
        let patience = async { JsFuture::from(after(PATIENCE)).await.map_or((), |_| ()) };
        let opening = engine::Engine::open_within(choice, offer, patience);
        let engine = with_probed_adapter(opening).await?;
        Ok(Engine {
            engine: Rc::new(RefCell::new(engine)),
        })
    }

    /// The device, and why it was chosen.
    #[wasm_bindgen(getter, unchecked_return_type = "DeviceInfo")]
    pub fn device(&self) -> Result<JsValue, EngineError> {
        let device = &self.engine.borrow().device;
        Ok(js_object(&DeviceInfo {
            kind: device.kind.to_owned(),
            adapter: device.adapter.clone(),
            software: device.software,
            reason: device.reason.clone(),
        })?)
    }

    /// Loads a network from its file of weights: from `weights`, or from the package's own file
    /// when it is left out. If that fails, the engine keeps the network that it has.
    #[wasm_bindgen(js_name = loadNetwork, unchecked_return_type = "Promise<void>")]
    pub fn load_network(
        &self,
        #[wasm_bindgen(unchecked_param_type = "string")] id: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Bytes | Blob")] weights: JsValue,
    ) -> Promise {
        let engine = self.shared();
        promise(async move {
            let id = text("id", &id)?;
            let weights = if is_left_out(&weights) {
                own_weights(&manifest_row(&id)?.file).await?
            } else {
                let weights = ByteSource::file("weights", &weights)?;
                weights.read().await.map_err(Error::WeightsCorrupt)?
            };
            engine
                .borrow_mut()
                .load_network(&id, &weights)
                .map(|()| JsValue::UNDEFINED)
        })
    }

    /// Compiles a GPU's pipelines, on an empty picture. Otherwise the first calls do, and take
    /// longer. On the CPU it has no effect worth its time.
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

    /// The unnormalised scores S_c of the photo resized to the network's input, before the softmax:
    /// one for each class, in the order of `NetworkInfo.classes`. The whole photo is squashed, or
    /// its middle cropped if the network that was opened wants that.
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

    /// The gradient dS_c/dI with respect to the input of `classify`: R, G and B planes of rows x
    /// columns values, row-major, in score per unit of a 0..255 pixel value. One plane if the
    /// network reads grey.
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
            let planes = engine.input_gradient(&Target::Class(class)).await?;
            Ok(Float32Array::from(&planes[..]))
        })
    }

    /// The loaded network's layers in order of computation; the last is the classifier.
    #[wasm_bindgen(unchecked_return_type = "LayerInfo[]")]
    pub fn layers(&self) -> Result<JsValue, EngineError> {
        let layers = self.engine.borrow().layers()?;
        let infos: Vec<LayerInfo> = layers.into_iter().map(LayerInfo::from).collect();
        Ok(js_object(&infos)?)
    }

    /// The saliency map of a class or a neuron.
    #[wasm_bindgen(unchecked_return_type = "Promise<SaliencyMap>")]
    pub fn saliency(
        &self,
        #[wasm_bindgen(unchecked_param_type = "TargetOptions & SaliencyOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, SALIENCY, LONG_CALL])?;
            let settings = saliency_settings(&options, &engine)?;
            let saliency = engine
                .saliency(&settings, &JsProgress::of(&options)?)
                .await?;
            Ok(SaliencyMap::new(saliency, engine.picture_size()?))
        })
    }

    /// Compares the gradient with the DeconvNet's signal at every layer, from the one that the
    /// target reads down to the picture.
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

    /// Prepares the sanity check of a saliency map, which gives the network's layers random weights
    /// one by one, from the classifier down, and computes the trained network's map.
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
            Ok(SanityCheck::new(check))
        })
    }

    /// Cuts the object of a class or another target, or that a saliency map or a rectangle marks, out
    /// of the photo. The mode is `paper` when it is left out.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, CUT, LONG_CALL])?;
            let (prompt, settings) = cut_options(&options, LocateMode::Paper, &engine)?;
            let cut = prompt
                .cut(&engine, &settings, &JsProgress::of(&options)?)
                .await?;
            let (segmentation, photo) = (cut.segmentation()?, engine.picture()?);
            Ok(Segmentation::new(segmentation, photo))
        })
    }

    /// As `segment`, for a cut that strokes can correct. The mode is `best` when it is left out.
    #[wasm_bindgen(js_name = objectCut, unchecked_return_type = "Promise<ObjectCut>")]
    pub fn object_cut(
        &self,
        #[wasm_bindgen(unchecked_param_type = "CutGuide & SegmentOptions & LongCall")]
        options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[TARGET, CUT, LONG_CALL])?;
            let (prompt, settings) = cut_options(&options, LocateMode::Best, &engine)?;
            let cut = prompt
                .cut(&engine, &settings, &JsProgress::of(&options)?)
                .await?;
            Ok(ObjectCut::new(cut, engine.picture()?, prompt.target_mode()))
        })
    }

    /// Computes a class's saliency map and cuts its object out of the photo, both with the settings
    /// of the mode.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn locate(
        &self,
        #[wasm_bindgen(unchecked_param_type = "LocateOptions & LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.snapshot();
        promise(async move {
            let options = Options::of(options, &[LOCATE, LONG_CALL])?;
            let class = options.class("classIndex")?;
            let mode = mode(&options, LocateMode::Best)?;
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
    ) -> Result<ClassModelRun, EngineError> {
        Ok(ClassModelRun::new(options, &self.engine.borrow())?)
    }
}
