//! Keys that were meant to be ours and that nothing looks at, because they are written otherwise: `portalsync`,
//! `catalog.provider.okta`.

use super::errors::{ConfigError, quoted};
use super::place::{Content, Key, KeyPath, Node};
use crate::text::nearest::nearest;

/// The two parts of the files that are ours.
pub(super) const OURS: [&[&str]; 2] = [&["catalog", "providers", "okta"], &["portalSync"]];

/// The keys of a file that were meant to lead to a part of ours and do not. Other plugins have keys beside ours, so a key is
/// told only where the right one is not beside it, and only when all the way to our part is there.
pub(super) fn find(root: &Node) -> Vec<ConfigError> {
    OURS.into_iter()
        .flat_map(|keys| on_the_way(root, keys))
        .collect()
}

fn on_the_way(root: &Node, keys: &[&str]) -> Vec<ConfigError> {
    let mut errors = Vec::new();
    let (mut node, mut right, mut written) = (root, KeyPath::default(), KeyPath::default());
    for key in keys {
        let Some((found, value)) = node.entry(key).or_else(|| meant(node, key)) else {
            return Vec::new();
        };
        right = right.key(key);
        written = written.key(&found.text);
        if found.text != *key {
            let error = ConfigError::new(format!("nothing looks at {}", quoted(&found.text)));
            let error = error.at(found.place.clone()).about(&written);
            errors.push(error.fix(format!("did you mean `{right}`?")));
        }
        node = value;
    }
    errors
}

/// The entry of a map whose key is nearly `key`; the signs that others put between words do not count.
fn meant<'a>(map: &'a Node, key: &str) -> Option<(&'a Key, &'a Node)> {
    let Content::Map(entries) = &map.content else {
        return None;
    };
    let is_near =
        |written: &str| nearest(&written.replace(['-', '_', ' ', '.'], ""), [key]).is_some();
    let mut near = entries.iter().filter(|(written, _)| is_near(&written.text));
    near.next().map(|(key, value)| (key, value))
}
