//! A picture by the browser's own decoders.
//!
//! They read kinds of files that this crate doesn't, and show the others as the visitor knows them:
//! upright, with their colour profile. `ImageDecoder` comes first, since its pixels don't pass a
//! canvas; then `createImageBitmap` and a canvas; then the crate's decoder, which reads some files
//! that browsers refuse, and is right where a browser alters what is read back from canvases, as
//! some do against fingerprinting.

use std::cell::OnceCell;

use image::metadata::Orientation;
use js_sys::{Array, Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, ContextAttributes2d, ImageBitmap, ImageBitmapOptions, ImageData, ImageOrientation,
    OffscreenCanvas, OffscreenCanvasRenderingContext2d, ReadableStream, VideoFrame, VideoFrameInit,
    VideoPixelFormat,
};

use super::arguments::must_be;
use super::js_bytes::{ByteSource, read_blob};
use crate::error::Error;
use crate::image_input::{
    Picture, PictureStrips, Strip, check_file_bytes, decode_file, media_type, picture_size,
    stated_size,
};
use crate::progress::Progress;

/// So many bytes hold the header of nearly every picture: cameras put previews in front of it.
const HEAD_BYTES: f64 = 1_048_576.0;

/// Rows and columns of the pattern that is looked for in what a canvas gives back.
const PATTERN_SIDE: u32 = 16;

#[wasm_bindgen]
extern "C" {
    // The global function; `web_sys` has it as a method of windows and of workers.
    #[wasm_bindgen(js_name = createImageBitmap, catch)]
    fn create_image_bitmap(source: &Blob, options: &ImageBitmapOptions)
    -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_name = createImageBitmap, catch)]
    fn create_image_bitmap_without_options(source: &Blob) -> Result<Promise, JsValue>;

    // `web_sys` marks all of `ImageDecoder`, and two getters of `VideoFrame`, as unstable.
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

    /// A `VideoFrame` with the getters that some browsers do not have.
    type OrientedFrame;
    #[wasm_bindgen(method, getter)]
    fn rotation(this: &OrientedFrame) -> Option<f64>;
    #[wasm_bindgen(method, getter)]
    fn flip(this: &OrientedFrame) -> Option<bool>;
}

/// A picture and how it came about.
pub struct Opened {
    /// The picture.
    pub picture: Picture,
    /// `image-decoder`, `image-bitmap`, `video-frame`, `pixels` or `crate`.
    pub decoder: &'static str,
    /// Why no decoder that would have come first did it; empty for the first one.
    pub reason: String,
}

impl Opened {
    /// A picture by the first decoder that was tried.
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
    // Of a file that it does not know, the crate looks at the beginning alone.
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

/// Why the browser did not do it.
enum Refusal {
    /// Another decoder may.
    Browser(&'static str),
    /// Nobody will.
    Coded(Error),
}

impl Refusal {
    /// The end of it for pixels, which there is no other way to read.
    fn of_pixels(self) -> Error {
        match self {
            Refusal::Browser(reason) => Error::PictureUnsupported(reason.to_owned()),
            Refusal::Coded(error) => error,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Coded(error)
    }
}

/// What a browser throws says nothing to a visitor.
impl From<JsValue> for Refusal {
    fn from(_: JsValue) -> Self {
        Refusal::Browser("this browser could not decode it")
    }
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
        // Older browsers take no options.
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
    // Of a stream, Chromium decodes JPEGs to the very pixels that it shows; of a buffer, to ones
    // with plainer colours.
    let init = to_js(&DecoderInit {
        r#type: media_type,
        prefer_animation: false,
        color_space_conversion: "default",
        data: file.stream(),
    })?;
    let decoder = ImageDecoder::new(&init)?;
    // Firefox rejects these when the decoder is closed, and a rejection that nobody hears counts as
    // a fault of the program.
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

/// Whether a frame has brightness and colours apart, as files have them: read as RGB, its colours
/// would be coarser than what is shown.
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

/// The visible pixels of a frame, turned as the frame asks for.
async fn picture_of_frame(frame: &VideoFrame, progress: &dyn Progress) -> Result<Picture, Refusal> {
    let orientation = orientation_of(frame).ok_or(Refusal::Browser(
        "this browser's frames do not say which way is up",
    ))?;
    let visible = frame
        .visible_rect()
        .ok_or(Refusal::Browser("this browser's frame is closed"))?;
    let mut strips =
        PictureStrips::new(visible.width() as u32, visible.height() as u32, orientation)?;
    let mut buffer = Uint8Array::new_with_length(0);
    while let Some(Strip {
        x,
        y,
        width,
        height,
    }) = strips.next_strip()
    {
        let (done, all) = strips.progress();
        progress.report(done, all).await?;
        let bytes = width * height * 4;
        if buffer.length() < bytes {
            buffer = Uint8Array::new_with_length(bytes);
        }
        let rect = Rect {
            x: visible.x() + f64::from(x),
            y: visible.y() + f64::from(y),
            width,
            height,
        };
        let options = to_js(&CopyOptions {
            format: "RGBA",
            color_space: "srgb",
            rect,
        })?
        .unchecked_into();
        // A browser that does not know of formats would copy something else.
        if frame.allocation_size_with_options(&options)? != bytes {
            return Err(Refusal::Browser(
                "this browser's frames cannot be read as RGBA",
            ));
        }
        let part = buffer.subarray(0, bytes);
        // As a promise of anything: what waits for one of arrays is compiled with this crate, under
        // a name that differs between the two CPU programs, and they share their JavaScript.
        let copied: Promise = frame
            .copy_to_with_u8_array_and_options(&part, &options)
            .unchecked_into();
        JsFuture::from(copied).await?;
        strips.push(part.to_vec())?;
    }
    Ok(strips.finish()?)
}

/// The rotation and the mirroring that a frame asks for; `None` where frames do not say.
fn orientation_of(frame: &VideoFrame) -> Option<Orientation> {
    let frame: &OrientedFrame = frame.unchecked_ref();
    match (frame.rotation()? as u32, frame.flip()?) {
        (0, false) => Some(Orientation::NoTransforms),
        (0, true) => Some(Orientation::FlipHorizontal),
        (90, false) => Some(Orientation::Rotate90),
        (90, true) => Some(Orientation::Rotate90FlipH),
        (180, false) => Some(Orientation::Rotate180),
        (180, true) => Some(Orientation::FlipVertical),
        (270, false) => Some(Orientation::Rotate270),
        (270, true) => Some(Orientation::Rotate270FlipH),
        _ => None,
    }
}

/// A bitmap is upright already.
async fn picture_of_bitmap(
    bitmap: &ImageBitmap,
    progress: &dyn Progress,
) -> Result<Picture, Refusal> {
    let mut strips =
        PictureStrips::new(bitmap.width(), bitmap.height(), Orientation::NoTransforms)?;
    let mut canvas = None;
    while let Some(Strip {
        y, width, height, ..
    }) = strips.next_strip()
    {
        let (done, all) = strips.progress();
        progress.report(done, all).await?;
        let context = match &canvas {
            Some(context) => context,
            None => canvas.insert(drawing_area(width, height)?),
        };
        let (width, height) = (f64::from(width), f64::from(height));
        // Browsers keep transparent pixels multiplied by their opacity: on white, nothing of them
        // is lost.
        context.fill_rect(0.0, 0.0, width, height);
        context.draw_image_with_image_bitmap(bitmap, 0.0, -f64::from(y))?;
        strips.push(context.get_image_data(0.0, 0.0, width, height)?.data().0)?;
    }
    Ok(strips.finish()?)
}

/// A canvas whose pixels are made to be read back; it fills with white.
fn drawing_area(width: u32, height: u32) -> Result<OffscreenCanvasRenderingContext2d, JsValue> {
    let canvas = OffscreenCanvas::new(width, height)?;
    let options = ContextAttributes2d::new();
    options.set_will_read_frequently(true);
    let context = canvas.get_context_with_context_options("2d", &options)?;
    let context: OffscreenCanvasRenderingContext2d = context.ok_or(JsValue::NULL)?.unchecked_into();
    context.set_fill_style_str("#fff");
    Ok(context)
}

thread_local! {
    static CANVAS_FAULT: OnceCell<Option<&'static str>> = const { OnceCell::new() };
}

/// Why a canvas cannot be read from; `None` where it gives back what was put into it, byte for
/// byte. Tried once.
fn canvas_fault() -> Option<&'static str> {
    let tried = || match pattern_comes_back() {
        Ok(true) => None,
        Ok(false) => Some("this browser alters the pixels that are read back from a canvas"),
        Err(_) => Some("there is no canvas here to read pixels back from"),
    };
    CANVAS_FAULT.with(|known| *known.get_or_init(tried))
}

fn pattern_comes_back() -> Result<bool, JsValue> {
    let pattern = (0..PATTERN_SIDE * PATTERN_SIDE)
        .flat_map(|i| [i as u8, (i * 73 + 29) as u8, (i * i) as u8, 255]);
    let pattern: Vec<u8> = pattern.collect();
    let context = drawing_area(PATTERN_SIDE, PATTERN_SIDE)?;
    let data = ImageData::new_with_u8_clamped_array(Clamped(&pattern), PATTERN_SIDE)?;
    context.put_image_data(&data, 0.0, 0.0)?;
    let side = f64::from(PATTERN_SIDE);
    Ok(context.get_image_data(0.0, 0.0, side, side)?.data().0 == pattern)
}

async fn bytes_of(file: &Blob) -> Result<Vec<u8>, Error> {
    read_blob(file).await.map_err(Error::PictureCorrupt)
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(promise?).await
}

fn to_js(options: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(options)?)
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

/// `web_sys::VideoFrameCopyToOptions` has neither format nor colour space.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CopyOptions {
    format: &'static str,
    color_space: &'static str,
    rect: Rect,
}

#[derive(Serialize)]
struct Rect {
    x: f64,
    y: f64,
    width: u32,
    height: u32,
}
