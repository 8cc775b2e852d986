//! Answers of a real Backstage catalog, asked of ours over the same entities.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::catalog::generation::Builder;

/// Differences that are meant, by the name of the exchange.
const MEANT: &[(&str, &str)] = &[
    ("ancestry", "nobody's location made our entities known"),
    (
        "auth-token",
        "it is of another catalog, whose uids are in another order",
    ),
    ("delete-by-uid", "writes are refused"),
    ("delete-by-uid-after", "the entity was not deleted"),
    (
        "locations-after",
        "no location was registered: writes are refused",
    ),
    ("locations-delete", "writes are refused"),
    (
        "locations-delete-404",
        "writes are refused before anything is looked up, as in a read-only Backstage",
    ),
    ("locations-get", "no location was registered"),
    ("locations-post-conflict", "writes are refused"),
    ("locations-post-dry-run", "writes are refused"),
    ("refresh", "writes are refused"),
];

/// A folder of recorded answers; nothing where there is none.
fn recorded() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "it says where recordings are")]
    let folder = std::env::var_os("OKTA_RECORDED_DIR")?;
    let folder = PathBuf::from(folder).join("backstage");
    folder.is_dir().then_some(folder)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// What the catalog was fed, as it was recorded: the documents, with the uids and annotations that the catalog gave them.
fn fed(folder: &Path) -> Published {
    let mut documents: BTreeMap<String, Value> = BTreeMap::new();
    for file in ["catalog-info.yaml", "entities.yaml", "sub/more.yaml"] {
        let text = fs::read_to_string(folder.join("org").join(file)).unwrap();
        let parsed: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
        for document in parsed {
            let entity: Entity = serde_json::from_value(document.clone()).unwrap();
            documents.insert(entity.entity_ref().to_string(), document);
        }
    }
    let seen = json(&folder.join("answers/entities.json"));
    let mut builder = Builder::default();
    for seen in seen["response"]["json"].as_array().unwrap() {
        let entity: Entity = serde_json::from_value(stripped(seen)).unwrap();
        let entity_ref = entity.entity_ref();
        // The location that the configuration names is nobody's document.
        let mut document = documents
            .remove(entity_ref.as_str())
            .unwrap_or_else(|| stripped(seen));
        document["metadata"]["namespace"] = "default".into();
        document["metadata"]["annotations"] = seen["metadata"]["annotations"].clone();
        if let Some(Value::Array(refs)) = document["spec"].get_mut("memberOf") {
            // Backstage sorts lists of refs.
            refs.sort_by_key(ToString::to_string);
        }
        let uid = seen["metadata"]["uid"].as_str().unwrap().parse().unwrap();
        builder
            .add(entity_ref.as_str(), uid, &document.to_string())
            .unwrap();
    }
    assert!(documents.is_empty(), "{documents:?}");
    let taken_at = Timestamp::from_second(NOW).unwrap();
    builder.finish(1, taken_at, []).unwrap().into()
}

fn stripped(entity: &Value) -> Value {
    let mut entity = entity.clone();
    entity.as_object_mut().unwrap().remove("relations");
    let metadata = entity["metadata"].as_object_mut().unwrap();
    metadata.remove("uid");
    metadata.remove("etag");
    entity
}

/// The same without tags of entities, and with what cursors say.
fn comparable(mut body: Value) -> Value {
    fn visit(value: &mut Value) {
        match value {
            Value::Object(object) => {
                if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                    metadata.remove("etag");
                }
                for key in ["nextCursor", "prevCursor"] {
                    if let Some(cursor) = object.get_mut(key) {
                        let bytes = STANDARD.decode(cursor.as_str().unwrap()).unwrap();
                        *cursor = serde_json::from_slice(&bytes).unwrap();
                    }
                }
                object.values_mut().for_each(visit);
            }
            Value::Array(list) => list.iter_mut().for_each(visit),
            _ => {}
        }
    }
    visit(&mut body);
    body
}

async fn asked(stage: &Stage, request: &Value) -> Answer {
    let headers: Vec<(String, String)> = request["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !matches!(name.as_str(), "origin" | "if-none-match"))
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = match request.get("body") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(body) => body.to_string(),
    };
    if !body.is_empty() && headers.iter().all(|(name, _)| *name != "content-type") {
        headers.push(("content-type", "application/json"));
    }
    // No type at all.
    headers.retain(|header| *header != ("content-type", "none"));
    let method = request["method"].as_str().unwrap().parse().unwrap();
    let path = request["path"].as_str().unwrap();
    stage.send(method, path, &headers, body).await
}

#[tokio::test]
async fn what_a_real_catalog_answered_is_answered_the_same() {
    let Some(folder) = recorded() else {
        println!("nothing is recorded: OKTA_RECORDED_DIR names no folder with `backstage`");
        return;
    };
    let stage = Stage::empty();
    let guarded = Stage::with_tokens(&["oracle-static-token-0123456789"]);
    for stage in [&stage, &guarded] {
        stage.catalog.send_replace(Some(Arc::new(fed(&folder))));
    }
    let mut wrong = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder.join("answers"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    let mut compared = 0;
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        if MEANT.iter().any(|(meant, _)| *meant == name) {
            continue;
        }
        let exchange = json(&file);
        let stage = if name.starts_with("auth-") {
            &guarded
        } else {
            &stage
        };
        let answer = asked(stage, &exchange["request"]).await;
        compared += 1;
        let expected = &exchange["response"];
        let mut differ = |what: &str, ours: String, theirs: String| {
            if ours != theirs {
                wrong.push(format!(
                    "{name}: {what}\n  ours   {ours}\n  theirs {theirs}"
                ));
            }
        };
        differ(
            "status",
            answer.status.to_string(),
            expected["status"].to_string(),
        );
        if answer.header("content-encoding").is_none() {
            match expected.get("json") {
                Some(json) => {
                    let ours = serde_json::from_slice(&answer.body).unwrap_or_default();
                    let (ours, theirs) = (comparable(ours), comparable(json.clone()));
                    // The order of an entity's own keys does not matter.
                    if ours != theirs {
                        differ("body", ours.to_string(), theirs.to_string());
                    }
                }
                None => differ(
                    "body",
                    answer.text().to_owned(),
                    expected["text"].as_str().unwrap_or_default().to_owned(),
                ),
            }
        }
        for header in ["content-type", "etag", "link", "allow"] {
            let theirs = expected["headers"][header].as_str();
            if header != "etag" || theirs.is_some() {
                let ours = answer.header(header).unwrap_or_default();
                differ(
                    header,
                    ours.to_owned(),
                    theirs.unwrap_or_default().to_owned(),
                );
            }
        }
    }
    assert!(compared > 50, "{compared} were compared");
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[tokio::test]
async fn what_a_real_catalog_was_asked_has_the_same_status() {
    let Some(folder) = recorded() else {
        println!("nothing is recorded: OKTA_RECORDED_DIR names no folder with `backstage`");
        return;
    };
    let stage = Stage::empty();
    let published = fed(&folder);
    let ada = published.position("user:default/ada.lovelace").unwrap();
    let uid = published.uid_at(ada).to_string();
    stage.catalog.send_replace(Some(Arc::new(published)));
    for request in json(&folder.join("requests.json")).as_array().unwrap() {
        let text = |key: &str| request[key].as_str().unwrap();
        let path = text("path").replace("{uid of user:default/ada.lovelace}", &uid);
        let asked_of = serde_json::json!({
            "method": request["method"],
            "path": format!("/api/catalog{path}"),
            "body": request["body"],
        });
        let answer = asked(&stage, &asked_of).await;
        assert_eq!(
            answer.status.to_string(),
            text("status"),
            "{}: {}",
            text("name"),
            answer.text()
        );
    }
}
