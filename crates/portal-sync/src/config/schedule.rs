//! When a tenant is read: `schedule`.

use croner::Cron;
use croner::parser::CronParser;
use figment::value::Value;

use super::duration;
use super::elsewhere;
use super::errors::{ConfigError, quoted};
use super::keys::{FREQUENCY, SCHEDULE};
use super::section::{Entry, Section};
use crate::run::schedule::{Frequency, Schedule};

/// Reads `schedule`; what is wrong in it is noted, and its default is used to go on.
pub(super) fn read(entry: Option<Entry<'_>>) -> Schedule {
    let mut schedule = Schedule::default();
    let Some(section) =
        entry.and_then(|entry| entry.section(&SCHEDULE, "a map with `frequency` and `timeout`"))
    else {
        return schedule;
    };
    if let Some(frequency) = section.get("frequency").and_then(|entry| frequency(&entry)) {
        schedule.frequency = frequency;
    }
    if let Some(timeout) = section
        .get("timeout")
        .and_then(|entry| duration::read_some(&entry))
    {
        schedule.timeout = timeout;
    }
    if let Some(delay) = section
        .get("initialDelay")
        .and_then(|entry| duration::read(&entry))
    {
        schedule.initial_delay = delay;
    }
    // Backstage's word for whether replicas share the schedule. Accepted, because it is in files that
    // teams have; one process reads a tenant, so both mean the same.
    if let Some(scope) = section.get("scope") {
        let _: Option<()> = scope.choice(&[("global", ()), ("local", ())]);
    }
    section.close_beside(elsewhere::SCHEDULE);
    schedule
}

/// How often, as a period, a pattern, or only on demand.
pub(super) fn frequency(entry: &Entry<'_>) -> Option<Frequency> {
    match entry.value() {
        Value::String(_, text) if text.trim() == "manual" => return Some(Frequency::Manual),
        Value::Dict(_, keys) if keys.contains_key("cron") || keys.contains_key("trigger") => {}
        Value::String(_, text) if cron(text).is_some() => {
            let error = ConfigError::new(format!(
                "{} is a cron pattern and no duration",
                quoted(text)
            ));
            entry.refuse(error.fix(format!("write `frequency: {{ cron: '{}' }}`", text.trim())));
            return None;
        }
        _ => return duration::read_some(entry).map(Frequency::Every),
    }
    let section = entry.section(&FREQUENCY, "a frequency")?;
    let frequency = on_demand_or_cron(&section);
    section.close();
    frequency
}

fn on_demand_or_cron(section: &Section<'_>) -> Option<Frequency> {
    let trigger = section.get("trigger");
    let Some(entry) = section.get("cron") else {
        if trigger.is_none()
            && !["cron", "trigger"]
                .iter()
                .any(|key| section.is_unresolved(key))
        {
            section.refuse(ConfigError::new("neither `cron` nor `trigger` is given"));
        }
        return trigger?
            .choice(&[("manual", ())])
            .map(|()| Frequency::Manual);
    };
    if trigger.is_some() {
        section.refuse(
            ConfigError::new("`cron` and `trigger` cannot be combined").fix("keep one of them"),
        );
        return None;
    }
    let text = entry.text("a cron pattern such as `\"0 */2 * * *\"`")?;
    match cron(text) {
        Some(pattern) if !ever_comes(&pattern) => {
            let error = ConfigError::new(format!("{} names a time that never comes", quoted(text)));
            entry.refuse(error.fix("look at the day of month (third of five fields) and the month (fourth): not every month has that day"));
            None
        }
        Some(pattern) => Some(Frequency::Cron(Box::new(pattern))),
        // The reason is told in the words of the parser's own types, so it is left out.
        None => {
            entry.refuse(
                ConfigError::new(format!("{} is not a cron pattern", quoted(text))).fix(
                    "write five fields (minute, hour, day of month, month, day of week), or six \
                         with seconds first",
                ),
            );
            None
        }
    }
}

/// Names of patterns that Backstage's scheduler knows and the parser here does not.
///
/// Source: `PRESETS` of the npm package `cron`, by which Backstage reads patterns.
const PRESETS: [(&str, &str); 4] = [
    ("@secondly", "* * * * * *"),
    ("@minutely", "* * * * *"),
    ("@weekdays", "0 0 * * 1-5"),
    ("@weekends", "0 0 * * 0,6"),
];

/// A pattern as Backstage takes it: with a start and no end before a step, as in `5/15`, too.
fn cron(text: &str) -> Option<Cron> {
    let text = text.trim();
    let preset = PRESETS
        .iter()
        .find(|(name, _)| text.eq_ignore_ascii_case(name));
    let pattern = preset.map_or(text, |(_, pattern)| pattern);
    let parser = CronParser::builder().sloppy_ranges(true).build();
    parser.parse(pattern).ok()
}

/// Whether there is a time that a pattern names. Days repeat after 400 years, so it is the same whenever it is asked; in a
/// leap year that is the longest way from one the search begins.
fn ever_comes(pattern: &Cron) -> bool {
    let start = jiff::civil::date(2000, 1, 1).to_zoned(jiff::tz::TimeZone::UTC);
    start.is_ok_and(|start| pattern.find_next_occurrence(&start, true).is_ok())
}
