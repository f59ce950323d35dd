//! Large results that are handed out again and again.

use std::cell::RefCell;

use js_sys::{Float32Array, Uint8Array};

/// An array that is made when it is first asked for, and then is the same at every access.
pub struct KeptArray<T>(RefCell<Option<T>>);

impl<T> Default for KeptArray<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: TypedArray> KeptArray<T> {
    /// The array; made anew where its buffer has been transferred to somebody else since.
    pub fn get(&self, make: impl FnOnce() -> T) -> T {
        let mut kept = self.0.borrow_mut();
        let array = kept
            .take()
            .filter(|array| array.length() > 0)
            .unwrap_or_else(make);
        kept.insert(array).clone()
    }
}

/// What arrays of different elements have in common.
pub trait TypedArray: Clone {
    /// Elements; none where its buffer has been transferred.
    fn length(&self) -> u32;
}

impl TypedArray for Float32Array {
    fn length(&self) -> u32 {
        Float32Array::length(self)
    }
}

impl TypedArray for Uint8Array {
    fn length(&self) -> u32 {
        Uint8Array::length(self)
    }
}
