//! Which objects a text stands for.

use std::collections::BTreeSet;

use catalog_model::{EntityRef, Namespace, RefError};
use okta_api::UserId;

use super::held::{Held, Tenant};
use crate::decide::plan::PlannedChange;
use crate::held::object::{GroupKey, Key, Kind};

/// What somebody asks about: an Okta id, which compares exactly, or a login, an e-mail address, a name or a ref, which compare
/// whatever their letter case.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    /// The kind.
    pub kind: Kind,
    /// As it was asked.
    pub text: String,
    lower: String,
    /// The ref, if it is written as one.
    entity_ref: Option<EntityRef>,
}

/// A text that stands for nothing of that kind.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SoughtError {
    /// It says another kind itself.
    #[error("`{text}` is the ref of a {}, and a {} was asked for", is.lower(), asked.lower())]
    OtherKind {
        /// The text.
        text: String,
        /// Its kind.
        is: Kind,
        /// The kind that was asked for.
        asked: Kind,
    },
    /// It has the form of a ref and is none.
    #[error("`{text}` is no ref of an entity")]
    NoRef {
        /// The text.
        text: String,
        /// Why.
        source: Box<RefError>,
    },
    /// There is nothing in it.
    #[error("there is nothing to look for in an empty text")]
    Empty,
}

impl Sought {
    /// What is asked about of a kind.
    ///
    /// # Errors
    /// When the text is empty, a ref of another kind, or begins like a ref and is none.
    pub(crate) fn new(kind: Kind, text: &str) -> Result<Self, SoughtError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SoughtError::Empty);
        }
        // Okta's names may hold any character: only what begins with a kind is taken for a ref.
        let named = text
            .split_once(':')
            .and_then(|(named, _)| Kind::named(named));
        let entity_ref = match named {
            Some(is) if is != kind => {
                return Err(SoughtError::OtherKind {
                    text: text.to_owned(),
                    is,
                    asked: kind,
                });
            }
            Some(_) => Some(parsed(kind, text).map_err(|source| SoughtError::NoRef {
                text: text.to_owned(),
                source: Box::new(source),
            })?),
            None if text.contains('/') => parsed(kind, text).ok(),
            None => None,
        };
        Ok(Self {
            kind,
            text: text.to_owned(),
            lower: text.to_lowercase(),
            entity_ref,
        })
    }

    /// What the ledger may have it under: an id, or refs.
    #[must_use]
    pub(crate) fn in_ledger(&self, tenant: &Tenant) -> Vec<String> {
        let by_name = match &self.entity_ref {
            Some(entity_ref) => Some(entity_ref.as_str().to_owned()),
            None => {
                let namespace = &tenant.settings.mapping.rules().namespace;
                let found = EntityRef::parse(&self.text, &self.kind.into(), namespace);
                found.ok().map(|found| found.as_str().to_owned())
            }
        };
        std::iter::once(self.text.clone()).chain(by_name).collect()
    }

    /// The objects of a tenant that it stands for.
    #[must_use]
    pub(crate) fn fits(&self, tenant: &Tenant, held: &Held) -> BTreeSet<Key> {
        let mut keys: BTreeSet<Key> = match self.kind {
            Kind::User => self.users(held).map(Key::User).collect(),
            Kind::Group => self.groups(tenant, held).map(Key::Group).collect(),
        };
        // What something would be called that is not there yet.
        let changes = held.plan.iter().flat_map(|plan| &plan.changes);
        keys.extend(changes.filter_map(|change| match change {
            PlannedChange::Added {
                okta_id,
                entity_ref,
            }
            | PlannedChange::Renamed {
                okta_id,
                entity_ref,
                ..
            } if self.is_ref(entity_ref) => Some(Key::parse(self.kind, okta_id)),
            _ => None,
        }));
        keys
    }

    fn users<'h>(&'h self, held: &'h Held) -> impl Iterator<Item = UserId> + 'h {
        let account = &held.mirror.account;
        let listed = held.mirror.users().iter().filter(|(id, user)| {
            let profile = &user.record.profile;
            self.is_id(id.as_str())
                || [profile.login(), profile.email()]
                    .into_iter()
                    .flatten()
                    .any(|name| self.is_name(name))
        });
        let listed = listed.map(|(id, _)| id);
        let in_catalog = held.state.users().iter();
        let in_catalog = in_catalog
            .filter(|(id, entry)| self.is_id(id.as_str()) || self.is_ref(entry.entity_ref()));
        let in_catalog = in_catalog.map(|(id, _)| id);
        let others = account.deactivated.iter().chain(&account.deleted);
        let others = others
            .chain(account.malformed_users.keys())
            .chain(&account.unconfirmed)
            .filter(|id| self.is_id(id.as_str()));
        // Whom Okta's side of a filter left out may be known as a member all the same.
        let id = UserId::from(self.text.as_str());
        let mut rolls = held.mirror.rolls().values();
        let member = rolls.any(|roll| roll.ids.contains(&id)).then_some(id);
        listed
            .chain(in_catalog)
            .chain(others)
            .cloned()
            .chain(member)
    }

    fn groups<'h>(
        &'h self,
        tenant: &'h Tenant,
        held: &'h Held,
    ) -> impl Iterator<Item = GroupKey> + 'h {
        let rules = &tenant.settings.mapping.rules().groups;
        let listed = held.mirror.groups().iter().filter(|(id, group)| {
            let name = group.record.profile.name();
            self.is_id(id.as_str()) || name.is_some_and(|name| self.is_name(name))
        });
        let malformed = held.mirror.account.malformed_groups.keys();
        let parts = held.state.merged().values().flatten();
        let by_id = malformed.chain(parts).filter(|id| self.is_id(id.as_str()));
        let in_catalog = held.state.groups().iter();
        let in_catalog = in_catalog
            .filter(|(key, entry)| self.is_id(&key.text()) || self.is_ref(entry.entity_ref()));
        let merged = rules.merge.iter().filter(|merge| {
            let key = merge.key();
            self.is_name(&merge.name) || self.is_id(&key.text())
        });
        let root = rules.root.iter();
        let root = root.filter(|root| self.is_name(root.name.as_str()));
        listed
            .map(|(id, _)| id)
            .chain(by_id)
            .map(|id| GroupKey::Okta(id.clone()))
            .chain(in_catalog.map(|(key, _)| key.clone()))
            .chain(merged.map(crate::decide::rules::Merge::key))
            .chain(root.map(|_| GroupKey::Root))
    }

    fn is_id(&self, id: &str) -> bool {
        self.text == id
    }

    fn is_name(&self, name: &str) -> bool {
        name.trim().to_lowercase() == self.lower
    }

    fn is_ref(&self, other: &EntityRef) -> bool {
        Kind::of(other) == Some(self.kind)
            && match &self.entity_ref {
                Some(entity_ref) => entity_ref == other,
                None => other.name() == self.lower,
            }
    }
}

fn parsed(kind: Kind, text: &str) -> Result<EntityRef, RefError> {
    EntityRef::parse(text, &kind.into(), &Namespace::default())
}
