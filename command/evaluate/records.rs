//! Files of records: JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use serde_json::Value;

use crate::Outcome;

/// All records of a file. A last line without an end, which a run that was stopped has left, is not
/// one.
pub fn read_records(path: &Path) -> Outcome<Vec<Value>> {
    let name = path.display();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    let mut reader = BufReader::new(file);
    let (mut records, mut line, mut number) = (Vec::new(), String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        number += 1;
        let Some(text) = line.strip_suffix('\n') else {
            return Ok(records);
        };
        let record: Value = serde_json::from_str(text)
            .map_err(|error| format!("{name}, line {number}: {error}"))?;
        records.push(record);
    }
}

/// Writes records to a file, each as it comes.
pub struct Writer(File);

impl Writer {
    /// A new file, or behind the whole lines of one that exists.
    pub fn open(path: &Path, keeps: bool) -> Outcome<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(!keeps)
            .open(path)?;
        if keeps {
            let text = std::fs::read(path)?;
            let whole = text
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |i| i + 1);
            file.set_len(whole as u64)?;
            file.seek(SeekFrom::End(0))?;
        }
        Ok(Self(file))
    }

    pub fn write(&mut self, record: &Value) -> Outcome {
        Ok(self.0.write_all(format!("{record}\n").as_bytes())?)
    }
}
