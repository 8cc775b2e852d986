//! Groups.

use std::fmt;

use jiff::Timestamp;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::id::GroupId;
use crate::profile::{Profile, ProfileSeed};
use crate::reader::{Reader, first, once};
use crate::timestamp;
use crate::word::words;

/// The field with what a list was asked for besides its groups.
pub(crate) const EMBEDDED: &str = "_embedded";

/// A group of the org.
///
/// Every field but the id may be missing or `null`; unknown fields are kept in `extra` and written
/// back, `_links` are dropped.
///
/// ```
/// use okta_api::{Group, GroupType};
///
/// let group: Group = serde_json::from_str(
///     r#"{"id": "00g1", "type": "OKTA_GROUP", "profile": {"name": "Designers", "description": ""}}"#,
/// )?;
/// assert_eq!(group.kind, GroupType::OktaGroup);
/// assert_eq!(group.profile.name(), Some("Designers"));
/// assert_eq!(group.profile.description(), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Group {
    /// Okta's id, never reused.
    pub id: GroupId,
    /// When the group was made.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<Timestamp>,
    /// When the profile last changed. Members coming and going do not touch it.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_updated: Option<Timestamp>,
    /// When a member last came or went: a hint, not a clock. Recordings show it seconds stale on
    /// ordinary groups and weeks stale on `Everyone`, depending on the endpoint that was asked.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_membership_updated: Option<Timestamp>,
    /// What the group is made of, such as `okta:user_group` or `okta:windows_security_principal`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub object_class: Vec<String>,
    /// Who owns the group's members. `type` on the wire.
    #[serde(rename = "type", skip_serializing_if = "GroupType::is_absent")]
    pub kind: GroupType,
    /// The group's name, description and whatever the org or an import has added.
    pub profile: Profile,
    /// Everything else that Okta sent, but `_links`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Group {
    /// A group of which nothing is known but its id, whatever that is.
    ///
    /// ```
    /// use okta_api::{Group, GroupId};
    ///
    /// let group = Group::new(GroupId::from("all-teams"));
    /// assert_eq!(group.profile.name(), None);
    /// ```
    #[must_use]
    pub fn new(id: GroupId) -> Self {
        Self {
            id,
            created: None,
            last_updated: None,
            last_membership_updated: None,
            object_class: Vec::new(),
            kind: GroupType::default(),
            profile: Profile::default(),
            extra: Map::new(),
        }
    }

    /// The group's size, when the list was asked for it (see
    /// [`List::with_stats`](crate::List::with_stats)).
    #[must_use]
    pub fn stats(&self) -> Option<GroupStats> {
        let users_count = self
            .extra
            .get(EMBEDDED)?
            .get("stats")?
            .get("usersCount")?
            .as_u64()?;
        Some(GroupStats { users_count })
    }
}

/// How large a group is, as Okta counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupStats {
    /// Its members.
    pub users_count: u64,
}

words! {
    /// Who owns a group's members (Okta's schema `GroupType`).
    GroupType {
        /// Okta: its members are assigned by hand, by rules or through the API.
        OktaGroup = "OKTA_GROUP",
        /// An application or a directory, from which the group is imported.
        AppGroup = "APP_GROUP",
        /// Okta itself: `Everyone` and `Okta Administrators`.
        BuiltIn = "BUILT_IN",
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Reader::of_everything(), deserializer)
    }
}

impl Group {
    /// Reads a group, and builds what is kept.
    pub(crate) fn read<'de, D: Deserializer<'de>>(
        reader: &Reader<'_>,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_map(GroupVisitor(reader))
    }
}

/// Reads a group in one pass, without building its links.
struct GroupVisitor<'a>(&'a Reader<'a>);

impl<'de> Visitor<'de> for GroupVisitor<'_> {
    type Value = Group;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a group")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Group, A::Error> {
        let mut id = None;
        let mut group = Group::new(GroupId::from(""));
        let (reader, mut seen) = (self.0, 0);
        while let Some(name) = fields.next_key::<SmolStr>()? {
            let (seen, fields) = (&mut seen, &mut fields);
            match name.as_str() {
                "id" => id = Some(once(seen, 0, "id", fields)?),
                "created" => group.created = once(seen, 1, "created", fields)?,
                "lastUpdated" => group.last_updated = once(seen, 2, "lastUpdated", fields)?,
                "lastMembershipUpdated" => {
                    group.last_membership_updated = once(seen, 3, "lastMembershipUpdated", fields)?;
                }
                "objectClass" => {
                    first(seen, 4, "objectClass")?;
                    group.object_class = fields.next_value_seed(reader.texts())?;
                }
                "type" => group.kind = once(seen, 5, "type", fields)?,
                "profile" => {
                    first(seen, 6, "profile")?;
                    group.profile = fields.next_value_seed(ProfileSeed(reader))?;
                }
                "_links" => drop(fields.next_value::<IgnoredAny>()?),
                other if reader.keep().field(other) => {
                    let value = fields.next_value_seed(reader.value())?;
                    group.extra.insert(name.into(), value);
                }
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        group.id = id.ok_or_else(|| serde::de::Error::missing_field("id"))?;
        Ok(group)
    }
}

#[cfg(test)]
mod tests {
    use super::{Group, GroupStats, GroupType};

    #[test]
    fn only_the_id_is_needed() {
        for text in [
            r#"{"id": "00g1"}"#,
            r#"{"id": "00g1", "type": null, "objectClass": null, "profile": null}"#,
        ] {
            let group: Group = serde_json::from_str(text).unwrap();
            assert_eq!((group.id.as_str(), group.stats()), ("00g1", None));
            assert_eq!(group.kind, GroupType::Other(String::new()));
        }
        serde_json::from_str::<Group>("{}").unwrap_err();
    }

    #[test]
    fn the_size_is_read_from_the_embedded_statistics() {
        let text = r#"{"id": "00g1", "_embedded": {"stats": {"usersCount": 12, "appsCount": 0, "hasAdminPrivilege": false}}}"#;
        let group: Group = serde_json::from_str(text).unwrap();
        assert_eq!(group.stats(), Some(GroupStats { users_count: 12 }));
    }

    #[test]
    fn unknown_fields_survive_a_round_trip() {
        let text = concat!(
            r#"{"id":"00g1","created":"2026-03-01T18:49:54.123Z","objectClass":["okta:user_group"],"type":"TEAM_GROUP","#,
            r#""profile":{"name":"A"},"source":{"id":"0oa1"}}"#
        );
        let group: Group = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&group).unwrap(), text);
    }
}
