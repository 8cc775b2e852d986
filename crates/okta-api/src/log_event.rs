//! Events of the System Log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event_type::EventType;
use crate::id::{EventId, GroupId, UserId};
use crate::timestamp;
use crate::word::{or_default, words};

/// Something that happened in the org (Okta's schema `LogEvent`).
///
/// Fields that this type does not name, such as `debugContext` and `authenticationContext`, are kept in `extra` and written
/// back. An event says that something changed, not what is there now: events come late, out of order and more than once, so
/// what they name is to be read again.
///
/// ```
/// use okta_api::{LogEvent, Severity};
///
/// let event: LogEvent = serde_json::from_str(
///     r#"{"uuid": "f1d0b993", "eventType": "group.user_membership.add", "published": "2026-03-26T21:05:32.159Z",
///         "actor": {"id": "00u7", "type": "User", "alternateId": "eve@acme.com", "displayName": "Eve Moneypenny"},
///         "target": [{"id": "00u1", "type": "User"}, {"id": "00g1", "type": "UserGroup"}], "severity": "INFO"}"#,
/// )?;
/// assert!(event.event_type == "group.user_membership.add" && event.severity == Severity::Info);
/// assert_eq!(event.actor.as_ref().map(|actor| actor.label()), Some("Eve Moneypenny"));
/// assert_eq!(event.targets("UserGroup").collect::<Vec<_>>(), ["00g1"]);
/// assert_eq!(event.target[0].user_id(), Some("00u1".into()));
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
    /// The same in words for people, such as `User login to Okta`. Okta changes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_message: Option<String>,
    /// How grave it is.
    #[serde(default, skip_serializing_if = "Severity::is_absent")]
    pub severity: Severity,
    /// Whether it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<EventOutcome>,
    /// Who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<EventParty>,
    /// From where it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<EventClient>,
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
    /// Its other id: of a user the login; often the text `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alternate_id: Option<String>,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Everything else that Okta sent: `detailEntry`, `changeDetails`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl EventParty {
    /// The id to ask for it by ([`Users::get`](crate::Users::get)), if it is a user.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        (self.kind == "User").then(|| self.id.as_str().into())
    }

    /// The id to ask for it by ([`Groups::get`](crate::Groups::get)), if it is a group.
    #[must_use]
    pub fn group_id(&self) -> Option<GroupId> {
        (self.kind == "UserGroup").then(|| self.id.as_str().into())
    }

    /// What to call it: its name, its other id, or its id, the first that there is.
    #[must_use]
    pub fn label(&self) -> &str {
        let names = [&self.display_name, &self.alternate_id].into_iter();
        let mut names = names.flatten().map(String::as_str);
        let name = names.find(|name| !name.is_empty() && *name != "unknown");
        name.unwrap_or(&self.id)
    }
}

/// From where something was done (Okta's schema `LogClient`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EventClient {
    /// The address, of version 4 or 6, as Okta writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Everything else that Okta sent: `userAgent`, `geographicalContext`, `zone`, `device`, `id`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl EventClient {
    /// The browser or the program, as it names itself (`userAgent.rawUserAgent`).
    #[must_use]
    pub fn user_agent(&self) -> Option<&str> {
        self.extra.get("userAgent")?.get("rawUserAgent")?.as_str()
    }

    /// The city that the address is thought to be in (`geographicalContext.city`).
    #[must_use]
    pub fn city(&self) -> Option<&str> {
        self.extra.get("geographicalContext")?.get("city")?.as_str()
    }

    /// The country that the address is thought to be in (`geographicalContext.country`).
    #[must_use]
    pub fn country(&self) -> Option<&str> {
        let place = self.extra.get("geographicalContext")?;
        place.get("country")?.as_str()
    }
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
    /// How grave an event is (Okta's schema `LogSeverity`), from the least to the gravest: they compare. A word that
    /// this crate does not know, or none at all, is above all of them, so that it is not passed over.
    ///
    /// ```
    /// use okta_api::Severity;
    ///
    /// assert!(Severity::Error > Severity::Warn && Severity::Warn > Severity::Info);
    /// assert!(Severity::Warn == "WARN");
    /// ```
    Severity {
        /// Of interest to who looks for a fault.
        Debug = "DEBUG",
        /// It went as it should.
        Info = "INFO",
        /// Something to look at.
        Warn = "WARN",
        /// Something failed.
        Error = "ERROR",
    }
}

#[cfg(test)]
mod tests {
    use super::{EventClient, LogEvent, OutcomeResult, Severity};
    use crate::EventType;

    #[test]
    fn an_event_survives_a_round_trip() {
        let text = concat!(
            r#"{"uuid":"f1d0b993-4c2c-11f0-8de9-0242ac120002","published":"2026-03-26T21:05:32.159Z","#,
            r#""eventType":"user.session.start","displayMessage":"User login to Okta","severity":"GRAVE","#,
            r#""outcome":{"result":"PUZZLED","reason":"why not","depth":1},"#,
            r#""actor":{"id":"00u1","type":"User","alternateId":"ada@example.com","displayName":"Ada","detailEntry":null},"#,
            r#""client":{"ipAddress":"198.51.100.7","zone":"null"},"#,
            r#""target":[{"id":"00g1","type":"UserGroup","displayName":"Designers"}],"#,
            r#""debugContext":{"debugData":{"url":"/x"}},"version":"0"}"#
        );
        let event: LogEvent = serde_json::from_str(text).unwrap();
        assert_eq!(event.event_type.as_str(), "user.session.start");
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }

    #[test]
    fn only_the_id_is_needed() {
        for text in [
            r#"{"uuid": "1"}"#,
            r#"{"uuid": "1", "eventType": null, "published": null, "outcome": null, "actor": null, "target": null,
                "displayMessage": null, "severity": null, "client": null}"#,
            r#"{"uuid": "1", "outcome": {}, "actor": {}, "client": {}, "target": [{}]}"#,
            r#"{"uuid": "1", "actor": {"alternateId": null, "displayName": null}, "client": {"ipAddress": null}}"#,
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

    #[test]
    fn graver_is_more() {
        let words = ["DEBUG", "INFO", "WARN", "ERROR"].map(Severity::from);
        assert!(words.is_sorted());
        assert!(Severity::default().is_absent());
    }

    #[test]
    fn a_party_is_known_by_its_kind_and_called_by_its_name() {
        let party = |json: &str| serde_json::from_str::<super::EventParty>(json).unwrap();
        let user = party(
            r#"{"id": "00u1", "type": "User", "alternateId": "ada@acme.com", "displayName": ""}"#,
        );
        assert_eq!(user.user_id().unwrap().as_str(), "00u1");
        assert_eq!((user.group_id(), user.label()), (None, "ada@acme.com"));
        let group = party(r#"{"id": "00g1", "type": "UserGroup", "alternateId": "unknown"}"#);
        assert_eq!(group.group_id().unwrap().as_str(), "00g1");
        assert_eq!((group.user_id(), group.label()), (None, "00g1"));
    }

    #[test]
    fn a_client_tells_where_it_is() {
        let client: EventClient = serde_json::from_str(
            r#"{"ipAddress": "2001:db8::7", "userAgent": {"rawUserAgent": "curl/8"},
                "geographicalContext": {"city": "Oslo", "country": "Norway"}}"#,
        )
        .unwrap();
        assert_eq!(client.ip_address.as_deref(), Some("2001:db8::7"));
        let told = (client.user_agent(), client.city(), client.country());
        assert_eq!(told, (Some("curl/8"), Some("Oslo"), Some("Norway")));
        assert_eq!(EventClient::default().city(), None);
    }
}
