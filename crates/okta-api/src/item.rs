//! Records of a type that this crate does not know.

use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Deref;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A record of a list of any endpoint ([`Get::list`](crate::Get::list)): what the caller's type has read of it, and its id.
///
/// A list tells records apart by all that they hold, and of two that are the same to the letter has one: some of Okta's lists
/// have records that share an id, such as the links of a user to one application. So a record that changes while the list is
/// read may come twice.
///
/// It is used as what it holds: it derefs to it, and serializes as it.
///
/// ```
/// #[derive(Debug, serde::Deserialize)]
/// struct App {
///     label: String,
/// }
///
/// # fn show(apps: Vec<okta_api::Item<App>>) {
/// for app in apps {
///     println!("{}", app.label);
///     let App { label } = app.into_inner();
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Item<T> {
    /// The text of its `id`, else of its `uuid`.
    id: Option<String>,
    /// What the list tells it from the others by.
    key: String,
    value: T,
}

impl<T> Item<T> {
    /// The text of its `id`, or of its `uuid`; `None` when it has neither.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What was read of it.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    pub(crate) fn key(&self) -> &String {
        &self.key
    }
}

/// The same id, and the same of all that was read.
impl<T: PartialEq> PartialEq for Item<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.value == other.value
    }
}

impl<T: Eq> Eq for Item<T> {}

impl<T> Deref for Item<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Serialize for Item<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// From JSON only, whose text is read twice: for the id, and by the caller's type.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        let value = serde_json::from_str(text).map_err(D::Error::custom)?;
        let id = serde_json::from_str::<Ids>(text).ok().and_then(Ids::text);
        let key = match &id {
            Some(id) => key(id, text),
            None => text.to_owned(),
        };
        Ok(Self { id, key, value })
    }
}

/// An id, with a digest of the record in the place of all that it holds.
fn key(id: &str, text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{id} {:016x}", hasher.finish())
}

/// What an id stands in.
#[derive(Deserialize)]
struct Ids {
    id: Option<String>,
    uuid: Option<String>,
}

impl Ids {
    fn text(self) -> Option<String> {
        self.id.or(self.uuid).filter(|id| !id.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Item;

    #[test]
    fn an_item_has_its_id_and_is_known_by_all_of_it() {
        let read = |text| serde_json::from_str::<Item<Value>>(text).unwrap();
        for (text, id) in [
            (r#"{"a": 1, "id": "0oa1"}"#, Some("0oa1")),
            (r#"{"uuid": "7", "a": 1}"#, Some("7")),
            (r#"{"kid": "k"}"#, None),
            (r#"{"id": 7}"#, None),
            (r#""text""#, None),
        ] {
            let item = read(text);
            assert_eq!(item.id(), id, "{text}");
            assert_eq!(*item, serde_json::from_str::<Value>(text).unwrap());
            assert_eq!(serde_json::to_value(&item).unwrap(), item.into_inner());
        }
        for (one, other) in [
            (r#"{"kid": "k"}"#, r#"{"kid": "l"}"#),
            (r#"{"id": "1", "a": 1}"#, r#"{"id": "1", "a": 2}"#),
        ] {
            assert_ne!(read(one).key(), read(other).key());
            assert_eq!(read(one).key(), read(one).key());
            assert_ne!(read(one), read(other));
        }
        let (one, other) = (r#"{"id": "1", "a": 1}"#, r#"{"a": 1, "id": "1"}"#);
        assert_eq!(read(one), read(other), "what is read of both is the same");
        assert_eq!(*read(r#"{"kid": "k"}"#), json!({"kid": "k"}));
        serde_json::from_str::<Item<u8>>(r#"{"id": "1"}"#).unwrap_err();
    }
}
