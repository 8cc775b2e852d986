//! Taking everything of a provider out of the catalog, as a value.

use std::sync::Arc;

use crate::decide::plan::{PlannedChange, of_forgotten};
use crate::decide::roster::Cause;
use crate::held::object::Key;
use crate::held::run::Counts;
use crate::held::state::{Entry, State};

/// What goes when a provider is forgotten.
#[derive(Debug, Clone)]
pub(crate) struct Forgetting {
    /// The provider.
    pub provider: String,
    /// Names exactly these removals.
    pub id: String,
    /// What the catalog holds of the provider.
    pub counts: Counts,
    /// The removals, users before groups, each by Okta id.
    pub changes: Arc<Vec<PlannedChange>>,
}

impl Forgetting {
    /// What goes of the catalog when it holds this.
    #[must_use]
    pub(crate) fn of(provider: &str, state: &State) -> Self {
        let users = state.users().iter().map(|(id, it)| (id.clone().into(), it));
        let groups = state.groups().iter();
        let groups = groups.map(|(key, it)| (key.clone().into(), it));
        let objects: Vec<(Key, &Entry)> = users.chain(groups).collect();
        let changes = objects.iter().map(|(key, entry)| PlannedChange::Removed {
            okta_id: key.to_string(),
            entity_ref: entry.entity_ref().clone(),
            cause: Cause::Forgotten,
        });
        Self {
            provider: provider.to_owned(),
            id: of_forgotten(
                provider,
                objects.iter().map(|(key, _)| key),
                &state.approvals().used,
            ),
            counts: Counts::of(state),
            changes: Arc::new(changes.collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{group_entity, user_entity};

    fn state(names: &[&str]) -> State {
        let users = names.iter().map(|name| {
            let id = format!("00u{name}");
            (id, user_entity(name))
        });
        let team = ("00g1".to_owned(), group_entity("team", names));
        State::of_entities(3, users.chain(std::iter::once(team)))
    }

    #[test]
    fn everything_of_the_provider_goes_and_says_why() {
        let forgetting = Forgetting::of("old", &state(&["ann", "bob"]));
        let lines: Vec<String> = forgetting.changes.iter().map(ToString::to_string).collect();
        let expected = ["user:default/ann", "user:default/bob", "group:default/team"]
            .map(|it| format!("- {it}: taken out of the catalog with its tenant"));
        assert_eq!(lines, expected);
        let Counts { users, groups, .. } = forgetting.counts;
        assert_eq!((users, groups), (2, 1));
    }

    #[test]
    fn an_id_names_these_removals_of_this_provider_alone() {
        let id = |provider: &str, names: &[&str]| Forgetting::of(provider, &state(names)).id;
        let one = id("old", &["ann", "bob"]);
        assert_eq!(one, id("old", &["bob", "ann"]));
        for other in [
            id("old", &["ann"]),
            id("old", &["ann", "rob"]),
            id("older", &["ann", "bob"]),
            Forgetting::of("old", &State::default()).id,
        ] {
            assert_ne!(one, other);
        }
    }
}
