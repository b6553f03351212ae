//! A progress bar on stderr for work that takes a while.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use why_differ::Progress;

/// Work shorter than this is over before anyone wonders.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that shows itself on a terminal once the work has taken [`PATIENCE`].
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    waiting: AtomicBool,
}

impl Bar {
    /// A bar, or with `wanted` false one that never shows.
    #[expect(
        clippy::disallowed_methods,
        reason = "a clock decides only whether a bar is drawn on stderr, never what is reported"
    )]
    pub fn new(wanted: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template("{bar:30} {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}");
        bar.set_style(style.expect("the template is well-formed"));
        Bar { bar, started: Instant::now(), waiting: AtomicBool::new(wanted) }
    }

    /// Takes the bar off the screen.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn add_total(&self, bytes: u64) {
        self.bar.inc_length(bytes);
    }

    fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        let due = self.waiting.load(Ordering::Relaxed) && self.started.elapsed() >= PATIENCE;
        if due && self.waiting.swap(false, Ordering::Relaxed) {
            // Stays hidden where stderr is no terminal.
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}
