//! A PNG file as a `Blob`, whose bytes leave this program's memory while it is written.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use crate::error::Error;

/// Bytes that are passed to the browser at a time.
const PART_BYTES: usize = 1 << 20;

/// Collects the bytes of a file. Clones write to the same file.
#[derive(Clone, Default)]
pub struct PngBlob(Rc<RefCell<Parts>>);

#[derive(Default)]
struct Parts {
    /// Browsers keep blobs outside the page's process, and large ones on the disk.
    blobs: Array,
    bytes: Vec<u8>,
}

impl PngBlob {
    /// The complete file.
    ///
    /// # Errors
    /// `internal` when the browser refuses to make a blob.
    pub fn finish(self) -> Result<Blob, Error> {
        let mut parts = self.0.borrow_mut();
        let whole = parts.hand_over().and_then(|()| {
            let options = BlobPropertyBag::new();
            options.set_type("image/png");
            Blob::new_with_blob_sequence_and_options(&parts.blobs, &options)
        });
        whole.map_err(|_| Error::Internal("the browser made no file of the picture".to_owned()))
    }
}

impl Parts {
    fn hand_over(&mut self) -> Result<(), JsValue> {
        let bytes = Uint8Array::from(&self.bytes[..]);
        self.bytes.clear();
        self.blobs
            .push(&Blob::new_with_u8_array_sequence(&Array::of1(&bytes))?.into());
        Ok(())
    }
}

impl Write for PngBlob {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut parts = self.0.borrow_mut();
        parts.bytes.extend_from_slice(bytes);
        if parts.bytes.len() >= PART_BYTES {
            parts
                .hand_over()
                .map_err(|_| std::io::Error::other("the browser took no more bytes"))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
