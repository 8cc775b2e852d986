//! What the guard holds back: the difference between a plan with it and one without.

use super::change::Withheld;
use crate::roster::Roster;
use crate::state::State;

/// What would go without the guard and stays with it.
pub(super) fn withheld(guarded: &Roster<'_>, open: &Roster<'_>, state: &State) -> Vec<Withheld> {
    let mut withheld = Vec::new();
    for (id, cause) in &open.removed_users {
        if let (true, Some(entity)) = (guarded.users.contains_key(id), state.users().get(id)) {
            withheld.push(Withheld {
                okta_id: id.to_string(),
                entity_ref: entity.entity_ref(),
                cause: Some(*cause),
                members: Vec::new(),
            });
        }
    }
    for (id, entity) in state.groups() {
        let removed = open
            .removed_groups
            .get(id)
            .filter(|_| guarded.groups.contains_key(id));
        let members = match (removed, guarded.members.get(id), open.members.get(id)) {
            (None, Some(kept), Some(left)) => kept
                .difference(left)
                .filter(|user| open.users.contains_key(*user))
                .map(ToString::to_string)
                .collect(),
            _ => Vec::new(),
        };
        if removed.is_some() || !members.is_empty() {
            withheld.push(Withheld {
                okta_id: id.to_string(),
                entity_ref: entity.entity_ref(),
                cause: removed.copied(),
                members,
            });
        }
    }
    withheld
}
