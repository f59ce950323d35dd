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
    /// Name of its ONNX file below `weights/`.
    pub file: String,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
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

/// The rows of all bundled networks.
///
/// # Errors
/// `internal` when the manifest is no list of rows.
pub fn manifest() -> Result<Vec<ManifestRow>, Error> {
    serde_json::from_str(include_str!("../../weights/manifest.json"))
        .map_err(|error| Error::Internal(format!("weights/manifest.json: {error}")))
}

/// The row of the network `id`.
///
/// # Errors
/// `setting-out-of-range` when no bundled network has this id.
pub fn manifest_row(id: &str) -> Result<ManifestRow, Error> {
    let mut rows = manifest()?.into_iter();
    rows.find(|row| row.id == id)
        .ok_or_else(|| Error::SettingOutOfRange(format!("there is no network \"{id}\"")))
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
    /// `weights-mismatch` when it is the file of another bundled network; else `weights-corrupt`,
    /// with what was found and what was expected.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), Error> {
        let (length, hash) = (bytes.len() as u64, sha256(bytes));
        if hash == self.sha256 {
            return Ok(());
        }
        if let Some(other) = manifest()?.into_iter().find(|row| row.sha256 == hash) {
            return Err(Error::WeightsMismatch(format!(
                "they are those of {}, not of {}",
                other.title, self.title
            )));
        }
        Err(Error::WeightsCorrupt(match length == self.bytes {
            true => format!("{} has SHA-256 {hash}, not {}", self.file, self.sha256),
            false => format!("{} has {length} bytes, not {}", self.file, self.bytes),
        }))
    }
}
