//! Okta's timestamps on the wire: `2026-03-01T18:49:54.000Z`, always UTC, always with milliseconds.

use jiff::Timestamp;
use serde::{Serialize as _, Serializer};

/// Writes a timestamp as Okta does.
///
/// # Errors
///
/// Those of the serializer.
#[expect(
    clippy::ref_option,
    reason = "the shape that `serialize_with` asks for"
)]
pub(crate) fn serialize<S: Serializer>(
    instant: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    instant
        .map(|instant| format!("{instant:.3}"))
        .serialize(serializer)
}

/// The instant of an HTTP `date` header, `Sat, 25 Feb 2017 01:30:46 GMT`.
pub(crate) fn from_http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text.trim())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::from_http_date;

    #[test]
    fn an_http_date_is_an_instant() {
        assert_eq!(
            from_http_date("Sat, 25 Feb 2017 01:30:46 GMT")
                .unwrap()
                .as_second(),
            1_487_986_246
        );
        assert_eq!(from_http_date("yesterday"), None);
    }
}
