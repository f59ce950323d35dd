//! The bundled networks, as files that anybody could have brought.

use deep_inside::device::DeviceChoice;
use deep_inside::gradient::{ScoreGradient, Target, score_gradient};
use deep_inside::graph::ReluRule;
use deep_inside::image_input::decode_file;
use deep_inside::networks::{
    LabelSource, Network, OnnxOptions, imagenet_labels, manifest, softmax,
};
use deep_inside::onnx::ExternalFiles;
use deep_inside::preprocess::Crops;
use deep_inside::progress::NoProgress;
use deep_inside::saliency::{GRAD_CAM, GUIDED_BACKPROP, GUIDED_GRAD_CAM, SaliencySettings};
use deep_inside::{Engine, Error};
use pollster::block_on;

use crate::arrays::{device, relative_difference};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("weights/{name}")).unwrap()
}

#[test]
fn lite0_names_what_is_on_the_samples_and_where() {
    let labels: Vec<String> = imagenet_labels().map(str::to_owned).collect();
    let mut engine = block_on(Engine::open(DeviceChoice::Cpu, None)).unwrap();
    engine
        .load_network("efficientnet_lite0", &file("efficientnet_lite0.onnx"))
        .unwrap();
    for (photo, label, probability) in [
        ("macaw", "macaw", 0.91),
        ("red-panda", "red panda", 0.80),
        ("chelsea", "Egyptian cat", 0.81),
    ] {
        let bytes = std::fs::read(format!("www/samples/{photo}.jpg")).unwrap();
        engine.set_picture(decode_file(&bytes).unwrap());
        let found = softmax(&block_on(engine.classify()).unwrap());
        let best = (0..1000)
            .max_by(|&a, &b| found[a].total_cmp(&found[b]))
            .unwrap();
        assert!(labels[best].starts_with(label), "{photo}: {}", labels[best]);
        assert!((found[best] - probability).abs() < 0.05, "{}", found[best]);
        for method in [&GRAD_CAM, &GUIDED_BACKPROP, &GUIDED_GRAD_CAM] {
            let settings = SaliencySettings {
                method,
                crops: Crops::One,
                ..SaliencySettings::new(Target::Class(best))
            };
            let saliency = block_on(engine.saliency(&settings, &NoProgress)).unwrap();
            let map = &saliency.map;
            assert_eq!((map.rows, map.columns), (224, 224));
            // More in the middle, where the animals are, than on the edge of the photo.
            let is_inner = |i: usize| {
                let (row, column) = (i / 224, i % 224);
                (40..184).contains(&row) && (40..184).contains(&column)
            };
            let share = |inner: bool| {
                let values = (0..map.values.len()).filter(|&i| is_inner(i) == inner);
                let (sum, count) = values.fold((0.0, 0.0), |(sum, count), i| {
                    (sum + f64::from(map.values[i]), count + 1.0)
                });
                sum / count
            };
            assert!(share(true) > 1.3 * share(false), "{photo} {}", method.id);
        }
    }
}

#[test]
fn the_orientation_network_has_its_labels_and_no_rules_of_relus() {
    let model = file("pp_lcnet_orientation.onnx");
    let (network, report) = Network::from_onnx(
        &model,
        &ExternalFiles::default(),
        &OnnxOptions::default(),
        &device(),
    )
    .unwrap();
    assert_eq!(report.labels, LabelSource::Metadata);
    assert_eq!(network.labels, ["0", "90", "180", "270"]);
    assert_eq!(report.left_out, ["Softmax"]);
    assert_eq!(network.classes(), 4);
    assert_eq!((network.input.rows, network.input.columns), (224, 224));
    assert!(network.head.is_some());
    let relus = network.has_relus();
    assert_eq!(GUIDED_BACKPROP.undefined_for(&network).is_some(), !relus);
    assert!(GRAD_CAM.undefined_for(&network).is_none());
}

#[test]
fn a_bundled_network_has_the_file_the_classes_and_the_input_of_its_row() {
    for row in manifest().unwrap() {
        let mut bytes = file(&row.file);
        let network = Network::load(&row.id, &bytes, &device()).unwrap();
        assert_eq!(network.title, row.title);
        assert_eq!(network.labels, row.labels());
        assert_eq!(network.classes(), row.labels().len());
        assert_eq!(network.input, row.input);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let damaged = Network::load(&row.id, &bytes, &device()).err().unwrap();
        assert_eq!(damaged.code(), "weights-corrupt", "{}", row.id);
    }
}

#[test]
fn a_class_against_another_has_the_difference_of_scores_and_gradients() {
    for row in manifest().unwrap() {
        let network = Network::load(&row.id, &file(&row.file), &device()).unwrap();
        let dims = network.input.dims(2);
        let values = (0..dims.iter().product::<usize>() as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0);
        let pictures = network.upload(values.collect(), dims);
        let result = |target| {
            let rule = ReluRule::Gradient;
            let ScoreGradient {
                scores, gradients, ..
            } = score_gradient(&network, pictures.clone(), &target, rule)?;
            let values = [scores.into_data(), gradients.into_data()];
            Ok::<_, Error>(values.map(|data| data.try_into_vec::<f32>().unwrap()))
        };
        let (class, against) = (1, network.classes() - 1);
        let difference = result(Target::Difference { class, against }).unwrap();
        let of_class = result(Target::Class(class)).unwrap();
        let of_other = result(Target::Class(against)).unwrap();
        for (found, (one, other)) in difference.iter().zip(of_class.iter().zip(&of_other)) {
            let expected: Vec<f32> = one.iter().zip(other).map(|(a, b)| a - b).collect();
            let error = relative_difference(found, &expected);
            assert!(error < 1e-4, "{}: {error}", row.id);
        }
        for (class, against, code) in [
            (1, 1, "setting-out-of-range"),
            (1, network.classes(), "class-out-of-range"),
            (network.classes(), 1, "class-out-of-range"),
        ] {
            let refused = result(Target::Difference { class, against });
            assert_eq!(
                refused.unwrap_err().code(),
                code,
                "{class} against {against}"
            );
        }
    }
}
