//! The one error type of the crate.

/// Everything that can go wrong, each with a stable kebab-case [`code`](Error::code), a sentence
/// for people ([`Display`](std::fmt::Display)) and the particulars ([`detail`](Error::detail)).
///
/// No variant is tied to the web: `web/` turns them into JavaScript `Error` objects, and the page
/// has its advice keyed by code.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No bytes, or a picture without pixels.
    #[error("The picture is empty.")]
    PictureEmpty,
    /// File, side, area or decoder memory is over the limits.
    #[error("The picture is too large: {0}.")]
    PictureTooLarge(String),
    /// Not a picture format that is read here.
    #[error("This kind of picture file is not supported: {0}.")]
    PictureUnsupported(String),
    /// The file, or the pixel array, contradicts itself.
    #[error("The picture is damaged: {0}.")]
    PictureCorrupt(String),
    /// A network's file of weights could not be fetched or read.
    #[error("The network's weights could not be downloaded: {0}.")]
    WeightsDownloadFailed(String),
    /// The weights' bytes are not the ones that the manifest describes.
    #[error("The network's weights are damaged: {0}.")]
    WeightsCorrupt(String),
    /// Sound weights, but of another network.
    #[error("These weights do not fit the network: {0}.")]
    WeightsMismatch(String),
    /// A class index that is not one of the network's classes.
    #[error("There is no such class: {0}.")]
    ClassOutOfRange(String),
    /// An option's value makes no sense: unknown name, not finite, or outside its range.
    #[error("A setting is out of range: {0}{end}", end = if .0.ends_with('?') { "" } else { "." })]
    SettingOutOfRange(String),
    /// A picture is needed first.
    #[error("No picture has been set.")]
    NoPicture,
    /// A network is needed first.
    #[error("No network has been loaded.")]
    NoNetwork,
    /// WebGPU was asked for, and there is no adapter or device.
    #[error("WebGPU is not available: {0}.")]
    GpuUnavailable(String),
    /// The GPU device was lost, or refused to hand back a result.
    #[error("The connection to the GPU was lost: {0}.")]
    GpuLost(String),
    /// The cut found no object that stands out from its background.
    #[error("No object stands out from the background: {0}.")]
    NoObjectFound(String),
    /// The caller cancelled.
    #[error("The computation was cancelled.")]
    Cancelled,
    /// A fault of this software.
    #[error("Something went wrong inside: {0}.")]
    Internal(String),
}

impl Error {
    /// The stable name of this kind of error, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::PictureEmpty => "picture-empty",
            Error::PictureTooLarge(_) => "picture-too-large",
            Error::PictureUnsupported(_) => "picture-unsupported",
            Error::PictureCorrupt(_) => "picture-corrupt",
            Error::WeightsDownloadFailed(_) => "weights-download-failed",
            Error::WeightsCorrupt(_) => "weights-corrupt",
            Error::WeightsMismatch(_) => "weights-mismatch",
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

    /// What exactly was wrong, without the sentence around it; empty where the kind says it all.
    pub fn detail(&self) -> &str {
        match self {
            Error::PictureTooLarge(d)
            | Error::PictureUnsupported(d)
            | Error::PictureCorrupt(d)
            | Error::WeightsDownloadFailed(d)
            | Error::WeightsCorrupt(d)
            | Error::WeightsMismatch(d)
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
