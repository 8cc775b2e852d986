//! Progress on stderr: bars on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::output;
use crate::counted::noun;
use crate::directory::{OnProgress, Progress};

/// A plain line for so many users, groups, or groups whose members were read.
const STEP: usize = 1_000;

/// Shows how far several reads at a time have come.
#[derive(Debug)]
pub(super) struct Shown {
    /// The bars of a terminal, one under the other; none where there is no terminal.
    bars: Option<MultiProgress>,
    quiet: bool,
}

impl Shown {
    /// Shows nothing when `quiet`.
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            bars: (!quiet && io::stderr().is_terminal()).then(MultiProgress::new),
            quiet,
        }
    }

    /// What shows the progress of one provider.
    pub(super) fn of(&self, provider: &str) -> Arc<OfProvider> {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::no_length());
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix}: {msg} {wide_bar} {pos}/{len}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(provider.to_owned());
            bar
        });
        Arc::new(OfProvider {
            bar,
            printed: Mutex::default(),
            provider: provider.to_owned(),
            quiet: self.quiet,
        })
    }
}

/// Shows how far the read of one provider has come.
#[derive(Debug)]
pub(super) struct OfProvider {
    bar: Option<ProgressBar>,
    /// Users, groups, and groups whose members are done, as last printed.
    printed: Mutex<[usize; 3]>,
    provider: String,
    quiet: bool,
}

impl OfProvider {
    /// Who is to be told.
    pub(super) fn told(self: &Arc<Self>) -> OnProgress {
        let told = Arc::clone(self);
        Arc::new(move |progress| told.tell(progress))
    }

    fn tell(&self, progress: Progress) {
        if self.quiet {
            return;
        }
        let (which, count, of, what) = match progress {
            Progress::Users(count) => (0, count, None, noun(count, "user", "users")),
            Progress::Groups(count) => (1, count, None, noun(count, "group", "groups")),
            Progress::Members { done, of } => {
                let what = noun(of, "group with its members", "groups with their members");
                (2, done, Some(of), what)
            }
        };
        if let Some(bar) = &self.bar {
            bar.set_message(format!("reading {what}"));
            bar.set_position(count as u64);
            bar.set_length(of.unwrap_or(count) as u64);
            return;
        }
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = printed.get_mut(which) else {
            return;
        };
        if count / STEP > *last / STEP || of == Some(count) {
            *last = count;
            match of {
                Some(of) => output::message(format_args!(
                    "{}: read {count} of {of} {what}",
                    self.provider
                )),
                None => output::message(format_args!("{}: read {count} {what}", self.provider)),
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
