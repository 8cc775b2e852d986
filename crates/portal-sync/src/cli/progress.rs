//! Progress on stderr: bars on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use okta_auth::visible;

use super::output;
use crate::read::directory::{OnProgress, Progress};
use crate::text::counted::{counted, noun};

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
            bar.set_prefix(visible::line(provider).into_owned());
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

    /// Whether this is the provider with that id.
    pub(super) fn is_of(&self, provider: &str) -> bool {
        self.provider == provider
    }

    /// Says what is waited for.
    pub(super) fn wait(&self, line: &str) {
        if self.quiet {
            return;
        }
        match &self.bar {
            Some(bar) => bar.set_message(visible::line(line).into_owned()),
            None => output::message(format_args!("{}: {line}", self.provider)),
        }
    }

    fn tell(&self, progress: Progress) {
        if self.quiet {
            return;
        }
        if let Some(bar) = &self.bar {
            let (count, of) = match progress {
                Progress::Users(count) | Progress::Groups(count) => (count, count),
                Progress::Members { done, of, .. } => (done, of),
            };
            bar.set_message(format!("reading: {}", words(progress)));
            bar.set_length(of as u64);
            bar.set_position(count as u64);
            return;
        }
        let (which, count, ends) = match progress {
            Progress::Users(count) => (0, count, false),
            Progress::Groups(count) => (1, count, false),
            Progress::Members { done, of, .. } => (2, done, done == of),
        };
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = printed.get_mut(which) else {
            return;
        };
        if count / STEP > *last / STEP || ends {
            *last = count;
            output::message(format_args!("{}: read {}", self.provider, words(progress)));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How far a read is.
fn words(progress: Progress) -> String {
    match progress {
        Progress::Users(count) => counted(count, "user", "users"),
        Progress::Groups(count) => counted(count, "group", "groups"),
        Progress::Members { done, unread, of } => {
            let (read, what) = (
                done - unread,
                noun(of, "group with its members", "groups with their members"),
            );
            match unread {
                0 => format!("{read} of {of} {what}"),
                _ => format!("{read} of {of} {what}, {unread} could not be read"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_said_to_be() {
        let members = |done, unread, of| words(Progress::Members { done, unread, of });
        for (said, expected) in [
            (words(Progress::Users(1)), "1 user"),
            (words(Progress::Groups(2_000)), "2000 groups"),
            (members(7, 0, 7), "7 of 7 groups with their members"),
            (
                members(7, 1, 7),
                "6 of 7 groups with their members, 1 could not be read",
            ),
            (
                members(1, 1, 1),
                "0 of 1 group with its members, 1 could not be read",
            ),
        ] {
            assert_eq!(said, expected);
        }
    }
}
