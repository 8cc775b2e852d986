//! The parts of a plan.

use catalog_model::{EntityRef, FieldChange};
use serde::Serialize;

use crate::decide::roster::Cause;
use crate::held::object::Kind;

/// One change of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PlannedChange {
    /// An entity comes.
    Added {
        /// The Okta object it is made from.
        okta_id: String,
        /// The entity.
        entity_ref: EntityRef,
    },
    /// An entity changes.
    Updated {
        /// The Okta object it is made from.
        okta_id: String,
        /// The entity.
        entity_ref: EntityRef,
        /// What changes of it.
        fields: Vec<FieldChange>,
    },
    /// An entity gets another name.
    Renamed {
        /// The Okta object it is made from.
        okta_id: String,
        /// What it was called.
        from: EntityRef,
        /// What it will be called.
        entity_ref: EntityRef,
        /// What changes of it.
        fields: Vec<FieldChange>,
    },
    /// An entity goes.
    Removed {
        /// The Okta object it was made from.
        okta_id: String,
        /// The entity.
        entity_ref: EntityRef,
        /// Why.
        cause: Cause,
    },
}

/// A removal that the guard holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Withheld {
    /// The Okta object.
    pub okta_id: String,
    /// The entity that stays.
    #[serde(serialize_with = "as_text")]
    pub entity_ref: EntityRef,
    /// Why the entity would go; none when only members of the group would.
    #[serde(serialize_with = "cause_word_or_null")]
    pub cause: Option<Cause>,
    /// The Okta ids of the members the group would lose, when only they would go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<String>,
}

/// A change as it is told: by the plan, and by the ledger.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToldChange<'a> {
    /// What happens: `added`, `updated`, `renamed` or `removed`.
    pub change: &'static str,
    /// The kind of the object.
    pub kind: &'static str,
    /// What it is, or was, made from.
    pub okta_id: &'a str,
    /// What it was called before it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// The entity.
    pub entity_ref: &'a str,
    /// Why it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// What changes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<&'a [FieldChange]>,
}

impl<'a> From<&'a PlannedChange> for ToldChange<'a> {
    fn from(change: &'a PlannedChange) -> Self {
        let of = |change, okta_id: &'a str, entity_ref: &'a EntityRef| Self {
            change,
            kind: Kind::of(entity_ref).map_or("", Kind::as_str),
            okta_id,
            from: None,
            entity_ref: entity_ref.as_str(),
            cause: None,
            fields: None,
        };
        match change {
            PlannedChange::Added {
                okta_id,
                entity_ref,
            } => of("added", okta_id, entity_ref),
            PlannedChange::Updated {
                okta_id,
                entity_ref,
                fields,
            } => Self {
                fields: Some(fields),
                ..of("updated", okta_id, entity_ref)
            },
            PlannedChange::Renamed {
                okta_id,
                from,
                entity_ref,
                fields,
            } => Self {
                from: Some(from.as_str()),
                fields: Some(fields),
                ..of("renamed", okta_id, entity_ref)
            },
            PlannedChange::Removed {
                okta_id,
                entity_ref,
                cause,
            } => Self {
                cause: Some(cause.as_str()),
                ..of("removed", okta_id, entity_ref)
            },
        }
    }
}

impl Serialize for PlannedChange {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ToldChange::from(self).serialize(serializer)
    }
}

impl PlannedChange {
    /// What changes, in one line without the fields.
    #[must_use]
    pub(crate) fn headline(&self) -> String {
        let text = self.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

fn as_text<S: serde::Serializer>(entity_ref: &EntityRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(entity_ref)
}

fn cause_word_or_null<S: serde::Serializer>(
    cause: &Option<Cause>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match cause {
        Some(cause) => serializer.serialize_str(cause.as_str()),
        None => serializer.serialize_none(),
    }
}
