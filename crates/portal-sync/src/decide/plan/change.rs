//! The parts of a plan.

use catalog_model::{EntityRef, FieldChange};
use serde::Serialize;

use crate::decide::roster::Cause;

/// One change of the catalog.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "change",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum PlannedChange {
    /// An entity comes.
    Added {
        /// The Okta object it is made from.
        okta_id: String,
        /// The entity.
        #[serde(serialize_with = "as_text")]
        entity_ref: EntityRef,
    },
    /// An entity changes.
    Updated {
        /// The Okta object it is made from.
        okta_id: String,
        /// The entity.
        #[serde(serialize_with = "as_text")]
        entity_ref: EntityRef,
        /// What changes of it.
        fields: Vec<FieldChange>,
    },
    /// An entity gets another name.
    Renamed {
        /// The Okta object it is made from.
        okta_id: String,
        /// What it was called.
        #[serde(serialize_with = "as_text")]
        from: EntityRef,
        /// What it will be called.
        #[serde(serialize_with = "as_text")]
        entity_ref: EntityRef,
        /// What changes of it.
        fields: Vec<FieldChange>,
    },
    /// An entity goes.
    Removed {
        /// The Okta object it was made from.
        okta_id: String,
        /// The entity.
        #[serde(serialize_with = "as_text")]
        entity_ref: EntityRef,
        /// Why.
        #[serde(serialize_with = "cause_word")]
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

fn cause_word<S: serde::Serializer>(cause: &Cause, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cause.as_str())
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
