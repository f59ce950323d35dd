//! Explains one photo: the five likeliest classes, and for one class its saliency map, its class
//! model and the object cut out.
//!
//! `cargo run --release --example explain_picture -- PHOTO [--class NAME] [--method NAME] [--device
//! NAME] [--out DIR]` writes saliency.png, class_model.png, mask.png and cutout.png into DIR. With
//! `--features native-webgpu` it can compute on a GPU.
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;
use std::fs::File;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;

use clap::Parser;
use deep_inside::class_model::ClassModelSettings;
use deep_inside::device::{DeviceChoice, native_adapter};
use deep_inside::engine::{Engine, LocateMode};
use deep_inside::error::Error;
use deep_inside::gradient::Target;
use deep_inside::image_input::decode_file;
use deep_inside::networks::{imagenet_labels, softmax};
use deep_inside::progress::Progress;
use deep_inside::render::{
    ColourMap, Ground, Intensity, MapLayer, write_cutout, write_mask, write_overlay, write_png,
};
use deep_inside::saliency::{SaliencySettings, saliency_method};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(about = "Saliency map, class model and cut-out of one photo")]
struct Arguments {
    /// A png, jpeg, webp, gif or bmp file.
    photo: PathBuf,
    /// A class by its index or by (part of) its name; the likeliest one when left out.
    #[arg(long)]
    class: Option<String>,
    /// How the saliency map is made: gradient, smooth_grad, ...
    #[arg(long, default_value = "gradient")]
    method: String,
    /// What computes: cpu, webgpu, or auto, which is webgpu where there is a hardware adapter. A
    /// GPU needs a build with the feature native-webgpu.
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// Where the pictures go.
    #[arg(long, default_value = ".")]
    out: PathBuf,
}

fn main() -> Result<(), Box<dyn StdError>> {
    pollster::block_on(explain(Arguments::parse()))
}

async fn explain(arguments: Arguments) -> Result<(), Box<dyn StdError>> {
    let weights = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/weights/squeezenet1_1.safetensors"
    ))?;
    let photo = decode_file(&std::fs::read(&arguments.photo)?)?;
    std::fs::create_dir_all(&arguments.out)?;
    let (width, height) = (photo.width(), photo.height());

    let mut engine = Engine::open(arguments.device, native_adapter().await).await?;
    println!("on {}: {}", engine.device.adapter, engine.device.reason);
    engine.load_network("squeezenet1_1", &weights)?;
    engine.set_picture(photo.clone());

    let labels: Vec<&str> = imagenet_labels().collect();
    let scores = engine.classify().await?;
    let likeliest = print_top5(&scores, &labels);
    let class = match &arguments.class {
        Some(name) => {
            find_class(name, &labels).ok_or_else(|| format!("no class is called \"{name}\""))?
        }
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
        colour_map: ColourMap::default(),
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
fn print_top5(scores: &[f32], labels: &[&str]) -> usize {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let probabilities = softmax(scores);
    for &class in &order[..5] {
        let percent = 100.0 * probabilities[class];
        println!("{percent:5.1} %  {class:3}  {}", labels[class]);
    }
    order[0]
}

/// An index, else the first label that has the name as one of its synonyms, else one that contains
/// it.
fn find_class(name: &str, labels: &[&str]) -> Option<usize> {
    if let Ok(index) = name.parse::<usize>() {
        return (index < labels.len()).then_some(index);
    }
    let name = name.to_lowercase();
    let exact = |label: &&str| {
        label
            .split(", ")
            .any(|synonym| synonym.to_lowercase() == name)
    };
    labels.iter().position(exact).or_else(|| {
        labels
            .iter()
            .position(|label| label.to_lowercase().contains(&name))
    })
}

struct Bar(ProgressBar);

impl Bar {
    fn new(name: &'static str) -> Self {
        let style = ProgressStyle::with_template("{msg:12} {bar:40} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::new(1).with_style(style).with_message(name))
    }
}

impl Progress for Bar {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
        if done == total {
            self.0.finish();
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
