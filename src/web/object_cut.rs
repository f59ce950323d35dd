//! The exported class `ObjectCut`.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::FutureExt;
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::arguments::{Options, count, frame_size, must_be, number, numbers};
use super::js_error::EngineError;
use super::js_values::promise;
use super::segmentation::Segmentation;
use crate::engine::LocateMode;
use crate::error::Error;
use crate::image_input::Picture;
use crate::progress::NoProgress;
use crate::saliency::GRADIENT;
use crate::segmentation::{self, Seed, Stroke};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** One line of a round brush. */
export interface StrokeOptions {
    /**
     * x0, y0, x1, y1, ... in photo pixels, joined by straight lines; a single point is a dab.
     * Points outside the photo are allowed.
     */
    points: ArrayLike<number>;
    /** In photo pixels, above 0. */
    radius: number;
    /** true marks the covered pixels as object, false as background. */
    object: boolean;
}
"#;

/// The names of `StrokeOptions`.
const STROKE: &[&str] = &["points", "radius", "object"];

/// A cut that strokes can correct; `free` ends it.
#[wasm_bindgen]
pub struct ObjectCut {
    cut: RefCell<segmentation::ObjectCut>,
    photo: Rc<Picture>,
    /// The mode by which maps of a target were computed; `None` for a map or a box that was given.
    target_mode: Option<LocateMode>,
}

impl ObjectCut {
    pub(super) fn new(
        cut: segmentation::ObjectCut,
        photo: Rc<Picture>,
        target_mode: Option<LocateMode>,
    ) -> Self {
        Self {
            cut: RefCell::new(cut),
            photo,
            target_mode,
        }
    }
}

#[wasm_bindgen]
impl ObjectCut {
    /// The current object. Fails with `no-object-found` if there is none.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn segmentation(&self) -> Promise {
        let (segmentation, photo) = (self.cut.borrow().segmentation(), self.photo.clone());
        promise(
            async move { segmentation.map(|segmentation| Segmentation::new(segmentation, photo)) },
        )
    }

    /// Adds a stroke that marks pixels as object or as background, and cuts again. The stroke stays
    /// even if the call fails with `no-object-found`.
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

    /// Removes the last stroke, if there is one.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn undo(&self) -> Promise {
        self.cut.borrow_mut().undo();
        self.segmentation()
    }

    /// Cuts the object at another of its `sizes`, by its index. The strokes stay.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn resize(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] size: JsValue,
    ) -> Promise {
        let resized = number("size", &size)
            .and_then(|size| count("size", size))
            .and_then(|size| {
                // Nothing in it waits: a cut is made in one go, as after a stroke.
                let mut cut = self.cut.borrow_mut();
                let resized = cut.resize(size, &NoProgress).now_or_never();
                resized.unwrap_or_else(|| Err(Error::Internal("a cut that waits".to_owned())))
            });
        match resized {
            Ok(()) => self.segmentation(),
            Err(error) => promise(async move { Err::<JsValue, _>(error) }),
        }
    }

    /// The sizes at which the object can be cut, as fractions of the photo, from the smallest; empty
    /// where the prompt leaves no choice: in mode `paper`, with quantiles, for a rectangle.
    #[wasm_bindgen(getter)]
    pub fn sizes(&self) -> Vec<f64> {
        self.cut.borrow().sizes()
    }

    /// The index in `sizes` of the size at which the object is cut: at first, of the one that was
    /// found best. undefined where `sizes` is empty.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> Option<usize> {
        self.cut.borrow().size()
    }

    /// Removes all strokes.
    #[wasm_bindgen(unchecked_return_type = "Promise<Segmentation>")]
    pub fn clear(&self) -> Promise {
        self.cut.borrow_mut().clear();
        self.segmentation()
    }

    /// The seeds of the cut in a frame of width x height pixels, at most the photo's, row-major:
    /// 2 for the pixels from which the object's colours were estimated, 1 for the background's, 0
    /// for all others. Strokes do not change the seeds.
    pub fn seeds(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, EngineError> {
        let (width, height) = frame_size(&width, &height)?;
        let codes: Vec<u8> = self
            .cut
            .borrow()
            .seeds(width, height)?
            .into_iter()
            .map(|seed| match seed {
                Seed::None => 0,
                Seed::Background => 1,
                Seed::Object => 2,
            })
            .collect();
        Ok(Uint8Array::from(&codes[..]))
    }

    /// The saliency method of the target's map in which the seeds are; undefined for a map or a box
    /// that was given.
    #[wasm_bindgen(getter)]
    pub fn method(&self) -> Option<String> {
        let method = match self.cut.borrow().is_from_gradient() {
            true => &GRADIENT,
            false => self.target_mode?.method(),
        };
        Some(method.id.to_owned())
    }

    /// The quantile of the saliency map, 0 to 1, above which pixels are seeds of the object;
    /// undefined for a rectangle.
    #[wasm_bindgen(getter, js_name = foregroundQuantile)]
    pub fn foreground_quantile(&self) -> Option<f64> {
        self.cut
            .borrow()
            .quantiles()
            .map(|[foreground, _]| foreground)
    }

    /// The quantile of the saliency map, 0 to 1, below which pixels are seeds of the background;
    /// undefined for a rectangle.
    #[wasm_bindgen(getter, js_name = backgroundQuantile)]
    pub fn background_quantile(&self) -> Option<f64> {
        self.cut
            .borrow()
            .quantiles()
            .map(|[_, background]| background)
    }

    /// The number of strokes.
    #[wasm_bindgen(getter)]
    pub fn strokes(&self) -> usize {
        self.cut.borrow().strokes().len()
    }
}

/// A stroke.
///
/// # Errors
/// `setting-out-of-range`, naming the option that is missing or has another type.
fn stroke(options: &Options) -> Result<Stroke, Error> {
    let get = |name: &str| options.get(name).unwrap_or(JsValue::UNDEFINED);
    let coordinates = numbers("points", &get("points"))?;
    let (pairs, []) = coordinates.as_chunks() else {
        return Err(Error::SettingOutOfRange(format!(
            "`points` must be pairs of numbers, and {} are none",
            coordinates.len()
        )));
    };
    let object = get("object");
    Ok(Stroke {
        points: pairs.iter().map(|&[x, y]| [x as f32, y as f32]).collect(),
        radius: number("radius", &get("radius"))? as f32,
        object: object
            .as_bool()
            .ok_or_else(|| must_be("object", "true or false", &object))?,
    })
}
