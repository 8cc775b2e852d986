//! Requests that would not have ended in time.

use std::fmt;
use std::time::Duration;

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

impl Awaited {
    /// What came of a request of this endpoint that was given up after so long.
    pub(super) fn describe(
        self,
        endpoint: &str,
        after: Duration,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        write!(f, "gave up after {}: ", Seconds(after))?;
        match self {
            Self::Start => write!(f, "no time was left for GET {endpoint}"),
            Self::Token => write!(f, "no token came for GET {endpoint}"),
            Self::Answer => write!(f, "no answer came to GET {endpoint}"),
            Self::Reading => write!(f, "the answer to GET {endpoint} took too long to read"),
            Self::Turn => write!(
                f,
                "GET {endpoint} was waiting for requests that were under way"
            ),
            Self::Window(wait) => write!(
                f,
                "the next window of the rate limit begins in {}, too late for GET {endpoint}",
                Seconds(wait)
            ),
            Self::Try(wait) => write!(
                f,
                "GET {endpoint} failed, and another try in {} comes too late",
                Seconds(wait)
            ),
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
