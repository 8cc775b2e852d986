//! What a plan is called: the same removals, or the same changes, have the same id.

use std::borrow::Cow;
use std::collections::BTreeSet;

use catalog_model::{Digest, EntityRef};
use sha2::{Digest as _, Sha256};

use super::Plan;
use super::change::Withheld;
use crate::decide::mapping::Rename;
use crate::decide::roster::Cause;
use crate::held::document::digest_of;
use crate::held::leavers::Leavers;
use crate::held::object::{Key, Kind};

/// Names removals and renames that are withheld and what becomes of people who leave, and nothing else of the plan: they
/// can be approved after the rest was applied. An id whose approval was used is not given again: when the same removals
/// recur, they are called otherwise.
pub(super) fn of_withheld(
    provider: &str,
    leavers: Leavers,
    withheld: &[Withheld],
    renames: &[Rename],
    used: &BTreeSet<String>,
) -> String {
    let removal = |one: &Withheld| {
        let kind = kind_of(&one.entity_ref);
        let cause = one.cause.map_or("", Cause::as_str);
        format!("{kind} {} {cause} {}", one.okta_id, one.members.join(","))
    };
    let rename = |one: &Rename| {
        let kind = kind_of(&one.entity_ref);
        format!("{kind} {} is called {}", one.okta_id, one.to)
    };
    let leavers = match leavers {
        Leavers::Remove => "remove".to_owned(),
        Leavers::Mark => "mark".to_owned(),
        Leavers::Keep { days } => format!("keep {days}"),
    };
    let mut lines: Vec<String> = std::iter::once(leavers)
        .chain(withheld.iter().map(removal))
        .chain(renames.iter().map(rename))
        .collect();
    loop {
        let id = of_parts(provider, lines.iter().map(|line| [line.into(), "".into()]));
        if !used.contains(&id) {
            return id;
        }
        lines.push(format!("{id} was approved before"));
    }
}

/// Names everything that would be written.
pub(super) fn of_changes(plan: &Plan) -> String {
    let changed = plan.changed.iter();
    let changed = changed.map(|it| (&it.key, digest_of(it.document.body())));
    let written = plan.added.digests().chain(changed);
    let written = written.map(|(key, digest)| [key.text(), digest.to_string().into()]);
    let removed = plan.removed.iter();
    let removed = removed.map(|key| [key.kind().as_str().into(), key.text()]);
    of_parts(&plan.provider, written.chain(removed))
}

/// Names the removal of exactly these objects with their provider. An id whose approval was used is not given again.
pub(crate) fn of_forgotten<'k>(
    provider: &str,
    keys: impl Iterator<Item = &'k Key> + Clone,
    used: &BTreeSet<String>,
) -> String {
    let mut before = String::new();
    loop {
        let removed = keys.clone();
        let removed = removed.map(|key| [key.kind().as_str().into(), key.text()]);
        let purpose = [Cow::from("forget"), before.as_str().into()];
        let id = of_parts(provider, std::iter::once(purpose).chain(removed));
        if !used.contains(&id) {
            return id;
        }
        before = id;
    }
}

fn kind_of(entity_ref: &EntityRef) -> &'static str {
    Kind::of(entity_ref).map_or("", Kind::as_str)
}

fn of_parts<'p>(provider: &str, parts: impl Iterator<Item = [Cow<'p, str>; 2]>) -> String {
    let mut hash = Sha256::new();
    hash.update(provider);
    for [one, other] in parts {
        hash.update([0]);
        hash.update(one.as_bytes());
        hash.update([0]);
        hash.update(other.as_bytes());
    }
    format!("{:.12}", Digest::from_bytes(hash.finalize().into()))
}

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Leavers, Withheld, of_forgotten, of_parts, of_withheld};

    #[test]
    fn removals_are_approved_by_the_id_that_they_always_had()
    -> Result<(), Box<dyn std::error::Error>> {
        let withheld = |okta_id: &str, entity: &str| {
            Ok::<_, catalog_model::RefError>(Withheld {
                okta_id: okta_id.to_owned(),
                entity_ref: entity.parse()?,
                cause: None,
                members: vec!["00u2".to_owned()],
            })
        };
        let withheld = [
            withheld("00u1", "user:default/jane")?,
            withheld("00g1", "group:default/team")?,
        ];
        let lines = ["remove", "User 00u1  00u2", "Group 00g1  00u2"];
        let lines = lines.into_iter().map(|line| [line.into(), "".into()]);
        assert_eq!(
            of_withheld("acme", Leavers::Remove, &withheld, &[], &BTreeSet::new()),
            of_parts("acme", lines)
        );
        Ok(())
    }

    #[test]
    fn an_id_that_was_used_is_not_given_again() {
        let mut used = BTreeSet::new();
        for number in 0..5 {
            let id = of_withheld("acme", Leavers::Remove, &[], &[], &used);
            assert!(used.insert(id), "{number}");
            let id = of_forgotten("acme", std::iter::empty(), &used);
            assert!(used.insert(id), "{number}");
        }
    }
}
