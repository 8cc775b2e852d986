//! The steps that users and groups have in common: the filter's clauses, the name, the guard, quarantine.

use catalog_model::EntityName;
use jiff::Timestamp;

use super::told::{Next, Part, Step, Verdict};
use super::view::{View, at};
use crate::decide::rules::Renames;
use crate::held::object::{Key, Kind};
use crate::read::selection::Clauses;
use crate::text::counted::counted;
use crate::text::template::Missing;

/// What an object would be called alone, and the way that gives the name, with its key.
pub(super) type Naming = Result<(EntityName, Option<String>), Missing>;

/// What a filter says of a record.
pub(super) fn clauses(key: &str, clauses: &Clauses) -> Step {
    let Clauses {
        matches,
        decisive,
        by_okta,
    } = clauses;
    let decisive = decisive.join("; ");
    let found = by_okta
        .as_ref()
        .filter(|_| *matches && decisive.is_empty())
        .map(|search| format!("Okta's search for `{search}` lists it"));
    let (verdict, says) = match matches {
        true => (Verdict::Passed, "matches"),
        false => (Verdict::Refused, "does not match"),
    };
    let decisive = (!decisive.is_empty()).then_some(decisive);
    let told: Vec<String> = decisive.into_iter().chain(found).collect();
    Step::new(
        Part::Filter,
        verdict,
        format!("{says} `{key}`: {}", told.join("; ")),
    )
}

impl View<'_> {
    /// What it is called, and why.
    pub(super) fn name_step(&self, key: &Key, naming: Option<Naming>, next: &Next) -> Step {
        let keys = match key.kind() {
            Kind::User => "userName",
            Kind::Group => "groupName",
        };
        let now = self.entry(key).map(|entry| entry.entity_ref().as_str());
        let keeps = |why: &str| match now {
            Some(now) => Step::kept(Part::Name, format!("keeps {now}, the name it has: {why}")),
            None => Step::unknown(Part::Name, why.to_owned()),
        };
        let (name, way) = match naming {
            Some(Ok(naming)) => naming,
            Some(Err(missing)) => {
                return keeps(&format!("`{keys}` gives it no name: {missing}"));
            }
            None => return keeps("no record is held to name it by"),
        };
        let way = match way {
            Some(way) => format!("`{name}` by {way}"),
            None => format!("`{name}`, its Okta id, for `{keys}` gives it no other name"),
        };
        let text = key.text();
        let plan = self.plan();
        let is_kind = |entity_ref| Kind::of(entity_ref) == Some(key.kind());
        let mut withheld = plan.iter().flat_map(|plan| &plan.withheld_renames);
        if let Some(rename) = withheld.find(|it| it.okta_id == text && is_kind(&it.entity_ref)) {
            return Step::kept(
                Part::Name,
                format!(
                    "{way}: it would be {}, and the guard holds the new name back: it keeps {}",
                    rename.to, rename.entity_ref
                ),
            );
        }
        let mut collisions = plan.iter().flat_map(|plan| &plan.collisions);
        if let Some(collision) = collisions.find(|it| it.okta_id == text && it.kind == key.kind()) {
            let given = &collision.given;
            return Step::passed(
                Part::Name,
                format!("{way}, but {collision}: it is {given} instead"),
            );
        }
        let given = next.entity_ref.as_deref().or(now);
        let is_other = given.is_some_and(|given| {
            let (_, given) = given.rsplit_once('/').unwrap_or(("", given));
            !given.eq_ignore_ascii_case(name.as_str())
        });
        match (given, is_other && plan.is_some()) {
            (Some(given), true) if self.rules().renames == Renames::Keep => Step::kept(
                Part::Name,
                format!("keeps {given}, as `mapping.renames` says; today it would be {way}"),
            ),
            (Some(given), true) => {
                Step::kept(Part::Name, format!("{given}; alone it would be {way}"))
            }
            (Some(given), false) => Step::passed(Part::Name, format!("{given}: {way}")),
            (None, _) => Step::passed(Part::Name, format!("would be {way}")),
        }
    }

    /// What the guard holds back of it.
    pub(super) fn guard_step(&self, key: &Key, next: &Next) -> Step {
        let plan = match &self.held.plan {
            Ok(plan) => plan,
            Err(why) => {
                let why = format!("what the next run does cannot be told: {why}");
                return Step::unknown(Part::Guard, why);
            }
        };
        let text = key.text();
        let withheld = plan
            .withheld
            .iter()
            .find(|it| it.okta_id == text && Kind::of(&it.entity_ref) == Some(key.kind()));
        let id = &plan.id;
        if let Some(withheld) = withheld {
            let trips = plan.tripped.iter().map(ToString::to_string);
            let trips = trips.collect::<Vec<_>>().join("; ");
            let what = match withheld.cause {
                Some(cause) => format!("would go: {cause}"),
                None => format!(
                    "would lose {}",
                    counted(withheld.members.len(), "member", "members")
                ),
            };
            return Step::kept(
                Part::Guard,
                format!(
                    "{what}; held back, for {trips}: look at `portal-sync plan`, then `portal-sync sync --approve {id}` lets it go"
                ),
            );
        }
        let loses = |id: &str| {
            let held = plan.withheld.iter();
            held.filter(|it| it.members.iter().any(|member| member == id))
                .map(|it| it.entity_ref.to_string())
                .collect::<Vec<_>>()
        };
        let back = match key {
            Key::User(id) => loses(id.as_str()),
            Key::Group(_) => Vec::new(),
        };
        if !back.is_empty() {
            return Step::kept(
                Part::Guard,
                format!(
                    "would not be a member of {} any more, which is held back: `portal-sync sync --approve {id}` lets it go",
                    super::view::some(back)
                ),
            );
        }
        match next.change {
            "removed" => Step::passed(Part::Guard, format!("lets it go: {}", next.why)),
            _ => Step::passed(Part::Guard, "holds nothing of it back"),
        }
    }

    /// Whether its record can be read and named.
    pub(super) fn quarantine_step(&self, key: &Key, since: Option<Timestamp>) -> Step {
        let text = key.text();
        let since = since.map_or_else(String::new, |since| format!("since {}: ", at(since)));
        let Some(plan) = self.plan() else {
            let why = "what the next run does cannot be told";
            return Step::unknown(Part::Quarantine, why);
        };
        let Some(reason) = plan.quarantined.get(&*text) else {
            return Step::passed(Part::Quarantine, "is not set aside");
        };
        match self.entry(key) {
            Some(entry) => Step::kept(
                Part::Quarantine,
                format!(
                    "{since}{reason}; {} stays as it last was",
                    entry.entity_ref()
                ),
            ),
            None => Step::refused(
                Part::Quarantine,
                format!("{since}{reason}; it is not added before that is right"),
            ),
        }
    }
}
