//! Maximum flows on photos, for comparing with other solvers: prints flow, build and solve time of
//! one run, and with `--write` puts the capacities into a file first. `tests/bench/py_maxflow.py`
//! runs it in alternation with PyMaxflow.
//!
//! `cargo run --release --example flow -- PHOTO SIDE [--write FILE]`. The file: 32-bit
//! little-endian integers, for each pixel row by row the capacities from the source and to the
//! sink, then for each pixel those to its neighbours east, south-west, south and south-east.
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use deep_inside::image_input::decode_file;
use deep_inside::imaging::{Filter, resize};
use deep_inside::segmentation::colour_model::{Colour, ColourModel};
use deep_inside::segmentation::max_flow::{EAST, GridGraph};
use deep_inside::segmentation::pixel_graph::PixelGraph;

#[derive(Parser)]
struct Arguments {
    photo: PathBuf,
    /// The photo is squashed to side x side pixels.
    side: u32,
    /// Where the capacities go.
    #[arg(long)]
    write: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn StdError>> {
    let Arguments { photo, side, write } = Arguments::parse();
    let photo = resize(
        &decode_file(&std::fs::read(photo)?)?,
        side,
        side,
        Filter::Bilinear,
    )?;
    let colours: Vec<Colour> = photo
        .rgba()
        .chunks_exact(4)
        .map(|pixel| [pixel[0], pixel[1], pixel[2]].map(f32::from))
        .collect();
    let width = side as usize;
    // Background is the outer tenth, as in a cut by rectangle: certain there, and what its colours
    // suggest elsewhere.
    let inside = |pixel: usize| {
        [pixel % width, pixel / width]
            .into_iter()
            .all(|at| at >= width / 10 && at < width - width / 10)
    };
    let models = [false, true].map(|object| {
        let pixels = colours
            .iter()
            .enumerate()
            .filter(|&(pixel, _)| inside(pixel) == object);
        ColourModel::fit(&pixels.map(|(_, &colour)| colour).collect::<Vec<_>>(), 1)
    });
    let [background, object] = models.map(|model| model.costs(&colours));
    let mut graph = PixelGraph::new(&colours, width, 1)?;
    graph.set_costs(background.into_iter().zip(object).enumerate().map(
        |(pixel, (background, object))| {
            if inside(pixel) {
                [background, object]
            } else {
                [0.0, 1e5]
            }
        },
    ));
    let (terminals, links) = (graph.terminals(), graph.links());

    if let Some(file) = write {
        let numbers = terminals.iter().flatten().chain(links.iter().flatten());
        std::fs::write(
            file,
            numbers
                .flat_map(|number| number.to_le_bytes())
                .collect::<Vec<u8>>(),
        )?;
    }
    let start = Instant::now();
    let mut grid = GridGraph::new(width, width)?;
    for (pixel, (&[from_source, to_sink], links)) in terminals.iter().zip(links).enumerate() {
        let (x, y) = (pixel % width, pixel / width);
        grid.set_terminals(x, y, from_source, to_sink);
        for (direction, &link) in (EAST..).zip(links) {
            grid.set_link(x, y, direction, link, link);
        }
    }
    let build = start.elapsed().as_secs_f64() * 1e3;
    let start = Instant::now();
    let flow = grid.solve();
    println!("{flow} {build} {}", start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}
