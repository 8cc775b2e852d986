//! Reading any JSON document, and saying everything that is wrong with it.

use std::collections::HashMap;

use serde::Deserialize as _;
use serde_json::Value;

use crate::entity::Entity;
use crate::path::{self, Path};
use crate::rule::Rule;
use crate::shape;
use crate::validate::open::{self, MAX_DEPTH, each_child};
use crate::violation::{Violation, Violations};

impl Entity {
    /// Reads a document and checks it by every rule, as reading it with serde and
    /// [`validate`](Self::validate) do together; but where these stop at the first field that
    /// cannot be read, this goes on.
    ///
    /// ```
    /// use catalog_model::Entity;
    /// use serde_json::json;
    ///
    /// let document = json!({
    ///     "apiVersion": "backstage.io/v1alpha1",
    ///     "kind": "User",
    ///     "metadata": { "name": "jane doe", "tags": ["on-call", 24] },
    ///     "spec": { "profile": { "email": "" } },
    ///     "status": {},
    /// });
    /// let violations = Entity::from_document(&document).unwrap_err();
    /// let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    /// assert_eq!(lines, [
    ///     "`metadata.name`: `jane doe` is not a name: character 5 is ' ', allowed are ASCII letters, \
    ///      digits, '-', '_' and '.'",
    ///     "`metadata.tags[1]`: it is a number, not a text",
    ///     "`spec.profile.email`: it is empty",
    ///     "`spec.memberOf`: it is missing",
    ///     "`status`: an entity has the fields apiVersion, kind, metadata and spec, and no other",
    /// ]);
    /// ```
    ///
    /// # Errors
    ///
    /// All violations, in the order of the document as the value has it, which is that of the text only where
    /// `serde_json` was built with its feature `preserve_order`, and that of the keys otherwise. What is missing comes
    /// after what is there.
    pub fn from_document(document: &Value) -> Result<Self, Violations> {
        let mut found = Vec::new();
        let mut read = None;
        shape::check_document(document, &mut found);
        // Only what is not too deep can be read, and only what looks right.
        if open::check_depth(document, &mut found) {
            if found.is_empty() {
                // That such a document reads is a law among the tests; were it broken, this would say so.
                let entity = Self::deserialize(document).map_err(|error| {
                    let root = Path::Root;
                    let violation = Violation::new(Rule::WrongType, &root, error.to_string());
                    Violations::some(vec![violation])
                })?;
                if !open::has_open_keys(&entity) {
                    return Ok(entity);
                }
                read = Some(entity);
            }
            open::check_keys(document, &mut found);
        }
        match read {
            Some(entity) if found.is_empty() => Ok(entity),
            _ => Err(Violations::some(in_order_of(document, found))),
        }
    }
}

fn in_order_of(document: &Value, mut found: Vec<Violation>) -> Vec<Violation> {
    let mut positions = HashMap::new();
    number(document, &Path::Root, 0, &mut 0, &mut positions);
    found.sort_by_cached_key(|violation| {
        let here = positions.get(violation.path()).map(|(start, _)| *start);
        // What is not there comes at the end of what should have it.
        let parent = violation.segments().split_last();
        let end = || {
            let (_, parent) = parent?;
            positions.get(&path::printed(parent)).map(|(_, end)| *end)
        };
        here.or_else(end)
    });
    found
}

/// Gives every place two numbers, one before and one after all that is in it.
fn number(
    value: &Value,
    at: &Path<'_>,
    depth: usize,
    next: &mut usize,
    positions: &mut HashMap<String, (usize, usize)>,
) {
    let start = *next;
    *next += 1;
    if depth <= MAX_DEPTH {
        each_child(value, at, |inner, at| {
            number(inner, at, depth + 1, next, positions);
        });
    }
    positions.insert(at.to_string(), (start, *next));
    *next += 1;
}
