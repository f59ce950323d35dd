//! `deep-inside evaluate`: measures over many pictures, one JSON line for each.

mod boxes;
mod lists;
mod maps;
mod masks;
mod records;
mod summary;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::{Args, Subcommand};
use deep_inside::device::DeviceChoice;
use deep_inside::engine::Engine;
use serde_json::{Value, json};

use crate::progress_bar::Bar;
use crate::{Outcome, network};
use records::{Writer, read_records};

#[derive(Subcommand)]
pub enum Arguments {
    /// Localisation by section 3.2 of the paper: of pictures with true boxes, the top-5 error, the
    /// accuracy when the class is known, and MaxBoxAcc.
    Boxes(boxes::Arguments),
    /// Cuts: of pictures with true masks, the mean intersection over union by size and by source.
    Masks(masks::Arguments),
    /// Saliency maps: of pictures with true masks, each method's deletion and insertion, pointing
    /// game, and energy in the object's box.
    Maps(maps::Arguments),
    /// Adds up files of records: those of shards, or of one run.
    Merge(MergeArguments),
}

#[derive(Args)]
pub struct MergeArguments {
    /// Files of records. Of a picture that is in several, the last record counts.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// How a run goes through its pictures.
#[derive(Args)]
pub struct RunArguments {
    /// The file of records, one JSON line for each picture.
    #[arg(long)]
    out: PathBuf,
    /// The K-th of N parts of the pictures, as K/N with K from 1: for jobs side by side.
    #[arg(long, default_value = "1/1", value_parser = shard)]
    shard: Shard,
    /// Keeps the records that are in the file, and goes on with the other pictures. Records of
    /// errors are made again.
    #[arg(long)]
    resume: bool,
    /// Pictures at a time, each on a thread of its own.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: u16,
    /// A bundled network, or an ONNX file.
    #[arg(long, default_value = "squeezenet1_1")]
    network: String,
}

/// One part of the pictures: those whose index leaves this remainder.
#[derive(Clone, Copy)]
struct Shard {
    remainder: usize,
    parts: usize,
}

fn shard(text: &str) -> Result<Shard, String> {
    let parsed = text
        .split_once('/')
        .and_then(|(k, n)| Some((k.parse::<usize>().ok()?, n.parse::<usize>().ok()?)));
    match parsed {
        Some((k, n)) if (1..=n).contains(&k) => Ok(Shard {
            remainder: k - 1,
            parts: n,
        }),
        _ => Err("a shard is K/N, with K from 1 to N".to_owned()),
    }
}

pub fn run(arguments: Arguments) -> Outcome {
    match arguments {
        Arguments::Boxes(arguments) => boxes::run(arguments),
        Arguments::Masks(arguments) => masks::run(arguments),
        Arguments::Maps(arguments) => maps::run(arguments),
        Arguments::Merge(MergeArguments { files }) => {
            let mut records = Vec::new();
            for file in &files {
                records.extend(read_records(file)?);
            }
            summary::print(&records)
        }
    }
}

/// A picture of a run: its name in the records, and what it needs.
struct Task<T> {
    name: String,
    details: T,
}

/// Computes a record for each of `tasks` that belongs to the shard, `kind` saying of what, and
/// prints their summary. A picture that cannot be evaluated gets a record with its error.
fn evaluate<T: Sync>(
    kind: &str,
    tasks: &[Task<T>],
    arguments: &RunArguments,
    record: impl Fn(&mut Engine, &Task<T>) -> Outcome<Value> + Sync,
) -> Outcome {
    let Shard { remainder, parts } = arguments.shard;
    let done: HashSet<String> = match arguments.resume && arguments.out.exists() {
        true => read_records(&arguments.out)?
            .into_iter()
            .filter(|record| record.get("error").is_none())
            .filter_map(|record| record["picture"].as_str().map(str::to_owned))
            .collect(),
        false => HashSet::new(),
    };
    let mine = tasks
        .iter()
        .enumerate()
        .filter(|(i, _)| i % parts == remainder);
    let left: Vec<&Task<T>> = mine
        .map(|(_, task)| task)
        .filter(|task| !done.contains(&task.name))
        .collect();
    let writer = Mutex::new(Writer::open(&arguments.out, arguments.resume)?);
    let bar = Bar::new(kind).0;
    bar.set_length(left.len() as u64);
    let next = AtomicUsize::new(0);
    let work = || -> Outcome {
        let mut engine = pollster::block_on(Engine::open(DeviceChoice::Cpu, None))?;
        network::load(&mut engine, &arguments.network)?;
        while let Some(task) = left.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut line = match record(&mut engine, task) {
                Ok(line) => line,
                Err(error) => json!({ "error": error.to_string() }),
            };
            line["kind"] = kind.into();
            line["picture"] = task.name.clone().into();
            let mut writer = writer.lock().map_err(|_| "another thread has failed")?;
            writer.write(&line)?;
            bar.inc(1);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..arguments.jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            let failed = || Err("a thread has failed".into());
            thread.join().unwrap_or_else(|_| failed())
        })
    })?;
    bar.finish();
    summary::print(&read_records(&arguments.out)?)
}
