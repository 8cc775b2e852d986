//! Okta's ids, one type each, so that a user's id can not be passed for a group's.
//!
//! An id of up to 23 bytes (Okta's have 20) is held in place: a hundred thousand members are as many ids and no
//! allocation more.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use smol_str::SmolStr;

/// No object is known by an empty id: two of them would be taken for one.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SmolStr, D::Error> {
    let id = SmolStr::deserialize(deserializer)?;
    if id.is_empty() {
        return Err(D::Error::custom("an id is empty"));
    }
    Ok(id)
}

/// Declares a newtype over the text of an Okta id.
macro_rules! id {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "present")] SmolStr);

        impl $name {
            /// The id as Okta wrote it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.0.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(SmolStr::new(text)))
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(SmolStr::new(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(SmolStr::from(text))
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// The id of a user, such as `00u1a2b3c4d5E6F7g8h9`.
    ///
    /// Opaque: its length, its prefix and its alphabet are Okta's business. Ids compare as plain
    /// text.
    ///
    /// ```
    /// use okta_api::UserId;
    ///
    /// let id = UserId::from("00u1a2b3c4d5E6F7g8h9");
    /// assert_eq!(id.to_string(), id.as_str());
    /// ```
    UserId
}

id! {
    /// The id of a group, such as `00g1a2b3c4d5E6F7g8h9`. Opaque, like [`UserId`].
    GroupId
}

id! {
    /// The id of an event of the System Log, a UUID. Opaque, like [`UserId`].
    EventId
}

#[cfg(test)]
mod tests {
    use super::{EventId, GroupId, UserId};

    #[test]
    fn an_id_is_its_text_in_json() {
        let id: UserId = serde_json::from_str(r#""00u1""#).unwrap();
        assert_eq!(id, "00u1".parse().unwrap());
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""00u1""#);
        assert_eq!(String::from(GroupId::from("00g1".to_owned())), "00g1");
        assert!(
            UserId::from("00uA") < UserId::from("00ua"),
            "plain text order"
        );
        let long = "7d3b9f0e-2c51-11f0-8f3a-5b0e0c9d2a61";
        assert_eq!(EventId::from(long).as_str(), long);
    }
}
