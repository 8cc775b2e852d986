//! The attributes of a user or a group.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The `profile` of a user or a group: base attributes and whatever the org has added, in Okta's
/// order.
///
/// Okta leaves unset attributes out, writes some of them as `null`, and keeps others as empty text.
/// The text getters make no difference between the three: each reads as `None`. [`Profile::get`]
/// shows what was really there.
///
/// ```
/// use okta_api::Profile;
///
/// let profile: Profile = serde_json::from_str(r#"{"login": "ada", "lastName": "", "badge": 7}"#)?;
/// assert_eq!(profile.login(), Some("ada"));
/// assert_eq!(profile.last_name(), None);
/// assert_eq!(profile.text("badge"), None);
/// assert_eq!(profile.get("badge"), Some(&7.into()));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Profile(Map<String, Value>);

impl Profile {
    /// What the person types to sign in.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.text("login")
    }

    /// The primary e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// The given name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.text("firstName")
    }

    /// The family name.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.text("lastName")
    }

    /// The name as the person wants it shown.
    #[must_use]
    pub fn display_name(&self) -> Option<&str> {
        self.text("displayName")
    }

    /// A group's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// A group's description.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.text("description")
    }

    /// A text attribute; `None` when it is absent, `null`, empty, or not text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// An attribute as Okta sent it, `null` and empty text included.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All attributes.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl From<Map<String, Value>> for Profile {
    fn from(attributes: Map<String, Value>) -> Self {
        Self(attributes)
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn nothing_in_three_spellings_is_none() {
        let profile: Profile = serde_json::from_str(r#"{"a": null, "b": "", "c": "x"}"#).unwrap();
        let read = ["a", "b", "c", "d"].map(|name| profile.text(name));
        assert_eq!(read, [None, None, Some("x"), None]);
        assert!(profile.get("a").unwrap().is_null());
        assert_eq!(
            serde_json::from_str::<Profile>("null").unwrap(),
            Profile::default()
        );
        serde_json::from_str::<Profile>("[]").unwrap_err();
    }
}
