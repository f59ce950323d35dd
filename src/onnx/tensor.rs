//! Tensors on the host: constants of a network before they are weights on a device.

use half::{bf16, f16};

use super::external_files::ExternalFiles;
use super::fields::Fields;
use super::model::Tensor;
use crate::error::Error;

/// Element types of ONNX that can be read. The numbers are those of `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say all")]
pub enum ElementType {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    U16 = 4,
    I16 = 5,
    I32 = 6,
    I64 = 7,
    Bool = 9,
    F16 = 10,
    F64 = 11,
    U32 = 12,
    U64 = 13,
    Bf16 = 16,
}

/// Elements of a [`HostTensor`]. Each holds the values of several [`ElementType`]s, whose rounding
/// and wrapping is applied when a tensor is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `F32`, `F16` and `Bf16`.
    F32(Vec<f32>),
    /// `F64`.
    F64(Vec<f64>),
    /// Every integer type. A `U64` above `i64::MAX` is refused when it is read.
    I64(Vec<i64>),
    /// `Bool`.
    Bool(Vec<bool>),
}

/// A tensor on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostTensor {
    dims: Vec<usize>,
    element_type: ElementType,
    data: Data,
}

impl ElementType {
    /// The type of this number.
    ///
    /// # Errors
    /// `network-unsupported`, with the number, when no supported type has it.
    #[inline(never)]
    pub fn from_number(number: i64) -> Result<Self, Error> {
        use ElementType::*;
        let all = [
            F32, U8, I8, U16, I16, I32, I64, Bool, F16, F64, U32, U64, Bf16,
        ];
        let found = all.into_iter().find(|&known| known as i64 == number);
        found.ok_or_else(|| {
            Error::NetworkUnsupported(format!("elements of type {number} (TensorProto.DataType)"))
        })
    }

    /// Length of a stored element, in bytes.
    fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::Bf16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Whether this is one of the floating-point types.
    pub fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F16 | Self::Bf16 | Self::F64)
    }

    /// `value` in the range of this integer type, as two's complement wraps it.
    #[inline(never)]
    pub(super) fn wrap(self, value: i64) -> i64 {
        match self {
            Self::U8 => i64::from(value as u8),
            Self::I8 => i64::from(value as i8),
            Self::U16 => i64::from(value as u16),
            Self::I16 => i64::from(value as i16),
            Self::U32 => i64::from(value as u32),
            Self::I32 => i64::from(value as i32),
            _ => value,
        }
    }

    /// `value` rounded to a value of this floating-point type that `f32` holds.
    #[inline(never)]
    pub(super) fn round(self, value: f32) -> f32 {
        match self {
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::Bf16 => bf16::from_f32(value).to_f32(),
            _ => value,
        }
    }
}

impl Data {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl HostTensor {
    /// A tensor of row-major `data`, rounded or wrapped to values of `element_type`.
    ///
    /// # Errors
    /// `internal` when `data` has another length than `dims` say, or cannot hold `element_type`;
    /// `network-too-large` when there are too many elements; `network-unsupported` for a `U64` above
    /// `i64::MAX`.
    pub fn new(dims: Vec<usize>, element_type: ElementType, data: Data) -> Result<Self, Error> {
        use ElementType::*;
        if element_count(&dims)? != data.len() {
            return Err(Error::Internal(format!(
                "{} elements for a tensor {dims:?}",
                data.len()
            )));
        }
        let data = match (data, element_type) {
            (Data::F32(mut values), F16 | Bf16) => {
                for value in &mut values {
                    *value = element_type.round(*value);
                }
                Data::F32(values)
            }
            (Data::I64(mut values), U8 | I8 | U16 | I16 | U32 | I32) => {
                for value in &mut values {
                    *value = element_type.wrap(*value);
                }
                Data::I64(values)
            }
            (Data::I64(values), U64) => {
                if values.iter().any(|&value| value < 0) {
                    let what = format!("an integer above {}", i64::MAX);
                    return Err(Error::NetworkUnsupported(what));
                }
                Data::I64(values)
            }
            (data @ Data::F32(_), F32)
            | (data @ Data::F64(_), F64)
            | (data @ Data::I64(_), I64)
            | (data @ Data::Bool(_), Bool) => data,
            (_, element_type) => {
                return Err(Error::Internal(format!(
                    "elements that are no {element_type:?}"
                )));
            }
        };
        Ok(Self {
            dims,
            element_type,
            data,
        })
    }

    /// A vector of integers, such as a shape.
    pub fn from_ints(values: Vec<i64>) -> Self {
        Self {
            dims: vec![values.len()],
            element_type: ElementType::I64,
            data: Data::I64(values),
        }
    }

    /// Length of each axis, outermost first; none for a scalar.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Type of the elements.
    pub fn element_type(&self) -> ElementType {
        self.element_type
    }

    /// The elements, row-major.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The elements as `f32`, row-major.
    pub fn into_f32(self) -> Vec<f32> {
        match self.data {
            Data::F32(values) => values,
            Data::F64(values) => values.into_iter().map(|value| value as f32).collect(),
            Data::I64(values) => values.into_iter().map(|value| value as f32).collect(),
            Data::Bool(values) => values.into_iter().map(f32::from).collect(),
        }
    }

    /// The integers; `None` when the elements are of another type.
    pub fn ints(&self) -> Option<&[i64]> {
        match &self.data {
            Data::I64(values) => Some(values),
            _ => None,
        }
    }

    /// Element `index`, row-major, as `f64`; 0 beyond the end.
    #[inline(never)]
    pub(super) fn f64_at(&self, index: usize) -> f64 {
        match &self.data {
            Data::F32(values) => values.get(index).copied().map_or(0.0, f64::from),
            Data::F64(values) => values.get(index).copied().unwrap_or_default(),
            Data::I64(values) => values.get(index).copied().unwrap_or_default() as f64,
            Data::Bool(values) => f64::from(values.get(index).copied().unwrap_or_default()),
        }
    }

    /// The same elements with other axes.
    pub(super) fn with_dims(self, dims: Vec<usize>) -> Result<Self, Error> {
        Self::new(dims, self.element_type, self.data)
    }
}

/// Most elements of a tensor: 1 GB as f32.
const MAX_ELEMENTS: usize = 1 << 28;

/// Number of elements of a tensor.
///
/// # Errors
/// `network-too-large` when there are too many, even where an axis of length 0 leaves none: nothing
/// that is computed from axes overflows or takes long.
pub(super) fn element_count(dims: &[usize]) -> Result<usize, Error> {
    let mut axes = dims.iter().map(|&length| length.max(1));
    let count = axes.try_fold(1usize, |count, length| count.checked_mul(length));
    match count {
        Some(count) if count <= MAX_ELEMENTS => Ok(if dims.contains(&0) { 0 } else { count }),
        _ => Err(Error::NetworkTooLarge(format!(
            "a tensor of the shape {dims:?}"
        ))),
    }
}

/// Reads a constant's elements.
///
/// # Errors
/// `network-corrupt` when its elements are missing, too few or too many, or in a file that is not
/// among `files` or is too short; `network-unsupported` for another element type. The detail names
/// the tensor.
pub fn read_tensor(tensor: &Tensor<'_>, files: &ExternalFiles<'_>) -> Result<HostTensor, Error> {
    let fail = |what: String| {
        Error::NetworkCorrupt(format!("tensor \"{}\": {what}", tensor.name.escape_debug()))
    };
    let element_type = ElementType::from_number(tensor.data_type).map_err(|error| {
        Error::NetworkUnsupported(format!("tensor \"{}\" has {}", tensor.name, error.detail()))
    })?;
    let dims: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|&length| usize::try_from(length).ok())
        .collect();
    let dims = dims.ok_or_else(|| fail(format!("its shape is {:?}", tensor.dims)))?;
    let count = element_count(&dims)?;
    let bytes = match &tensor.external {
        Some(external) => Some(files.bytes_of(external).map_err(fail)?),
        None => tensor.raw,
    };
    let found =
        |found: usize, unit: &str| fail(format!("its shape {dims:?} does not fit {found} {unit}"));
    let data = if let Some(bytes) = bytes {
        if count.checked_mul(element_type.bytes()) != Some(bytes.len()) {
            return Err(found(bytes.len(), "bytes"));
        }
        decode_raw(bytes, element_type)
    } else {
        let data = decode_fields(tensor.message.clone(), element_type, count)?;
        data.map_err(|elements| found(elements, "elements"))?
    };
    HostTensor::new(dims, element_type, data).map_err(|error| match error {
        Error::NetworkUnsupported(what) => {
            Error::NetworkUnsupported(format!("tensor \"{}\" has {what}", tensor.name))
        }
        other => other,
    })
}

/// Decodes little-endian elements.
fn decode_raw(bytes: &[u8], element_type: ElementType) -> Data {
    fn each<const WIDTH: usize, T>(bytes: &[u8], decode: impl Fn([u8; WIDTH]) -> T) -> Vec<T> {
        let (elements, _) = bytes.as_chunks();
        elements.iter().map(|&element| decode(element)).collect()
    }
    use ElementType::*;
    match element_type {
        F32 => Data::F32(each(bytes, f32::from_le_bytes)),
        F16 => Data::F32(each(bytes, |b| f16::from_le_bytes(b).to_f32())),
        Bf16 => Data::F32(each(bytes, |b| bf16::from_le_bytes(b).to_f32())),
        F64 => Data::F64(each(bytes, f64::from_le_bytes)),
        I64 | U64 => Data::I64(each(bytes, i64::from_le_bytes)),
        I32 | U32 => Data::I64(each(bytes, |b| i64::from(i32::from_le_bytes(b)))),
        I16 | U16 => Data::I64(each(bytes, |b| i64::from(i16::from_le_bytes(b)))),
        I8 | U8 => Data::I64(bytes.iter().map(|&byte| i64::from(byte)).collect()),
        Bool => Data::Bool(bytes.iter().map(|&byte| byte != 0).collect()),
    }
}

/// Decodes the elements in a message's `float_data`, `int32_data`, `int64_data`, `double_data` or
/// `uint64_data`. `Err` has the number of elements when it is not `count`.
fn decode_fields(
    message: Option<Fields<'_>>,
    element_type: ElementType,
    count: usize,
) -> Result<Result<Data, usize>, Error> {
    use ElementType::*;
    let wanted = match element_type {
        F32 => 4,
        F64 => 10,
        I64 => 7,
        U32 | U64 => 11,
        _ => 5,
    };
    let (mut floats, mut doubles, mut ints) = (Vec::new(), Vec::new(), Vec::new());
    for field in message.into_iter().flatten() {
        let field = field?;
        if field.number != wanted {
            continue;
        }
        match element_type {
            F32 => floats.extend(field.fixed()?.iter().map(|&b| f32::from_le_bytes(b))),
            F64 => doubles.extend(field.fixed()?.iter().map(|&b| f64::from_le_bytes(b))),
            _ => {
                for int in field.ints()? {
                    ints.push(int?);
                }
            }
        }
        // An integer of one byte in the file takes eight: stop before there are too many.
        let found = floats.len() + doubles.len() + ints.len();
        if found > count {
            return Ok(Err(found));
        }
    }
    let found = floats.len() + doubles.len() + ints.len();
    if found != count {
        return Ok(Err(found));
    }
    Ok(Ok(match element_type {
        F32 => Data::F32(floats),
        F64 => Data::F64(doubles),
        // Sixteen bits, stored as an integer.
        F16 => Data::F32(
            ints.iter()
                .map(|&bits| f16::from_bits(bits as u16).to_f32())
                .collect(),
        ),
        Bf16 => Data::F32(
            ints.iter()
                .map(|&bits| bf16::from_bits(bits as u16).to_f32())
                .collect(),
        ),
        Bool => Data::Bool(ints.iter().map(|&value| value != 0).collect()),
        _ => Data::I64(ints),
    }))
}
