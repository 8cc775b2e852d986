//! One entity as Backstage's catalog API answers it.

use std::io::Write as _;

use catalog_model::{Digest, RelationType};
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::stored::{Parts, Text};

/// Writes an entity: `metadata` with `namespace`, `uid` and `etag`, then `apiVersion`, `kind`, `spec` and `relations`.
///
/// The `etag` is a digest of everything that a reader sees but the uid, so it changes when anything of that changes.
///
/// # Errors
/// When `text` is not the text of an entity.
pub(super) fn entity<'a>(
    text: &str,
    uid: Uuid,
    relations: impl Iterator<Item = (RelationType, &'a str)>,
    out: &mut Vec<u8>,
) -> serde_json::Result<()> {
    let parts: Parts<'_> = serde_json::from_str(text)?;
    let start = out.len();
    out.extend_from_slice(b"{\"metadata\":{");
    metadata(&parts, out)?;
    // The uid and the tag come here once the rest is known.
    let tags = out.len();
    out.extend_from_slice(b"},\"apiVersion\":");
    out.extend_from_slice(parts.api_version.get().as_bytes());
    out.extend_from_slice(b",\"kind\":");
    out.extend_from_slice(parts.kind.get().as_bytes());
    if let Some(spec) = parts.spec {
        out.extend_from_slice(b",\"spec\":");
        out.extend_from_slice(spec.get().as_bytes());
    }
    out.extend_from_slice(b",\"relations\":[");
    for (number, (of, target)) in relations.enumerate() {
        let comma = if number == 0 { "" } else { "," };
        // Refs and types have no letters that JSON escapes. Writing to memory does not fail.
        drop(write!(
            out,
            r#"{comma}{{"type":"{}","targetRef":"{target}"}}"#,
            of.as_str()
        ));
    }
    out.extend_from_slice(b"]}");
    let seen = out.get(start..).unwrap_or_default();
    let etag = Digest::from_bytes(Sha256::digest(seen).into());
    let tags_text = format!(r#","uid":"{uid}","etag":"{etag}""#);
    out.splice(tags..tags, tags_text.into_bytes());
    Ok(())
}

/// The entries in the order of Backstage's answers, where a namespace is never left out.
fn metadata(parts: &Parts<'_>, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let fed = &parts.metadata;
    out.extend_from_slice(b"\"namespace\":");
    let namespace = fed.get("namespace").map_or("\"default\"", RawValue::get);
    out.extend_from_slice(namespace.as_bytes());
    let annotations = fed.0.iter().filter(|(key, _)| key.0 == "annotations");
    let others = fed
        .0
        .iter()
        .filter(|(key, _)| !matches!(&*key.0, "annotations" | "namespace"));
    for (Text(key), value) in annotations.chain(others) {
        out.push(b',');
        serde_json::to_writer(&mut *out, key)?;
        out.push(b':');
        out.extend_from_slice(value.get().as_bytes());
    }
    Ok(())
}
