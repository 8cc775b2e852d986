//! Where the heads of requests begin and end in the bytes of a connection, and which line ends are none.
//!
//! The HTTP parser takes a lone LF for the end of a line, which proxies read otherwise: two readers that see different
//! requests in the same bytes are how requests are smuggled (RFC 9112, sections 2.2 and 11.2). What is looked at here are
//! the ends of lines and the lengths of bodies; all else is left to the parser.

use std::mem::take;

/// A body of more bytes than these is not read: no route takes one.
pub(in crate::serve) const BODY: u64 = 128 * 1024;

/// Of a line so much is kept: enough for the name and the value of `content-length`.
const LINE: usize = 64;

/// Follows the bytes of one connection.
#[derive(Debug, Default)]
pub(super) struct Heads {
    state: State,
    line: Vec<u8>,
    carriage_return: bool,
    length: Length,
    begun: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a head, where empty lines may come.
    #[default]
    Between,
    Head,
    Body(u64),
    /// After a head whose body is not read: its answer closes the connection, by the parser or by the gate.
    Last,
}

/// What a head says of its body.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Length {
    #[default]
    None,
    Of(u64),
    Unusable,
}

impl Heads {
    /// Reads on. An error is the position of an LF in a head that no CR precedes, or that ends a line by which the next head
    /// is not found for certain.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match self.state {
                State::Last => return Ok(()),
                State::Body(1) => self.state = State::Between,
                State::Body(left) => self.state = State::Body(left.saturating_sub(1)),
                State::Between | State::Head => self.head(*byte).map_err(|()| at)?,
            }
        }
        Ok(())
    }

    /// The number of the head that has begun and not ended.
    pub(super) fn under_way(&self) -> Option<u64> {
        let is_begun = self.state == State::Head || !self.line.is_empty() || self.carriage_return;
        (is_begun && matches!(self.state, State::Between | State::Head)).then_some(self.begun)
    }

    fn head(&mut self, byte: u8) -> Result<(), ()> {
        let after_return = take(&mut self.carriage_return);
        match byte {
            b'\r' => self.carriage_return = true,
            b'\n' if after_return => return self.end_line(),
            b'\n' => return Err(()),
            _ => {
                self.state = State::Head;
                if self.line.len() < LINE {
                    self.line.push(byte);
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), ()> {
        let line = take(&mut self.line);
        if line.is_empty() {
            if self.state == State::Head {
                self.begun += 1;
                self.state = match take(&mut self.length) {
                    Length::None | Length::Of(0) => State::Between,
                    Length::Of(length) if length <= BODY => State::Body(length),
                    Length::Of(_) | Length::Unusable => State::Last,
                };
            }
            return Ok(());
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Ok(());
        };
        let (name, value) = line.split_at(colon);
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.length = Length::Unusable;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            // The parser takes a length that is given twice, or behind any number of blanks and zeros, and reads on.
            if line.len() >= LINE || matches!(self.length, Length::Of(_)) {
                return Err(());
            }
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let value = std::str::from_utf8(value)
                .ok()
                .and_then(|it| it.parse().ok());
            self.length = match (self.length, value) {
                (Length::None, Some(value)) => Length::Of(value),
                _ => Length::Unusable,
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn with(headers: &str) -> String {
        format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n")
    }

    #[test]
    fn a_line_feed_alone_is_found_wherever_a_head_is() {
        let long = format!("X: {}\n", "a".repeat(10 * LINE));
        let cases = [
            (GET.to_owned(), true),
            (format!("\r\n\r\n{GET}{GET}"), true),
            ("GET / HTTP/1.1\nHost: a\n\n".to_owned(), false),
            ("GET / HTTP/1.1\r\nHost: a\n\r\n".to_owned(), false),
            ("GET / HTTP/1.1\r\nHost: a\r\n\n".to_owned(), false),
            ("\nGET / HTTP/1.1\r\n\r\n".to_owned(), false),
            ("\r\n\n".to_owned(), false),
            ("GET / HTTP/1.1\r \nHost: a\r\n\r\n".to_owned(), false),
            (format!("{GET}\n"), false),
            (format!("{GET}GET /\n"), false),
            (format!("GET / HTTP/1.1\r\n{long}"), false),
            // A body may hold anything; after it the next head begins.
            (with("Content-Length: 3") + "\n\n\n" + GET, true),
            (with("content-length:3 ") + "\n\n\n\n", false),
            (with("CONTENT-LENGTH: 0") + "\n", false),
            (with("X-Content-Length: 3") + "\n", false),
            // What follows the last request is nobody's.
            (with("Content-Length: 131073") + "\n", true),
            (with("Content-Length: 131072") + "\n", true),
            (with("Content-Length: -1") + "\n", true),
            (with("Content-Length: 99999999999999999999") + "\n", true),
            // Of these the parser would find the next head elsewhere.
            (with("Content-Length: 3\r\nContent-Length: 3"), false),
            (with("Content-Length: 0\r\ncontent-length: 0"), false),
            (with(&format!("Content-Length:{}10", " ".repeat(48))), false),
            (with(&format!("Content-Length: {}3", "0".repeat(60))), false),
            (with(&format!("Content-Length: 3{}", " ".repeat(60))), false),
            (with("Content-Length:   003   "), true),
            (with("Transfer-Encoding: chunked") + "\n", true),
            (
                with("Transfer-Encoding: x\r\nContent-Length: 0") + "\n",
                true,
            ),
        ];
        for (text, sound) in cases {
            let found = Heads::default().read(text.as_bytes());
            assert_eq!(found.is_ok(), sound, "{text:?}");
            if let Err(at) = found {
                assert_eq!(text.as_bytes()[at], b'\n', "{text:?}");
            }
        }
    }

    #[test]
    fn a_head_is_under_way_from_its_first_byte_to_its_end() {
        let mut heads = Heads::default();
        let mut under_way = |text: &str| {
            heads.read(text.as_bytes()).unwrap();
            heads.under_way()
        };
        assert_eq!(under_way(""), None);
        assert_eq!(under_way("G"), Some(0));
        assert_eq!(under_way("ET / HTTP/1.1\r\n"), Some(0));
        assert_eq!(under_way("\r"), Some(0));
        assert_eq!(under_way("\n"), None);
        assert_eq!(under_way(&format!("{GET}G")), Some(2));
        assert_eq!(
            under_way("ET / HTTP/1.1\r\nContent-Length: 2\r\n\r\n"),
            None
        );
        assert_eq!(under_way("ab"), None);
        assert_eq!(under_way("c"), Some(3));
    }

    proptest! {
        /// How the bytes are cut into reads does not matter.
        #[test]
        fn a_cut_changes_nothing(text in "(GET / HTTP/1.1\r\n|Content-Length: 2\r\n|a: b\r?\n|\r\n|\n|x){0,12}", cut in 0_usize..64) {
            let bytes = text.as_bytes();
            let (mut whole, mut parts) = (Heads::default(), Heads::default());
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            let expected = whole.read(bytes);
            let found = parts.read(one).and_then(|()| parts.read(other).map_err(|at| at + one.len()));
            prop_assert_eq!(expected, found);
            if found.is_ok() {
                prop_assert_eq!(whole.under_way(), parts.under_way());
            }
        }
    }
}
