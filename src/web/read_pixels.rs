//! The pixels of the browser's frames and bitmaps.
//!
//! They are read strip by strip, so that a large photo is never in memory twice.

use std::cell::OnceCell;

use image::metadata::Orientation;
use js_sys::{Promise, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen::{Clamped, JsCast};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ContextAttributes2d, ImageBitmap, ImageData, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d, VideoFrame,
};

use crate::error::Error;
use crate::image_input::{Picture, PictureStrips, Strip};
use crate::progress::Progress;

/// Rows and columns of the pattern that tests whether canvases can be read.
const PATTERN_SIDE: u32 = 16;

#[wasm_bindgen]
extern "C" {
    /// A `VideoFrame`, with getters that `web_sys` marks as unstable and some browsers do not have.
    type OrientedFrame;
    #[wasm_bindgen(method, getter)]
    fn rotation(this: &OrientedFrame) -> Option<f64>;
    #[wasm_bindgen(method, getter)]
    fn flip(this: &OrientedFrame) -> Option<bool>;
}

/// Why the browser did not decode or read a picture.
pub enum Refusal {
    /// Another decoder may succeed.
    Browser(&'static str),
    /// No decoder will succeed.
    Coded(Error),
}

impl Refusal {
    /// The error for pixels, which no other decoder can read.
    pub fn of_pixels(self) -> Error {
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

/// The text of a browser's exception means nothing to a visitor.
impl From<JsValue> for Refusal {
    fn from(_: JsValue) -> Self {
        Refusal::Browser("this browser could not decode it")
    }
}

/// The visible pixels of a frame, in the frame's orientation.
///
/// # Errors
/// [`Refusal`], also by `progress`.
pub async fn picture_of_frame(
    frame: &VideoFrame,
    progress: &dyn Progress,
) -> Result<Picture, Refusal> {
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
        // A browser that ignores the format would copy another one.
        if frame.allocation_size_with_options(&options)? != bytes {
            return Err(Refusal::Browser(
                "this browser's frames cannot be read as RGBA",
            ));
        }
        let part = buffer.subarray(0, bytes);
        // Cast to a promise of any value: the code that awaits a promise of arrays is compiled with
        // this crate, under a name that differs between the two CPU programs, which share their
        // JavaScript.
        let copied: Promise = frame
            .copy_to_with_u8_array_and_options(&part, &options)
            .unchecked_into();
        JsFuture::from(copied).await?;
        strips.push(part.to_vec())?;
    }
    Ok(strips.finish()?)
}

/// The rotation and mirroring of a frame; `None` if the browser does not say.
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

/// The pixels of a bitmap, which is upright, read through a canvas.
///
/// # Errors
/// [`Refusal`], also by `progress`.
pub async fn picture_of_bitmap(
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
        // Browsers store transparent pixels multiplied by their opacity; composited over white they
        // lose nothing.
        context.fill_rect(0.0, 0.0, width, height);
        context.draw_image_with_image_bitmap(bitmap, 0.0, -f64::from(y))?;
        strips.push(context.get_image_data(0.0, 0.0, width, height)?.data().0)?;
    }
    Ok(strips.finish()?)
}

/// The context of a canvas that is optimised for reading its pixels; its fill colour is white.
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

/// Why canvases cannot be read here; `None` if they return what was drawn, byte for byte. Tested
/// once.
pub fn canvas_fault() -> Option<&'static str> {
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

/// A plain object of options.
///
/// # Errors
/// What `serde_wasm_bindgen` reports.
pub fn to_js(options: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(options)?)
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
