//! The exported class `ClassModelRun`.

use std::cell::RefCell;

use js_sys::Promise;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;

use super::arguments::{Options, count, number};
use super::js_values::{js_object, picture_object, promise};
use super::target::{TARGET, target};
use crate::class_model::{self, ClassModelSettings, Initialisation, class_model_recipe};
use crate::engine;
use crate::error::Error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Options of `classModel`, besides its target. */
export interface ClassModelOptions {
    /** Id of one of `Engine.classModelRecipes()`; `robust` when left out. */
    recipe?: string;
    /** Seed of the random numbers; 0 when left out. */
    seed?: number;
    /** Rows and columns of the picture; the recipe's own when left out. */
    side?: number;
    /** The picture to start from: `zero`, `noise` or `photo`; the recipe's own when left out. */
    start?: string;
}
"#;

/// The names of `ClassModelOptions`.
const CLASS_MODEL: &[&str] = &["recipe", "seed", "side", "start"];

/// The progress of a class model.
#[derive(Serialize, Tsify)]
pub struct ClassModelProgress {
    /// Steps taken.
    pub step: usize,
    /// The class's unnormalised score, or the neuron's value.
    pub score: f32,
    /// The class's posterior probability, 0 to 1; undefined for a neuron.
    #[tsify(optional)]
    pub probability: Option<f32>,
}

/// A class model, optimised by `step`. To pause, do not call `step`; to end, call `free`.
#[wasm_bindgen]
pub struct ClassModelRun {
    run: RefCell<class_model::ClassModelRun>,
}

impl ClassModelRun {
    /// The run that a call's `TargetOptions` and `ClassModelOptions` ask for, before its first
    /// step.
    ///
    /// # Errors
    /// As [`class_model_settings`] and [`class_model::ClassModelRun::new`].
    pub(super) fn new(options: JsValue, engine: &engine::Engine) -> Result<Self, Error> {
        let options = Options::of(options, &[TARGET, CLASS_MODEL])?;
        let run = engine.class_model(&class_model_settings(&options, engine)?)?;
        Ok(Self {
            run: RefCell::new(run),
        })
    }
}

#[wasm_bindgen]
impl ClassModelRun {
    /// Takes `n` steps of gradient ascent. Further steps, and the pixels, may be asked for before
    /// the promise is resolved.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelProgress>")]
    pub fn step(&self, #[wasm_bindgen(unchecked_param_type = "number")] n: JsValue) -> Promise {
        let queued = number("n", &n)
            .and_then(|n| count("n", n))
            .map(|n| self.run.borrow_mut().step(n));
        promise(async move {
            let progress = queued?.await?;
            js_object(&ClassModelProgress {
                step: progress.step,
                score: progress.score,
                probability: progress.probability,
            })
        })
    }

    /// The picture after the steps taken so far.
    #[wasm_bindgen(unchecked_return_type = "Promise<ClassModelPixels>")]
    pub fn pixels(&self) -> Promise {
        let queued = self.run.borrow().pixels();
        promise(async move { picture_object(&queued.await?) })
    }
}

/// A class model's settings; it may start from the engine's picture.
///
/// # Errors
/// As [`target`]; `setting-out-of-range`; `no-picture` when it is to start from one and there is
/// none.
fn class_model_settings(
    options: &Options,
    engine: &engine::Engine,
) -> Result<ClassModelSettings, Error> {
    let defaults = ClassModelSettings::new(target(options, engine)?);
    Ok(ClassModelSettings {
        recipe: match options.text("recipe")? {
            None => defaults.recipe,
            Some(id) => class_model_recipe(&id)?.clone(),
        },
        seed: options
            .count("seed")?
            .map_or(defaults.seed, |seed| seed as u64),
        side: options.count("side")?,
        initialisation: match options.text("start")?.as_deref() {
            None => defaults.initialisation,
            Some("zero") => Initialisation::Zero,
            Some("noise") => Initialisation::Noise,
            Some("photo") => Initialisation::Picture(engine.picture()?),
            Some(other) => {
                return Err(Error::SettingOutOfRange(format!(
                    "start must be zero, noise or photo, not \"{other}\""
                )));
            }
        },
        target: defaults.target,
    })
}
