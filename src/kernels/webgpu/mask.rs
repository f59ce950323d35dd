//! The ReLU rule that a kernel applies to a sum before it writes it.

use crate::kernels::ReluRule;

/// The backward rule of the ReLU that a kernel's result passes, if any.
#[derive(Clone, Copy)]
pub struct Mask(pub Option<ReluRule>);

/// The part of a [`Mask`] that changes a kernel's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MaskKind {
    /// No ReLU.
    Nothing,
    /// [`ReluRule::Gradient`].
    Gradient,
    /// [`ReluRule::DeconvNet`].
    DeconvNet,
    /// [`ReluRule::Guided`].
    Guided,
    /// [`ReluRule::Leaky`].
    Leaky,
}

impl Mask {
    /// The part that is in the text.
    pub fn kind(self) -> MaskKind {
        match self.0 {
            None => MaskKind::Nothing,
            Some(ReluRule::Gradient) => MaskKind::Gradient,
            Some(ReluRule::DeconvNet) => MaskKind::DeconvNet,
            Some(ReluRule::Guided) => MaskKind::Guided,
            Some(ReluRule::Leaky(_)) => MaskKind::Leaky,
        }
    }

    /// The part that is in the `info` buffer: the bits of a leaky rule's slope, else 0.
    pub fn slope_bits(self) -> u32 {
        match self.0 {
            Some(ReluRule::Leaky(slope)) => slope.to_bits(),
            None | Some(ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided) => 0,
        }
    }
}

impl MaskKind {
    /// WGSL expression of the masked `sum` at index `at`. Word `slope_word` of `info` holds
    /// [`Mask::slope_bits`].
    pub fn expression(self, slope_word: usize) -> String {
        match self {
            MaskKind::Nothing => "sum".to_owned(),
            MaskKind::Gradient => "select(0.0, sum, activation[at] != 0.0)".to_owned(),
            MaskKind::DeconvNet => "max(sum, 0.0)".to_owned(),
            MaskKind::Guided => "select(0.0, max(sum, 0.0), activation[at] != 0.0)".to_owned(),
            MaskKind::Leaky => {
                let slope = format!("bitcast<f32>(info[{slope_word}])");
                format!("sum * select({slope}, 1.0, activation[at] != 0.0)")
            }
        }
    }

    /// WGSL statements that write `value`, masked, to `output[at]`; on top of its content if
    /// `accumulate`.
    pub fn epilogue(self, accumulate: bool, slope_word: usize) -> String {
        let previous = if accumulate { " + output[at]" } else { "" };
        format!(
            "let sum = value{previous};\n    output[at] = {};",
            self.expression(slope_word)
        )
    }

    /// Whether it reads the ReLU's output. A buffer that the text does not read must not be bound.
    pub fn reads_activation(self) -> bool {
        match self {
            MaskKind::Nothing | MaskKind::DeconvNet => false,
            MaskKind::Gradient | MaskKind::Guided | MaskKind::Leaky => true,
        }
    }

    /// Whether a max-pool distributes a window's gradient over all of its values. If so, the
    /// argmax is not read.
    pub fn distributes(self) -> bool {
        match self {
            MaskKind::Leaky => true,
            MaskKind::Nothing | MaskKind::Gradient | MaskKind::DeconvNet | MaskKind::Guided => {
                false
            }
        }
    }

    /// Names of the last buffers of a kernel with this mask.
    pub fn buffers(self) -> &'static [&'static str] {
        if self.reads_activation() {
            &["activation", "output", "info"]
        } else {
            &["output", "info"]
        }
    }
}
