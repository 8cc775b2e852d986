//! How often something is done.

use super::duration::UNITS;
use super::table::{Form, Table, key};

pub(super) const FREQUENCY_FORM: Form = Form::OneOf(&[
    Form::Choice(&["manual"]),
    Form::Time,
    Form::Map(&UNITS),
    Form::Map(&FREQUENCY),
]);

pub(in super::super) static FREQUENCY: Table = Table::new(
    "frequency",
    &[
        key(
            "trigger",
            Form::Choice(&["manual"]),
            "Only when somebody asks for it (SIGUSR1).",
        ),
        key(
            "cron",
            Form::Cron,
            "Five fields (minute, hour, day of month, month, day of week), or six with seconds first, or a name such as `@hourly`, in the time zone of the process.",
        ),
    ],
);
