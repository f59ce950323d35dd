//! Any picture, prompt, settings and strokes give a documented error, or an object that has the
//! documented properties.
#![no_main]

use std::rc::Rc;

use deep_inside::Error;
use deep_inside::image_input::Picture;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::SaliencyMap;
use deep_inside::segmentation::{
    BoundingBox, CutSettings, ObjectCut, ObjectMaps, Prompt, SeedUse, Segmentation, Stroke,
};
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use pollster::block_on;

/// Enough pixels for all shapes, few enough for hundreds of cuts per second.
const PIXELS: u32 = 1500;

fuzz_target!(|bytes: &[u8]| {
    // `Unstructured` accepts any number of bytes: there is no error.
    let _ = cut_and_correct(&mut Unstructured::new(bytes));
});

fn cut_and_correct(input: &mut Unstructured) -> Result<()> {
    let settings = settings(input)?;
    let photo = Rc::new(photo(input)?);
    let (map, gradient);
    let prompt = match input.int_in_range(0..=7)? {
        0 | 1 => Prompt::Rectangle(BoundingBox {
            x: length(input)?,
            y: length(input)?,
            width: length(input)?,
            height: length(input)?,
        }),
        2 => {
            map = saliency_map(input)?;
            gradient = saliency_map(input)?;
            Prompt::Object(ObjectMaps {
                map: &map,
                gradient: input.arbitrary::<bool>()?.then_some(&gradient),
                entropy: if input.arbitrary()? {
                    Some(number(input)?)
                } else {
                    None
                },
            })
        }
        _ => {
            map = saliency_map(input)?;
            Prompt::Saliency(&map)
        }
    };
    let mut cut = match block_on(ObjectCut::new(
        photo.clone(),
        prompt,
        &settings,
        &NoProgress,
    )) {
        Ok(cut) => cut,
        Err(error) => {
            check_error(&error);
            return Ok(());
        }
    };
    let mut states = vec![checked(&cut, &photo)];
    for _ in 0..input.int_in_range(0..=4)? {
        match input.int_in_range(0..=5)? {
            0 => {
                cut.undo();
                states.truncate(states.len().saturating_sub(1).max(1));
                assert_eq!(Some(&checked(&cut, &photo)), states.last());
            }
            1 => {
                cut.clear();
                states.truncate(1);
                assert_eq!(checked(&cut, &photo), states[0]);
            }
            _ => match cut.stroke(stroke(input, &photo)?) {
                Ok(()) => states.push(checked(&cut, &photo)),
                Err(error) => {
                    check_error(&error);
                    assert_eq!(Some(&checked(&cut, &photo)), states.last());
                }
            },
        }
        assert_eq!(cut.strokes().len() + 1, states.len());
    }
    if let Some(first) = cut.size() {
        let before = checked(&cut, &photo);
        for size in [0, first] {
            block_on(cut.resize(size, &NoProgress)).expect("one of its sizes");
            checked(&cut, &photo);
        }
        // Strokes are replayed: the first size gives the first cut again.
        assert_eq!(checked(&cut, &photo), before);
    }
    Ok(())
}

/// The cut's object, if there is one, after a check of its documented properties.
fn checked(cut: &ObjectCut, photo: &Picture) -> Option<Segmentation> {
    let found = match cut.segmentation() {
        Ok(found) => found,
        Err(error) => {
            assert_eq!(error.code(), "no-object-found", "{error}");
            return None;
        }
    };
    let pixels = photo.width() as usize * photo.height() as usize;
    assert_eq!((found.width, found.height), (photo.width(), photo.height()));
    let (mask, alpha) = (found.mask(), found.alpha.values());
    assert_eq!((mask.len(), alpha.len()), (pixels, pixels));
    assert!(
        mask.iter()
            .zip(&alpha)
            .all(|(&mask, &alpha)| mask == if alpha >= 128 { 255 } else { 0 })
    );
    let object: Vec<_> = (0..pixels)
        .filter(|&pixel| mask[pixel] == 255)
        .map(|pixel| pixel..pixel + 1)
        .collect();
    assert_eq!(
        (
            found.pixels,
            BoundingBox::around(&object, photo.width() as usize)
        ),
        (object.len() as u64, Some(found.bounding_box))
    );
    assert!(found.energy.is_finite());
    assert_eq!(found.energy, found.flow);
    assert_eq!(found.cover(1, 1).map(|cover| cover.len()), Ok(1));
    Some(found)
}

fn check_error(error: &Error) {
    assert!(
        ["setting-out-of-range", "no-object-found"].contains(&error.code()),
        "{error}"
    );
}

fn settings(input: &mut Unstructured) -> Result<CutSettings> {
    let mut settings = input.choose(&[
        CutSettings::paper as fn() -> CutSettings,
        CutSettings::best,
        CutSettings::rectangle,
    ])?();
    settings.iterations = input.int_in_range(1..=3)?;
    settings.working_side = if input.ratio(1, 4)? {
        length(input)?
    } else {
        settings.working_side
    };
    settings.seeds = if input.arbitrary()? {
        SeedUse::Hard
    } else {
        SeedUse::Soft
    };
    if input.ratio(1, 4)? {
        settings.foreground_quantile = number(input)?;
        settings.background_quantile = number(input)?;
        settings.blur = number(input)?;
        settings.saliency_weight = number(input)?;
        settings.iterations = *input.choose(&[0, 1, 5, 100, 101, u32::MAX])?;
        settings.random_seed = input.arbitrary()?;
    }
    Ok(settings)
}

fn photo(input: &mut Unstructured) -> Result<Picture> {
    let width = length(input)?.clamp(1, PIXELS);
    let height = length(input)?.clamp(1, PIXELS / width);
    // Bands of a few colours with some grain.
    let palette: [[u8; 4]; 4] = input.arbitrary()?;
    let grain = u32::from(*input.choose(&[0u8, 1, 8, 255])?);
    let (across, down) = (input.int_in_range(0..=3)?, input.int_in_range(0..=3)?);
    let mut random: u32 = input.arbitrary()?;
    let pixels = (0..width * height).flat_map(|pixel| {
        let band =
            (pixel % width * (across + 1) / width + pixel / width * (down + 1) / height) as usize;
        palette[band % 4].map(|value| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            value.wrapping_add((random >> 16) as u8 & grain as u8)
        })
    });
    let mut pixels: Vec<u8> = pixels.collect();
    // The first pixels are the input's own bytes.
    let prefix = input
        .int_in_range(0..=pixels.len().min(256))?
        .min(input.len());
    pixels[..prefix].copy_from_slice(input.bytes(prefix)?);
    if input.arbitrary()? {
        pixels
            .iter_mut()
            .skip(3)
            .step_by(4)
            .for_each(|alpha| *alpha = 255);
    }
    Ok(Picture::from_rgba(pixels, width, height).expect("at least a pixel, and few"))
}

fn saliency_map(input: &mut Unstructured) -> Result<SaliencyMap> {
    let (rows, columns) = (input.int_in_range(0..=8)?, input.int_in_range(1..=8)?);
    let count = if input.ratio(1, 16)? {
        5
    } else {
        rows * columns
    };
    let is_wild = input.ratio(1, 8)?;
    let value = |input: &mut Unstructured| {
        Ok(if is_wild {
            number(input)? as f32
        } else {
            f32::from(input.arbitrary::<u8>()?)
        })
    };
    Ok(SaliencyMap {
        values: (0..count).map(|_| value(input)).collect::<Result<_>>()?,
        rows,
        columns,
    })
}

fn stroke(input: &mut Unstructured, photo: &Picture) -> Result<Stroke> {
    let sides = [photo.width(), photo.height()];
    let is_wild = input.ratio(1, 8)?;
    let coordinate = |input: &mut Unstructured, side: u32| {
        Ok(if is_wild {
            number(input)? as f32
        } else {
            f32::from(input.arbitrary::<u8>()?) / 240.0 * side as f32 - 1.0
        })
    };
    let count = input.int_in_range(0..=5)?;
    let points = (0..count)
        .map(|_| Ok([coordinate(input, sides[0])?, coordinate(input, sides[1])?]))
        .collect::<Result<_>>()?;
    let radius = coordinate(input, 8)? + 1.5;
    Ok(Stroke {
        points,
        radius,
        object: input.arbitrary()?,
    })
}

/// A side or a coordinate: mostly small, rarely any number.
fn length(input: &mut Unstructured) -> Result<u32> {
    match input.int_in_range(0..=15)? {
        0 => Ok(1),
        1 => input.int_in_range(0..=PIXELS),
        2 => input.arbitrary(),
        _ => input.int_in_range(1..=32),
    }
}

/// A number: mostly between 0 and 1, at times any number or a special value.
fn number(input: &mut Unstructured) -> Result<f64> {
    match input.int_in_range(0..=3)? {
        0 => input.arbitrary(),
        1 => Ok(*input.choose(&[
            0.0,
            1.0,
            -1.0,
            1e-300,
            1e-40,
            3e38,
            1e300,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ])?),
        _ => Ok(f64::from(input.arbitrary::<u8>()?) / 256.0),
    }
}
