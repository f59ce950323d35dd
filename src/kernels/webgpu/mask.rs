//! The ReLU rule that a kernel applies to a sum before it writes it.

use crate::kernels::{BoundedRule, ReluRule};

/// The backward rule of the ReLU that a kernel's result passes, if any.
#[derive(Clone, Copy)]
pub struct Mask(pub Option<BoundedRule>);

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
        match self.0.map(|bounded| bounded.rule) {
            None => MaskKind::Nothing,
            Some(ReluRule::Gradient) => MaskKind::Gradient,
            Some(ReluRule::DeconvNet) => MaskKind::DeconvNet,
            Some(ReluRule::Guided) => MaskKind::Guided,
            Some(ReluRule::Leaky(_)) => MaskKind::Leaky,
        }
    }

    /// The part that is in two words of the `info` buffer: the bits of a leaky rule's slope, or 0,
    /// and those of the ReLU's upper bound. WGSL need not know infinity.
    pub fn words(self) -> [u32; 2] {
        let slope = match self.0.map(|bounded| bounded.rule) {
            Some(ReluRule::Leaky(slope)) => slope,
            None | Some(ReluRule::Gradient | ReluRule::DeconvNet | ReluRule::Guided) => 0.0,
        };
        let upper = self.0.map_or(f32::INFINITY, |bounded| bounded.upper);
        [slope, upper.min(f32::MAX)].map(f32::to_bits)
    }
}

impl MaskKind {
    /// WGSL statements that write the masked `sum` to `output[at]`. Two words of `info`, from `word`
    /// on, are [`Mask::words`].
    pub fn statements(self, word: usize) -> String {
        let slope = format!("bitcast<f32>(info[{word}])");
        let expression = match self {
            MaskKind::Nothing => return "output[at] = sum;".to_owned(),
            MaskKind::DeconvNet => return "output[at] = max(sum, 0.0);".to_owned(),
            MaskKind::Gradient => "select(sum, 0.0, inactive)".to_owned(),
            MaskKind::Guided => "select(max(sum, 0.0), 0.0, inactive)".to_owned(),
            MaskKind::Leaky => format!("sum * select(1.0, {slope}, inactive)"),
        };
        format!(
            "let forward = activation[at];
    let inactive = (forward == 0.0) | (forward >= bitcast<f32>(info[{}]));
    output[at] = {expression};",
            word + 1
        )
    }

    /// WGSL statements that write to `output[at]` the sum of what a max-pool's windows distribute to
    /// the value there, masked. `sum` is the sum of the windows' ratios. A value of 0 receives
    /// nothing anyway.
    pub fn distributed_statements(word: usize) -> String {
        format!(
            "let forward = activation[at];
    let slope = select(1.0, bitcast<f32>(info[{word}]), forward >= bitcast<f32>(info[{}]));
    output[at] = sum * forward * slope;",
            word + 1
        )
    }

    /// WGSL statements that write `value`, masked, to `output[at]`; on top of its content if
    /// `accumulate`.
    pub fn epilogue(self, accumulate: bool, word: usize) -> String {
        let previous = if accumulate { " + output[at]" } else { "" };
        format!("let sum = value{previous};\n    {}", self.statements(word))
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
