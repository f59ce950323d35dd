//! The exported class `Segmentation`.

use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::arguments::{Options, frame_size};
use super::cut_options::BoundingBox;
use super::js_error::EngineError;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{js_object, promise};
use super::kept_array::KeptArray;
use super::png_blob::PngBlob;
use crate::image_input::Picture;
use crate::render::{write_cutout, write_mask};
use crate::segmentation;

/// An object cut out of the photo.
#[wasm_bindgen]
pub struct Segmentation {
    segmentation: Rc<segmentation::Segmentation>,
    photo: Rc<Picture>,
    mask: KeptArray<Uint8Array>,
    alpha: KeptArray<Uint8Array>,
}

impl Segmentation {
    pub(super) fn new(segmentation: segmentation::Segmentation, photo: Rc<Picture>) -> Self {
        Self {
            segmentation: Rc::new(segmentation),
            photo,
            mask: KeptArray::default(),
            alpha: KeptArray::default(),
        }
    }

    /// `value` of each pixel's alpha, copied to JavaScript row by row.
    fn array(&self, value: impl Fn(u8) -> u8) -> Uint8Array {
        let segmentation::Segmentation { width, height, .. } = *self.segmentation;
        let array = Uint8Array::new_with_length(width * height);
        let mut row = vec![0; width as usize];
        for y in 0..height {
            self.segmentation.alpha.read_row(y as usize, &mut row);
            row.iter_mut().for_each(|alpha| *alpha = value(*alpha));
            array.subarray(y * width, (y + 1) * width).copy_from(&row);
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

    /// The mask: width * height values, row-major; 255 for pixels of the object, 0 for others. The
    /// same array at every access.
    #[wasm_bindgen(getter)]
    pub fn mask(&self) -> Uint8Array {
        self.mask.get(|| self.array(segmentation::mask))
    }

    /// The soft mask: width * height values, row-major; the fraction of each pixel that is object,
    /// 0 to 255. The same array at every access.
    #[wasm_bindgen(getter)]
    pub fn alpha(&self) -> Uint8Array {
        self.alpha.get(|| self.array(|alpha| alpha))
    }

    /// The object's pixels as a PNG file of the photo's size, transparent outside the object, with
    /// a soft edge.
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

    /// The mask as a PNG file of the photo's size, white on black.
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

    /// The soft mask reduced to a frame of width x height pixels, at most the photo's, such as a
    /// display's: width * height means of alpha, 0 to 255, row-major.
    pub fn cover(
        &self,
        #[wasm_bindgen(unchecked_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_param_type = "number")] height: JsValue,
    ) -> Result<Uint8Array, EngineError> {
        let (width, height) = frame_size(&width, &height)?;
        let cover = self.segmentation.cover(width, height)?;
        Ok(Uint8Array::from(&cover[..]))
    }

    /// The fraction of the photo's pixels that are object, 0 to 1.
    #[wasm_bindgen(getter)]
    pub fn share(&self) -> f64 {
        self.segmentation.object_fraction()
    }

    /// The mask's bounding box in photo pixels.
    #[wasm_bindgen(getter, js_name = "box", unchecked_return_type = "BoundingBox")]
    pub fn bounding_box(&self) -> Result<JsValue, EngineError> {
        let segmentation::BoundingBox {
            x,
            y,
            width,
            height,
        } = self.segmentation.bounding_box;
        Ok(js_object(&BoundingBox {
            x,
            y,
            width,
            height,
        })?)
    }

    /// The energy of the cut's labelling.
    #[wasm_bindgen(getter)]
    pub fn energy(&self) -> f64 {
        self.segmentation.energy
    }

    /// The maximum flow. It equals the energy, which proves that no labelling has less energy.
    #[wasm_bindgen(getter)]
    pub fn flow(&self) -> f64 {
        self.segmentation.flow
    }
}
