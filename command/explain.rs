//! `deep-inside explain`: one photo.

use std::fs::File;
use std::path::PathBuf;

use clap::Args;
use deep_inside::Error;
use deep_inside::class_model::ClassModelSettings;
use deep_inside::device::{DeviceChoice, native_adapter};
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::networks::softmax;
use deep_inside::progress::Progress;
use deep_inside::render::{
    ColourMap, Colours, Ground, Intensity, MapLayer, write_cutout, write_mask, write_overlay,
    write_png,
};
use deep_inside::saliency::{SaliencySettings, saliency_method};

use crate::progress_bar::Bar;
use crate::{Outcome, network, read};

#[derive(Args)]
pub struct Arguments {
    /// A png, jpeg, webp, gif or bmp file.
    photo: PathBuf,
    /// A class by its index or by (part of) its name; the likeliest one when left out.
    #[arg(long)]
    class: Option<String>,
    /// How the saliency map is made: gradient, smooth_grad, ...
    #[arg(long, default_value = "gradient")]
    method: String,
    /// A bundled network, or an ONNX file.
    #[arg(long, default_value = "squeezenet1_1")]
    network: String,
    /// What computes: cpu, webgpu, or auto, which is webgpu where there is a hardware adapter. A
    /// GPU needs a build with the feature native-webgpu.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// The folder for saliency.png, class_model.png, mask.png and cutout.png.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

pub async fn run(arguments: Arguments) -> Outcome {
    let photo = decode_file(&read(&arguments.photo)?)?;
    std::fs::create_dir_all(&arguments.out)?;
    let (width, height) = (photo.width(), photo.height());

    let mut engine = Engine::open(arguments.device, native_adapter().await).await?;
    println!("on {}: {}", engine.device.adapter, engine.device.reason);
    network::load(&mut engine, &arguments.network)?;
    engine.set_picture(photo.clone());

    let labels = network::labels(&engine)?;
    let scores = engine.classify().await?;
    let likeliest = print_top5(&scores, &labels);
    let class = match &arguments.class {
        Some(name) => network::find_class(name, &labels)?,
        None => likeliest,
    };
    println!("class {class}: {}", labels[class]);

    let bar = Bar::new("saliency");
    let settings = SaliencySettings {
        method: saliency_method(&arguments.method)?,
        ..SaliencySettings::new(Target::Class(class))
    };
    let map = engine.saliency(&settings, &bar).await?.map;
    let layer = MapLayer {
        intensity: Intensity::for_photo(&map, width, height),
        colours: Colours::Map(ColourMap::default()),
        ground: Ground::default(),
        opacity: 1.0,
    };
    let file = File::create(arguments.out.join("saliency.png"))?;
    write_overlay(&photo, &layer, file, &Bar::new("saliency.png")).await?;

    let settings = ClassModelSettings::new(Target::Class(class));
    let steps = settings.recipe.steps;
    let mut run = engine.class_model(&settings)?;
    let bar = Bar::new("class model");
    for done in 0..steps {
        bar.report(done, steps).await?;
        run.step(1).await?;
    }
    bar.report(steps, steps).await?;
    let model = run.pixels().await?;
    std::fs::write(
        arguments.out.join("class_model.png"),
        write_png(&model.rgba(), model.width(), model.height())?,
    )?;

    let bar = Bar::new("cut");
    match engine.locate(class, LocateMode::Best, &bar).await {
        Ok(cut) => {
            write_mask(
                &cut,
                File::create(arguments.out.join("mask.png"))?,
                &Bar::new("mask.png"),
            )
            .await?;
            write_cutout(
                &photo,
                &cut,
                File::create(arguments.out.join("cutout.png"))?,
                &Bar::new("cutout.png"),
            )
            .await?;
            let b = cut.bounding_box;
            println!(
                "box: x {} y {} width {} height {}",
                b.x, b.y, b.width, b.height
            );
        }
        Err(error @ Error::NoObjectFound(_)) => println!("{error}"),
        Err(error) => return Err(error.into()),
    }
    println!("pictures are in {}", arguments.out.display());
    Ok(())
}

/// Prints the five likeliest classes with their posteriors; returns the likeliest.
fn print_top5(scores: &[f32], labels: &[String]) -> usize {
    let order = network::ranked(scores);
    let probabilities = softmax(scores);
    for &class in order.iter().take(5) {
        let percent = 100.0 * probabilities[class];
        println!("{percent:5.1} %  {class:3}  {}", labels[class]);
    }
    order[0]
}
