//! Where results and messages go: stdout for what a script reads, stderr for everything else.
//!
//! A script takes half a document for a whole one, unless the exit code says otherwise. So a result that cannot be written
//! is a failure; only a reader that went away, such as `head`, has what it wanted.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use okta_auth::visible;
use serde::Serialize;

use crate::text::json;

/// A result that did not arrive, or not whole.
#[derive(Debug, thiserror::Error)]
#[error("the result cannot be written to standard output")]
pub(super) struct Unwritten(#[source] io::Error);

/// Prints a result as it is. A reader that went away is no error of ours.
pub(super) fn result(text: impl Display) -> Result<(), Unwritten> {
    read_or_gone(stdout().and_then(|stdout| write_whole(stdout, text)))
}

/// Prints lines for people, in which nothing is hidden.
pub(super) fn lines(text: impl Display) -> Result<(), Unwritten> {
    result(visible::lines(&text.to_string()))
}

/// Prints a value as JSON on a line, in which nothing is hidden.
pub(super) fn object(value: &impl Serialize) -> Result<(), Unwritten> {
    let text = serde_json::to_string(value).map_err(|error| Unwritten(error.into()))?;
    result(format_args!("{}\n", json::nothing_hidden(&text)))
}

/// Prints what the command line's parser says; help and the version are results.
pub(super) fn of_parser(error: &clap::Error) -> Result<(), Unwritten> {
    if error.use_stderr() || io::stdout().is_terminal() {
        // In the colours of the terminal; what cannot be printed there cannot be reported either.
        drop(error.print());
        return Ok(());
    }
    result(error.render())
}

/// Standard output, past the buffer of the standard library: that one takes a descriptor that cannot be written to for
/// a success.
#[cfg(unix)]
pub(super) fn stdout() -> io::Result<impl Write> {
    use std::os::fd::AsFd as _;
    let descriptor = io::stdout().as_fd().try_clone_to_owned()?;
    Ok(io::BufWriter::new(std::fs::File::from(descriptor)))
}

/// Standard output; the standard library knows how to write to a console.
#[cfg(not(unix))]
pub(super) fn stdout() -> io::Result<impl Write> {
    Ok(io::BufWriter::new(io::stdout().lock()))
}

/// Writes all of it: what is in a buffer when the process ends is lost without a word.
fn write_whole(mut to: impl Write, text: impl Display) -> io::Result<()> {
    write!(to, "{text}")?;
    to.flush()
}

fn read_or_gone(written: io::Result<()>) -> Result<(), Unwritten> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Unwritten(error)),
        _ => Ok(()),
    }
}

/// Prints a message for people, in which nothing is hidden.
pub(super) fn message(text: impl Display) {
    let text = text.to_string();
    drop(writeln!(io::stderr().lock(), "{}", visible::lines(&text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and then fails, or takes all and fails when they are to be passed on.
    struct Failing {
        room: usize,
        kind: io::ErrorKind,
        written: Vec<u8>,
    }

    impl Write for &mut Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room - self.written.len());
            if taken == 0 && !bytes.is_empty() {
                return Err(self.kind.into());
            }
            self.written.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.kind.into())
        }
    }

    #[test]
    fn what_cannot_be_written_is_an_error_unless_nobody_reads_it() {
        for (kind, arrives) in [
            (io::ErrorKind::StorageFull, false),
            (io::ErrorKind::PermissionDenied, false),
            (io::ErrorKind::WriteZero, false),
            (io::ErrorKind::BrokenPipe, true),
        ] {
            // Not a byte fits, a part of a line, a part that ends with a line, everything until it is passed on.
            for room in [0, 3, 5, 10] {
                let mut failing = Failing {
                    room,
                    kind,
                    written: Vec::new(),
                };
                let written = write_whole(&mut failing, "name\nlast\n");
                assert!(written.is_err(), "{kind} after {room} bytes");
                let written = read_or_gone(written);
                assert_eq!(written.is_ok(), arrives, "{kind} after {room} bytes");
                assert_eq!(failing.written, b"name\nlast\n"[..room]);
                // A buffer on the way keeps nothing back.
                failing.written.clear();
                let buffered = write_whole(io::BufWriter::new(&mut failing), "name\nlast\n");
                assert!(buffered.is_err(), "{kind} after {room} bytes");
            }
        }
    }
}
