//! The wire format of protocol buffers, read in place.
//!
//! [`Fields`] iterates over the fields of one message. It copies and allocates nothing, and reads
//! an embedded message only when the caller asks for its fields: a false length or a million
//! nested messages cost nothing.

use std::borrow::Cow;

use crate::error::Error;

/// How a field's bytes are encoded: the low three bits of its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Varint,
    Fixed64,
    Bytes,
    Fixed32,
}

/// The fields of one message, in the order of the file. After an error the iterator ends.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    message: &'static str,
    bytes: &'a [u8],
    /// Offset of `bytes` in the file.
    offset: usize,
}

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The field's number in the message's definition.
    pub number: u32,
    wire: Wire,
    /// A scalar's encoding, or what a length prefix announces.
    bytes: &'a [u8],
    offset: usize,
    message: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields of a file that is one message of the type `message`, a name for errors.
    pub fn of_file(message: &'static str, bytes: &'a [u8]) -> Self {
        Self {
            message,
            bytes,
            offset: 0,
        }
    }

    fn read(&mut self) -> Result<Field<'a>, Error> {
        let (start, message) = (self.offset, self.message);
        let fail = |what: &str| corrupt(start, format_args!("{message}: {what}"));
        let tag = self
            .varint()
            .ok_or_else(|| fail("a field's tag is cut off"))?;
        let number = u32::try_from(tag >> 3).unwrap_or(0);
        if number == 0 || number >= 1 << 29 {
            return Err(fail("a field has an impossible number"));
        }
        let fail = |what: std::fmt::Arguments<'_>| {
            corrupt(start, format_args!("{message} field {number}: {what}"))
        };
        let (wire, length) = match tag & 7 {
            0 => {
                let ends = self.bytes.iter().position(|byte| byte & 0x80 == 0);
                let Some(last) = ends.filter(|&last| last < 10) else {
                    return Err(fail(format_args!("its number has no end")));
                };
                (Wire::Varint, last as u64 + 1)
            }
            1 => (Wire::Fixed64, 8),
            2 => {
                let length = self.varint();
                (
                    Wire::Bytes,
                    length.ok_or_else(|| fail(format_args!("its length is cut off")))?,
                )
            }
            5 => (Wire::Fixed32, 4),
            other => return Err(fail(format_args!("wire type {other} is not supported"))),
        };
        let left = self.bytes.len();
        let length = usize::try_from(length)
            .ok()
            .filter(|&length| length <= left)
            .ok_or_else(|| {
                fail(format_args!(
                    "it claims {length} bytes, and {left} are left"
                ))
            })?;
        let (bytes, rest) = self.bytes.split_at(length);
        let offset = self.offset;
        (self.bytes, self.offset) = (rest, offset + length);
        Ok(Field {
            number,
            wire,
            bytes,
            offset,
            message,
        })
    }

    /// Takes a varint from the front.
    fn varint(&mut self) -> Option<u64> {
        let (value, length) = decode_varint(self.bytes)?;
        self.bytes = &self.bytes[length..];
        self.offset += length;
        Some(value)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.bytes.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_err() {
            self.bytes = &[];
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    /// The bytes of a `bytes`, `string` or message field.
    ///
    /// # Errors
    /// `network-corrupt` when the field is a scalar.
    #[inline(never)]
    pub fn bytes(&self) -> Result<&'a [u8], Error> {
        match self.wire {
            Wire::Bytes => Ok(self.bytes),
            _ => Err(self.corrupt("it is a number, where bytes are expected")),
        }
    }

    /// A `string` field.
    ///
    /// # Errors
    /// `network-corrupt` when it is not UTF-8.
    #[inline(never)]
    pub fn text(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(|_| self.corrupt("it is not UTF-8"))
    }

    /// A `string` field for people; anything that is not UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    /// `network-corrupt` when the field is a scalar.
    #[inline(never)]
    pub fn lossy_text(&self) -> Result<Cow<'a, str>, Error> {
        self.bytes().map(String::from_utf8_lossy)
    }

    /// The fields of an embedded message of the type `message`.
    ///
    /// # Errors
    /// `network-corrupt` when the field is a scalar.
    pub fn message(&self, message: &'static str) -> Result<Fields<'a>, Error> {
        Ok(Fields {
            message,
            bytes: self.bytes()?,
            offset: self.offset,
        })
    }

    /// An integer, `bool` or `enum` field.
    ///
    /// # Errors
    /// `network-corrupt` for a field of another kind.
    #[inline(never)]
    pub fn int(&self) -> Result<i64, Error> {
        match (self.wire, decode_varint(self.bytes)) {
            (Wire::Varint, Some((value, _))) => Ok(value.cast_signed()),
            _ => Err(self.corrupt("it is not an integer")),
        }
    }

    /// A `float` field.
    ///
    /// # Errors
    /// `network-corrupt` for a field of another kind.
    #[inline(never)]
    pub fn float(&self) -> Result<f32, Error> {
        match (self.wire, self.bytes) {
            (Wire::Fixed32, &[a, b, c, d]) => Ok(f32::from_le_bytes([a, b, c, d])),
            _ => Err(self.corrupt("it is not a float")),
        }
    }

    /// The integers of a repeated field, which is packed or one of its elements.
    ///
    /// # Errors
    /// `network-corrupt` for a field of another kind.
    pub fn ints(&self) -> Result<Ints<'a>, Error> {
        match self.wire {
            Wire::Varint | Wire::Bytes => Ok(Ints { field: *self }),
            _ => Err(self.corrupt("it is not a list of integers")),
        }
    }

    /// The little-endian `WIDTH`-byte elements (4 or 8) of a repeated `float` or `double` field,
    /// which is packed or one of its elements.
    ///
    /// # Errors
    /// `network-corrupt` for a field of another kind.
    pub fn fixed<const WIDTH: usize>(&self) -> Result<&'a [[u8; WIDTH]], Error> {
        let scalar = if WIDTH == 4 {
            Wire::Fixed32
        } else {
            Wire::Fixed64
        };
        match self.bytes.as_chunks() {
            (elements, []) if self.wire == scalar || self.wire == Wire::Bytes => Ok(elements),
            _ => Err(self.corrupt("it is not a list of floating-point numbers")),
        }
    }

    /// `network-corrupt` with the field's message, number and offset in the file.
    #[cold]
    #[inline(never)]
    pub fn corrupt(&self, what: &str) -> Error {
        let Self {
            number,
            offset,
            message,
            ..
        } = self;
        corrupt(*offset, format_args!("{message} field {number}: {what}"))
    }
}

/// The integers of a repeated field.
#[derive(Debug, Clone)]
pub struct Ints<'a> {
    /// The field, with the bytes that are still to be read.
    field: Field<'a>,
}

impl Iterator for Ints<'_> {
    type Item = Result<i64, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.field.bytes.is_empty() {
            return None;
        }
        let Some((value, length)) = decode_varint(self.field.bytes) else {
            self.field.bytes = &[];
            return Some(Err(self.field.corrupt("an integer is cut off")));
        };
        self.field.bytes = &self.field.bytes[length..];
        Some(Ok(value.cast_signed()))
    }
}

/// The integer at the front of `bytes`, and the length of its encoding.
fn decode_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

#[cold]
#[inline(never)]
fn corrupt(offset: usize, what: std::fmt::Arguments<'_>) -> Error {
    Error::NetworkCorrupt(format!("byte {offset}, {what}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn only(bytes: &[u8]) -> Result<Field<'_>, Error> {
        let mut fields = Fields::of_file("M", bytes);
        let field = fields.next().unwrap()?;
        assert!(fields.next().is_none());
        Ok(field)
    }

    fn detail<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.code(), "network-corrupt");
        error.detail().to_owned()
    }

    #[test]
    fn scalars_are_read() {
        assert_eq!(only(&[0x08, 0x96, 0x01]).unwrap().int(), Ok(150));
        let minus_one = [
            0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ];
        assert_eq!(only(&minus_one).unwrap().int(), Ok(-1));
        assert_eq!(only(&[0x0d, 0, 0, 0x80, 0x3f]).unwrap().float(), Ok(1.0));
        assert_eq!(only(&[0x12, 2, b'h', b'i']).unwrap().text(), Ok("hi"));
    }

    #[test]
    fn lists_are_read_packed_and_not() {
        let ints = |bytes| {
            let list: Result<Vec<_>, _> = only(bytes).unwrap().ints().unwrap().collect();
            list.unwrap()
        };
        assert_eq!(ints(&[0x08, 0x96, 0x01]), [150]);
        assert_eq!(ints(&[0x0a, 3, 1, 0x96, 0x01]), [1, 150]);
        let one = 1f32.to_le_bytes();
        let packed = [&[0x0a, 8][..], &one, &one].concat();
        assert_eq!(only(&packed).unwrap().fixed::<4>(), Ok(&[one, one][..]));
        let scalar = [&[0x0d][..], &one].concat();
        assert_eq!(only(&scalar).unwrap().fixed::<4>(), Ok(&[one][..]));
        assert!(only(&scalar).unwrap().fixed::<8>().is_err());
    }

    #[test]
    fn an_error_names_byte_message_field_and_reason() {
        assert_eq!(
            detail(only(&[0x12, 0x80, 0xbc, 0xc1, 0x96, 0x0b, 0])),
            "byte 0, M field 2: it claims 3000000000 bytes, and 1 are left"
        );
        assert_eq!(
            detail(only(&[0x0b])),
            "byte 0, M field 1: wire type 3 is not supported"
        );
        assert_eq!(
            detail(only(&[0x08, 0x80])),
            "byte 0, M field 1: its number has no end"
        );
        assert_eq!(
            detail(only(&[0x12, 1, 0xff]).unwrap().text()),
            "byte 2, M field 2: it is not UTF-8"
        );
        assert_eq!(
            detail(
                only(&[0x0a, 1, 0x80])
                    .unwrap()
                    .ints()
                    .unwrap()
                    .next()
                    .unwrap()
            ),
            "byte 2, M field 1: an integer is cut off"
        );
        assert!(only(&[0x00, 0]).is_err() && only(&[0x80]).is_err());
        assert!(only(&[0x08; 1]).is_err() && only(&[0x09, 1, 2]).is_err());
    }
}
