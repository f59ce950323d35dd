//! How long work reports and can be stopped.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

use crate::error::Error;

/// Whoever waits for long work. Between its pieces the work calls [`report`](Progress::report) and
/// goes on when it returns.
pub trait Progress {
    /// `done` of `total` pieces are finished. May hand control back to an event loop for a moment.
    ///
    /// # Errors
    /// `cancelled` stops the work, which returns this error.
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;
}

/// Work that is one part of a whole.
pub struct SubProgress<'a> {
    /// Who waits for the whole.
    pub whole: &'a dyn Progress,
    /// Pieces of the parts before it.
    pub before: usize,
    /// Pieces of those to come.
    pub after: usize,
    /// Pieces of its own, once it has reported.
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

/// Nobody is waiting: the work runs through.
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
