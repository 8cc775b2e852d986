//! What an event of the System Log is about.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;

use crate::word;

/// What happened, by its name in Okta's catalogue of event types, such as `user.session.start`.
///
/// Okta has some 1,200 types and adds more with most releases, so this is a text and no enum: whatever Okta sends can be
/// compared with a text, and a constant that a later version of this crate adds changes nothing for whoever does so.
/// Constants are there for what directories and alerts look for most; each is named as the type is.
///
/// ```
/// use okta_api::EventType;
///
/// let event_type = EventType::from("user.mfa.factor.deactivate");
/// assert!(event_type == "user.mfa.factor.deactivate");
/// assert_ne!(event_type, EventType::USER_SESSION_START);
///
/// let is_alarming = match event_type.as_str() {
///     "user.account.lock" | "system.api_token.create" => true,
///     other => other.starts_with("user.mfa."),
/// };
/// assert!(is_alarming);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(SmolStr);

impl EventType {
    /// The type of this name, for constants of your own.
    ///
    /// ```
    /// use okta_api::EventType;
    ///
    /// const PHISHING: EventType = EventType::from_static("user.account.report_suspicious_activity_by_enduser");
    /// # assert!(PHISHING.as_str().starts_with("user."));
    /// ```
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(SmolStr::new_static(name))
    }

    /// The name, as Okta writes it; empty when Okta sent none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether Okta sent no type at all.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.0.is_empty()
    }
}

/// Declares constants, each named as the type is.
macro_rules! event_types {
    ($($(#[$docs:meta])* $name:ident = $text:literal,)+) => {
        /// Okta's catalogue of event types says of each what its actor and its targets are.
        impl EventType {
            $(
                $(#[$docs])*
                #[doc = concat!("\n\n`", $text, "`")]
                pub const $name: Self = Self::from_static($text);
            )+

            #[cfg(test)]
            const NAMED: &[(&str, Self)] = &[$((stringify!($name), Self::$name),)+];
        }
    };
}

event_types! {
    /// A user was made.
    USER_LIFECYCLE_CREATE = "user.lifecycle.create",
    /// A user was activated.
    USER_LIFECYCLE_ACTIVATE = "user.lifecycle.activate",
    /// A user was deactivated.
    USER_LIFECYCLE_DEACTIVATE = "user.lifecycle.deactivate",
    /// A user was suspended.
    USER_LIFECYCLE_SUSPEND = "user.lifecycle.suspend",
    /// A user is not suspended any more.
    USER_LIFECYCLE_UNSUSPEND = "user.lifecycle.unsuspend",
    /// A user was activated again.
    USER_LIFECYCLE_REACTIVATE = "user.lifecycle.reactivate",
    /// The deletion of a user began.
    USER_LIFECYCLE_DELETE_INITIATED = "user.lifecycle.delete.initiated",
    /// A user was deleted.
    USER_LIFECYCLE_DELETE_COMPLETED = "user.lifecycle.delete.completed",
    /// A profile was changed.
    USER_ACCOUNT_UPDATE_PROFILE = "user.account.update_profile",
    /// A user was given another type.
    USER_ACCOUNT_UPDATE_USER_TYPE = "user.account.update_user_type",
    /// A password was changed.
    USER_ACCOUNT_UPDATE_PASSWORD = "user.account.update_password",
    /// A password was reset by an administrator.
    USER_ACCOUNT_RESET_PASSWORD = "user.account.reset_password",
    /// An account was locked.
    USER_ACCOUNT_LOCK = "user.account.lock",
    /// An account was unlocked.
    USER_ACCOUNT_UNLOCK = "user.account.unlock",
    /// An administrator unlocked an account.
    USER_ACCOUNT_UNLOCK_BY_ADMIN = "user.account.unlock_by_admin",
    /// A user was given an admin role.
    USER_ACCOUNT_PRIVILEGE_GRANT = "user.account.privilege.grant",
    /// A user lost an admin role.
    USER_ACCOUNT_PRIVILEGE_REVOKE = "user.account.privilege.revoke",
    /// Somebody signed in, or tried to.
    USER_SESSION_START = "user.session.start",
    /// Somebody signed out.
    USER_SESSION_END = "user.session.end",
    /// Somebody opened an application.
    USER_AUTHENTICATION_SSO = "user.authentication.sso",
    /// Somebody used a second factor, or tried to.
    USER_AUTHENTICATION_AUTH_VIA_MFA = "user.authentication.auth_via_mfa",
    /// A second factor was set up.
    USER_MFA_FACTOR_ACTIVATE = "user.mfa.factor.activate",
    /// A second factor was removed.
    USER_MFA_FACTOR_DEACTIVATE = "user.mfa.factor.deactivate",
    /// All second factors of a user were removed.
    USER_MFA_FACTOR_RESET_ALL = "user.mfa.factor.reset_all",
    /// A sign-on policy decided.
    POLICY_EVALUATE_SIGN_ON = "policy.evaluate_sign_on",
    /// An API token was made.
    SYSTEM_API_TOKEN_CREATE = "system.api_token.create",
    /// An API token was revoked.
    SYSTEM_API_TOKEN_REVOKE = "system.api_token.revoke",
    /// A group was made.
    GROUP_LIFECYCLE_CREATE = "group.lifecycle.create",
    /// A group was deleted.
    GROUP_LIFECYCLE_DELETE = "group.lifecycle.delete",
    /// A group's name or description was changed.
    GROUP_PROFILE_UPDATE = "group.profile.update",
    /// A group was given an admin role.
    GROUP_PRIVILEGE_GRANT = "group.privilege.grant",
    /// A group lost an admin role.
    GROUP_PRIVILEGE_REVOKE = "group.privilege.revoke",
    /// A user came into a group.
    GROUP_USER_MEMBERSHIP_ADD = "group.user_membership.add",
    /// A user left a group.
    GROUP_USER_MEMBERSHIP_REMOVE = "group.user_membership.remove",
    /// A user was assigned to an application.
    APPLICATION_USER_MEMBERSHIP_ADD = "application.user_membership.add",
    /// A user lost an application.
    APPLICATION_USER_MEMBERSHIP_REMOVE = "application.user_membership.remove",
    /// An import made a user.
    SYSTEM_IMPORT_USER_CREATE = "system.import.user.create",
    /// An import changed a user.
    SYSTEM_IMPORT_USER_UPDATE = "system.import.user.update",
    /// An import deleted a user.
    SYSTEM_IMPORT_USER_DELETE = "system.import.user.delete",
    /// An import suspended a user.
    SYSTEM_IMPORT_USER_SUSPEND = "system.import.user.suspend",
    /// An import ended a suspension.
    SYSTEM_IMPORT_USER_UNSUSPEND = "system.import.user.unsuspend",
    /// An import made a group.
    SYSTEM_IMPORT_GROUP_CREATE = "system.import.group.create",
    /// An import changed a group.
    SYSTEM_IMPORT_GROUP_UPDATE = "system.import.group.update",
    /// An import deleted a group.
    SYSTEM_IMPORT_GROUP_DELETE = "system.import.group.delete",
}

impl From<&str> for EventType {
    fn from(name: &str) -> Self {
        Self(name.into())
    }
}

impl From<String> for EventType {
    fn from(name: String) -> Self {
        Self(name.into())
    }
}

impl AsRef<str> for EventType {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for EventType {
    fn eq(&self, name: &str) -> bool {
        self.as_str() == name
    }
}

impl PartialEq<&str> for EventType {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::read(deserializer, |name| name.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::EventType;

    #[test]
    fn a_constant_is_named_as_the_type_is() {
        for (constant, event_type) in EventType::NAMED {
            let name = event_type.as_str();
            assert_eq!(*constant, name.replace('.', "_").to_uppercase());
        }
        let names: HashSet<&EventType> = EventType::NAMED.iter().map(|(_, it)| it).collect();
        assert_eq!(names.len(), EventType::NAMED.len());
    }

    #[test]
    fn a_type_that_was_read_is_the_constant_and_the_text() {
        let read: EventType = serde_json::from_str(r#""user.session.start""#).unwrap();
        assert_eq!(read, EventType::USER_SESSION_START);
        assert!(read == "user.session.start" && read == *"user.session.start");
        assert_eq!(read, EventType::from(String::from("user.session.start")));
        let none: EventType = serde_json::from_str("null").unwrap();
        assert!(none.is_absent() && none == EventType::default());
        serde_json::from_str::<EventType>("7").unwrap_err();
    }
}
