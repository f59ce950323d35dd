//! Large results that JavaScript may read many times.

use std::cell::RefCell;

use js_sys::{Float32Array, Uint8Array};

/// An array that is made at the first access and returned again at later ones.
pub struct KeptArray<T>(RefCell<Option<T>>);

impl<T> Default for KeptArray<T> {
    fn default() -> Self {
        Self(RefCell::new(None))
    }
}

impl<T: TypedArray> KeptArray<T> {
    /// The array; `make` is called again if its buffer was transferred to another thread.
    pub fn get(&self, make: impl FnOnce() -> T) -> T {
        let mut kept = self.0.borrow_mut();
        let array = kept
            .take()
            .filter(|array| array.length() > 0)
            .unwrap_or_else(make);
        kept.insert(array).clone()
    }
}

/// The length that all typed arrays have.
pub trait TypedArray: Clone {
    /// Number of elements; 0 if its buffer was transferred.
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
