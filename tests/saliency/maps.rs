//! Maps: batches, seeds, settings, layers and progress.

use std::cell::RefCell;
use std::future::{Future, ready};
use std::pin::Pin;

use deep_inside::Error;
use deep_inside::class_model::{ClassModelRun, ClassModelSettings};
use deep_inside::engine::LocateMode;
use deep_inside::gradient::Target;
use deep_inside::graph::operators::Relu;
use deep_inside::graph::{INPUT, Retain};
use deep_inside::image_input::decode_file;
use deep_inside::preprocess::Crops;
use deep_inside::progress::{NoProgress, Progress};
use deep_inside::saliency::{
    GradCamSettings, IntegratedGradientsSettings, SALIENCY_METHODS, SaliencySettings,
    SmoothGradSettings, saliency_map, saliency_method,
};
use pollster::block_on;

use crate::{engine_showing, golden, network, neuron, one_crop, saliency, samples, waves};

#[test]
fn a_map_does_not_depend_on_how_its_passes_are_batched() {
    let network = network();
    let photo = decode_file(golden::PICTURES[0].1).unwrap();
    for (method, (crops, passes)) in SALIENCY_METHODS
        .iter()
        .flat_map(|method| [(Crops::One, 5), (Crops::Ten, 1)].map(|of| (method, of)))
    {
        let settings = SaliencySettings {
            method,
            crops,
            smooth_grad: samples(passes),
            integrated_gradients: IntegratedGradientsSettings { steps: passes },
            ..SaliencySettings::new(Target::Class(285))
        };
        let map = |batch| {
            block_on(saliency_map(
                &network,
                &photo,
                &settings,
                batch,
                &NoProgress,
            ))
            .unwrap()
        };
        let (one, four) = (map(1), map(4));
        for (one, four) in [
            (&one.map.values, &four.map.values),
            (&one.signed, &four.signed),
        ] {
            let difference = golden::relative_l2(four, one);
            assert!(difference < 1e-4, "{}: {difference:.1e}", method.id);
        }
        assert!(
            one.map
                .values
                .iter()
                .all(|value| value.is_finite() && *value >= 0.0),
            "{}",
            method.id
        );
        assert!(
            one.map.values.iter().any(|&value| value > 0.0),
            "{}",
            method.id
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_smooth_grad() {
    let (engine, class) = engine_showing("chelsea");
    let settings = |seed| SaliencySettings {
        smooth_grad: SmoothGradSettings { seed, ..samples(2) },
        ..one_crop(Target::Class(class), "smooth_grad")
    };
    let first = saliency(&engine, &settings(3));
    assert_eq!(saliency(&engine, &settings(3)), first);
    assert_ne!(saliency(&engine, &settings(4)), first);
}

#[test]
fn layers_are_listed_with_the_shapes_of_their_outputs() {
    let network = network();
    let layers = network.layers();
    let side = network.input.rows;
    for layer in &layers {
        let target = Target::Neuron {
            layer: network.layer(&layer.name).unwrap(),
            channel: layer.channels - 1,
            position: Some([layer.rows - 1, layer.columns - 1]),
        };
        let probe = target.probe(&network, [side; 2]).unwrap();
        let (activations, _) = network
            .graph
            .forward(waves(side), probe.node, Retain::Nothing)
            .unwrap();
        let [_, channels, rows, columns] = activations.planes().dims();
        assert_eq!(
            [rows, columns],
            [layer.rows, layer.columns],
            "{}",
            layer.name
        );
        if network.layer(&layer.name).unwrap() != network.head.as_ref().unwrap().linear {
            assert_eq!(channels, layer.channels, "{}", layer.name);
        }
    }
    let last = layers.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.channels, last.rows, last.columns),
        ("classifier.1", 1000, 14, 14)
    );
}

#[test]
fn a_hidden_neuron_has_a_class_model() {
    let settings = ClassModelSettings {
        seed: 1,
        side: Some(96),
        ..ClassModelSettings::new(neuron("features.6", 100, None))
    };
    let mut run = ClassModelRun::new(network().into(), &settings).unwrap();
    let start = block_on(run.step(0)).unwrap();
    let end = block_on(run.step(12)).unwrap();
    assert!(end.score > start.score + 1.0, "{start:?}, {end:?}");
    assert_eq!(end.probability, None);
}

#[test]
fn invalid_settings_are_coded_errors() {
    let (engine, class) = engine_showing("chelsea");
    let good = one_crop(Target::Class(class), "smooth_grad");
    let cam = |layer: &str, target| {
        let grad_cam = GradCamSettings {
            layer: Some(layer.to_owned()),
        };
        SaliencySettings {
            grad_cam,
            ..one_crop(target, "grad_cam")
        }
    };
    let about = |target| one_crop(target, "gradient");
    let of_layer = |layer| Target::Neuron {
        layer,
        channel: 0,
        position: None,
    };
    // A node of a graph with more nodes than the network's.
    let mut longer = network().graph.clone();
    let beyond = longer
        .add("beyond", Relu::default(), &[longer.output()])
        .unwrap();
    for name in ["features.99", "picture"] {
        let error = network().layer(name).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{name}");
    }
    let sigmas = [f32::NAN, -0.1, 0.0, 1.1, f32::INFINITY, 1e30];
    let bad = sigmas
        .map(|sigma| SaliencySettings {
            smooth_grad: SmoothGradSettings {
                sigma,
                ..SmoothGradSettings::default()
            },
            ..good.clone()
        })
        .into_iter()
        .chain([0, 1001, usize::MAX].map(|count| SaliencySettings {
            smooth_grad: samples(count),
            ..good.clone()
        }))
        .chain([0, 1001, usize::MAX].map(|steps| SaliencySettings {
            integrated_gradients: IntegratedGradientsSettings { steps },
            ..good.clone()
        }))
        .chain([
            about(of_layer(INPUT)),
            about(of_layer(beyond)),
            about(neuron("features.6", 256, None)),
            about(neuron("classifier.1", 1000, None)),
            about(neuron("features.6", 0, Some([28, 0]))),
            about(neuron("features.6", 0, Some([0, usize::MAX]))),
            cam("nowhere", Target::Class(class)),
            cam("features.12", neuron("features.6", 0, None)),
            cam("classifier.1", neuron("features.12", 0, None)),
        ]);
    for settings in bad {
        let error = block_on(engine.saliency(&settings, &NoProgress)).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{settings:?}");
    }
    for settings in [
        about(Target::Class(1000)),
        cam("features.6", Target::Class(usize::MAX)),
    ] {
        let error = block_on(engine.saliency(&settings, &NoProgress)).unwrap_err();
        assert_eq!(error.code(), "class-out-of-range", "{settings:?}");
    }
}

#[test]
fn a_method_is_found_by_its_id_alone() {
    for method in SALIENCY_METHODS {
        assert_eq!(saliency_method(method.id).unwrap().title, method.title);
    }
    for id in ["magic", "", "Gradient"] {
        let error = saliency_method(id).unwrap_err();
        assert_eq!(error.code(), "setting-out-of-range", "{id}");
    }
}

/// Records the reports, and cancels at the report with the number `last`, from 1.
struct Recorder {
    reports: RefCell<Vec<(usize, usize)>>,
    last: usize,
}

impl Progress for Recorder {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        let mut reports = self.reports.borrow_mut();
        reports.push((done, total));
        let answer = if reports.len() == self.last {
            Err(Error::Cancelled)
        } else {
            Ok(())
        };
        Box::pin(ready(answer))
    }
}

#[test]
fn locating_has_one_progress_for_map_and_cut_and_can_be_cancelled_in_both() {
    let (engine, class) = engine_showing("chelsea");
    let locate = |last| {
        let recorder = Recorder {
            reports: RefCell::default(),
            last,
        };
        let outcome = block_on(engine.locate(class, LocateMode::Best, &recorder)).map(drop);
        (outcome, recorder.reports.into_inner())
    };
    let (outcome, reports) = locate(usize::MAX);
    outcome.unwrap();
    let total = reports[0].1;
    assert!(
        reports.iter().all(|&(_, of)| of == total) && reports.is_sorted(),
        "{reports:?}"
    );
    // Ten crops for each of two maps, the candidates, and the cut.
    let of_maps = reports.iter().filter(|&&(done, _)| done < 20).count();
    assert!(of_maps > 2 && reports.len() > of_maps + 2, "{reports:?}");
    for last in [1, of_maps, of_maps + 2, reports.len()] {
        let (outcome, reports) = locate(last);
        assert_eq!((outcome, reports.len()), (Err(Error::Cancelled), last));
    }
}
