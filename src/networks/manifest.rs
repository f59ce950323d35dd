//! `weights/manifest.json`: one row per bundled network.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::imagenet_labels::imagenet_labels;
use crate::error::Error;
use crate::preprocess::InputSpec;

/// A bundled network: its file, its classes, and the input that it was trained on.
#[derive(Debug, Clone, Deserialize)]
pub struct ManifestRow {
    /// The network's id.
    pub id: String,
    /// The network's name for people.
    pub title: String,
    /// Name of its file below `weights/`.
    pub file: String,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Element type of every tensor in the file, `f16` or `f32`; an ONNX file states its own.
    pub dtype: Option<String>,
    /// Where the weights come from.
    pub origin: String,
    /// The licences of the weights.
    pub licence: String,
    /// Size, channels and values of the network's input.
    pub input: InputSpec,
    /// What its scores are of.
    pub classes: Classes,
}

/// The classes of a bundled network.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Classes {
    /// The 1000 of ILSVRC-2012.
    ImageNet,
    /// Its own: their labels in order.
    Labels(Vec<String>),
}

/// The row of the network `id`.
///
/// # Errors
/// `setting-out-of-range` when no bundled network has this id.
pub fn manifest_row(id: &str) -> Result<ManifestRow, Error> {
    let rows: Vec<ManifestRow> = serde_json::from_str(include_str!("../../weights/manifest.json"))
        .map_err(|error| Error::Internal(format!("weights/manifest.json: {error}")))?;
    rows.into_iter()
        .find(|row| row.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no bundled network \"{id}\"")))
}

/// The SHA-256 of a file, in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl ManifestRow {
    /// A label for each class.
    pub fn labels(&self) -> Vec<String> {
        match &self.classes {
            Classes::ImageNet => imagenet_labels().map(str::to_owned).collect(),
            Classes::Labels(labels) => labels.clone(),
        }
    }

    /// Checks length and SHA-256 of a file against this row.
    ///
    /// # Errors
    /// `weights-corrupt`, with what was found and what was expected.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() as u64 != self.bytes {
            return Err(Error::WeightsCorrupt(format!(
                "{} has {} bytes, not {}",
                self.file,
                bytes.len(),
                self.bytes
            )));
        }
        let found = sha256(bytes);
        if found != self.sha256 {
            return Err(Error::WeightsCorrupt(format!(
                "{} has SHA-256 {found}, not {}",
                self.file, self.sha256
            )));
        }
        Ok(())
    }
}
