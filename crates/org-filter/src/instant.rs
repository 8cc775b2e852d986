//! Dates: how Okta writes them and at what precision they are compared.
//!
//! Okta stores whole seconds (every recorded timestamp ends in `.000Z`), so both sides of a comparison are cut to
//! whole seconds.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Whole seconds since 1970, earlier ones negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(i64);

/// How completely a date was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `2014-01-01T00:00:00.000Z`, or with an offset such as `-07:00`: the documented form.
    Documented,
    /// Without milliseconds, or with another number of digits; Okta documents no such form and nobody saw one refused.
    OtherPrecision,
    /// `2014-01-01`: read as midnight UTC here, refused by Okta.
    DayOnly,
}

impl From<Timestamp> for Second {
    fn from(instant: Timestamp) -> Self {
        let whole = instant.as_second();
        Self(if instant.subsec_nanosecond() < 0 {
            whole - 1
        } else {
            whole
        })
    }
}

impl Second {
    /// The form in which Okta sends dates, `2014-01-01T00:00:00.000Z`.
    pub(crate) fn printed(self) -> Option<String> {
        let instant = Timestamp::from_second(self.0).ok()?;
        Some(instant.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string())
    }
}

/// Reads a date of an expression or of a record; `None` when `text` is not a date.
pub(crate) fn read(text: &str) -> Option<Second> {
    match form(text)? {
        DateForm::DayOnly => {
            let midnight = text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
            Some(midnight.timestamp().into())
        }
        DateForm::Documented | DateForm::OtherPrecision => {
            text.parse::<Timestamp>().ok().map(Second::from)
        }
    }
}

/// The shape of `text`, judged by its punctuation; the numbers may still be out of range.
pub(crate) fn form(text: &str) -> Option<DateForm> {
    let Some((day, time)) = text.split_once('T') else {
        return matches_shape(text, "0000-00-00").then_some(DateForm::DayOnly);
    };
    let zone = time.find(['Z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let well_formed = matches_shape(day, "0000-00-00")
        && matches_shape(clock, "00:00:00")
        && fraction.is_none_or(|digits| {
            (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
        && (zone == "Z"
            || ["+00:00", "-00:00", "+0000", "-0000"]
                .iter()
                .any(|shape| matches_shape(zone, shape)));
    let three_digits = fraction.is_some_and(|digits| digits.len() == 3);
    well_formed.then_some(if three_digits {
        DateForm::Documented
    } else {
        DateForm::OtherPrecision
    })
}

/// `text` in the form Okta documents, when it can be understood; for errors.
pub(crate) fn documented_form(text: &str) -> Option<String> {
    read(&text.replace('\'', "")).and_then(Second::printed)
}

/// Whether `text` has a digit where `shape` has `0`, and the same character everywhere else.
fn matches_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, expected)| {
            if expected == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == expected
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_apart() {
        let table = [
            ("2014-01-01T00:00:00.000Z", Some(DateForm::Documented)),
            ("2013-01-01T12:00:00.000-07:00", Some(DateForm::Documented)),
            ("2013-01-01T12:00:00.000+0700", Some(DateForm::Documented)),
            ("2014-01-01T00:00:00Z", Some(DateForm::OtherPrecision)),
            (
                "2014-01-01T00:00:00.123456Z",
                Some(DateForm::OtherPrecision),
            ),
            ("2014-01-01", Some(DateForm::DayOnly)),
            ("2014-01-01T00:00:00.000", None),
            ("2014-01-01'T'00:00:00.000Z", None),
            ("2014-01-01 00:00:00Z", None),
            ("2014-01-01T00:00Z", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(form(text), expected, "{text}");
        }
    }

    #[test]
    fn instants_are_cut_to_seconds() {
        let zulu = read("2014-01-01T12:00:00.900Z");
        assert!(zulu.is_some());
        assert_eq!(zulu, read("2014-01-01T04:00:00-08:00"));
        assert_eq!(read("2014-01-01"), read("2014-01-01T00:00:00.000Z"));
        assert!(read("1969-12-31T23:59:59.500Z") < read("1970-01-01T00:00:00.000Z"));
        assert_eq!(
            read("2014-13-01T00:00:00.000Z"),
            None,
            "no thirteenth month"
        );
    }
}
