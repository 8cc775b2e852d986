//! Events of the System Log, as a test puts them in.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::org::{Group, User};

/// Something that happened in the org.
///
/// ```
/// use xtask::simulator::{Event, Group, User};
///
/// let ana = User::new("00u1", "Ana", "Díaz", "ana@example.com");
/// let joined = Event::new("group.user_membership.add", "2026-01-31T08:15:00.250Z".parse()?)
///     .about_user(&ana)
///     .about_group(&Group::new("00g1", "Platform"));
/// assert_eq!(joined.targets.len(), 2);
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id; the log gives it one when it is empty. The same event twice is what Okta sends now and then.
    pub uuid: String,
    /// `group.user_membership.add`, `user.lifecycle.deactivate`, …
    pub event_type: String,
    /// When it happened, which may be long before the log has it.
    pub published: Timestamp,
    /// What it happened to.
    pub targets: Vec<Value>,
}

impl Event {
    /// An event about nothing yet.
    #[must_use]
    pub fn new(event_type: &str, published: Timestamp) -> Self {
        Self {
            uuid: String::new(),
            event_type: event_type.to_owned(),
            published,
            targets: Vec::new(),
        }
    }

    /// The same event, about this user too.
    #[must_use]
    pub fn about_user(self, user: &User) -> Self {
        self.about(&user.id, "User", user.login())
    }

    /// The same event, about this group too.
    #[must_use]
    pub fn about_group(self, group: &Group) -> Self {
        self.about(&group.id, "UserGroup", group.name())
    }

    fn about(mut self, id: &str, kind: &str, name: &str) -> Self {
        self.targets.push(json!({
            "id": id,
            "type": kind,
            "alternateId": if kind == "User" { name } else { "unknown" },
            "displayName": name,
            "detailEntry": null,
        }));
        self
    }

    /// The event as the API shows it.
    pub(crate) fn shown(&self) -> Value {
        json!({
            "actor": {
                "id": "00usystemprincipal00",
                "type": "SystemPrincipal",
                "alternateId": "system@okta.com",
                "displayName": "Okta System",
                "detailEntry": null,
            },
            "client": { "userAgent": null, "zone": null, "device": null, "id": null, "ipAddress": null, "geographicalContext": null },
            "device": null,
            "authenticationContext": { "externalSessionId": "unknown" },
            "displayMessage": self.event_type,
            "eventType": self.event_type,
            "outcome": { "result": "SUCCESS", "reason": null },
            // Milliseconds, unlike everywhere else.
            "published": self.published.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
            "securityContext": {},
            "severity": "INFO",
            "debugContext": { "debugData": {} },
            "legacyEventType": null,
            "transaction": { "type": "JOB", "id": self.uuid, "detail": {} },
            "uuid": self.uuid,
            "version": "0",
            "request": { "ipChain": [] },
            "target": self.targets,
        })
    }

    /// An attribute by its name in a filter.
    pub(crate) fn attribute(&self, name: &str) -> Option<Value> {
        match name {
            "eventType" => Some(self.event_type.as_str().into()),
            "uuid" => Some(self.uuid.as_str().into()),
            "actor.id" => Some("00usystemprincipal00".into()),
            "target.id" => Some(Value::Array(
                self.targets
                    .iter()
                    .filter_map(|target| target.get("id").cloned())
                    .collect(),
            )),
            _ => None,
        }
    }
}
