//! Progress reports and cancellation of long operations.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use crate::error::Error;

/// The caller of a long operation. The operation awaits [`report`](Progress::report) after each of
/// its units of work.
pub trait Progress {
    /// `done` of `total` units are finished. May yield to an event loop.
    ///
    /// # Errors
    /// `cancelled` stops the operation, which returns this error.
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;
}

/// The progress of one part of a longer operation.
pub struct SubProgress<'a> {
    /// The caller of the whole operation.
    pub whole: &'a dyn Progress,
    /// Units of the parts before this one.
    pub before: usize,
    /// Units of the parts after this one.
    pub after: usize,
    /// Units of this part, from its first report on.
    pub total: Cell<usize>,
}

impl Progress for SubProgress<'_> {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        self.total.set(total);
        self.whole
            .report(self.before + done, self.before + total + self.after)
    }
}

/// Ignores all reports and never cancels.
pub struct NoProgress;

impl Progress for NoProgress {
    fn report<'a>(
        &'a self,
        _done: usize,
        _total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
