//! What records add up to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::boxes::THRESHOLDS;
use crate::Outcome;

/// Shares of the picture, in percent, that divide objects by size.
const SIZES: [f64; 5] = [0.0, 10.0, 30.0, 60.0, 100.0];

/// Prints a table for each kind of record. Of a picture that has several, the last counts.
pub fn print(records: &[Value]) -> Outcome {
    let mut kinds: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
    for record in records {
        let text = |key: &str| {
            let value = record[key].as_str();
            value.ok_or_else(|| format!("a record without {key}: {record}"))
        };
        let of_kind = kinds.entry(text("kind")?).or_default();
        of_kind.insert(text("picture")?, record);
    }
    for (kind, pictures) in kinds {
        let (errors, good): (Vec<&Value>, Vec<&Value>) = pictures
            .into_values()
            .partition(|record| record.get("error").is_some());
        println!("{kind}: {} pictures, {} errors", good.len(), errors.len());
        for record in errors.iter().take(10) {
            println!("  {}: {}", record["picture"], record["error"]);
        }
        match kind {
            _ if good.is_empty() => {}
            "boxes" => boxes(&good),
            "masks" => masks(&good),
            "maps" => maps(&good),
            _ => return Err(format!("there are no records of {kind}").into()),
        }
    }
    Ok(())
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

fn share(records: &[&Value], key: &str) -> f64 {
    mean(
        records
            .iter()
            .map(|record| f64::from(u8::from(record[key] == true))),
    )
}

fn boxes(records: &[&Value]) {
    let row = |name: &str, value: f64| println!("{name:<44}{:>7.1} %", 100.0 * value);
    row(
        "top-5 localisation error",
        1.0 - share(records, "top5_located"),
    );
    row("top-5 classification error", 1.0 - share(records, "top5"));
    row("top-1 classification error", 1.0 - share(records, "top1"));
    row(
        "localisation accuracy, class known",
        share(records, "known"),
    );
    let accuracy = |step: usize| {
        let hits = records.iter().map(|record| {
            let hits = record["thresholds"].as_str().unwrap_or_default();
            f64::from(u8::from(hits.as_bytes().get(step) == Some(&b'1')))
        });
        mean(hits)
    };
    let best = (0..THRESHOLDS)
        .max_by(|&a, &b| accuracy(a).total_cmp(&accuracy(b)))
        .unwrap_or(0);
    let name = format!(
        "MaxBoxAcc, at {:.2} of the map's range",
        best as f64 / THRESHOLDS as f64
    );
    row(&name, accuracy(best));
}

fn masks(records: &[&Value]) {
    println!("{:<28}{:>8}{:>8}{:>8}", "mean IoU", "n", "paper", "best");
    let row = |name: &str, records: &[&Value]| {
        let iou = |mode: &str| mean(records.iter().filter_map(|record| record[mode].as_f64()));
        println!(
            "{name:<28}{:>8}{:>8.3}{:>8.3}",
            records.len(),
            iou("paper"),
            iou("best")
        );
    };
    row("all", records);
    for pair in SIZES.windows(2) {
        let is_of_size = |record: &&&Value| {
            let percent = record["share"].as_f64().map_or(-1.0, |share| 100.0 * share);
            (pair[0]..pair[1]).contains(&percent)
        };
        let of_size: Vec<&Value> = records.iter().filter(is_of_size).copied().collect();
        if !of_size.is_empty() {
            row(
                &format!("{} to {} % of the picture", pair[0], pair[1]),
                &of_size,
            );
        }
    }
    let mut sources: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for record in records {
        sources
            .entry(record["source"].as_str().unwrap_or("all"))
            .or_default()
            .push(record);
    }
    if sources.len() > 1 {
        for (source, records) in sources {
            row(source, &records);
        }
    }
}

fn maps(records: &[&Value]) {
    println!(
        "{:<24}{:>10}{:>10}{:>10}{:>10}",
        "mean", "deletion", "insertion", "pointing", "energy"
    );
    let mut names: Vec<&String> = records
        .iter()
        .filter_map(|record| record["methods"].as_object())
        .flat_map(|methods| methods.keys())
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let values = |key: &str| {
            let values = records.iter().filter_map(|record| {
                let value = &record["methods"][name][key];
                value
                    .as_f64()
                    .or_else(|| value.as_bool().map(|hit| f64::from(u8::from(hit))))
            });
            mean(values)
        };
        let [deletion, insertion, pointing, energy] =
            ["deletion", "insertion", "pointing", "energy"].map(values);
        println!("{name:<24}{deletion:>10.3}{insertion:>10.3}{pointing:>10.3}{energy:>10.3}");
    }
}
