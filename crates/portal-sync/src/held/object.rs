//! What an entity of the catalog stands for: a user or a group of Okta's, or a group that the configuration makes.
//!
//! Okta's ids are Okta's. What the configuration makes has a key of its own, which the store, the plan and the `uid` of an
//! entity show as a text that no id of Okta's can be: these are letters and digits.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use catalog_model::EntityRef;
use okta_api::{GroupId, UserId};
use serde::{Deserialize, Serialize};

/// What the catalog has entities of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// A person.
    User,
    /// A set of people.
    Group,
}

impl Kind {
    /// The spelling of `kind` in an entity.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// The spelling in a ref.
    #[must_use]
    pub(crate) const fn lower(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The kind of the entity that has this ref.
    #[must_use]
    pub(crate) fn of(entity_ref: &EntityRef) -> Option<Self> {
        Self::named(entity_ref.kind())
    }

    /// The kind of this name, whatever its letter case.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = [Self::User, Self::Group].into_iter();
        all.find(|kind| kind.lower().eq_ignore_ascii_case(name))
    }
}

impl From<Kind> for catalog_model::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::USER,
            Kind::Group => Self::GROUP,
        }
    }
}

const MERGED: &str = "portal-sync:merged:";
const ROOT: &str = "portal-sync:root";

/// What a group entity stands for.
///
/// The order is that of the texts: Okta's ids, then what is made of several by name, then the root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GroupKey {
    /// A group of Okta's, such as `00g1a2b3c4d5E6F7g8h9`.
    Okta(GroupId),
    /// A group that the configuration makes of several, by its name there: `portal-sync:merged:Platform`.
    Merged(Box<str>),
    /// The group that all others are part of: `portal-sync:root`.
    Root,
}

/// What an entity stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    /// A user of Okta's.
    User(UserId),
    /// A group.
    Group(GroupKey),
}

impl GroupKey {
    /// The group of Okta's; nothing for what the configuration makes.
    #[must_use]
    pub(crate) const fn okta(&self) -> Option<&GroupId> {
        match self {
            Self::Okta(id) => Some(id),
            Self::Merged(_) | Self::Root => None,
        }
    }

    /// The text that stands for it: [`GroupKey`] reads it back.
    #[must_use]
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Okta(id) => id.as_str().into(),
            Self::Merged(name) => format!("{MERGED}{name}").into(),
            Self::Root => ROOT.into(),
        }
    }
}

impl Key {
    /// The key of an object of this kind that has this text.
    #[must_use]
    pub(crate) fn parse(kind: Kind, text: &str) -> Self {
        match kind {
            Kind::User => Self::User(text.into()),
            Kind::Group => Self::Group(text.into()),
        }
    }

    /// The kind of the entity.
    #[must_use]
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
        }
    }

    /// The text that stands for it, unique for its provider and kind.
    #[must_use]
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::User(id) => id.as_str().into(),
            Self::Group(key) => key.text(),
        }
    }
}

impl From<&str> for GroupKey {
    fn from(text: &str) -> Self {
        match text.strip_prefix(MERGED) {
            Some(name) => Self::Merged(name.into()),
            None if text == ROOT => Self::Root,
            None => Self::Okta(text.into()),
        }
    }
}

impl FromStr for GroupKey {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl From<GroupId> for GroupKey {
    fn from(id: GroupId) -> Self {
        Self::Okta(id)
    }
}

impl From<UserId> for Key {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<GroupKey> for Key {
    fn from(key: GroupKey) -> Self {
        Self::Group(key)
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_prints_as_the_store_has_it_and_reads_back() {
        for (text, key) in [
            ("00g1", GroupKey::Okta("00g1".into())),
            ("portal-sync:root", GroupKey::Root),
            (
                "portal-sync:merged:Platform",
                GroupKey::Merged("Platform".into()),
            ),
            ("portal-sync:merged:", GroupKey::Merged("".into())),
            (
                "portal-sync:merged:portal-sync:root",
                GroupKey::Merged("portal-sync:root".into()),
            ),
        ] {
            assert_eq!(key.to_string(), text);
            assert_eq!(GroupKey::from(text), key);
            assert_eq!(Key::parse(Kind::Group, text), key.into());
        }
        let jane = Key::parse(Kind::User, "00u1");
        assert_eq!(jane, Key::User("00u1".into()));
        assert_eq!((jane.kind(), &*jane.text()), (Kind::User, "00u1"));
    }

    #[test]
    fn keys_are_in_the_order_of_their_texts() {
        let texts = [
            "00g1",
            "00g2",
            "00gz",
            "portal-sync:merged:A",
            "portal-sync:merged:B",
            "portal-sync:root",
        ];
        let keys = texts.map(GroupKey::from);
        assert!(keys.is_sorted());
    }

    #[test]
    fn a_key_of_a_group_is_no_larger_than_an_id() {
        assert_eq!(size_of::<GroupKey>(), size_of::<GroupId>());
    }
}
