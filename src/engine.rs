//! The whole of the crate for callers: one device, one network, one picture.

use std::cell::Cell;
use std::future::{Future, pending};
use std::rc::Rc;

use burn::tensor::Tensor;

use crate::class_model::{ClassModelRun, ClassModelSettings, SHARP};
use crate::device::{Adapter, ComputeDevice, DeviceChoice, Offer, read_back};
use crate::error::Error;
use crate::evaluation::{
    CellSettings, CoverTest, CoverTestSettings, DeletionCurves, cover_test, deletion_curves,
};
use crate::gradient::{Target, gradient};
use crate::graph::ReluRule;
use crate::image_input::Picture;
use crate::networks::{LayerInfo, Network, OnnxOptions, OnnxReport, entropy, softmax};
use crate::onnx::ExternalFiles;
use crate::preprocess::{Crops, PhotoCrops};
use crate::progress::{Progress, SubProgress};
use crate::saliency::{
    GRADIENT, GUIDED_GRAD_CAM, RuleComparison, Saliency, SaliencyMap, SaliencyMethod,
    SaliencySettings, SanityCheck, compare_rules, saliency_map,
};
use crate::segmentation::{
    CutSettings, ObjectCut, ObjectMaps, Prompt, Segmentation, segment_object,
};

/// Computes on one device with one loaded network and one picture; what is missing is a coded
/// error.
///
/// A clone shares device, network and picture with its original, and keeps them when the original
/// moves on to others: long work runs on a clone.
#[derive(Clone)]
pub struct Engine {
    /// Where it computes, and why there.
    pub device: ComputeDevice,
    network: Option<Rc<Network>>,
    picture: Option<Rc<Picture>>,
}

/// How [`Engine::locate`] makes its seeds and its cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocateMode {
    /// Section 3.2 of the paper.
    Paper,
    /// What works best on photos.
    Best,
}

impl LocateMode {
    /// The saliency method of the map that marks the object.
    pub fn method(self) -> &'static SaliencyMethod {
        match self {
            LocateMode::Paper => &GRADIENT,
            LocateMode::Best => &GUIDED_GRAD_CAM,
        }
    }

    /// The settings that the name stands for.
    pub fn cut_settings(self) -> CutSettings {
        match self {
            LocateMode::Paper => CutSettings::paper(),
            LocateMode::Best => CutSettings::best(),
        }
    }
}

/// The maps from which a mode cuts an object.
pub struct LocateMaps {
    /// By the mode's own method.
    pub map: SaliencyMap,
    /// What else finds the object's size, unless the mode's settings determine it: the gradient's
    /// map, and the entropy of the class probabilities.
    size_cues: Option<(SaliencyMap, f64)>,
    /// The number of passes that they took.
    passes: usize,
}

impl LocateMaps {
    /// The maps of `target`, by which `mode` cuts with `settings`. Of the progress of both, the
    /// passes come first.
    ///
    /// # Errors
    /// As [`Engine::saliency`].
    pub async fn of(
        engine: &Engine,
        target: &Target,
        mode: LocateMode,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let saliency = |method| SaliencySettings {
            method,
            ..SaliencySettings::new(target.clone())
        };
        let passes = saliency(mode.method()).crops.count();
        let cut = settings.progress_total();
        let part = |before, after| SubProgress {
            whole: progress,
            before,
            after,
            total: Cell::new(0),
        };
        let size_cues = match mode {
            LocateMode::Paper => None,
            LocateMode::Best => {
                let after = passes + ObjectMaps::CANDIDATES + cut;
                let map = engine
                    .saliency(&saliency(&GRADIENT), &part(0, after))
                    .await?
                    .map;
                Some((map, entropy(&softmax(&engine.classify().await?))))
            }
        };
        let (before, after) = match size_cues {
            None => (0, cut),
            Some(_) => (passes, ObjectMaps::CANDIDATES + cut),
        };
        let map = engine
            .saliency(&saliency(mode.method()), &part(before, after))
            .await?
            .map;
        Ok(Self {
            map,
            size_cues,
            passes: before + passes,
        })
    }

    /// The prompt that they are.
    pub fn prompt(&self) -> Prompt<'_> {
        match &self.size_cues {
            None => Prompt::Saliency(&self.map),
            Some((gradient, entropy)) => Prompt::Object(ObjectMaps {
                map: &self.map,
                gradient: Some(gradient),
                entropy: Some(*entropy),
            }),
        }
    }
}

impl std::str::FromStr for LocateMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "paper" => Ok(LocateMode::Paper),
            "best" => Ok(LocateMode::Best),
            _ => Err(Error::SettingOutOfRange(format!(
                "mode \"{name}\" is neither paper nor best"
            ))),
        }
    }
}

impl Engine {
    /// An engine on the device that `choice` means where the browser offers `adapter`, or natively
    /// the system, as [`native_adapter`](crate::device::native_adapter).
    ///
    /// # Errors
    /// `gpu-unavailable`, as [`ComputeDevice::open`].
    pub async fn open(choice: DeviceChoice, adapter: Option<Adapter>) -> Result<Self, Error> {
        Self::open_within(
            choice,
            adapter.map_or(Offer::Nothing, Offer::Adapter),
            pending(),
        )
        .await
    }

    /// The same where the browser may have given no answer; an adapter that has given no device
    /// when `patience` ends is given up.
    ///
    /// # Errors
    /// `gpu-unavailable`, as [`ComputeDevice::open`].
    pub async fn open_within(
        choice: DeviceChoice,
        offer: Offer,
        patience: impl Future<Output = ()>,
    ) -> Result<Self, Error> {
        Ok(Self {
            device: ComputeDevice::open(choice, offer, patience).await?,
            network: None,
            picture: None,
        })
    }

    /// Loads the network `id` from its file of weights; an earlier network stays when this one is
    /// refused.
    ///
    /// # Errors
    /// `setting-out-of-range` for an unknown id; `weights-corrupt` and `weights-mismatch` as
    /// [`Network::load`].
    pub fn load_network(&mut self, id: &str, weights: &[u8]) -> Result<(), Error> {
        self.network = Some(Rc::new(Network::load(id, weights, &self.device.tensors)?));
        Ok(())
    }

    /// Opens the network in an ONNX file, and says what was found in it; an earlier network stays
    /// when this one is refused.
    ///
    /// # Errors
    /// As [`Network::from_onnx`].
    pub fn open_network(
        &mut self,
        model: &[u8],
        files: &ExternalFiles<'_>,
        options: &OnnxOptions<'_>,
    ) -> Result<OnnxReport, Error> {
        let device = &self.device.tensors;
        let (network, report) = Network::from_onnx(model, files, options, device)?;
        self.network = Some(Rc::new(network));
        Ok(report)
    }

    /// Computes once, on an empty picture, what later calls compute again and again: GPUs build
    /// their pipelines then, which takes some of them seconds.
    ///
    /// # Errors
    /// `no-network`; `gpu-lost` when the GPU cannot run what it was given; `cancelled` by
    /// `progress`.
    pub async fn warm_up(&self, progress: &dyn Progress) -> Result<(), Error> {
        let network = self.network()?;
        let dims = network.input.dims(1);
        let picture = network.upload(vec![0.0; dims.iter().product()], dims);
        let rules = [ReluRule::Gradient, ReluRule::Guided, ReluRule::DeconvNet];
        let total = rules.len() + 2;
        progress.report(0, total).await?;
        read_back(network.scores(picture.clone())?).await?;
        let target = Target::Class(0);
        for (done, rule) in (1..).zip(rules) {
            progress.report(done, total).await?;
            read_back(gradient(network, picture.clone(), &target, rule)?).await?;
        }
        progress.report(total - 1, total).await?;
        // As it starts, and from near and far, where the kernels' widths differ.
        let settings = ClassModelSettings {
            recipe: SHARP,
            ..ClassModelSettings::new(target)
        };
        match self.class_model(&settings) {
            Ok(mut run) => {
                run.step(0).await?;
                run.step(6).await?;
            }
            // A network without class models has none to prepare for.
            Err(Error::NetworkUnsupported(_)) => {}
            Err(error) => return Err(error),
        }
        progress.report(total, total).await
    }

    /// Makes `picture` the one that everything else is about.
    pub fn set_picture(&mut self, picture: Picture) {
        self.picture = Some(Rc::new(picture));
    }

    /// The unnormalised class scores S_c, one for each class, of the photo as the network's
    /// [`Fit`](crate::preprocess::Fit) makes it: squashed, or its middle.
    ///
    /// # Errors
    /// `no-network`, `no-picture`, `gpu-lost`.
    pub async fn classify(&self) -> Result<Vec<f32>, Error> {
        let (network, picture) = self.one_crop()?;
        read_back(network.scores(picture)?).await
    }

    /// The network's layers behind the picture in order of computation, with their shapes for its
    /// own input; the classes' last.
    ///
    /// # Errors
    /// `no-network`.
    pub fn layers(&self) -> Result<Vec<LayerInfo>, Error> {
        self.network().map(Network::layers)
    }

    /// dS_c/dI for the same view: R, G and B planes of rows x columns, row-major, per unit of a
    /// 0..255 pixel value; one plane if the network reads grey.
    ///
    /// # Errors
    /// `no-network`, `no-picture`, `gpu-lost`; for the target as [`Target::probe`].
    pub async fn input_gradient(&self, target: &Target) -> Result<Vec<f32>, Error> {
        let (network, picture) = self.one_crop()?;
        let gradients = gradient(network, picture, target, ReluRule::Gradient)?;
        Ok(network
            .input
            .gradient_per_pixel_value(&read_back(gradients).await?))
    }

    /// A saliency map.
    ///
    /// # Errors
    /// `no-network`, `no-picture`; else as [`saliency_map`].
    pub async fn saliency(
        &self,
        settings: &SaliencySettings,
        progress: &dyn Progress,
    ) -> Result<Saliency, Error> {
        saliency_map(
            self.network()?,
            &*self.picture()?,
            settings,
            self.device.batch(),
            progress,
        )
        .await
    }

    /// Gradient and DeconvNet for the same view as [`classify`](Engine::classify)'s, compared layer
    /// by layer (section 4 of the paper).
    ///
    /// # Errors
    /// `no-network`, `no-picture`; else as [`compare_rules`].
    pub async fn compare_rules(
        &self,
        target: &Target,
        progress: &dyn Progress,
    ) -> Result<Vec<RuleComparison>, Error> {
        let (network, picture) = self.one_crop()?;
        compare_rules(network, picture, target, progress).await
    }

    /// Whether a saliency map depends on what the network has learnt: its layers are about to be
    /// randomised one by one.
    ///
    /// # Errors
    /// As [`saliency`](Engine::saliency).
    pub async fn sanity_check(
        &self,
        settings: SaliencySettings,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<SanityCheck, Error> {
        let photo = self.picture()?;
        SanityCheck::new(
            self.network()?,
            photo,
            settings,
            self.device.batch(),
            seed,
            progress,
        )
        .await
    }

    /// Whether the pixels that a saliency map marks matter to its target: the map by `saliency`, and
    /// the target's value with its brightest cells covered.
    ///
    /// # Errors
    /// As [`saliency`](Engine::saliency) and [`cover_test`].
    pub async fn cover_test(
        &self,
        saliency: &SaliencySettings,
        settings: &CoverTestSettings,
        progress: &dyn Progress,
    ) -> Result<CoverTest, Error> {
        let map = self.saliency(saliency, progress).await?.map;
        let (network, photo, batch) = (self.network()?, self.picture()?, self.device.batch());
        cover_test(network, &photo, &map, &saliency.target, settings, batch).await
    }

    /// The target's value as the photo is covered, and uncovered, in the order of the map that
    /// `saliency` gives.
    ///
    /// # Errors
    /// As [`saliency`](Engine::saliency) and [`deletion_curves`].
    pub async fn deletion_curves(
        &self,
        saliency: &SaliencySettings,
        settings: (usize, CellSettings),
        progress: &dyn Progress,
    ) -> Result<DeletionCurves, Error> {
        let map = SubProgress {
            whole: progress,
            before: 0,
            after: 2 * settings.0,
            total: Cell::new(0),
        };
        let saliency_map = self.saliency(saliency, &map).await?.map;
        let curves = SubProgress {
            whole: progress,
            before: map.total.get(),
            after: 0,
            total: Cell::new(0),
        };
        let (network, photo, batch) = (self.network()?, self.picture()?, self.device.batch());
        let target = &saliency.target;
        deletion_curves(
            network,
            &photo,
            &saliency_map,
            target,
            settings,
            batch,
            &curves,
        )
        .await
    }

    /// The object that the guide points at, cut out of the picture.
    ///
    /// # Errors
    /// `no-picture`; else as [`segment_object`].
    pub async fn segment(
        &self,
        guide: Prompt<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<Segmentation, Error> {
        segment_object(&self.picture()?, guide, settings, progress).await
    }

    /// The same as a cut that strokes can correct.
    ///
    /// # Errors
    /// `no-picture`; else as [`ObjectCut::new`].
    pub async fn object_cut(
        &self,
        guide: Prompt<'_>,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<ObjectCut, Error> {
        ObjectCut::new(self.picture()?, guide, settings, progress).await
    }

    /// The object of `target` as a cut that strokes can correct, from maps and with settings of
    /// `mode`.
    ///
    /// # Errors
    /// As [`saliency`](Engine::saliency) and [`object_cut`](Engine::object_cut).
    pub async fn target_cut(
        &self,
        target: &Target,
        mode: LocateMode,
        settings: &CutSettings,
        progress: &dyn Progress,
    ) -> Result<ObjectCut, Error> {
        let maps = LocateMaps::of(self, target, mode, settings, progress).await?;
        let cut = SubProgress {
            whole: progress,
            before: maps.passes,
            after: 0,
            total: Cell::new(0),
        };
        self.object_cut(maps.prompt(), settings, &cut).await
    }

    /// The object of `class`, cut out of the picture from maps and with settings of `mode`.
    ///
    /// # Errors
    /// As [`target_cut`](Engine::target_cut).
    pub async fn locate(
        &self,
        class: usize,
        mode: LocateMode,
        progress: &dyn Progress,
    ) -> Result<Segmentation, Error> {
        let target = Target::Class(class);
        self.target_cut(&target, mode, &mode.cut_settings(), progress)
            .await?
            .segmentation()
    }

    /// A class model before its first step.
    ///
    /// # Errors
    /// `no-network`; else as [`ClassModelRun::new`].
    pub fn class_model(&self, settings: &ClassModelSettings) -> Result<ClassModelRun, Error> {
        ClassModelRun::new(self.network.clone().ok_or(Error::NoNetwork)?, settings)
    }

    /// The photo.
    ///
    /// # Errors
    /// `no-picture`.
    pub fn picture(&self) -> Result<Rc<Picture>, Error> {
        self.picture.clone().ok_or(Error::NoPicture)
    }

    /// The photo's columns and rows.
    ///
    /// # Errors
    /// `no-picture`.
    pub fn picture_size(&self) -> Result<(u32, u32), Error> {
        self.picture()
            .map(|picture| (picture.width(), picture.height()))
    }

    /// The loaded network.
    ///
    /// # Errors
    /// `no-network`.
    pub fn network(&self) -> Result<&Network, Error> {
        self.network.as_deref().ok_or(Error::NoNetwork)
    }

    /// The network, and the photo as it reads one crop of it.
    fn one_crop(&self) -> Result<(&Network, Tensor<4>), Error> {
        let network = self.network()?;
        let spec = &network.input;
        let photo = PhotoCrops::new(&*self.picture()?, spec, Crops::One)?;
        let planes = photo.input(photo.crops()[0], spec);
        Ok((network, network.upload(planes, spec.dims(1))))
    }
}
