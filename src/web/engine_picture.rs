//! The exported class `Engine`: the photo, as it comes in and as pixels.

use std::cell::RefCell;

use js_sys::Promise;
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

use super::arguments::{Options, frame_size, side};
use super::engine::Engine;
use super::js_bytes::{ByteSource, read_blob};
use super::js_error::EngineError;
use super::js_progress::{JsProgress, LONG_CALL};
use super::js_values::{js_object, picture_object, promise};
use super::open_picture::{Opened, open_picture};
use crate::engine;
use crate::error::Error;
use crate::image_input::{Picture, decode_file};
use crate::imaging::{Filter, resize};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/**
 * The methods whose result depends on the type of their argument: a `Blob` has to be read first.
 */
export interface Engine {
    /**
     * Decodes a picture file by this program's own decoder and makes it the photo; the pixels of an
     * `ImageData` are used as they are. Returns its size, or a promise of it for a `Blob` or a
     * `File`.
     */
    setPictureFile(file: Bytes | ImageData): PictureInfo;
    setPictureFile(file: Blob): Promise<PictureInfo>;
    setPictureFile(file: Bytes | ImageData | Blob): PictureInfo | Promise<PictureInfo>;
    /**
     * Makes width * height RGBA pixels, row-major from the top left, the photo. An `ImageData` has
     * its own size.
     */
    setPicturePixels(pixels: ImageData): PictureInfo;
    setPicturePixels(rgba: Bytes, width: number, height: number): PictureInfo;
    setPicturePixels(rgba: Blob, width: number, height: number): Promise<PictureInfo>;
    setPicturePixels(rgba: Bytes | Blob, width: number, height: number): PictureInfo | Promise<PictureInfo>;
}
/** What `openPicture` takes: a file, or pixels that the browser holds. */
export type PictureSource = Blob | Bytes | ImageData | ImageBitmap | VideoFrame;
"#;

/// The photo, upright. All results refer to it at this size.
#[derive(Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct PictureInfo {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Columns of the file, upright: more than `width` if the photo was reduced on opening, as
    /// files of more than 50 million pixels are.
    pub file_width: u32,
    /// Rows of the file, upright.
    pub file_height: u32,
    /// What decoded it: the browser (`image-decoder`, or `image-bitmap` and a canvas) or this
    /// program (`crate`); `video-frame` and `pixels` if there was nothing to decode.
    #[tsify(
        type = "\"image-decoder\" | \"image-bitmap\" | \"video-frame\" | \"crate\" | \"pixels\""
    )]
    pub decoder: String,
    /// Why the decoders that are tried before that one failed; empty for the first.
    pub reason: String,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a picture, by the browser's own decoder if it can, and makes it the photo. Until then,
    /// and if the call fails or is cancelled, the engine keeps the photo that it has.
    #[wasm_bindgen(js_name = openPicture, unchecked_return_type = "Promise<PictureInfo>")]
    pub fn open_picture(
        &self,
        #[wasm_bindgen(unchecked_param_type = "PictureSource")] source: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "LongCall")] options: JsValue,
    ) -> Promise {
        let engine = self.shared();
        promise(async move {
            let progress = JsProgress::of(&Options::optional(options, &[LONG_CALL])?)?;
            use_picture(&engine, open_picture(&source, &progress).await?)
        })
    }

    /// The upright photo resized to `width` x `height` pixels; a side that is left out is the
    /// photo's own.
    #[wasm_bindgen(js_name = picturePixels, unchecked_return_type = "PicturePixels")]
    pub fn picture_pixels(
        &self,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] width: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "number")] height: JsValue,
    ) -> Result<JsValue, EngineError> {
        let photo = self.snapshot().picture()?;
        let side_or = |name, value: &JsValue, own| {
            if value.is_undefined() {
                Ok(own)
            } else {
                side(name, value)
            }
        };
        let width = side_or("width", &width, photo.width())?;
        let height = side_or("height", &height, photo.height())?;
        if (width, height) == (photo.width(), photo.height()) {
            return Ok(picture_object(&photo)?);
        }
        Ok(picture_object(&resize(
            &photo,
            width,
            height,
            Filter::Bilinear,
        )?)?)
    }

    /// Decodes a picture file by this program's own decoder and makes it the photo.
    #[wasm_bindgen(js_name = setPictureFile, skip_typescript)]
    pub fn set_picture_file(&self, file: JsValue) -> Result<JsValue, EngineError> {
        match ByteSource::of("file", &file)? {
            ByteSource::Bytes(bytes) => {
                Ok(self.set_picture("crate", decode_file(&bytes.to_vec())?)?)
            }
            ByteSource::ImageData(rgba, width, height) => {
                Ok(self.set_picture("pixels", Picture::from_rgba(rgba.to_vec(), width, height)?)?)
            }
            ByteSource::Blob(blob) => {
                Ok(self.set_from_blob(blob, "crate", |bytes| decode_file(&bytes)))
            }
        }
    }

    /// Makes `width` * `height` RGBA pixels, row-major from the top left, the photo.
    #[wasm_bindgen(js_name = setPicturePixels, skip_typescript)]
    pub fn set_picture_pixels(
        &self,
        rgba: JsValue,
        width: JsValue,
        height: JsValue,
    ) -> Result<JsValue, EngineError> {
        let source = ByteSource::of("rgba", &rgba)?;
        let own_size = match source {
            ByteSource::ImageData(_, columns, rows) => Some((columns, rows)),
            ByteSource::Bytes(_) | ByteSource::Blob(_) => None,
        };
        let (width, height) = match own_size {
            Some(own_size) if width.is_undefined() && height.is_undefined() => own_size,
            _ => frame_size(&width, &height)?,
        };
        if let Some((columns, rows)) = own_size
            && (columns, rows) != (width, height)
        {
            return Err(Error::PictureCorrupt(format!(
                "an ImageData of {columns} x {rows} pixels is not one of {width} x {height}"
            ))
            .into());
        }
        match source {
            ByteSource::Bytes(rgba) | ByteSource::ImageData(rgba, ..) => {
                Ok(self.set_picture("pixels", Picture::from_rgba(rgba.to_vec(), width, height)?)?)
            }
            ByteSource::Blob(blob) => Ok(self.set_from_blob(blob, "pixels", move |rgba| {
                Picture::from_rgba(rgba, width, height)
            })),
        }
    }
}

impl Engine {
    fn set_picture(&self, decoder: &'static str, picture: Picture) -> Result<JsValue, Error> {
        use_picture(&self.shared(), Opened::by(decoder, picture))
    }

    /// A promise of the photo that `decode` makes of a blob's bytes.
    fn set_from_blob(
        &self,
        blob: Blob,
        decoder: &'static str,
        decode: impl FnOnce(Vec<u8>) -> Result<Picture, Error> + 'static,
    ) -> JsValue {
        let engine = self.shared();
        let work = async move {
            let bytes = read_blob(&blob).await.map_err(Error::PictureCorrupt)?;
            use_picture(&engine, Opened::by(decoder, decode(bytes)?))
        };
        promise(work).into()
    }
}

/// Makes `opened` the engine's photo. Returns its `PictureInfo`.
fn use_picture(engine: &RefCell<engine::Engine>, opened: Opened) -> Result<JsValue, Error> {
    let Opened {
        picture,
        decoder,
        reason,
    } = opened;
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
