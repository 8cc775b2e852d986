//! One entity as Backstage's catalog API answers it.

use catalog_model::{ApiVersion, Digest, Entity, Kind, Relation, Spec};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// What follows the metadata, in the order of Backstage's answers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rest<'a> {
    api_version: &'a ApiVersion,
    kind: Kind,
    spec: &'a Spec,
    relations: &'a [Relation],
}

/// The JSON of an entity.
///
/// Spec and relations name up to everybody, so they are printed once, straight from where they are.
///
/// # Errors
/// When a part cannot be printed, which is a bug.
pub(super) fn entity(
    entity: &Entity,
    relations: &[Relation],
    uid: Option<&str>,
) -> serde_json::Result<Vec<u8>> {
    let rest = Rest {
        api_version: &entity.api_version,
        kind: entity.kind(),
        spec: &entity.spec,
        relations,
    };
    let rest = serde_json::to_vec(&rest)?;
    let mut metadata = metadata(serde_json::to_value(&entity.metadata)?);
    let etag = etag(&serde_json::to_vec(&metadata)?, &rest);
    if let Some(uid) = uid {
        metadata.insert("uid".to_owned(), uid.into());
    }
    metadata.insert("etag".to_owned(), etag.into());

    let mut wire = Vec::with_capacity(rest.len() + 512);
    wire.extend_from_slice(b"{\"metadata\":");
    serde_json::to_writer(&mut wire, &metadata)?;
    wire.push(b',');
    // Both are one object: the brace between them goes.
    wire.extend_from_slice(rest.strip_prefix(b"{").unwrap_or_default());
    Ok(wire)
}

/// The metadata in the order of Backstage's answers, where a namespace is never left out.
fn metadata(fed: Value) -> Map<String, Value> {
    let mut metadata = Map::new();
    let Value::Object(mut fed) = fed else {
        return metadata;
    };
    let namespace = fed.remove("namespace").unwrap_or_else(|| "default".into());
    metadata.insert("namespace".to_owned(), namespace);
    if let Some(annotations) = fed.remove("annotations") {
        metadata.insert("annotations".to_owned(), annotations);
    }
    metadata.extend(fed);
    metadata
}

/// A digest of everything a reader sees, as the JSON list of both. They are printed in one order, so equal entities print
/// alike.
fn etag(metadata: &[u8], rest: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in [b"[".as_slice(), metadata, b",", rest, b"]"] {
        digest.update(part);
    }
    Digest::from_bytes(digest.finalize().into()).to_string()
}
