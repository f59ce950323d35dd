//! The randomisation of a network's weights.

use deep_inside::gradient::Target;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::rank_correlation;
use pollster::block_on;

use crate::{engine_showing, golden, one_crop, saliency};

/// The rank correlations, of signs and of magnitudes, between `method`'s maps of the trained
/// network and of one whose layers are all random, for one picture.
fn correlations_when_random(name: &str, method: &str) -> [f64; 2] {
    let (engine, class) = engine_showing(name);
    let settings = one_crop(Target::Class(class), method);
    let mut check = block_on(engine.sanity_check(settings, 1, &NoProgress)).unwrap();
    let layers = check.left();
    let mut randomised = Vec::new();
    while let Some(step) = block_on(check.step(&NoProgress)).unwrap() {
        randomised.push(step);
    }
    assert_eq!(
        (randomised.len(), randomised[0].layer.as_str()),
        (layers, "classifier.1")
    );
    let last = randomised.last().unwrap();
    assert_eq!((last.layer.as_str(), last.left), ("features.0", 0));
    for (what, of) in [("signs", 0), ("magnitudes", 1)] {
        let progress = randomised.iter().map(|step| {
            format!(
                "{:.2}",
                [step.correlation, step.magnitude_correlation][of].unwrap()
            )
        });
        println!(
            "{name}, {method}, {what}: {}",
            progress.collect::<Vec<_>>().join(" ")
        );
    }
    // Each correlation is of the values that its name says.
    let signed = &check.original().signed;
    assert_eq!(rank_correlation(&last.signed, signed), last.correlation);
    assert_eq!(
        rank_correlation(&last.map.values, &check.original().map.values),
        last.magnitude_correlation
    );
    [
        last.correlation.unwrap(),
        last.magnitude_correlation.unwrap(),
    ]
}

#[test]
fn full_randomisation_removes_the_gradients_signs_only_and_neither_of_guided_backprop() {
    for (name, _) in golden::PICTURES {
        let [gradient, guided] =
            ["gradient", "guided_backprop"].map(|method| correlations_when_random(name, method));
        println!("{name}: gradient {gradient:.3?}, guided_backprop {guided:.3?}");
        assert!(gradient[0].abs() < 0.2, "{name}: signs {:.3}", gradient[0]);
        assert!(
            (0.2..0.7).contains(&gradient[1]),
            "{name}: magnitudes {:.3}",
            gradient[1]
        );
        assert!(
            guided[0] > 0.2 && guided[1] > gradient[1],
            "{name}: guided_backprop {guided:.3?}, gradient {gradient:.3?}"
        );
    }
}

#[test]
fn randomisation_leaves_the_engines_network_unchanged() {
    let (engine, class) = engine_showing("coffee");
    let settings = one_crop(Target::Class(class), "gradient");
    let before = saliency(&engine, &settings);
    let mut check = block_on(engine.sanity_check(settings.clone(), 1, &NoProgress)).unwrap();
    assert_eq!(check.original(), &before);
    let step = block_on(check.step(&NoProgress)).unwrap().unwrap();
    assert_ne!(step.map, before.map);
    assert_eq!(
        rank_correlation(&step.map.values, &before.map.values),
        step.magnitude_correlation
    );
    assert!(step.correlation.is_some());
    assert_eq!(saliency(&engine, &settings), before);
}
