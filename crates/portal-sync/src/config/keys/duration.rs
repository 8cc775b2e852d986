//! Lengths of time.

use super::table::{Form, Key, Table, key};

/// A duration: a text, or a map of units.
pub(super) const DURATION: Form = Form::OneOf(&[Form::Time, Form::Map(&UNITS)]);

pub(in super::super) static UNITS: Table = Table::new(
    "duration",
    &[
        unit("years", "Years of 365 days."),
        unit("months", "Months of 30 days."),
        unit("weeks", "Weeks."),
        unit("days", "Days of 24 hours."),
        unit("hours", "Hours."),
        unit("minutes", "Minutes."),
        unit("seconds", "Seconds."),
        unit("milliseconds", "Milliseconds."),
    ],
);

const fn unit(name: &'static str, about: &'static str) -> Key {
    key(name, Form::Number, about)
}
