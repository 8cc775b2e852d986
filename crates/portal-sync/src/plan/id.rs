//! What a plan is called: the same removals, or the same changes, have the same id.

use catalog_model::Kind;
use sha2::{Digest, Sha256};

use super::change::Withheld;
use crate::leavers::Leavers;
use crate::store::Written;

/// Names removals that are withheld and what becomes of people who leave, and nothing else of the plan: they can be
/// approved after the rest was applied.
pub(super) fn of_withheld(provider: &str, leavers: Leavers, withheld: &[Withheld]) -> String {
    let line = |one: &Withheld| {
        let kind = one.entity_ref.kind();
        format!("{kind} {} {:?} {:?}", one.okta_id, one.cause, one.members)
    };
    let leavers = format!("{leavers:?}");
    let lines: Vec<String> = std::iter::once(leavers)
        .chain(withheld.iter().map(line))
        .collect();
    of_parts(provider, lines.iter().map(|line| [line.as_str(), ""]))
}

/// Names everything that would be written.
pub(super) fn of_changes(
    provider: &str,
    written: &[Written],
    removed: &[(Kind, String)],
) -> String {
    let written = written
        .iter()
        .map(|Written { okta_id, document }| [okta_id, document.body()]);
    let removed = removed
        .iter()
        .map(|(kind, okta_id)| [kind.as_str(), okta_id]);
    of_parts(provider, written.chain(removed))
}

fn of_parts<'p>(provider: &str, parts: impl Iterator<Item = [&'p str; 2]>) -> String {
    let mut hash = Sha256::new();
    hash.update(provider);
    for [one, other] in parts {
        hash.update([0]);
        hash.update(one);
        hash.update([0]);
        hash.update(other);
    }
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
