//! Two objects in one photo: the cut of each class is its own object.
#![cfg(not(target_family = "wasm"))]
#![allow(missing_docs, clippy::unwrap_used)]

use deep_inside::Engine;
use deep_inside::device::DeviceChoice;
use deep_inside::engine::LocateMode;
use deep_inside::image_input::{Picture, decode_file};
use deep_inside::imaging::{Filter, resize};
use deep_inside::progress::NoProgress;
use pollster::block_on;

/// The side of each half.
const SIDE: u32 = 300;

/// Two of the page's samples side by side, each squashed to a square.
fn side_by_side(names: [&str; 2]) -> Picture {
    let halves = names.map(|name| {
        let file = std::fs::read(format!("www/samples/{name}.jpg")).unwrap();
        resize(&decode_file(&file).unwrap(), SIDE, SIDE, Filter::Box).unwrap()
    });
    let row = |half: &Picture, y: u32| {
        let start = (3 * SIDE * y) as usize;
        half.rgb()[start..start + 3 * SIDE as usize].to_vec()
    };
    let rgb = (0..SIDE).flat_map(|y| halves.iter().flat_map(move |half| row(half, y)));
    let rgb: Vec<u8> = rgb.collect();
    let rgba = rgb
        .chunks_exact(3)
        .flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]);
    Picture::from_rgba(rgba.collect(), 2 * SIDE, SIDE).unwrap()
}

#[test]
fn another_class_gives_another_object() {
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None)).unwrap();
    let weights = std::fs::read("weights/squeezenet1_1.onnx").unwrap();
    engine.load_network("squeezenet1_1", &weights).unwrap();
    for (names, classes) in [
        (["red-panda", "macaw"], [387, 88]),
        (["bison", "castle"], [347, 483]),
    ] {
        engine.set_picture(side_by_side(names));
        for (half, class) in (0u32..).zip(classes) {
            let cut = block_on(engine.locate(class, LocateMode::Best, &NoProgress)).unwrap();
            let mask = cut.mask();
            let pixels = (0..mask.len()).filter(|&pixel| mask[pixel] == 255);
            let inside = pixels
                .filter(|&pixel| pixel as u32 % (2 * SIDE) / SIDE == half)
                .count();
            let share = inside as f64 / cut.pixels as f64;
            println!(
                "{} beside {}: {:.0} % of the object in its half",
                names[half as usize],
                names[1 - half as usize],
                100.0 * share
            );
            assert!(share > 0.7, "{}: {share}", names[half as usize]);
        }
    }
}
