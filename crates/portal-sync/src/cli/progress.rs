//! Progress on stderr: a bar on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::counted::noun;
use crate::directory::{OnProgress, Progress};

/// A plain line for so many users, groups, or groups whose members were read.
const STEP: usize = 1_000;

/// Shows how far a read has come.
#[derive(Debug)]
pub(super) struct Shown {
    bar: Option<ProgressBar>,
    /// Users, groups, and groups whose members are done, as last printed.
    printed: Mutex<[usize; 3]>,
    provider: String,
}

/// What is told about the progress of a provider, and what shows it; nothing when `quiet`.
pub(super) fn show(provider: &str, quiet: bool) -> (OnProgress, Option<Arc<Shown>>) {
    if quiet {
        return (Arc::new(|_| ()), None);
    }
    let bar = io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {prefix}: {msg} {wide_bar} {pos}/{len}")
        {
            bar.set_style(style);
        }
        bar.set_prefix(provider.to_owned());
        bar
    });
    let shown = Arc::new(Shown {
        bar,
        printed: Mutex::default(),
        provider: provider.to_owned(),
    });
    let told = Arc::clone(&shown);
    (Arc::new(move |progress| told.tell(progress)), Some(shown))
}

impl Shown {
    fn tell(&self, progress: Progress) {
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
