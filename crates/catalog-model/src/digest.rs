//! Digests: of an entity, to say whether two entities are the same, and how a digest prints.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

use crate::canonical;
use crate::entity::Entity;

/// SHA-256 of an entity, or of something else that was digested; it prints as 64 hexadecimal digits, or as many as the
/// precision says.
///
/// ```
/// let digest = catalog_model::Digest::from_bytes([0xab; 32]);
/// assert_eq!(format!("{digest:.6}"), "ababab");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// A digest that was kept as bytes or made elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The digest of an entity's canonical JSON: keys sorted, no white space, and `memberOf`,
/// `members` and `children` sorted and without repetitions.
///
/// So neither the order of keys in the document nor the order of those lists matters. It is ours:
/// Backstage's `etag` is computed otherwise.
///
/// ```
/// # use catalog_model::{Entity, digest};
/// let user = |groups| -> Entity {
///     serde_json::from_value(serde_json::json!({
///         "apiVersion": "backstage.io/v1alpha1",
///         "kind": "User",
///         "metadata": { "name": "jane" },
///         "spec": { "memberOf": groups },
///     })).unwrap()
/// };
/// assert_eq!(digest(&user(["a", "b"])), digest(&user(["b", "a"])));
/// assert_ne!(digest(&user(["a", "b"])), digest(&user(["a", "c"])));
/// ```
#[must_use]
pub fn digest(entity: &Entity) -> Digest {
    Digest(Sha256::digest(canonical::json(entity)).into())
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = String::with_capacity(2 * self.0.len());
        for byte in self.0 {
            write!(digits, "{byte:02x}")?;
        }
        f.pad(&digits)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_canonical_json() {
        let entity: Entity = serde_json::from_str(
            r#"{
                "kind": "Group",
                "apiVersion": "backstage.io/v1alpha1",
                "metadata": { "x": { "b": 1, "a": [2, 1] }, "name": "Ops" },
                "spec": { "type": "team", "members": ["b", "a", "b"], "children": [] }
            }"#,
        )
        .unwrap();
        let canonical = concat!(
            r#"{"apiVersion":"backstage.io/v1alpha1","kind":"Group","#,
            r#""metadata":{"name":"Ops","namespace":"default","x":{"a":[2,1],"b":1}},"#,
            r#""spec":{"children":[],"members":["a","b"],"type":"team"}}"#,
        );
        assert_eq!(digest(&entity), Digest(Sha256::digest(canonical).into()));
        assert_eq!(
            digest(&entity).to_string(),
            "7c2cd1d36310638b1c5df5b798c333de5504f875fb58507f1f6b20ce3d2075b1",
        );
        assert_eq!(
            Digest::from_bytes(*digest(&entity).as_bytes()),
            digest(&entity)
        );
    }
}
