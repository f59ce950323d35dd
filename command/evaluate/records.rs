//! Files of records: JSON lines.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
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
    /// A new file; or, if it `goes_on`, behind the whole lines of the file that is there.
    ///
    /// # Errors
    /// When the file exists and it does not go on: records take long to make.
    pub fn open(path: &Path, goes_on: bool) -> Outcome<Self> {
        let name = path.display();
        if !goes_on && path.exists() {
            return Err(format!("{name} exists: --resume goes on with it").into());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path);
        let mut file = file.map_err(|error| format!("{name}: {error}"))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|&byte| byte == b'\n');
        file.set_len(whole.map_or(0, |end| end as u64 + 1))?;
        Ok(Self(file))
    }

    pub fn write(&mut self, record: &Value) -> Outcome {
        Ok(self.0.write_all(format!("{record}\n").as_bytes())?)
    }
}
