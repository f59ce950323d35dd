//! Weights stored as small integers.

use super::super::tensor::{ElementType, HostTensor};
use super::call::Call;
use crate::error::Error;

/// Which element of the scales belongs to element `i` of a tensor.
struct ScaleIndex {
    /// Elements between neighbours along the axis.
    inner: usize,
    /// Length of the axis.
    length: usize,
    /// Elements of the axis that share a scale.
    block: usize,
    /// Scales along the axis; 1 where one serves for all.
    scales: usize,
}

impl ScaleIndex {
    fn new(call: &Call<'_, '_>) -> Result<Self, Error> {
        let (input, scale) = (call.input(0)?, call.input(1)?);
        let dims = input.dims();
        let same_shape = |zero: &HostTensor| zero.dims() == scale.dims();
        if !call.optional(2).is_none_or(same_shape) {
            return Err(call.corrupt("scale and zero point have different shapes"));
        }
        if scale.len() == 1 {
            return Ok(Self {
                inner: 1,
                length: 1,
                block: 1,
                scales: 1,
            });
        }
        let axis = call.axis(call.int("axis", 1)?, dims.len())?;
        let block = usize::try_from(call.int("block_size", 0)?).unwrap_or_default();
        let (length, inner) = (dims[axis], dims[axis + 1..].iter().product());
        let mut blocks = dims.to_vec();
        blocks[axis] = length.div_ceil(block.max(1));
        let fits = match block {
            0 => scale.dims() == [length],
            _ => scale.dims() == blocks,
        };
        if !fits {
            return Err(call.corrupt("the shapes of its inputs do not fit"));
        }
        Ok(if block == 0 {
            Self {
                inner,
                length,
                block: 1,
                // A scale for each position along the axis, whatever the other axes.
                scales: 0,
            }
        } else {
            Self {
                inner,
                length,
                block,
                scales: blocks[axis],
            }
        })
    }

    fn of(&self, i: usize) -> usize {
        let position = i / self.inner % self.length;
        match self.scales {
            0 => position,
            1 if self.length == 1 => 0,
            scales => {
                let outer = i / self.inner / self.length;
                (outer * scales + position / self.block) * self.inner + i % self.inner
            }
        }
    }
}

pub(super) fn dequantize(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, scale, zero) = (call.input(0)?, call.input(1)?, call.optional(2));
    let index = ScaleIndex::new(call)?;
    let element_type = match call.int("output_dtype", 0)? {
        0 => scale.element_type(),
        number => {
            ElementType::from_number(number).map_err(|error| call.unsupported(error.detail()))?
        }
    };
    let result = call.tensor(input.dims(), element_type, &|i| {
        let at = index.of(i);
        (input.f64_at(i) - zero.map_or(0.0, |zero| zero.f64_at(at))) * scale.f64_at(at)
    })?;
    Ok(vec![result])
}

pub(super) fn quantize(call: &Call<'_, '_>) -> Result<Vec<HostTensor>, Error> {
    let (input, scale, zero) = (call.input(0)?, call.input(1)?, call.optional(2));
    let index = ScaleIndex::new(call)?;
    let element_type = match (zero, call.int("output_dtype", 0)?) {
        (Some(zero), _) => zero.element_type(),
        (None, 0) => ElementType::U8,
        (None, number) => {
            ElementType::from_number(number).map_err(|error| call.unsupported(error.detail()))?
        }
    };
    let (low, high) = match element_type {
        ElementType::U8 => (0.0, 255.0),
        ElementType::I8 => (-128.0, 127.0),
        ElementType::U16 => (0.0, 65535.0),
        ElementType::I16 => (-32768.0, 32767.0),
        _ => return Err(call.unsupported("the type that it quantises to")),
    };
    let result = call.tensor(input.dims(), element_type, &|i| {
        let at = index.of(i);
        // The standard divides in f32, which decides what is a tie.
        let scaled = f64::from((input.f64_at(i) / scale.f64_at(at)) as f32);
        let zero = zero.map_or(0.0, |zero| zero.f64_at(at));
        (scaled.round_ties_even() + zero).clamp(low, high)
    })?;
    Ok(vec![result])
}
