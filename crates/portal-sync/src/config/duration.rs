//! Lengths of time as people write them in Backstage's configuration.

use std::time::Duration;

use figment::value::Value;
use jiff::{SignedDuration, Span, SpanRelativeTo, Unit};

use super::errors::{ConfigError, quoted};
use super::keys;
use super::section::{Entry, Section};

/// The forms of a duration, for messages.
const EXPECTED: &str = "a duration such as `30m`, `PT30M` or `{ minutes: 30 }`";

const SECOND: f64 = 1.0;
const DAY: f64 = 86_400.0 * SECOND;

/// The units of the map form with their seconds; months and years are those of Backstage: 30 and
/// 365 days.
const UNITS: [(&str, f64); 8] = [
    ("years", 365.0 * DAY),
    ("months", 30.0 * DAY),
    ("weeks", 7.0 * DAY),
    ("days", DAY),
    ("hours", 3_600.0 * SECOND),
    ("minutes", 60.0 * SECOND),
    ("seconds", SECOND),
    ("milliseconds", 0.001 * SECOND),
];

/// Reads a duration: a map of units, ISO 8601, or words such as `30m` and `2 seconds`.
pub(super) fn read(entry: &Entry<'_>) -> Option<Duration> {
    match entry.value() {
        Value::Dict(..) => entry.section(&keys::UNITS, EXPECTED).and_then(|units| {
            let duration = of_units(&units);
            units.close();
            duration
        }),
        Value::String(_, text) => match of_text(text) {
            Ok(duration) => Some(duration),
            Err(error) => {
                entry.refuse(error);
                None
            }
        },
        Value::Num(_, number) => {
            let number = number
                .to_i128()
                .map_or_else(|| "…".to_owned(), |number| number.to_string());
            entry.refuse(bare(&number));
            None
        }
        _ => {
            entry.refuse_value(EXPECTED);
            None
        }
    }
}

/// Like [`read`] where a duration of zero makes no sense.
pub(super) fn read_some(entry: &Entry<'_>) -> Option<Duration> {
    let duration = read(entry)?;
    if duration.is_zero() {
        entry.refuse(ConfigError::new("it may not be zero"));
        return None;
    }
    Some(duration)
}

fn of_units(units: &Section<'_>) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut good = true;
    let mut some = false;
    for (unit, length) in UNITS {
        let Some(entry) = units.get(unit) else {
            continue;
        };
        some = true;
        let amount = match entry.value() {
            Value::String(_, text) => text.trim().parse().ok(),
            other => other.to_f64().or_else(|| {
                other
                    .to_i128()
                    .and_then(|whole| i32::try_from(whole).ok())
                    .map(f64::from)
            }),
        };
        match amount.filter(|amount: &f64| amount.is_finite() && *amount >= 0.0) {
            Some(amount) => seconds += amount * length,
            None => {
                entry.refuse_value("a number that is not negative");
                good = false;
            }
        }
    }
    let known = |key| UNITS.iter().any(|(unit, _)| *unit == key) && !units.is_unresolved(key);
    if !some && units.keys().all(known) {
        units.refuse(ConfigError::new("the duration is empty").fix(format!("write {EXPECTED}")));
    }
    if !(good && some) {
        return None;
    }
    let duration = seconds_of(seconds);
    if duration.is_none() {
        units.refuse(ConfigError::new("the duration is too long"));
    }
    duration
}

fn of_text(text: &str) -> Result<Duration, ConfigError> {
    let text = text.trim();
    if text.parse::<f64>().is_ok() {
        return Err(bare(text));
    }
    // Words are taken in any case, as Backstage does; ISO 8601 begins with `P` and is left as it
    // is.
    let words = if text.starts_with(['P', 'p', '-', '+']) {
        text.to_owned()
    } else {
        let zero = if text.starts_with('.') { "0" } else { "" };
        format!("{zero}{}", text.to_lowercase())
    };
    let unreadable = || {
        ConfigError::new(format!("{} is not a duration", quoted(text)))
            .fix(format!("write {EXPECTED}"))
    };
    let span: Span = match words.parse() {
        Ok(span) => span,
        Err(_) => return part_of_days(&words).ok_or_else(unreadable),
    };
    if span.is_negative() {
        return Err(ConfigError::new(format!("`{text}` is negative")));
    }
    // Those of Backstage, as in the map.
    let days = i64::from(span.get_years()) * 365 + i64::from(span.get_months()) * 30;
    let exact = span
        .years(0)
        .months(0)
        .to_duration(SpanRelativeTo::days_are_24_hours());
    let exact = exact.map_err(|_| unreadable())?;
    let whole = exact.checked_add(SignedDuration::from_hours(24 * days));
    whole
        .and_then(|whole| Duration::try_from(whole).ok())
        .ok_or_else(unreadable)
}

/// Days or weeks with a fraction, such as `1.5d` and `P1.5D`: Backstage takes them, and a span has whole days only.
fn part_of_days(words: &str) -> Option<Duration> {
    let words = words.strip_prefix(['P', 'p']).unwrap_or(words);
    let end = words.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))?;
    let (amount, unit) = words.split_at_checked(end)?;
    let length = match unit.trim_start().to_lowercase().as_str() {
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7.0 * DAY,
        _ => return None,
    };
    seconds_of(amount.parse::<f64>().ok()? * length)
}

fn bare(number: &str) -> ConfigError {
    ConfigError::new(format!("`{number}` has no unit")).fix(format!(
        "write `{number}m` for minutes, `{number}s` for seconds"
    ))
}

/// Whole milliseconds, which is as fine as a schedule gets.
fn seconds_of(seconds: f64) -> Option<Duration> {
    let exact = SignedDuration::try_from_secs_f64(seconds).ok()?;
    Duration::try_from(exact.round(Unit::Millisecond).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let table = [
            ("30m", Some(1_800_000)),
            ("2 seconds", Some(2_000)),
            ("1 Hour", Some(3_600_000)),
            ("1.5h", Some(5_400_000)),
            ("250ms", Some(250)),
            ("PT30M", Some(1_800_000)),
            ("P2DT6H", Some(194_400_000)),
            ("P1W", Some(604_800_000)),
            ("P1M", Some(2_592_000_000)),
            ("P1Y1M1W1DT1H", Some(34_822_800_000)),
            ("1 day", Some(86_400_000)),
            ("0s", Some(0)),
            ("1.5d", Some(129_600_000)),
            ("0.5 Weeks", Some(302_400_000)),
            (".5h", Some(1_800_000)),
            ("90 secs", Some(90_000)),
            ("2 hrs 5 mins", Some(7_500_000)),
            ("1 yr", Some(31_536_000_000)),
            ("20 msecs", Some(20)),
            ("P1.5D", Some(129_600_000)),
            ("P0.5W", Some(302_400_000)),
            ("PT1.5H", Some(5_400_000)),
            ("PT0,5S", Some(500)),
            ("pt30m", Some(1_800_000)),
            ("-1.5d", None),
            ("1.5 parsecs", None),
            ("1e3s", None),
            ("30", None),
            ("-30m", None),
            ("-PT30M", None),
            ("soon", None),
            ("", None),
            ("30 parsecs", None),
        ];
        for (text, expected) in table {
            let found = of_text(text).ok().map(|duration| duration.as_millis());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_to_milliseconds() {
        assert_eq!(seconds_of(0.1 + 0.2), Some(Duration::from_millis(300)));
        assert_eq!(seconds_of(1.999_999_9), Some(Duration::from_secs(2)));
        assert_eq!(seconds_of(f64::MAX), None);
    }
}
