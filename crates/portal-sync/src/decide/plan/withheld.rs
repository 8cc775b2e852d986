//! What the guard holds back: the difference between a plan with it and one without.

use std::collections::BTreeMap;

use okta_api::UserId;

use super::change::Withheld;
use crate::decide::roster::{Cause, Roster, Standing};
use crate::held::state::State;

/// What would go without the guard and stays with it.
pub(super) fn withheld(guarded: &Roster<'_>, open: &Roster<'_>, state: &State) -> Vec<Withheld> {
    let mut withheld = Vec::new();
    let removed = open.removed_users.iter().map(|(id, cause)| (id, *cause));
    let left = open
        .users
        .iter()
        .filter_map(|(id, standing)| match standing {
            Standing::Left { cause, .. } => Some((id, *cause)),
            _ => None,
        });
    let going: BTreeMap<&UserId, Cause> = removed.chain(left).collect();
    for (id, cause) in going {
        // Also who stays only because the guard held back a group.
        let stays = guarded.users.get(id);
        let held = stays.is_some_and(|standing| !matches!(standing, Standing::Left { .. }));
        if let (true, Some(document)) = (held, state.users().get(id)) {
            withheld.push(Withheld {
                okta_id: id.to_string(),
                entity_ref: document.entity_ref().clone(),
                cause: Some(cause),
                members: Vec::new(),
            });
        }
    }
    for (id, document) in state.groups() {
        let removed = open
            .removed_groups
            .get(id)
            .filter(|_| guarded.groups.contains_key(id));
        let members = match (removed, guarded.members.get(id), open.members.get(id)) {
            (None, Some(kept), Some(left)) if kept != left => kept
                .difference(left)
                .filter(|user| {
                    let standing = open.users.get(*user);
                    standing.is_some_and(|standing| !matches!(standing, Standing::Left { .. }))
                })
                .map(ToString::to_string)
                .collect(),
            _ => Vec::new(),
        };
        if removed.is_some() || !members.is_empty() {
            withheld.push(Withheld {
                okta_id: id.to_string(),
                entity_ref: document.entity_ref().clone(),
                cause: removed.copied(),
                members,
            });
        }
    }
    withheld
}
