//! Events of the System Log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::EventId;
use crate::timestamp;
use crate::word::{or_default, words};

/// Something that happened in the org (Okta's schema `LogEvent`).
///
/// Fields that this type does not name are kept in `extra` and written back. An event says that something changed, not
/// what is there now: events come late, out of order and more than once, so what they name is to be read again.
///
/// ```
/// use okta_api::{EventType, LogEvent};
///
/// let event: LogEvent = serde_json::from_str(
///     r#"{"uuid": "f1d0b993", "eventType": "group.user_membership.add", "published": "2026-03-26T21:05:32.159Z",
///         "target": [{"id": "00u1", "type": "User"}, {"id": "00g1", "type": "UserGroup"}], "severity": "INFO"}"#,
/// )?;
/// assert_eq!(event.event_type, EventType::GroupUserMembershipAdd);
/// assert_eq!(event.targets("UserGroup").collect::<Vec<_>>(), ["00g1"]);
/// assert_eq!(event.extra["severity"], "INFO");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LogEvent {
    /// The event's id, by which one that comes twice is known.
    pub uuid: EventId,
    /// When it happened, to the millisecond. Not the order of the log, which is that of storing.
    #[serde(
        default,
        serialize_with = "timestamp::serialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub published: Option<Timestamp>,
    /// What happened.
    #[serde(default, skip_serializing_if = "EventType::is_absent")]
    pub event_type: EventType,
    /// Whether it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EventOutcome>,
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<EventParty>,
    /// What it was done to: a membership has a user and a group, in either order.
    #[serde(
        default,
        deserialize_with = "or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub target: Vec<EventParty>,
    /// Everything else that Okta sent.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl LogEvent {
    /// The ids of the targets of a kind: `User`, `UserGroup`, `AppInstance`.
    pub fn targets<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.target.iter().filter(move |target| target.kind == kind);
        of_kind.map(|target| target.id.as_str())
    }
}

/// Who did something, or what it was done to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventParty {
    /// Okta's id of it.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// What it is: `User`, `UserGroup`, `SystemPrincipal`. `type` on the wire.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// Everything else that Okta sent: `alternateId` (a login), `displayName` and more.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How it ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventOutcome {
    /// In a word.
    #[serde(default)]
    pub result: OutcomeResult,
    /// Why, where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Everything else that Okta sent.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

words! {
    /// How something ended (Okta's schema `LogOutcome`).
    OutcomeResult {
        /// It was done.
        Success = "SUCCESS",
        /// It was not.
        Failure = "FAILURE",
        /// There was no need.
        Skipped = "SKIPPED",
        /// A policy allowed it.
        Allow = "ALLOW",
        /// A policy denied it.
        Deny = "DENY",
        /// More proof was asked for.
        Challenge = "CHALLENGE",
        /// Okta does not know.
        Unknown = "UNKNOWN",
    }
}

words! {
    /// What happened: the types that tell of users, groups and memberships (Okta's catalogue of event types has some
    /// 1,200, which read as [`Other`](Self::Other)).
    EventType {
        /// A user was made.
        UserCreate = "user.lifecycle.create",
        /// A user was activated.
        UserActivate = "user.lifecycle.activate",
        /// A user was deactivated.
        UserDeactivate = "user.lifecycle.deactivate",
        /// A user was suspended.
        UserSuspend = "user.lifecycle.suspend",
        /// A user is not suspended any more.
        UserUnsuspend = "user.lifecycle.unsuspend",
        /// A user was activated again.
        UserReactivate = "user.lifecycle.reactivate",
        /// The deletion of a user began.
        UserDeleteInitiated = "user.lifecycle.delete.initiated",
        /// A user was deleted.
        UserDeleteCompleted = "user.lifecycle.delete.completed",
        /// A profile was changed.
        UserUpdateProfile = "user.account.update_profile",
        /// A user was given another type.
        UserUpdateType = "user.account.update_user_type",
        /// An account was locked.
        UserLock = "user.account.lock",
        /// An account was unlocked.
        UserUnlock = "user.account.unlock",
        /// An administrator unlocked an account.
        UserUnlockByAdmin = "user.account.unlock_by_admin",
        /// A group was made.
        GroupCreate = "group.lifecycle.create",
        /// A group was deleted.
        GroupDelete = "group.lifecycle.delete",
        /// A group's name or description was changed.
        GroupProfileUpdate = "group.profile.update",
        /// A user came into a group.
        GroupUserMembershipAdd = "group.user_membership.add",
        /// A user left a group.
        GroupUserMembershipRemove = "group.user_membership.remove",
        /// An import made a user.
        ImportUserCreate = "system.import.user.create",
        /// An import changed a user.
        ImportUserUpdate = "system.import.user.update",
        /// An import deleted a user.
        ImportUserDelete = "system.import.user.delete",
        /// An import suspended a user.
        ImportUserSuspend = "system.import.user.suspend",
        /// An import ended a suspension.
        ImportUserUnsuspend = "system.import.user.unsuspend",
        /// An import made a group.
        ImportGroupCreate = "system.import.group.create",
        /// An import changed a group.
        ImportGroupUpdate = "system.import.group.update",
        /// An import deleted a group.
        ImportGroupDelete = "system.import.group.delete",
    }
}

#[cfg(test)]
mod tests {
    use super::{EventType, LogEvent, OutcomeResult};

    #[test]
    fn an_event_survives_a_round_trip() {
        let text = concat!(
            r#"{"uuid":"f1d0b993-4c2c-11f0-8de9-0242ac120002","published":"2026-03-26T21:05:32.159Z","#,
            r#""eventType":"user.session.start","outcome":{"result":"PUZZLED","reason":"why not","depth":1},"#,
            r#""actor":{"id":"00u1","type":"User","alternateId":"ada@example.com","detailEntry":null},"#,
            r#""target":[{"id":"00g1","type":"UserGroup","displayName":"Designers"}],"#,
            r#""severity":"INFO","debugContext":{"debugData":{"url":"/x"}}}"#
        );
        let event: LogEvent = serde_json::from_str(text).unwrap();
        assert_eq!(event.event_type.as_str(), "user.session.start");
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }

    #[test]
    fn only_the_id_is_needed() {
        for text in [
            r#"{"uuid": "1"}"#,
            r#"{"uuid": "1", "eventType": null, "published": null, "outcome": null, "actor": null, "target": null}"#,
            r#"{"uuid": "1", "outcome": {}, "actor": {}, "target": [{}]}"#,
        ] {
            let event: LogEvent = serde_json::from_str(text).unwrap();
            assert_eq!(event.event_type, EventType::default());
            assert_eq!(event.targets("User").count(), 0);
        }
        serde_json::from_str::<LogEvent>(r#"{"eventType": "x"}"#).unwrap_err();
        let skipped: LogEvent =
            serde_json::from_str(r#"{"uuid": "1", "outcome": {"result": "SKIPPED"}}"#).unwrap();
        assert_eq!(skipped.outcome.unwrap().result, OutcomeResult::Skipped);
    }
}
