//! Requests that would not have ended in time.

use std::fmt;
use std::time::Duration;

use super::Cause;

/// A request that was given up because the time for it, or for its list, was over or too short for another try.
#[derive(Debug)]
pub(crate) struct Late {
    /// What it still needed.
    pub(crate) awaited: Awaited,
    /// How long its list, or the request itself where it is not of a list, had been under way.
    pub(crate) after: Duration,
    /// What the try before failed of.
    pub(crate) last: Option<Cause>,
}

/// What a request was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// To be sent at all: the time was over before.
    Start,
    /// A token.
    Token,
    /// The answer.
    Answer,
    /// The reading of the answer, which has come.
    Reading,
    /// Its turn among the requests of this client.
    Turn,
    /// The next window of the rate limit, which begins in so long.
    Window(Duration),
    /// Another try, in so long.
    Try(Duration),
}

impl Late {
    /// What came of a request of this endpoint.
    pub(super) fn describe(&self, endpoint: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gave up after {}: ", Seconds(self.after))?;
        match self.awaited {
            Awaited::Start => write!(f, "no time was left for GET {endpoint}")?,
            Awaited::Token => write!(f, "no token came for GET {endpoint}")?,
            Awaited::Answer => write!(f, "no answer came to GET {endpoint}")?,
            Awaited::Reading => {
                write!(f, "the answer to GET {endpoint} took too long to read")?;
            }
            Awaited::Turn => write!(
                f,
                "GET {endpoint} was waiting for requests that were under way"
            )?,
            Awaited::Window(wait) => write!(
                f,
                "the next window of the rate limit begins in {}, too late for GET {endpoint}",
                Seconds(wait)
            )?,
            Awaited::Try(wait) => write!(
                f,
                "GET {endpoint} failed, and another try in {} comes too late",
                Seconds(wait)
            )?,
        }
        match (&self.last, self.awaited) {
            (Some(_), Awaited::Token | Awaited::Answer | Awaited::Turn) => {
                f.write_str("; the try before failed")
            }
            _ => Ok(()),
        }
    }
}

/// A time, to the tenth of a second.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0.as_millis() + 50) / 100;
        match tenths % 10 {
            0 => write!(f, "{} s", tenths / 10),
            tenth => write!(f, "{}.{tenth} s", tenths / 10),
        }
    }
}
