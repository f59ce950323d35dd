//! Bytes and pixels from any JavaScript object that holds them.

use js_sys::{ArrayBuffer, Reflect, Symbol, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::arguments::must_be;
use crate::error::Error;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &'static str = r#"
/** Bytes: a buffer, or what a typed array of any kind or a DataView covers of one. */
export type Bytes = ArrayBufferLike | ArrayBufferView;
"#;

#[wasm_bindgen]
extern "C" {
    /// `web_sys::ImageData` has no colour space, and copies its pixels.
    type ImageData;

    #[wasm_bindgen(method, getter)]
    fn data(this: &ImageData) -> ArrayBufferView;

    #[wasm_bindgen(method, getter)]
    fn width(this: &ImageData) -> u32;

    #[wasm_bindgen(method, getter)]
    fn height(this: &ImageData) -> u32;

    /// Undefined in browsers that know only sRGB.
    #[wasm_bindgen(method, getter, js_name = colorSpace)]
    fn colour_space(this: &ImageData) -> Option<String>;

    /// A typed array of any kind, or a DataView.
    type ArrayBufferView;

    #[wasm_bindgen(method, getter)]
    fn buffer(this: &ArrayBufferView) -> JsValue;

    #[wasm_bindgen(method, getter, js_name = byteOffset)]
    fn byte_offset(this: &ArrayBufferView) -> u32;

    #[wasm_bindgen(method, getter, js_name = byteLength)]
    fn byte_length(this: &ArrayBufferView) -> u32;
}

/// What a caller passed as bytes or pixels, not copied yet.
pub enum ByteSource {
    /// Bytes in memory.
    Bytes(Uint8Array),
    /// A `Blob` or a `File`, whose bytes have to be read.
    Blob(Blob),
    /// The RGBA pixels of an `ImageData`, row-major, with its columns and rows.
    ImageData(Uint8Array, u32, u32),
}

impl ByteSource {
    /// A file's bytes, which are no pixels.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming `name`, when `value` holds no bytes.
    pub fn file(name: &str, value: &JsValue) -> Result<Self, Error> {
        match Self::of(name, value)? {
            Self::ImageData(..) => Err(must_be(name, "a file", value)),
            file => Ok(file),
        }
    }

    /// What `value` holds. A value of another window is recognised too, although it is not an
    /// instance of this window's classes.
    ///
    /// # Errors
    /// `setting-out-of-range`, naming `name`, when it holds no bytes, or is an `ImageData` that is
    /// not in 8-bit sRGB.
    pub fn of(name: &str, value: &JsValue) -> Result<Self, Error> {
        if ArrayBuffer::is_view(value) {
            return Ok(Self::Bytes(covered(value.unchecked_ref())));
        }
        let tag = value
            .is_object()
            .then(|| Reflect::get(value, &Symbol::to_string_tag()).ok())
            .flatten();
        match tag.and_then(|tag| tag.as_string()).as_deref() {
            Some("ArrayBuffer" | "SharedArrayBuffer") => Ok(Self::Bytes(Uint8Array::new(value))),
            Some("Blob" | "File") => Ok(Self::Blob(value.clone().unchecked_into())),
            Some("ImageData") => {
                let image: &ImageData = value.unchecked_ref();
                let (data, space) = (
                    image.data(),
                    image.colour_space().unwrap_or_else(|| "srgb".to_owned()),
                );
                let bytes = covered(&data);
                if space != "srgb"
                    || u64::from(bytes.length())
                        != 4 * u64::from(image.width()) * u64::from(image.height())
                {
                    return Err(Error::SettingOutOfRange(format!(
                        "`{name}` must be in 8-bit sRGB, not in other bits or {space}"
                    )));
                }
                Ok(Self::ImageData(bytes, image.width(), image.height()))
            }
            _ => Err(must_be(
                name,
                "an ArrayBuffer, a typed array, a DataView or a Blob",
                value,
            )),
        }
    }
}

impl ByteSource {
    /// Number of bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) | Self::ImageData(bytes, ..) => u64::from(bytes.length()),
            Self::Blob(blob) => blob.size() as u64,
        }
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// The reason, as [`read_blob`].
    pub async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::Bytes(bytes) | Self::ImageData(bytes, ..) => Ok(bytes.to_vec()),
            Self::Blob(blob) => read_blob(blob).await,
        }
    }
}

/// A blob's bytes.
///
/// # Errors
/// The reason when it cannot be read, as when a file on a disk was deleted or changed.
pub async fn read_blob(blob: &Blob) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(blob.array_buffer()).await;
    let buffer = buffer.map_err(|_| "the file can no longer be read".to_owned())?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// The part of its buffer that a view covers, as bytes.
fn covered(view: &ArrayBufferView) -> Uint8Array {
    Uint8Array::new_with_byte_offset_and_length(
        &view.buffer(),
        view.byte_offset(),
        view.byte_length(),
    )
}
