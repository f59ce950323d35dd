//! A progress bar on the terminal.

use std::future::Future;
use std::pin::Pin;

use deep_inside::Error;
use deep_inside::progress::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar for one computation.
pub struct Bar(pub ProgressBar);

impl Bar {
    pub fn new(name: impl Into<String>) -> Self {
        let style = ProgressStyle::with_template("{msg:16} {bar:40} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(
            ProgressBar::new(1)
                .with_style(style)
                .with_message(name.into()),
        )
    }
}

impl Progress for Bar {
    fn report<'a>(
        &'a self,
        done: usize,
        total: usize,
    ) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
        if done == total {
            self.0.finish();
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
