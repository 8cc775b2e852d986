//! Variables that override files: `APP_CONFIG_portalSync_server_listen`.

use super::super::errors::ConfigError;
use super::super::misplaced::{self, OURS};
use super::super::place::{Content, Key, KeyPath, Node, Place};
use super::Layer;

/// What the names of such variables begin with.
pub(super) const PREFIX: &str = "APP_CONFIG_";

/// The layer of `APP_CONFIG_a_b=value`, if it is about a part of ours. As in Backstage the value is
/// JSON, and text where it is not; an empty one is not looked at.
pub(super) fn layer(name: &str, text: &str) -> Option<Result<Layer, ConfigError>> {
    let keys: Vec<&str> = name.split('_').collect();
    let path = KeyPath::of(&keys);
    let place = Place::whole(&format!("{PREFIX}{name}"));
    if text.is_empty() {
        return None;
    }
    if !OURS.iter().any(|ours| KeyPath::of(ours).touches(&path)) {
        let value = Node::new(place.clone(), Content::Null);
        let error = misplaced::find(&under(&keys, &place, value))
            .into_iter()
            .next();
        return error.map(Err);
    }
    if keys.iter().any(|key| key.is_empty()) {
        let error = ConfigError::new("not the name of a key")
            .fix("put one `_` between the keys, none at the end");
        return Some(Err(error.at(place)));
    }
    let value = match serde_json::from_str(text) {
        Ok(serde_json::Value::Null) => {
            return Some(Err(ConfigError::new("the value may not be null").at(place)));
        }
        Ok(json) => tree(&place, json),
        Err(_) => Node::new(place.clone(), Content::Text(text.to_owned().into())),
    };
    let root = under(&keys, &place, value);
    // `APP_CONFIG_catalog` holds other plugins' keys too.
    let root = OURS
        .into_iter()
        .filter_map(|keys| ours_of_variable(&root, keys))
        .fold(
            Node::new(place.clone(), Content::Map(Vec::new())),
            Node::beside,
        );
    Some(Ok(Layer { name: place, root }))
}

/// A value under keys, one in the other.
fn under(keys: &[&str], place: &Place, value: Node) -> Node {
    keys.iter().rev().fold(value, |inner, key| {
        let key = Key {
            text: (*key).to_owned(),
            place: place.clone(),
        };
        Node::new(place.clone(), Content::Map(vec![(key, inner)]))
    })
}

/// Like that of a file without references: Backstage replaces none in variables.
fn ours_of_variable(root: &Node, keys: &[&str]) -> Option<Node> {
    let (first, rest) = keys.split_first()?;
    let (key, value) = root.entry(first)?;
    let inner = if rest.is_empty() {
        value.clone()
    } else {
        ours_of_variable(value, rest)?
    };
    Some(Node::new(
        root.place.clone(),
        Content::Map(vec![(key.clone(), inner)]),
    ))
}

fn tree(place: &Place, json: serde_json::Value) -> Node {
    let content = match json {
        serde_json::Value::Null => Content::Null,
        serde_json::Value::Bool(value) => Content::Bool(value),
        serde_json::Value::Number(number) => match number.as_i128() {
            Some(value) => Content::Integer(value),
            None => Content::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        serde_json::Value::String(text) => Content::Text(text.into()),
        serde_json::Value::Array(items) => {
            Content::List(items.into_iter().map(|item| tree(place, item)).collect())
        }
        serde_json::Value::Object(entries) => Content::Map(
            entries
                .into_iter()
                .map(|(text, value)| {
                    (
                        Key {
                            text,
                            place: place.clone(),
                        },
                        tree(place, value),
                    )
                })
                .collect(),
        ),
    };
    Node::new(place.clone(), content)
}
