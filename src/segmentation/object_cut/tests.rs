use pollster::block_on;

use super::super::seeds::Seeds;
use super::super::settings::SeedUse;
use super::super::test_pictures::{disc, iou};
use super::*;
use crate::progress::NoProgress;
use crate::saliency::SaliencyMap;

fn cut(picture: &Picture, prompt: Prompt<'_>, settings: &CutSettings) -> Result<ObjectCut, Error> {
    block_on(ObjectCut::new(
        Rc::new(picture.clone()),
        prompt,
        settings,
        &NoProgress,
    ))
}

#[test]
fn every_stroke_s_flow_is_the_energy_of_its_labels() {
    let (picture, map, _) = disc(120, 90);
    let mut cut = cut(
        &picture,
        Prompt::Saliency(&map),
        &CutSettings {
            iterations: 4,
            ..CutSettings::best()
        },
    )
    .unwrap();
    cut.stroke(Stroke {
        points: vec![[20.0, 20.0], [40.0, 60.0]],
        radius: 9.0,
        object: true,
    })
    .unwrap();
    cut.undo();
    let iterations = &cut.grab_cut.iterations;
    assert!(
        iterations
            .iter()
            .all(|iteration| iteration.energy == iteration.flow),
        "{iterations:?}"
    );
    let [first, corrected, undone] = iterations[iterations.len() - 3..] else {
        panic!("{iterations:?}")
    };
    assert!(first == undone && first != corrected);
}

#[test]
fn hard_seeds_keep_their_labels() {
    let (picture, map, _) = disc(120, 90);
    // With this many seeds, some contradict the colour models.
    let settings = CutSettings {
        seeds: SeedUse::Hard,
        foreground_quantile: 0.5,
        background_quantile: 0.4,
        ..CutSettings::paper()
    };
    let seeds = Seeds::from_map(&map.sampled(120, 90), 0.5, 0.4).unwrap();
    let hard = cut(&picture, Prompt::Saliency(&map), &settings)
        .unwrap()
        .grab_cut
        .labels;
    assert!(seeds.foreground.iter().all(|&pixel| hard[pixel as usize]));
    assert!(seeds.background.iter().all(|&pixel| !hard[pixel as usize]));
    let soft = cut(
        &picture,
        Prompt::Saliency(&map),
        &CutSettings {
            seeds: SeedUse::Soft,
            ..settings
        },
    );
    let soft = soft.unwrap().grab_cut.labels;
    assert_ne!(soft, hard);
}

#[test]
fn a_rectangle_around_the_disc_finds_it() {
    for (width, height) in [(240, 160), (1200, 800)] {
        let (picture, _, truth) = disc(width, height);
        let rectangle = BoundingBox {
            x: width * 3 / 10,
            y: height / 20,
            width: width / 2,
            height: height * 4 / 5,
        };
        let found = cut(
            &picture,
            Prompt::Rectangle(rectangle),
            &CutSettings::rectangle(),
        )
        .unwrap()
        .segmentation()
        .unwrap();
        let iou = iou(&found.mask(), &truth);
        assert!(iou > 0.95, "{iou} at {width} x {height}");
        let inside = |x: u32, y: u32| {
            (rectangle.x..rectangle.x + rectangle.width).contains(&x)
                && (rectangle.y..rectangle.y + rectangle.height).contains(&y)
        };
        let mut pixels = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .zip(found.mask());
        assert!(
            pixels.all(|((x, y), value)| value == 0 || inside(x, y)),
            "object pixels outside the rectangle"
        );
    }
}

/// At half the side, the rectangle has no pixel inside.
#[test]
fn a_rectangle_of_one_pixel_is_cut() {
    let (picture, _, _) = disc(40, 30);
    let prompt = Prompt::Rectangle(BoundingBox {
        x: 22,
        y: 17,
        width: 1,
        height: 1,
    });
    let labels = cut(&picture, prompt, &CutSettings::rectangle())
        .unwrap()
        .grab_cut
        .labels;
    assert!(
        labels
            .iter()
            .enumerate()
            .all(|(pixel, &label)| !label || pixel == 17 * 40 + 22)
    );
}

#[test]
fn rectangles_without_an_inside_or_an_outside_are_refused() {
    let (picture, _, _) = disc(40, 30);
    for (x, y, width, height) in [
        (0, 0, 40, 30),
        (0, 0, u32::MAX, u32::MAX),
        (5, 5, 0, 9),
        (40, 0, 10, 10),
        (u32::MAX, 3, u32::MAX, 3),
    ] {
        let prompt = Prompt::Rectangle(BoundingBox {
            x,
            y,
            width,
            height,
        });
        let refused = cut(&picture, prompt, &CutSettings::rectangle())
            .err()
            .map(|error| error.code());
        assert_eq!(refused, Some("setting-out-of-range"), "{prompt:?}");
    }
}

#[test]
fn strokes_are_kept_and_undone_exactly() {
    let (picture, map, _) = disc(240, 160);
    let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
    let mut history = vec![cut.segmentation().unwrap()];
    let strokes = [
        Stroke {
            points: vec![[20.0, 20.0], [60.0, 24.0]],
            radius: 6.0,
            object: true,
        },
        Stroke {
            points: vec![[132.0, 72.0]],
            radius: 8.0,
            object: false,
        },
        Stroke {
            points: vec![[200.0, 140.0], [220.0, 150.0], [230.0, 100.0]],
            radius: 4.0,
            object: true,
        },
    ];
    for stroke in &strokes {
        cut.stroke(stroke.clone()).unwrap();
        let now = cut.segmentation().unwrap();
        let mut scribbles = Scribbles::new([240, 160], [240, 160]);
        scribbles.paint(stroke).unwrap();
        for (scribble, value) in scribbles.scribbled.iter().zip(now.mask()) {
            assert!(
                scribble.is_none_or(|object| object == (value == 255)),
                "{stroke:?}"
            );
        }
        assert_ne!(Some(&now), history.last());
        history.push(now);
    }
    assert_eq!(cut.strokes(), strokes);
    for before in history.iter().rev().skip(1) {
        cut.undo();
        assert_eq!(cut.segmentation().as_ref(), Ok(before));
    }
    cut.undo();
    for stroke in strokes {
        cut.stroke(stroke).unwrap();
    }
    assert_eq!(cut.segmentation().as_ref(), Ok(&history[3]));
    cut.clear();
    assert_eq!(cut.segmentation().as_ref(), Ok(&history[0]));
}

/// A stroke that covers a whole picture of 60 x 40 pixels.
fn covering(object: bool) -> Stroke {
    Stroke {
        points: vec![[0.0, 20.0], [60.0, 20.0]],
        radius: 40.0,
        object,
    }
}

#[test]
fn a_photo_that_is_all_marked_as_object_is_the_object() {
    let (picture, map, _) = disc(60, 40);
    let rectangle = Prompt::Rectangle(BoundingBox {
        x: 10,
        y: 5,
        width: 40,
        height: 30,
    });
    for (prompt, settings) in [
        (Prompt::Saliency(&map), CutSettings::best()),
        (rectangle, CutSettings::rectangle()),
    ] {
        let mut cut = cut(&picture, prompt, &settings).unwrap();
        let before = cut.segmentation();
        cut.stroke(covering(true)).unwrap();
        let whole = cut.segmentation().unwrap();
        assert_eq!(
            whole.bounding_box,
            BoundingBox {
                x: 0,
                y: 0,
                width: 60,
                height: 40
            }
        );
        assert_eq!(whole.object_fraction(), 1.0);
        assert!(whole.alpha.values().iter().all(|&alpha| alpha == 255));
        cut.undo();
        assert_eq!(cut.segmentation(), before);
    }
}

#[test]
fn a_photo_that_is_all_marked_as_background_has_no_object() {
    let (picture, map, _) = disc(60, 40);
    let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
    cut.stroke(covering(true)).unwrap();
    cut.stroke(covering(false)).unwrap();
    let none = cut.segmentation().unwrap_err();
    assert_eq!(
        (none.code(), none.detail()),
        ("no-object-found", "everything counts as background")
    );
    cut.undo();
    assert_eq!(cut.segmentation().unwrap().object_fraction(), 1.0);
}

#[test]
fn the_seeds_are_those_of_the_map_or_the_rectangle_at_any_size() {
    // The working picture has half the photo's side.
    let (picture, map, _) = disc(1024, 600);
    let from_map = cut(&picture, Prompt::Saliency(&map), &CutSettings::paper()).unwrap();
    let expected = Seeds::from_map(&map.sampled(512, 300), 0.95, 0.3).unwrap();
    let at_working_size = from_map.seeds(512, 300).unwrap();
    let of = |seed: Seed| -> Vec<u32> {
        (0..)
            .zip(&at_working_size)
            .filter(|&(_, found)| *found == seed)
            .map(|(pixel, _)| pixel)
            .collect()
    };
    assert_eq!(
        (of(Seed::Object), of(Seed::Background)),
        (expected.foreground, expected.background)
    );
    let full = from_map.seeds(1024, 600).unwrap();
    assert!(
        (0..).zip(&full).all(
            |(pixel, seed)| *seed == at_working_size[pixel / 1024 / 2 * 512 + pixel % 1024 / 2]
        )
    );

    let rectangle = BoundingBox {
        x: 2,
        y: 3,
        width: 5,
        height: 4,
    };
    let (picture, ..) = disc(12, 10);
    let mut boxed = cut(
        &picture,
        Prompt::Rectangle(rectangle),
        &CutSettings::rectangle(),
    )
    .unwrap();
    boxed
        .stroke(Stroke {
            points: vec![[0.0, 0.0]],
            radius: 2.0,
            object: true,
        })
        .unwrap();
    let seeds = boxed.seeds(12, 10).unwrap();
    let inside = |pixel: usize| (2..7).contains(&(pixel % 12)) && (3..7).contains(&(pixel / 12));
    assert!(
        (0..)
            .zip(&seeds)
            .all(|(pixel, seed)| (*seed == Seed::Object) == inside(pixel) && *seed != Seed::None)
    );
    for (width, height) in [(0, 1), (1, 0), (13, 10), (12, 11)] {
        assert_eq!(
            boxed.seeds(width, height).unwrap_err().code(),
            "setting-out-of-range"
        );
    }
}

#[test]
fn a_stroke_that_is_refused_changes_nothing() {
    let (picture, map, _) = disc(60, 40);
    let mut cut = cut(&picture, Prompt::Saliency(&map), &CutSettings::best()).unwrap();
    let before = cut.segmentation();
    let refused = cut.stroke(Stroke {
        points: vec![],
        radius: 1.0,
        object: true,
    });
    assert_eq!(refused.unwrap_err().code(), "setting-out-of-range");
    assert_eq!((cut.strokes().len(), cut.segmentation()), (0, before));
}

#[test]
fn a_stroke_finds_an_object_where_the_map_found_none() {
    let (picture, map, truth) = disc(120, 90);
    // A map that is highest on the ground.
    let inverted = SaliencyMap {
        values: map.values.iter().map(|value| 2.0 - value).collect(),
        ..map
    };
    let mut cut = cut(&picture, Prompt::Saliency(&inverted), &CutSettings::paper()).unwrap();
    cut.stroke(Stroke {
        points: vec![[8.0, 8.0], [112.0, 8.0], [112.0, 82.0], [8.0, 82.0]],
        radius: 6.0,
        object: false,
    })
    .unwrap();
    cut.stroke(Stroke {
        points: vec![[60.0, 40.0], [72.0, 44.0]],
        radius: 8.0,
        object: true,
    })
    .unwrap();
    let iou = iou(&cut.segmentation().unwrap().mask(), &truth);
    assert!(iou > 0.9, "{iou}");
}
