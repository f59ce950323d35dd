//! The command `deep-inside`: explains photos, makes class models, and evaluates both on folders of
//! pictures.
// For the web, where tests of the library build it too, nothing is left of it.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

mod class_model;
mod cut_out;
mod evaluate;
mod explain;
mod network;
mod progress_bar;

use std::error::Error as StdError;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a command returns: any error ends it with a message.
type Outcome<T = ()> = Result<T, Box<dyn StdError + Send + Sync>>;

/// Look inside a ConvNet: saliency maps, class models and graph cuts (Simonyan, Vedaldi & Zisserman,
/// arXiv 1312.6034).
#[derive(Parser)]
#[command(name = "deep-inside", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Explains one photo: its likeliest classes, and of one class a saliency map, a class model and
    /// the object cut out.
    Explain(explain::Arguments),
    /// Makes class models: as a contact sheet, or as single files.
    ClassModel(class_model::Arguments),
    /// Cuts the objects out of photos, and shows them on one sheet.
    CutOut(cut_out::Arguments),
    /// Lists the bundled networks.
    Networks,
    /// Measures cuts and saliency maps on pictures with true masks or boxes.
    #[command(subcommand)]
    Evaluate(evaluate::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Explain(arguments) => pollster::block_on(explain::run(arguments)),
        Command::ClassModel(arguments) => class_model::run(arguments),
        Command::CutOut(arguments) => cut_out::run(arguments),
        Command::Networks => network::list(),
        Command::Evaluate(arguments) => evaluate::run(arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("deep-inside: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A file's bytes.
///
/// # Errors
/// With the file's name.
fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()).into())
}
