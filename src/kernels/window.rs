//! The windows that a convolution or a pool reads. Arrays hold rows, then columns.

/// Rows and columns that are added to the edges of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Padding {
    /// Rows above the first.
    pub top: usize,
    /// Columns before the first.
    pub left: usize,
    /// Rows below the last.
    pub bottom: usize,
    /// Columns after the last.
    pub right: usize,
}

impl Padding {
    /// The same width at all four edges.
    pub const fn uniform(width: usize) -> Self {
        Self {
            top: width,
            left: width,
            bottom: width,
            right: width,
        }
    }

    /// What is added before the first row and the first column.
    pub const fn before(&self) -> [usize; 2] {
        [self.top, self.left]
    }

    /// What is added after the last row and the last column.
    pub const fn after(&self) -> [usize; 2] {
        [self.bottom, self.right]
    }
}

/// Windows at equal distances on a padded plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Rows and columns of a window.
    pub kernel: [usize; 2],
    /// Distance between neighbouring windows.
    pub stride: [usize; 2],
    /// Distance between neighbouring values of a window.
    pub dilation: [usize; 2],
    /// What is added to the plane.
    pub padding: Padding,
}

impl Window {
    /// Longest window, and widest padding, that [`check`](Window::check) accepts.
    const LONGEST: usize = 1 << 16;

    /// Square windows without gaps, with the same padding at all edges.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Self {
        Self {
            kernel: [kernel; 2],
            stride: [stride; 2],
            dilation: [1; 2],
            padding: Padding::uniform(padding),
        }
    }

    /// The same windows without padding.
    pub const fn unpadded(&self) -> Self {
        Self {
            padding: Padding::uniform(0),
            ..*self
        }
    }

    /// Positions in a window.
    pub const fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Rows and columns from the first to the last of a window: `dilation * (kernel - 1) + 1`.
    pub fn span(&self) -> [usize; 2] {
        std::array::from_fn(|axis| self.dilation[axis] * (self.kernel[axis] - 1) + 1)
    }

    /// The number of windows that fit into a padded plane of `size`, per axis; 0 if none fits.
    pub fn count(&self, size: [usize; 2]) -> [usize; 2] {
        let (before, after, span) = (self.padding.before(), self.padding.after(), self.span());
        std::array::from_fn(|axis| {
            let padded = size[axis] + before[axis] + after[axis];
            match padded.checked_sub(span[axis]) {
                Some(last) => last / self.stride[axis] + 1,
                None => 0,
            }
        })
    }

    /// Whether the kernels can compute with these numbers.
    ///
    /// # Errors
    /// A sentence about the first number that is zero or too large.
    pub fn check(&self) -> Result<(), String> {
        for (name, numbers) in [
            ("kernel", self.kernel),
            ("stride", self.stride),
            ("dilation", self.dilation),
        ] {
            if numbers.contains(&0) || numbers.iter().any(|&number| number > Self::LONGEST) {
                return Err(format!("its {name} is {numbers:?}"));
            }
        }
        let padding = [self.padding.before(), self.padding.after()].concat();
        if self.span().iter().any(|&span| span > Self::LONGEST)
            || padding.iter().any(|&width| width > Self::LONGEST)
        {
            return Err(format!(
                "its windows span {:?} and its padding is {padding:?}",
                self.span()
            ));
        }
        Ok(())
    }
}
