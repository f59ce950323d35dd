//! The one error type of the crate.

/// Each error has a stable kebab-case [`code`](Error::code), a message for people
/// ([`Display`](std::fmt::Display)) and details ([`detail`](Error::detail)).
///
/// `web/` turns them into JavaScript `Error` objects; the page's advice is keyed by code.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No bytes, or a picture without pixels.
    #[error("The picture is empty.")]
    PictureEmpty,
    /// The file, a side, the area or the decoder's memory exceeds its limit.
    #[error("The picture is too large: {0}.")]
    PictureTooLarge(String),
    /// A file format that the decoders do not read.
    #[error("This kind of picture file is not supported: {0}.")]
    PictureUnsupported(String),
    /// The file or the pixel array is inconsistent.
    #[error("The picture is damaged: {0}.")]
    PictureCorrupt(String),
    /// A network's file of weights could not be fetched or read.
    #[error("The network's weights could not be downloaded: {0}.")]
    WeightsDownloadFailed(String),
    /// The weights differ from the manifest's size or hash.
    #[error("The network's weights are damaged: {0}.")]
    WeightsCorrupt(String),
    /// Intact weights of another network.
    #[error("These weights do not fit the network: {0}.")]
    WeightsMismatch(String),
    /// A network's file is broken or inconsistent.
    #[error("The network's file is damaged: {0}.")]
    NetworkCorrupt(String),
    /// A network has an operator, an element type or a structure that the engine does not have.
    #[error("This network is not supported: {0}.")]
    NetworkUnsupported(String),
    /// A network's file, nodes, tensors or activations exceed a limit.
    #[error("The network is too large: {0}.")]
    NetworkTooLarge(String),
    /// A class index that is not one of the network's classes.
    #[error("There is no such class: {0}.")]
    ClassOutOfRange(String),
    /// An option's value is an unknown name, not finite, or outside its range.
    #[error("A setting is out of range: {0}{end}", end = if .0.ends_with('?') { "" } else { "." })]
    SettingOutOfRange(String),
    /// The call needs a picture.
    #[error("No picture has been set.")]
    NoPicture,
    /// The call needs a network.
    #[error("No network has been loaded.")]
    NoNetwork,
    /// WebGPU was requested, but there is no adapter or device.
    #[error("WebGPU is not available: {0}.")]
    GpuUnavailable(String),
    /// The GPU device was lost or failed to return a result.
    #[error("The connection to the GPU was lost: {0}.")]
    GpuLost(String),
    /// The segmentation found no object.
    #[error("No object stands out from the background: {0}.")]
    NoObjectFound(String),
    /// The caller cancelled.
    #[error("The computation was cancelled.")]
    Cancelled,
    /// A bug in this software.
    #[error("Internal error: {0}.")]
    Internal(String),
}

impl Error {
    /// The stable name of the error's kind.
    pub fn code(&self) -> &'static str {
        match self {
            Error::PictureEmpty => "picture-empty",
            Error::PictureTooLarge(_) => "picture-too-large",
            Error::PictureUnsupported(_) => "picture-unsupported",
            Error::PictureCorrupt(_) => "picture-corrupt",
            Error::WeightsDownloadFailed(_) => "weights-download-failed",
            Error::WeightsCorrupt(_) => "weights-corrupt",
            Error::WeightsMismatch(_) => "weights-mismatch",
            Error::NetworkCorrupt(_) => "network-corrupt",
            Error::NetworkUnsupported(_) => "network-unsupported",
            Error::NetworkTooLarge(_) => "network-too-large",
            Error::ClassOutOfRange(_) => "class-out-of-range",
            Error::SettingOutOfRange(_) => "setting-out-of-range",
            Error::NoPicture => "no-picture",
            Error::NoNetwork => "no-network",
            Error::GpuUnavailable(_) => "gpu-unavailable",
            Error::GpuLost(_) => "gpu-lost",
            Error::NoObjectFound(_) => "no-object-found",
            Error::Cancelled => "cancelled",
            Error::Internal(_) => "internal",
        }
    }

    /// The details without the message around them; empty for kinds that have none.
    pub fn detail(&self) -> &str {
        match self {
            Error::PictureTooLarge(d)
            | Error::PictureUnsupported(d)
            | Error::PictureCorrupt(d)
            | Error::WeightsDownloadFailed(d)
            | Error::WeightsCorrupt(d)
            | Error::WeightsMismatch(d)
            | Error::NetworkCorrupt(d)
            | Error::NetworkUnsupported(d)
            | Error::NetworkTooLarge(d)
            | Error::ClassOutOfRange(d)
            | Error::SettingOutOfRange(d)
            | Error::GpuUnavailable(d)
            | Error::GpuLost(d)
            | Error::NoObjectFound(d)
            | Error::Internal(d) => d,
            Error::PictureEmpty | Error::NoPicture | Error::NoNetwork | Error::Cancelled => "",
        }
    }
}
