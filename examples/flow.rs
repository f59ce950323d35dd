//! Maximum flow on a photo, to compare with other solvers. Prints the flow, and the build and solve
//! time in milliseconds, of one run; `--write` writes the capacities to a file first.
//! `tests/bench/py_maxflow.py` runs it in alternation with PyMaxflow.
//!
//! `cargo run --release --example flow -- PHOTO SIDE [--write FILE]`. The file holds 32-bit
//! little-endian integers: for each pixel, row-major, the capacities from the source and to the
//! sink; then for each pixel the capacities to its neighbours at (1, 0), (-1, 1), (0, 1) and (1,
//! 1).
// Commands are native: for the web, where `wasm-pack test` builds them too, nothing is left of
// this.
#![cfg_attr(target_family = "wasm", no_main)]
#![cfg(not(target_family = "wasm"))]

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use deep_inside::graph_cut::colour_model::{Colour, ColourModel};
use deep_inside::graph_cut::max_flow::{EAST, GridGraph};
use deep_inside::graph_cut::pixel_graph::PixelGraph;
use deep_inside::image_input::decode_file;
use deep_inside::imaging::{Filter, resize};

#[derive(Parser)]
struct Arguments {
    photo: PathBuf,
    /// The photo is resized to side x side pixels; the aspect ratio is not kept.
    side: u32,
    /// The file for the capacities.
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
        .rgb()
        .as_chunks::<3>()
        .0
        .iter()
        .map(|colour| colour.map(f32::from))
        .collect();
    let width = side as usize;
    // As in a cut by rectangle: the outer tenth is background, the inside depends on the colours.
    let inside = |pixel: usize| {
        [pixel % width, pixel / width]
            .into_iter()
            .all(|coordinate| coordinate >= width / 10 && coordinate < width - width / 10)
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
