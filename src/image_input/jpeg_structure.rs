//! Reads a JPEG file's markers, without decoding: the kind of JPEG, its size, and whether it is
//! complete.

use crate::error::Error;

/// The structure of a supported JPEG file: its frame header, and where its scans end.
pub(super) struct JpegStructure {
    /// Columns, before orientation.
    pub columns: u32,
    /// Rows, before orientation; not 0.
    pub rows: u32,
    /// Whether the JPEG is progressive: all coefficients are kept until the last scan.
    pub progressive: bool,
    /// Whether the entropy coding is arithmetic.
    pub arithmetic: bool,
    /// The frame's components: one (grey), three, or four (CMYK).
    pub components: Vec<Component>,
    /// The colour space of the components.
    pub colours: Colours,
    /// File offset of the end of the last scan's data.
    pub end: usize,
    /// Whether the end marker (EOI) follows there.
    pub end_marker: bool,
}

/// The colour space of a frame, by libjpeg's rules, which all browsers follow.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Colours {
    /// One component: luma.
    Grey,
    /// R, G, B.
    Rgb,
    /// Y, Cb, Cr.
    Ycc,
    /// C, M, Y, K.
    Cmyk,
    /// C, M and Y as Y, Cb, Cr; and K.
    Ycck,
}

/// One component of a frame.
pub(super) struct Component {
    id: u8,
    /// Sampling factors, horizontal and vertical.
    pub sampling: [u32; 2],
    /// Bit i: the scans so far hold coefficient i to its last bit.
    complete: u64,
    /// Whether a scan holds the DC coefficients.
    has_means: bool,
}

impl JpegStructure {
    /// Reads all segments up to the end of the last scan.
    ///
    /// A file without an end marker is complete if its scans hold every coefficient of every
    /// component; whether the last scan's data reaches the last block is for the decoder to find.
    /// Data after a missing end marker, such as a phone's metadata or a second picture, is ignored.
    ///
    /// # Errors
    /// `picture-unsupported`, with the kind of JPEG, for one that is not supported;
    /// `picture-corrupt` when scans are missing, or there is no frame.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let mut frame: Option<Self> = None;
        let (mut jfif, mut adobe) = (false, None);
        let mut offset = 2;
        // Data after a scan need not belong to the picture.
        let mut after_scan = false;
        while let Some(marker_start) = next_marker(bytes, offset) {
            let marker = bytes[marker_start + 1];
            if after_scan && let Some(frame) = &mut frame {
                frame.end = marker_start;
            }
            let body = segment(bytes, marker_start);
            match (marker, body) {
                (0xd9, _) if after_scan => {
                    if let Some(frame) = &mut frame {
                        frame.end_marker = true;
                    }
                    break;
                }
                (
                    0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xde | 0xf7,
                    Some(body),
                ) if frame.is_none() => {
                    frame = Some(Self::of_frame(marker, body)?);
                }
                (0xda, Some(body)) if frame.as_mut().is_some_and(|frame| frame.is_scan(body)) => {
                    if let Some(frame) = &mut frame {
                        frame.add_scan(body)?;
                        frame.end = bytes.len();
                    }
                    after_scan = true;
                }
                (0xe0, Some([b'J', b'F', b'I', b'F', 0, ..])) => jfif = true,
                (
                    0xee,
                    Some(
                        [
                            b'A',
                            b'd',
                            b'o',
                            b'b',
                            b'e',
                            _,
                            _,
                            _,
                            _,
                            _,
                            _,
                            transform,
                            ..,
                        ],
                    ),
                ) => adobe = Some(*transform),
                // Tables and metadata, before a scan or between two.
                (0xc4 | 0xcc | 0xdb | 0xdd | 0xe0..=0xef | 0xfe, Some(_)) => {}
                // Any other marker ends the picture after a scan, and is skipped before one.
                _ if after_scan => break,
                (0xd8, _) => {}
                (_, Some(_)) => {}
                (_, None) => break,
            }
            offset = marker_start
                + 2
                + if marker == 0xd8 {
                    0
                } else {
                    body.map_or(0, |body| body.len() + 2)
                };
        }
        let mut frame = frame.ok_or_else(truncated)?;
        let ids: Vec<u8> = frame
            .components
            .iter()
            .map(|component| component.id)
            .collect();
        frame.colours = match (ids.as_slice(), adobe) {
            ([_], _) => Colours::Grey,
            ([_, _, _], Some(0)) if !jfif => Colours::Rgb,
            (b"RGB", None) if !jfif => Colours::Rgb,
            ([_, _, _], _) => Colours::Ycc,
            (_, None | Some(0)) => Colours::Cmyk,
            _ => Colours::Ycck,
        };
        let is_complete = |component: &Component| {
            component.complete == u64::MAX || component.has_means && frame.end_marker
        };
        // In arithmetic coding, a complete scan looks like a truncated one.
        if !frame.components.iter().all(is_complete) || frame.arithmetic && !frame.end_marker {
            return Err(truncated());
        }
        Ok(frame)
    }

    /// The samples of all components for `pixels` pixels: a subsampled component has fewer than one
    /// per pixel.
    pub fn samples(&self, pixels: u64) -> u64 {
        let area = |component: &Component| u64::from(component.sampling[0] * component.sampling[1]);
        self.components
            .iter()
            .map(|component| pixels * area(component) / area(&self.components[0]))
            .sum()
    }

    /// Bytes of the coefficients that a decoder keeps until the last scan.
    pub fn kept_coefficient_bytes(&self) -> u64 {
        if self.progressive {
            2 * self.samples(u64::from(self.columns) * u64::from(self.rows))
        } else {
            0
        }
    }

    /// Whether, along an axis, a component's sampling factor is between 1 and the first
    /// component's.
    #[cfg(any(target_family = "wasm", test))]
    pub fn has_three_samplings(&self) -> bool {
        let between = |axis: usize| {
            let finest = self.components[0].sampling[axis];
            self.components
                .iter()
                .any(|component| 1 < component.sampling[axis] && component.sampling[axis] < finest)
        };
        between(0) || between(1)
    }

    /// Reads a frame header's body: bits per sample, rows, columns, then id, sampling factors and
    /// table of each component.
    fn of_frame(marker: u8, body: &[u8]) -> Result<Self, Error> {
        let unsupported = |kind: &str| Err(Error::PictureUnsupported(format!("it is {kind}")));
        match marker {
            0xc3 | 0xcb => return unsupported("a lossless JPEG"),
            0xc5..=0xc7 | 0xcd..=0xcf | 0xde => return unsupported("a hierarchical JPEG"),
            0xf7 => return unsupported("a JPEG-LS picture"),
            _ => {}
        }
        let [
            bits,
            row_high,
            row_low,
            column_high,
            column_low,
            count,
            colours @ ..,
        ] = body
        else {
            return Err(truncated());
        };
        if *bits != 8 {
            return unsupported(&format!("a JPEG with {bits} bits a colour"));
        }
        if !matches!(count, 1 | 3 | 4) {
            return unsupported(&format!("a JPEG with {count} colours a pixel"));
        }
        let rows = u32::from(u16::from_be_bytes([*row_high, *row_low]));
        if rows == 0 {
            return unsupported("a JPEG that gives its height after its pixels");
        }
        let components: Vec<Component> = colours
            .chunks_exact(3)
            .take(usize::from(*count))
            .map(|colour| Component {
                id: colour[0],
                sampling: [u32::from(colour[1] >> 4), u32::from(colour[1] & 15)],
                complete: 0,
                has_means: false,
            })
            .collect();
        let sampled = |component: &Component| {
            component
                .sampling
                .iter()
                .all(|factor| (1..=4).contains(factor))
        };
        if components.len() != usize::from(*count) || !components.iter().all(sampled) {
            return Err(Error::PictureCorrupt(
                "its JPEG header is inconsistent".into(),
            ));
        }
        // Components finer than the first, or coarser by a fraction such as 3/2, are legal but
        // rare.
        let first = components[0].sampling;
        if components.iter().any(|component| {
            (0..2).any(|axis| !first[axis].is_multiple_of(component.sampling[axis]))
        }) {
            return unsupported("a JPEG with unusual sampling of its colours");
        }
        Ok(Self {
            columns: u32::from(u16::from_be_bytes([*column_high, *column_low])),
            rows,
            progressive: matches!(marker, 0xc2 | 0xca),
            components,
            colours: Colours::Grey,
            arithmetic: matches!(marker, 0xc9 | 0xca),
            end: 0,
            end_marker: false,
        })
    }

    /// Whether a segment is the header of a scan of this frame: data after a picture may look like
    /// one by chance.
    fn is_scan(&self, body: &[u8]) -> bool {
        let count = body.first().map_or(0, |count| usize::from(*count));
        (1..=4).contains(&count)
            && body.len() == 4 + 2 * count
            && body[1..].chunks(2).take(count).all(|colour| {
                self.components
                    .iter()
                    .any(|component| component.id == colour[0])
            })
    }

    /// Records the coefficients in a scan, by its header's body: component ids, then first and last
    /// coefficient, then successive approximation.
    fn add_scan(&mut self, body: &[u8]) -> Result<(), Error> {
        let count = usize::from(body[0]);
        if !self.progressive && count > 1 && count < self.components.len() {
            return Err(Error::PictureUnsupported(
                "it is a JPEG with some of its colours in a scan of their own".into(),
            ));
        }
        let [first, last, bits] = [
            body[body.len() - 3],
            body[body.len() - 2],
            body[body.len() - 1],
        ];
        for component in &mut self.components {
            if body[1..]
                .chunks(2)
                .take(count)
                .any(|colour| colour[0] == component.id)
            {
                component.has_means |= first == 0;
                if !self.progressive {
                    component.complete = u64::MAX;
                } else if bits & 15 == 0 {
                    component.complete |=
                        (first..=last.min(63)).fold(0, |set, index| set | 1 << index);
                }
            }
        }
        Ok(())
    }
}

/// The columns and rows in a JPEG file's frame header, if `head` contains it.
pub(super) fn jpeg_size(head: &[u8]) -> Option<(u32, u32)> {
    let mut offset = 2;
    loop {
        let marker_start = next_marker(head, offset)?;
        let body = segment(head, marker_start)?;
        if let (
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf,
            [_, rows_high, rows_low, high, low, ..],
        ) = (head[marker_start + 1], body)
        {
            let side = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
            return Some((side(*high, *low), side(*rows_high, *rows_low)));
        }
        offset = marker_start + 4 + body.len();
    }
}

fn truncated() -> Error {
    Error::PictureCorrupt("the file ends in the middle of the picture".into())
}

/// File offset of the next marker: an FF before a byte that is no stuffing, no filling and no
/// restart.
fn next_marker(bytes: &[u8], from: usize) -> Option<usize> {
    let pairs = bytes.get(from..)?.windows(2);
    pairs
        .enumerate()
        .find(|(_, pair)| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0x01 | 0xd0..=0xd7 | 0xff))
        .map(|(index, _)| from + index)
}

/// The body of a marker's segment, without its length; `None` if it extends beyond the file.
fn segment(bytes: &[u8], marker_start: usize) -> Option<&[u8]> {
    let length = bytes.get(marker_start + 2..marker_start + 4)?;
    bytes.get(
        marker_start + 4
            ..marker_start + 2 + usize::from(u16::from_be_bytes([length[0], length[1]])),
    )
}
