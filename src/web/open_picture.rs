//! A picture by the browser's own decoders.
//!
//! They read formats that this crate does not, and show files as the visitor knows them: upright,
//! with their colour profile. Three decoders are tried in turn:
//!
//! 1. `ImageDecoder`, whose pixels do not pass through a canvas;
//! 2. `createImageBitmap` and a canvas, which more browsers have;
//! 3. the crate's own, which reads some files that browsers refuse, and is exact where a browser
//!    alters what is read from canvases, as some do against fingerprinting.

use js_sys::{Array, Promise};
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, ImageBitmap, ImageBitmapOptions, ImageOrientation, ReadableStream, VideoFrame,
    VideoFrameInit, VideoPixelFormat,
};

use super::arguments::must_be;
use super::js_bytes::{ByteSource, read_blob};
use super::read_pixels::{Refusal, canvas_fault, picture_of_bitmap, picture_of_frame, to_js};
use crate::error::Error;
use crate::image_input::{
    Picture, check_file_bytes, decode_file, media_type, picture_size, stated_size,
};
use crate::progress::Progress;

/// Bytes that hold the header of nearly every file: cameras put previews in front of it.
const HEAD_BYTES: f64 = 1_048_576.0;

#[wasm_bindgen]
extern "C" {
    // The global function; `web_sys` has it as a method of windows and of workers.
    #[wasm_bindgen(js_name = createImageBitmap, catch)]
    fn create_image_bitmap(source: &Blob, options: &ImageBitmapOptions)
    -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_name = createImageBitmap, catch)]
    fn create_image_bitmap_without_options(source: &Blob) -> Result<Promise, JsValue>;

    // `web_sys` marks all of these types as unstable.
    type ImageDecoder;
    #[wasm_bindgen(constructor, catch)]
    fn new(init: &JsValue) -> Result<ImageDecoder, JsValue>;
    #[wasm_bindgen(static_method_of = ImageDecoder, js_name = isTypeSupported, catch)]
    fn is_type_supported(media_type: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &ImageDecoder, options: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn completed(this: &ImageDecoder) -> Option<Promise>;
    #[wasm_bindgen(method, getter)]
    fn tracks(this: &ImageDecoder) -> Option<ImageTrackList>;
    #[wasm_bindgen(method)]
    fn close(this: &ImageDecoder);

    type ImageTrackList;
    #[wasm_bindgen(method, getter)]
    fn ready(this: &ImageTrackList) -> Option<Promise>;

    type ImageDecodeResult;
    #[wasm_bindgen(method, getter)]
    fn image(this: &ImageDecodeResult) -> VideoFrame;

}

/// A picture and the decoder that read it.
pub struct Opened {
    /// The picture.
    pub picture: Picture,
    /// `image-decoder`, `image-bitmap`, `video-frame`, `pixels` or `crate`.
    pub decoder: &'static str,
    /// Why the decoders that are tried before that one failed; empty for the first.
    pub reason: String,
}

impl Opened {
    /// A picture by the first decoder that is tried.
    pub fn by(decoder: &'static str, picture: Picture) -> Self {
        Self {
            picture,
            decoder,
            reason: String::new(),
        }
    }
}

/// Opens a `Blob`, an `ArrayBuffer` or a view of one as a file, or takes the pixels of an
/// `ImageBitmap`, a `VideoFrame` or an `ImageData`.
///
/// # Errors
/// `setting-out-of-range` for another kind of source; `picture-empty`, `picture-too-large`,
/// `picture-unsupported` and `picture-corrupt` as `decode_file`; `cancelled` by `progress`.
pub async fn open_picture(source: &JsValue, progress: &dyn Progress) -> Result<Opened, Error> {
    if let Some(frame) = source.dyn_ref::<VideoFrame>() {
        let picture = picture_of_frame(frame, progress)
            .await
            .map_err(Refusal::of_pixels)?;
        return Ok(Opened::by("video-frame", picture));
    }
    if let Some(bitmap) = source.dyn_ref::<ImageBitmap>() {
        return open_bitmap(bitmap, progress)
            .await
            .map_err(Refusal::of_pixels);
    }
    let file = match ByteSource::of("picture", source)? {
        ByteSource::Blob(file) => file,
        ByteSource::Bytes(bytes) => Blob::new_with_buffer_source_sequence(&Array::of1(&bytes))
            .map_err(|_| must_be("picture", "a Blob, or bytes that are not shared", source))?,
        ByteSource::ImageData(rgba, columns, rows) => {
            let picture = Picture::from_rgba(rgba.to_vec(), columns, rows)?;
            return Ok(Opened::by("pixels", picture));
        }
    };
    check_file_bytes(file.size() as u64)?;
    let head = bytes_of(
        &file
            .slice_with_f64_and_f64(0.0, HEAD_BYTES)
            .unwrap_or_else(|_| file.clone()),
    )
    .await?;
    if let Some((columns, rows)) = stated_size(&head) {
        picture_size(columns, rows)?;
    }
    let reason = match open_by_browser(&file, &head, progress).await {
        Ok(opened) => return Ok(opened),
        Err(Refusal::Coded(error)) => return Err(error),
        Err(Refusal::Browser(reason)) => reason,
    };
    // The crate refuses a file of unknown format by its head.
    let bytes = if stated_size(&head).is_some() {
        bytes_of(&file).await?
    } else {
        head
    };
    Ok(Opened {
        picture: decode_file(&bytes)?,
        decoder: "crate",
        reason: reason.to_owned(),
    })
}

async fn open_by_browser(
    file: &Blob,
    head: &[u8],
    progress: &dyn Progress,
) -> Result<Opened, Refusal> {
    let media_type = media_type(head).map_or_else(|| file.type_(), str::to_owned);
    let refused = match open_by_image_decoder(file, &media_type, progress).await {
        Ok(picture) => return Ok(Opened::by("image-decoder", picture)),
        Err(Refusal::Browser(reason)) => reason,
        Err(refusal) => return Err(refusal),
    };
    if let Some(fault) = canvas_fault() {
        return Err(Refusal::Browser(fault));
    }
    let options = ImageBitmapOptions::new();
    options.set_image_orientation(ImageOrientation::FromImage);
    let bitmap = match settled(create_image_bitmap(file, &options)).await {
        Ok(bitmap) => bitmap,
        // Older browsers refuse the options.
        Err(_) => settled(create_image_bitmap_without_options(file)).await?,
    };
    let bitmap: ImageBitmap = bitmap.unchecked_into();
    let picture = picture_of_bitmap(&bitmap, progress).await;
    bitmap.close();
    Ok(Opened {
        picture: picture?,
        decoder: "image-bitmap",
        reason: refused.to_owned(),
    })
}

async fn open_by_image_decoder(
    file: &Blob,
    media_type: &str,
    progress: &dyn Progress,
) -> Result<Picture, Refusal> {
    let supported = settled(ImageDecoder::is_type_supported(media_type)).await;
    if !supported.is_ok_and(|supported| supported.is_truthy()) {
        return Err(Refusal::Browser("this browser has no ImageDecoder for it"));
    }
    // From a stream, Chromium decodes JPEGs to the pixels that it shows; from a buffer, to coarser
    // colours.
    let init = to_js(&DecoderInit {
        r#type: media_type,
        prefer_animation: false,
        color_space_conversion: "default",
        data: file.stream(),
    })?;
    let decoder = ImageDecoder::new(&init)?;
    // Firefox rejects these promises when the decoder is closed, and an unhandled rejection counts
    // as a fault of the program.
    let tracks = decoder.tracks();
    let promises = [
        decoder.completed(),
        tracks.and_then(|tracks| tracks.ready()),
    ];
    for promise in promises.into_iter().flatten() {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
    let options = to_js(&DecodeOptions {
        frame_index: 0,
        complete_frames_only: true,
    })?;
    let decoded = settled(decoder.decode(&options)).await;
    decoder.close();
    let frame = decoded?.unchecked_into::<ImageDecodeResult>().image();
    let picture = if has_halved_colours(&frame) && canvas_fault().is_none() {
        Err(Refusal::Browser(
            "of this kind of file, ImageDecoder gives the colours at half the resolution",
        ))
    } else {
        picture_of_frame(&frame, progress).await
    };
    frame.close();
    picture
}

/// Whether a frame has separate luma and chroma planes, as files do: read as RGB, its colours would
/// be coarser than what the browser shows.
fn has_halved_colours(frame: &VideoFrame) -> bool {
    !matches!(
        frame.format(),
        Some(
            VideoPixelFormat::Rgba
                | VideoPixelFormat::Rgbx
                | VideoPixelFormat::Bgra
                | VideoPixelFormat::Bgrx
        )
    )
}

async fn open_bitmap(bitmap: &ImageBitmap, progress: &dyn Progress) -> Result<Opened, Refusal> {
    let Some(fault) = canvas_fault() else {
        let picture = picture_of_bitmap(bitmap, progress).await?;
        return Ok(Opened::by("image-bitmap", picture));
    };
    let init = VideoFrameInit::new();
    init.set_timestamp(0);
    let Ok(frame) = VideoFrame::new_with_image_bitmap_and_video_frame_init(bitmap, &init) else {
        return Err(Refusal::Browser(fault));
    };
    let picture = picture_of_frame(&frame, progress).await;
    frame.close();
    Ok(Opened {
        picture: picture?,
        decoder: "video-frame",
        reason: fault.to_owned(),
    })
}

async fn bytes_of(file: &Blob) -> Result<Vec<u8>, Error> {
    read_blob(file).await.map_err(Error::PictureCorrupt)
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecoderInit<'a> {
    r#type: &'a str,
    prefer_animation: bool,
    color_space_conversion: &'a str,
    #[serde(with = "serde_wasm_bindgen::preserve")]
    data: ReadableStream,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecodeOptions {
    frame_index: u32,
    complete_frames_only: bool,
}
