//! The attributes of a user or a group.

use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use crate::reader::{MAX_ATTRIBUTES, Named, Reader};

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
///
/// There are a few dozen of them as a rule, so they are a list that is searched from its beginning: to read one from JSON
/// takes a quarter less work than to build a map. A profile of more than 1,000 attributes is no profile. Of an attribute that
/// comes twice the last one counts.
#[derive(Clone, Debug, Default)]
pub struct Profile(Vec<(SmolStr, Value)>);

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
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// An attribute as Okta sent it, `null` and empty text included.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut known = self.0.iter();
        let (_, value) = known.find(|(attribute, _)| attribute == name)?;
        Some(value)
    }

    /// All attributes, in Okta's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Forgets the attributes that `keep` does not want, and gives their memory back.
    ///
    /// ```
    /// use okta_api::Profile;
    ///
    /// let mut profile: Profile = serde_json::from_str(r#"{"login": "ada", "birthday": "10 December"}"#)?;
    /// profile.retain(|name| name == "login");
    /// assert_eq!(profile.get("birthday"), None);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|(name, _)| keep(name));
        self.0.shrink_to_fit();
    }
}

/// The order of attributes says nothing.
impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self
                .iter()
                .all(|(name, value)| other.get(name) == Some(value))
    }
}

impl From<Map<String, Value>> for Profile {
    fn from(attributes: Map<String, Value>) -> Self {
        let attributes = attributes.into_iter();
        Self(
            attributes
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ProfileSeed(&Reader::of_everything()).deserialize(deserializer)
    }
}

/// Reads the profile of a record.
pub(crate) struct ProfileSeed<'a>(pub(crate) &'a Reader<'a>);

impl<'de> DeserializeSeed<'de> for ProfileSeed<'_> {
    type Value = Profile;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Profile, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ProfileSeed<'_> {
    type Value = Profile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut attributes: A) -> Result<Profile, A::Error> {
        let (mut built, mut count) = (Building::default(), 0);
        while let Some(name) = attributes.next_key_seed(self.0.name())? {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(A::Error::custom(format_args!(
                    "the profile has more than {MAX_ATTRIBUTES} attributes"
                )));
            }
            match name {
                Named::Kept(name) => built.set(name, attributes.next_value_seed(self.0.value())?),
                Named::Skipped(place) => self.0.skip(place, &mut attributes)?,
            }
        }
        Ok(Profile(built.attributes))
    }

    fn visit_unit<E>(self) -> Result<Profile, E> {
        Ok(Profile::default())
    }
}

/// So many attributes are searched for one that comes again; in more of them it is looked up.
const SEARCHED: usize = 64;

/// A profile that is being read.
#[derive(Default)]
struct Building {
    attributes: Vec<(SmolStr, Value)>,
    /// Where each attribute is, once there are many.
    places: Option<HashMap<SmolStr, usize>>,
}

impl Building {
    #[inline]
    fn set(&mut self, name: SmolStr, value: Value) {
        if self.attributes.len() >= SEARCHED {
            return self.set_one_of_many(name, value);
        }
        match self.attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.attributes.push((name, value)),
        }
    }

    #[cold]
    fn set_one_of_many(&mut self, name: SmolStr, value: Value) {
        let attributes = &mut self.attributes;
        let places = self.places.get_or_insert_with(|| {
            let names = attributes.iter().map(|(name, _)| name.clone());
            names.zip(0..).collect()
        });
        match places
            .get(&name)
            .and_then(|&place| attributes.get_mut(place))
        {
            Some((_, known)) => *known = value,
            None => {
                places.insert(name.clone(), attributes.len());
                attributes.push((name, value));
            }
        }
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

    #[test]
    fn order_is_kept_and_says_nothing() {
        let text = r#"{"b":1,"a":[true,null],"c":{"d":"x"}}"#;
        let profile: Profile = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&profile).unwrap(), text);
        let other = r#"{"c":{"d":"x"},"a":[true,null],"b":1}"#;
        assert_eq!(profile, serde_json::from_str(other).unwrap());
        for other in [
            r#"{"b":1,"a":[true,null]}"#,
            r#"{"b":2,"a":[true,null],"c":{"d":"x"}}"#,
        ] {
            assert_ne!(profile, serde_json::from_str(other).unwrap());
        }
        let twice: Profile = serde_json::from_str(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(twice.iter().count(), 2);
        assert_eq!(twice.get("a"), Some(&3.into()), "the last one counts");
    }
    #[test]
    fn many_attributes_are_read_and_more_are_refused() {
        let profile = |count: usize, again: usize| {
            let names = (0..count).chain(0..again).zip(0..);
            let fields: Vec<String> = names
                .map(|(name, value)| format!(r#""a{name}":{value}"#))
                .collect();
            serde_json::from_str::<Profile>(&format!("{{{}}}", fields.join(",")))
        };
        for count in [63, 64, 65, 900] {
            let read = profile(count, 50).unwrap();
            assert_eq!(read.iter().count(), count);
            assert_eq!(read.get("a49"), Some(&(count + 49).into()));
            assert_eq!(read.get("a51"), Some(&51.into()));
        }
        assert_eq!(profile(1_000, 0).unwrap().iter().count(), 1_000);
        for (count, again) in [(1_001, 0), (1_000, 1), (1, 1_000)] {
            let refused = profile(count, again).unwrap_err().to_string();
            assert!(refused.contains("more than 1000 attributes"), "{refused}");
        }
        let zeros = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(10_000));
        let refused = serde_json::from_str::<Profile>(&zeros).unwrap_err();
        assert!(refused.to_string().contains("more than 10000 values"));
    }
}
