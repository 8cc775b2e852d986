//! Instants: how Okta writes them and at what precision they are compared.
//!
//! Okta stores whole seconds (every recorded timestamp ends in `.000Z`), so both sides of a comparison are cut to
//! whole seconds. Days are counted by the Gregorian calendar, also before it was in use (RFC 3339).

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

const SECONDS_OF_A_DAY: i64 = 86_400;

const NANOSECONDS_OF_A_SECOND: u32 = 1_000_000_000;

/// An instant, as an attribute of a record that has read its dates already.
///
/// It is made from a text, from the seconds since 1970, from a [`SystemTime`], and with the feature `jiff` from a
/// `jiff::Timestamp`. `Display` prints it in UTC as RFC 3339 has it, with as many digits of a fraction as there are.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use org_filter::Timestamp;
///
/// let read: Timestamp = "2026-01-31T05:00:00.000-07:00".parse()?;
/// assert_eq!(read.to_string(), "2026-01-31T12:00:00Z");
/// assert_eq!(read, Timestamp::from_second(1_769_860_800));
/// assert_eq!(read, (SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_860_800)).into());
/// # Ok::<(), org_filter::InvalidTimestamp>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970, rounded down.
    second: i64,
    /// Below a second, since `second`.
    nanosecond: u32,
}

impl Timestamp {
    /// The instant so many seconds after the beginning of 1970 in UTC; before it, for a negative number.
    pub const fn from_second(second: i64) -> Self {
        Self {
            second,
            nanosecond: 0,
        }
    }

    /// The instant so many milliseconds after the beginning of 1970 in UTC; before it, for a negative number.
    pub const fn from_millisecond(millisecond: i64) -> Self {
        Self {
            second: millisecond.div_euclid(1000),
            // Less than a billion.
            nanosecond: millisecond.rem_euclid(1000) as u32 * 1_000_000,
        }
    }

    /// Whole seconds since the beginning of 1970 in UTC, rounded down.
    pub const fn as_second(self) -> i64 {
        self.second
    }

    /// The part below a second, in nanoseconds.
    pub const fn subsec_nanosecond(self) -> u32 {
        self.nanosecond
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        // A clock that far away does not exist.
        let seconds = |whole: u64| i64::try_from(whole).unwrap_or(i64::MAX);
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self {
                second: seconds(after.as_secs()),
                nanosecond: after.subsec_nanos(),
            },
            Err(earlier) => {
                let before = earlier.duration();
                let second = seconds(before.as_secs()).saturating_neg();
                match before.subsec_nanos() {
                    0 => Self::from_second(second),
                    nanos => Self {
                        second: second.saturating_sub(1),
                        nanosecond: NANOSECONDS_OF_A_SECOND - nanos,
                    },
                }
            }
        }
    }
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        let second = instant.as_second();
        // Both parts of an instant before 1970 are negative there.
        match instant.subsec_nanosecond() {
            below @ ..0 => Self {
                second: second - 1,
                nanosecond: NANOSECONDS_OF_A_SECOND - below.unsigned_abs(),
            },
            above => Self {
                second,
                nanosecond: above.unsigned_abs(),
            },
        }
    }
}

/// A text that is not an instant.
#[derive(Clone, PartialEq, Eq)]
pub struct InvalidTimestamp(String);

impl fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an instant such as `2026-01-31T00:00:00.000Z`",
            self.0.escape_debug()
        )
    }
}

/// As it prints: so a `main` that returns the error says what a person can read.
impl fmt::Debug for InvalidTimestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InvalidTimestamp {}

/// Reads what Okta sends and what RFC 3339 allows: a day, `T`, a time to the second with up to nine digits of a fraction,
/// and `Z` or an offset. A day alone is its midnight in UTC.
impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        parse(text).ok_or_else(|| InvalidTimestamp(text.to_owned()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_civil(f, self.second)?;
        if self.nanosecond > 0 {
            let digits = format!("{:09}", self.nanosecond);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// Whole seconds since 1970, earlier ones negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Second(i64);

impl From<Timestamp> for Second {
    fn from(instant: Timestamp) -> Self {
        Self(instant.second)
    }
}

impl Second {
    /// The form in which Okta sends dates, `2014-01-01T00:00:00.000Z`.
    pub(crate) fn printed(self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = write_civil(&mut out, self.0);
        out.push_str(".000Z");
        out
    }
}

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

/// Reads a date of an expression or of a record; `None` when `text` is not a date.
pub(crate) fn read(text: &str) -> Option<Second> {
    parse(text).map(Second::from)
}

fn parse(text: &str) -> Option<Timestamp> {
    form(text)?;
    let Some((day, time)) = text.split_once('T') else {
        return Some(Timestamp::from_second(day_number(text)? * SECONDS_OF_A_DAY));
    };
    let (clock, zone) = time.split_at_checked(time.find(['Z', '+', '-'])?)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let hour = number(clock.get(..2)?).filter(|hour| *hour < 24)?;
    let minute = number(clock.get(3..5)?).filter(|minute| *minute < 60)?;
    // A leap second has no number of its own: it is the second before.
    let second = number(clock.get(6..)?)
        .filter(|second| *second <= 60)?
        .min(59);
    let of_day = (hour * 60 + minute) * 60 + second;
    Some(Timestamp {
        second: day_number(day)? * SECONDS_OF_A_DAY + of_day - offset(zone)?,
        nanosecond: nanoseconds(fraction),
    })
}

/// What up to nine digits behind the point are. Without an allocation: records are read here, too.
fn nanoseconds(digits: &str) -> u32 {
    let digits = digits.bytes().map(|digit| u32::from(digit - b'0'));
    let padded = digits.chain(std::iter::repeat(0)).take(9);
    padded.fold(0, |value, digit| value * 10 + digit)
}

/// The seconds a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("Z", _) => return Some(0),
        ("-", rest) => (-1, rest),
        (_, rest) => (1, rest),
    };
    let hours = number(rest.get(..2)?).filter(|hours| *hours < 24)?;
    let minutes =
        number(rest.get(rest.len().checked_sub(2)?..)?).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * 60 + minutes) * 60)
}

fn number(digits: &str) -> Option<i64> {
    digits.parse().ok()
}

/// Days from 1970-01-01 to `YYYY-MM-DD`; `None` when there is no such day.
fn day_number(day: &str) -> Option<i64> {
    let year = number(day.get(..4)?)?;
    let month = number(day.get(5..7)?)?;
    let day = number(day.get(8..)?)?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=length)
        .contains(&day)
        .then(|| days_from_civil(year, month, day))
}

/// Days since 1970-01-01, with years that begin in March, so that the odd day is the last of a year (Howard Hinnant,
/// "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_from_civil`]: year, month, day.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// `2014-01-01T00:00:00`; a year that does not have four digits has six and a sign, as ISO 8601 has them.
fn write_civil(out: &mut impl fmt::Write, second: i64) -> fmt::Result {
    let (year, month, day) = civil_from_days(second.div_euclid(SECONDS_OF_A_DAY));
    let of_day = second.rem_euclid(SECONDS_OF_A_DAY);
    if (0..10_000).contains(&year) {
        write!(out, "{year:04}")?;
    } else {
        write!(out, "{year:+07}")?;
    }
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    write!(
        out,
        "-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    )
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
    read(&text.replace('\'', "")).map(Second::printed)
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

    #[test]
    fn what_is_no_day_or_time_is_no_instant() {
        for bad in [
            "2014-00-01",
            "2014-01-00",
            "2014-04-31",
            "2015-02-29",
            "1900-02-29",
            "2014-01-01T24:00:00Z",
            "2014-01-01T00:60:00Z",
            "2014-01-01T00:00:61Z",
            "2014-01-01T00:00:00+24:00",
            "2014-01-01T00:00:00+0060",
            "2014-01-01T00:00:00.Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        for good in ["2016-02-29", "2000-02-29", "0000-01-01", "9999-12-31"] {
            let printed = good.parse::<Timestamp>().unwrap().to_string();
            assert_eq!(printed, format!("{good}T00:00:00Z"));
        }
    }

    #[test]
    fn a_fraction_is_kept_and_printed_without_zeros() {
        let half = Timestamp::from_millisecond(-500);
        assert_eq!(half.to_string(), "1969-12-31T23:59:59.5Z");
        assert_eq!(half, "1969-12-31T23:59:59.500Z".parse().unwrap());
        let earlier = SystemTime::UNIX_EPOCH - std::time::Duration::from_millis(500);
        assert_eq!(half, earlier.into());
        assert_eq!(
            (half.as_second(), half.subsec_nanosecond()),
            (-1, 500_000_000)
        );
        assert_eq!(
            Timestamp::from_second(i64::MAX).to_string().chars().last(),
            Some('Z')
        );
        assert_eq!(
            Timestamp::from_second(i64::MIN).to_string().chars().last(),
            Some('Z')
        );
    }

    /// What another library that is much used makes of the same texts.
    fn by_jiff(text: &str) -> Option<jiff::Timestamp> {
        text.parse().ok()
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { cases: proptest::test_runner::Config::default().cases * 16, ..Default::default() })]

        #[test]
        fn texts_are_read_as_jiff_reads_them(
            day in (1_u16..=9998, 0_u8..=13, 0_u8..=32),
            clock in (0_u8..=24, 0_u8..=60, 0_u8..=61),
            fraction in "(\\.[0-9]{1,9})?",
            zone in "Z|[+-][01][0-9]:[0-5][0-9]|[+-]2[0-3][0-5][0-9]",
        ) {
            let (year, month, day) = day;
            let (hour, minute, second) = clock;
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}");
            let ours = text.parse::<Timestamp>().ok().map(|one| one.to_string());
            proptest::prop_assert_eq!(ours, by_jiff(&text).map(|one| one.to_string()), "{}", text);
        }

        #[test]
        fn every_second_prints_as_jiff_prints_it(second in -377_705_023_201_i64..=253_402_207_200) {
            let theirs = jiff::Timestamp::from_second(second).unwrap().to_string();
            proptest::prop_assert_eq!(Timestamp::from_second(second).to_string(), theirs);
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn an_instant_of_jiff_is_the_same_instant() {
        for text in [
            "1969-12-31T23:59:58.25Z",
            "1970-01-01T00:00:00Z",
            "2026-01-31T00:00:00.123456789Z",
        ] {
            assert_eq!(
                by_jiff(text).map(Timestamp::from),
                text.parse().ok(),
                "{text}"
            );
        }
    }
}
