//! Okta's ids, one type each, so that a user's id can not be passed for a group's.
//!
//! An id of up to 23 bytes (Okta's have 20) is held in place: a hundred thousand members are as many ids and no
//! allocation more.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use smol_str::SmolStr;

use crate::quote::quoted;

/// The longest id. Okta's have 20 characters, those of events 36.
const MAX_LENGTH: usize = 100;

/// A text that Okta cannot be asked for anybody or anything by.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidId {
    #[error("{} cannot be an id of okta's: 1 to {MAX_LENGTH} letters, digits, `-` and `_`", quoted(.0))]
    Id(String),
    #[error(
        "{} cannot be a login that okta is asked for: 2 to {MAX_LENGTH} characters without `/`, `?` and controls, and neither \
         `me` nor `..`", quoted(.0)
    )]
    Login(String),
}

/// Whether Okta can be asked for a user by this login. One with `/` or `?` is found by its id only (Okta API reference, get a
/// user), `me` is whoever asks, and dots alone would be another path.
pub(crate) fn check_login(login: &str) -> Result<(), InvalidId> {
    let length = login.chars().count();
    let odd = |letter: char| matches!(letter, '/' | '?') || letter.is_control();
    if (2..=MAX_LENGTH).contains(&length) && !login.contains(odd) && !matches!(login, "me" | "..") {
        Ok(())
    } else {
        Err(InvalidId::Login(login.to_owned()))
    }
}

/// Whether a text can be an id: nothing that means something in a URL, on a terminal or in a line of a log.
fn check(id: &str) -> Result<(), InvalidId> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(plain) {
        Ok(())
    } else {
        Err(InvalidId::Id(id.to_owned()))
    }
}

/// The id of an answer.
fn checked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SmolStr, D::Error> {
    let id = SmolStr::deserialize(deserializer)?;
    check(&id).map_err(D::Error::custom)?;
    Ok(id)
}

/// Declares a newtype over the text of an Okta id.
macro_rules! id {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(deserialize_with = "checked")] SmolStr);

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
    /// Opaque: its length and its prefix are Okta's business. Ids compare as plain text.
    ///
    /// What is read from an answer is 1 to 100 ASCII letters, digits, `-` and `_`, or is no id. What a caller makes an id of
    /// is not looked at until Okta is to be asked for it: another text is then
    /// [`InvalidId`](crate::ErrorKind::InvalidId), and nothing is sent.
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

/// Declares that Okta is asked for objects by an id.
macro_rules! asked_for {
    ($($name:ident)+) => {
        $(impl $name {
            /// Whether Okta can be asked for it.
            ///
            /// # Errors
            ///
            /// When it is not of the letters that Okta's ids are of.
            pub(crate) fn check(&self) -> Result<(), InvalidId> {
                check(&self.0)
            }
        })+
    };
}

asked_for!(UserId GroupId);

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

    #[test]
    fn an_answer_has_only_ids_that_mean_nothing_else() {
        let long = "a".repeat(100);
        for good in ["0", "00u1-_Z", &long] {
            let json = serde_json::Value::from(good);
            assert_eq!(
                serde_json::from_value::<UserId>(json).unwrap().as_str(),
                good
            );
            UserId::from(good).check().unwrap();
        }
        let too_long = "a".repeat(101);
        for bad in [
            "",
            ".",
            "..",
            "00g1/..",
            "00g\t1",
            "00g1?a",
            "00g1#",
            "00g%31",
            "00g 1",
            "00g1\n",
            "\u{1b}[2J",
            "\u{202e}1",
            "00gä",
            "00g1;",
            "a:b",
            &too_long,
        ] {
            let json = serde_json::Value::from(bad);
            let refused = serde_json::from_value::<GroupId>(json).unwrap_err();
            let refused = refused.to_string();
            assert!(!refused.contains(['\n', '\u{1b}', '\u{202e}']), "{refused}");
            GroupId::from(bad).check().unwrap_err();
        }
    }
}
