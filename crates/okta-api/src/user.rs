//! Users, and members of groups.

use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::id::UserId;
use crate::profile::{Profile, ProfileSeed};
use crate::reader::{Keep, Reader, first, once};
use crate::timestamp;
use crate::word::words;

/// A user of the org.
///
/// Every field but the id may be missing or `null`. Fields that this type does not name are kept in
/// `extra` and written back; `_links` are dropped, because they double the size of a user and say
/// nothing about them.
///
/// ```
/// use okta_api::{User, UserStatus};
///
/// let user: User = serde_json::from_str(
///     r#"{"id": "00u1", "status": "ACTIVE", "profile": {"login": "ada"}, "realmId": "guo1"}"#,
/// )?;
/// assert_eq!(user.status, UserStatus::Active);
/// assert_eq!(user.profile.login(), Some("ada"));
/// assert_eq!(user.extra["realmId"], "guo1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// Okta's id, never reused.
    pub id: UserId,
    /// Where the account is in its life.
    #[serde(skip_serializing_if = "UserStatus::is_absent")]
    pub status: UserStatus,
    /// When the account was made.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub created: Option<Timestamp>,
    /// When it was activated, if ever.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub activated: Option<Timestamp>,
    /// When `status` last changed.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub status_changed: Option<Timestamp>,
    /// When the person last signed in.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_login: Option<Timestamp>,
    /// When the status or the profile last changed, to the second. Membership of groups does not
    /// touch it.
    #[serde(
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_updated: Option<Timestamp>,
    /// The person's attributes.
    pub profile: Profile,
    /// Everything else that Okta sent, but `_links`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

words! {
    /// Where a user's account is in its life (Okta's schema `UserStatus`).
    ///
    /// ```
    /// use okta_api::UserStatus;
    ///
    /// assert_eq!(UserStatus::from("LOCKED_OUT"), UserStatus::LockedOut);
    /// assert_eq!(UserStatus::from("ASLEEP").as_str(), "ASLEEP");
    /// ```
    UserStatus {
        /// In use.
        Active = "ACTIVE",
        /// Deactivated: Okta keeps the account, the person can not sign in. Plain lists leave such
        /// users out, searches return them.
        Deprovisioned = "DEPROVISIONED",
        /// Locked after too many wrong passwords.
        LockedOut = "LOCKED_OUT",
        /// The password is to be changed.
        PasswordExpired = "PASSWORD_EXPIRED",
        /// Activated by an administrator, the person has not signed in yet.
        Provisioned = "PROVISIONED",
        /// The password is being reset.
        Recovery = "RECOVERY",
        /// Made, not activated.
        Staged = "STAGED",
        /// Switched off for a while.
        Suspended = "SUSPENDED",
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&Reader::of_everything(), deserializer)
    }
}

impl User {
    /// Reads a user, and builds what is kept.
    pub(crate) fn read<'de, D: Deserializer<'de>>(
        reader: &Reader<'_>,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UserVisitor(reader))
    }
}

/// Reads a user in one pass. Written by hand, because a derived `flatten` buffers every field of
/// every user first, links included.
struct UserVisitor<'a>(&'a Reader<'a>);

impl<'de> Visitor<'de> for UserVisitor<'_> {
    type Value = User;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a user")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<User, A::Error> {
        let mut id = None;
        let mut user = User {
            id: UserId::from(""),
            status: UserStatus::default(),
            created: None,
            activated: None,
            status_changed: None,
            last_login: None,
            last_updated: None,
            profile: Profile::default(),
            extra: Map::new(),
        };
        let (reader, mut seen) = (self.0, 0);
        while let Some(name) = fields.next_key_seed(FieldName(reader.keep()))? {
            let (seen, fields) = (&mut seen, &mut fields);
            match name {
                Field::Id => id = Some(once(seen, 0, "id", fields)?),
                Field::Status => user.status = once(seen, 1, "status", fields)?,
                Field::Created => user.created = once(seen, 2, "created", fields)?,
                Field::Activated => user.activated = once(seen, 3, "activated", fields)?,
                Field::StatusChanged => {
                    user.status_changed = once(seen, 4, "statusChanged", fields)?;
                }
                Field::LastLogin => user.last_login = once(seen, 5, "lastLogin", fields)?,
                Field::LastUpdated => user.last_updated = once(seen, 6, "lastUpdated", fields)?,
                Field::Profile => {
                    first(seen, 7, "profile")?;
                    user.profile = fields.next_value_seed(ProfileSeed(reader))?;
                }
                Field::Kept(name) => {
                    let value = fields.next_value_seed(reader.value())?;
                    user.extra.insert(name.into(), value);
                }
                Field::Skipped => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        user.id = id.ok_or_else(|| serde::de::Error::missing_field("id"))?;
        Ok(user)
    }
}

/// The name of a field of a user, read without a copy of those that are known.
enum Field {
    Id,
    Status,
    Created,
    Activated,
    StatusChanged,
    LastLogin,
    LastUpdated,
    Profile,
    /// Another one, which is built.
    Kept(SmolStr),
    Skipped,
}

struct FieldName<'a>(&'a Keep);

impl<'de> DeserializeSeed<'de> for FieldName<'_> {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldName<'_> {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Field, E> {
        Ok(match name {
            "id" => Field::Id,
            "status" => Field::Status,
            "created" => Field::Created,
            "activated" => Field::Activated,
            "statusChanged" => Field::StatusChanged,
            "lastLogin" => Field::LastLogin,
            "lastUpdated" => Field::LastUpdated,
            "profile" => Field::Profile,
            "_links" => Field::Skipped,
            other if self.0.field(other) => Field::Kept(other.into()),
            _ => Field::Skipped,
        })
    }
}

/// A member of a group: who, and whether their account is in use. Nothing else of a members page is
/// kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Member {
    /// The user's id.
    pub id: UserId,
    /// The user's status; deactivated users can still be listed as members.
    #[serde(default)]
    pub status: UserStatus,
}

#[cfg(test)]
mod tests {
    use super::{Member, User, UserStatus};

    #[test]
    fn only_the_id_is_needed() {
        let nulls = r#"{"id": "00u1", "status": null, "created": null, "activated": null, "profile": null}"#;
        for text in [r#"{"id": "00u1"}"#, nulls] {
            let user: User = serde_json::from_str(text).unwrap();
            assert_eq!(user.id.as_str(), "00u1");
            assert_eq!(user.status, UserStatus::Other(String::new()));
        }
        serde_json::from_str::<User>(r#"{"status": "ACTIVE"}"#).unwrap_err();
        serde_json::from_str::<User>(
            r#"{"id": "00u1", "created": "Wed Mar 04 10:08:01 UTC 2026"}"#,
        )
        .unwrap_err();
    }

    #[test]
    fn timestamps_and_unknown_fields_survive_a_round_trip() {
        let text = r#"{"id":"00u1","status":"ASLEEP","created":"2026-03-01T18:49:54.000Z","profile":{"b":1,"a":2},"type":{"id":"oty1"}}"#;
        let user: User = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&user).unwrap(), text);
    }

    #[test]
    fn a_member_is_the_id_and_the_status_of_a_user() {
        let member: Member =
            serde_json::from_str(r#"{"profile":{},"status":"SUSPENDED","id":"00u1","_links":{}}"#)
                .unwrap();
        assert_eq!(
            member,
            Member {
                id: "00u1".into(),
                status: UserStatus::Suspended
            }
        );
    }
}
