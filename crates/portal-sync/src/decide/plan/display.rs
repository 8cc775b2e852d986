//! A plan as a person reads it.

use std::fmt;

use catalog_model::FieldChange;
use okta_auth::visible::{Visible, line, message, visible};
use serde_json::Value;

use super::change::{ToldChange, Withheld};
use super::{Plan, PlannedChange};
use crate::decide::roster::Cause;
use crate::text::counted::counted;

/// The most characters of a name or an id.
const LONGEST_NAME: usize = 200;

/// The most characters of a value before and after a change.
const LONGEST_VALUE: usize = 500;

/// So many characters that two values have in common are shown before their first difference.
const COMMON: usize = 40;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        for withheld in &self.withheld {
            writeln!(f, "{}", ChangeLine::from(withheld))?;
        }
        for rename in &self.withheld_renames {
            writeln!(
                f,
                "! {} keeps its name, rename withheld: it would be {}",
                rename.entity_ref, rename.to
            )?;
        }
        for unknown in &self.unknown {
            let what = if unknown.kept {
                "keeps the members it had"
            } else {
                "is not added yet"
            };
            writeln!(
                f,
                "? group `{}` ({}) {what}: {}",
                name(&unknown.name),
                name(&unknown.okta_id),
                message(&unknown.reason)
            )?;
        }
        for (id, reason) in &self.quarantined {
            writeln!(
                f,
                "? record {} is quarantined; an entity made of it earlier stays as it was: {}",
                name(id),
                message(&reason.to_string())
            )?;
        }
        for collision in &self.collisions {
            writeln!(
                f,
                "= {collision}, and is called {} instead",
                collision.given
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = ToldChange::from(self);
        write!(f, "{}", ChangeLine::from(&told))?;
        let fields = told.fields.unwrap_or_default();
        fields
            .iter()
            .try_for_each(|field| write!(f, "\n    {}", FieldLine::from(field)))
    }
}

/// A change, without its fields, on a line of its own: as a plan has it, and as the ledger has it. Words of a later version are
/// told as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChangeLine<'a> {
    /// What happens: `added`, `updated`, `renamed`, `removed` or `withheld`.
    pub change: &'a str,
    /// The entity.
    pub entity_ref: &'a str,
    /// What it was called before it was renamed.
    pub from: Option<&'a str>,
    /// The stable word for why it goes, or would go.
    pub cause: Option<&'a str>,
    /// How many members a group would lose.
    pub members: usize,
}

impl<'a> From<&ToldChange<'a>> for ChangeLine<'a> {
    fn from(told: &ToldChange<'a>) -> Self {
        Self {
            change: told.change,
            entity_ref: told.entity_ref,
            from: told.from,
            cause: told.cause,
            members: 0,
        }
    }
}

impl<'a> From<&'a Withheld> for ChangeLine<'a> {
    fn from(withheld: &'a Withheld) -> Self {
        Self {
            change: "withheld",
            entity_ref: withheld.entity_ref.as_str(),
            from: None,
            cause: withheld.cause.map(Cause::as_str),
            members: withheld.members.len(),
        }
    }
}

impl fmt::Display for ChangeLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entity = name(self.entity_ref);
        let cause = self.cause.map(Said);
        match (self.change, self.from, cause) {
            ("added", _, _) => write!(f, "+ {entity}"),
            ("updated", _, _) => write!(f, "~ {entity}"),
            ("renamed", Some(from), _) => write!(f, "~ {} is renamed to {entity}", name(from)),
            ("removed", _, Some(cause)) => write!(f, "- {entity}: {cause}"),
            ("withheld", _, Some(cause)) => {
                write!(f, "! {entity} stays, removal withheld: {cause}")
            }
            ("withheld", _, None) => write!(
                f,
                "! {entity} keeps {}, their removal withheld",
                counted(self.members, "member", "members")
            ),
            (other, _, None) => write!(f, "? {entity} {}", name(other)),
            (other, _, Some(cause)) => write!(f, "? {entity} {}: {cause}", name(other)),
        }
    }
}

/// A cause by its stable word, as people read it.
struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Cause::of_word(self.0) {
            Some(cause) => cause.fmt(f),
            None => name(self.0).fmt(f),
        }
    }
}

/// A name or an id of Okta's, as a line of a plan has it.
pub(crate) fn name(text: &str) -> Visible<'_> {
    visible(text).at_most(LONGEST_NAME)
}

/// A change of a field on one line. Of long values it shows where they differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldLine<'a> {
    path: &'a str,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
}

impl<'a> From<&'a FieldChange> for FieldLine<'a> {
    fn from(change: &'a FieldChange) -> Self {
        Self {
            path: &change.path,
            before: change.before.as_ref(),
            after: change.after.as_ref(),
        }
    }
}

impl<'a> FieldLine<'a> {
    /// The same of a change that was written down.
    #[must_use]
    pub(crate) fn of_written(change: &'a Value) -> Option<Self> {
        Some(Self {
            path: change.get("path")?.as_str()?,
            before: change.get("before"),
            after: change.get("after"),
        })
    }
}

impl fmt::Display for FieldLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = line(self.path);
        // JSON escapes backslashes, so that what is written out by its number is no text that looks like it.
        let text = |value: &Value| line(&value.to_string()).into_owned();
        match (self.before.map(text), self.after.map(text)) {
            (None, Some(after)) => write!(f, "+ {path}: {}", Part::new(&after, 0)),
            (Some(before), None) => write!(f, "- {path}: {}", Part::new(&before, 0)),
            (Some(before), Some(after)) => {
                let from = difference(&before, &after);
                let (before, after) = (Part::new(&before, from), Part::new(&after, from));
                write!(f, "~ {path}: {before} -> {after}")
            }
            (None, None) => write!(f, "= {path}"),
        }
    }
}

/// At which character two texts begin to be shown: the first, where it is no longer than a line takes.
fn difference(one: &str, other: &str) -> usize {
    let is_short = |text: &str| text.chars().nth(LONGEST_VALUE).is_none();
    if is_short(one) && is_short(other) {
        return 0;
    }
    let pairs = one.chars().zip(other.chars());
    let common = pairs.take_while(|(one, other)| one == other).count();
    common.saturating_sub(COMMON)
}

/// A part of a text, with `…` for what is left out.
struct Part<'a> {
    text: &'a str,
    from: usize,
}

impl<'a> Part<'a> {
    const fn new(text: &'a str, from: usize) -> Self {
        Self { text, from }
    }
}

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from > 0 {
            f.write_str("…")?;
        }
        let mut rest = self.text.chars().skip(self.from);
        for character in rest.by_ref().take(LONGEST_VALUE) {
            write!(f, "{character}")?;
        }
        match rest.count() {
            0 => Ok(()),
            more => write!(f, "… and {more} more characters"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decide::plan::tests::{committed, plan, settings};
    use crate::held::notice::ReadingNotice;
    use crate::held::org::{Members, Org};
    use crate::held::run::Run;
    use crate::held::state::State;
    use crate::run::outcome::with_plan;
    use crate::run::report::Report;
    use crate::testing::{group, user};

    fn shown(before: Value, after: Value) -> String {
        let change = FieldChange::new("spec.profile.displayName", Some(before), Some(after));
        FieldLine::from(&change).to_string()
    }

    /// What a person approves looks like what it is.
    #[test]
    fn names_that_differ_look_different() {
        for (one, other) in [
            ("Lee", "Lee\u{202e}"),
            ("Lee", "\u{2066}Lee\u{2069}"),
            ("Lee", "Le\u{200b}e"),
            ("Lee", "Lee\u{9b}31m"),
            ("Lee", "Lee\u{85}"),
            ("a b", "a\u{a0}b"),
            ("a b", "a\u{2028}b"),
            ("Lee", "Lee\u{e0041}"),
            ("Lee", "Lee\u{3164}"),
            ("Lee\u{200d}", "Lee\u{200c}"),
            ("Lee\u{202e}", r"Lee\u{202e}"),
            ("Lee\n+ user:default/b", r"Lee\n+ user:default/b"),
        ] {
            let line = shown(json!(one), json!(other));
            assert!(!line.contains(okta_auth::visible::is_hidden), "{line:?}");
            let values = line.split_once(": ").unwrap().1;
            let (before, after) = values.split_once(" -> ").unwrap();
            assert_ne!(before, after);
            assert_ne!(name(one).to_string(), name(other).to_string());
        }
        assert_eq!(
            shown(json!("Lee"), json!("\u{202e}eeL\u{1b}")),
            r#"~ spec.profile.displayName: "Lee" -> "\u{202e}eeL\u001b""#
        );
    }

    #[test]
    fn of_long_values_it_shows_where_they_differ() {
        let same = "x".repeat(10_000);
        let line = shown(json!(format!("{same}a")), json!(format!("{same}b{same}")));
        assert!(
            line.contains(&format!("…{}a\" -> …", "x".repeat(40))),
            "{line}"
        );
        assert!(line.ends_with("x… and 9542 more characters"), "{line}");
        assert!(line.len() < 1_000);
        let long = json!("é".repeat(10_000));
        assert!(shown(json!(""), long).chars().count() < 600);
    }
    /// Whatever an org holds, no line is one of its own making, and none acts on a terminal.
    #[test]
    fn no_record_writes_a_line_of_the_plan() {
        const FORGED: &str = "\n+ user:default/forged\r\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\u{2028}- user:default/b\u{85}";
        let org = |name: &str| {
            let mut read = Org::default();
            let profile = json!({"login": "a", "displayName": name, "title": name});
            read.users
                .insert("00u1".into(), user("00u1", profile).into());
            for id in ["00g1", &format!("00g2{name}")] {
                let profile = json!({"name": name, "description": name});
                let mut group = group("00g1", profile);
                group.id = id.into();
                read.groups.insert(id.into(), group);
                let reason = format!("okta said: {name}");
                read.members.insert(id.into(), Members::Unknown(reason));
            }
            let odd = format!("00u2{name}");
            read.malformed_users
                .insert(odd.as_str().into(), format!("odd: {name}"));
            let shared = ReadingNotice::NameShared {
                name: name.to_owned(),
                groups: 2,
            };
            read.notices.push(shared);
            read
        };
        let first = plan(&org("Team"), &State::default(), &settings(), None).unwrap();
        let filled = committed(&first, &State::default());
        for before in [State::default(), filled] {
            let plan = plan(&org(FORGED), &before, &settings(), None).unwrap();
            let run = Run {
                provider: plan.provider.clone(),
                ..with_plan(Run::default(), &plan)
            };
            for report in [
                Report::of_plan(&run, Some(&plan)),
                Report::of_sync(&run, Some(&plan)),
            ] {
                let text = format!("{plan}{report}");
                let shown = okta_auth::visible::lines(&text);
                for line in shown.lines() {
                    assert!(!line.contains(okta_auth::visible::is_hidden), "{line:?}");
                    assert!(!line.starts_with("+ user:default/forged"), "{shown}");
                }
                assert!(
                    text.contains(r"\u{a}+ user:default/forged\u{d}\u{1b}]0;t"),
                    "{text}"
                );
                let signs = ["+ ", "- ", "~ ", "! ", "? ", "= ", "    ", "  ", "acme: "];
                for line in text.lines() {
                    assert!(signs.iter().any(|sign| line.starts_with(sign)), "{line:?}");
                }
            }
        }
    }
}
