//! What is wrong with an entity, as Backstage's catalog would say it.

use catalog_model::{Entity, Rule, Violations};
use serde_json::{Value, json};

/// The errors of an entity that would be read at this location.
pub(super) fn errors(entity: &Value, location: &str) -> Result<(), Vec<Value>> {
    envelope(entity).map_err(|message| vec![type_error(&message)])?;
    located(location).map_err(|message| vec![type_error(&message)])?;
    match Entity::from_document(entity) {
        Ok(_) if is_known(entity) => Ok(()),
        Ok(_) => Err(vec![unrecognized(&ref_of(entity))]),
        Err(violations) => Err(vec![refusal(entity, &violations)]),
    }
}

fn type_error(message: &str) -> Value {
    json!({ "name": "TypeError", "message": message })
}

/// What every entity has, whatever its kind.
fn envelope(entity: &Value) -> Result<(), String> {
    let missing = |at: &str, key: &str| {
        format!("{at} must have required property '{key}' - missingProperty: {key}")
    };
    for key in ["apiVersion", "kind", "metadata"] {
        if entity.get(key).is_none() {
            return Err(missing("<root>", key));
        }
    }
    for key in ["apiVersion", "kind"] {
        match entity.get(key) {
            Some(Value::String(text)) if text.is_empty() => {
                return Err(format!(
                    "/{key} must NOT have fewer than 1 characters - limit: 1"
                ));
            }
            Some(Value::String(_)) => {}
            _ => return Err(format!("/{key} must be string - type: string")),
        }
    }
    let metadata = entity.get("metadata").and_then(Value::as_object);
    let metadata = metadata.ok_or("/metadata must be object - type: object")?;
    match metadata.get("name") {
        None => Err(missing("/metadata", "name")),
        Some(Value::String(name)) if name.is_empty() => {
            Err("/metadata/name must NOT have fewer than 1 characters - limit: 1".to_owned())
        }
        Some(Value::String(_)) => Ok(()),
        Some(_) => Err("/metadata/name must be string - type: string".to_owned()),
    }
}

fn located(location: &str) -> Result<(), String> {
    match location.split_once(':') {
        Some((of, target)) if !of.is_empty() && !target.is_empty() => {
            if of == "url" {
                Ok(())
            } else {
                Err(format!(
                    "Invalid location ref {location}, only 'url:<target>' is supported, e.g. url:https://host/path"
                ))
            }
        }
        _ => Err(format!(
            "Unable to parse location ref '{location}', expected '<type>:<target>', e.g. 'url:https://host/path'"
        )),
    }
}

/// All that is wrong, as one error of the step that Backstage would find it in.
fn refusal(entity: &Value, violations: &Violations) -> Value {
    let entity_ref = ref_of(entity);
    let is_kind = |path: &str| matches!(path, "kind" | "apiVersion");
    if violations.iter().all(|it| is_kind(it.path())) {
        return unrecognized(&entity_ref);
    }
    let of_spec = violations.iter().find(|it| it.path().starts_with("spec"));
    let others = violations.iter().find(|it| !it.path().starts_with("spec"));
    if let (Some(violation), None) = (of_spec, others) {
        let at = violation.pointer();
        let cause = match violation.rule() {
            Rule::MissingField => {
                let (parent, key) = at.rsplit_once('/').unwrap_or_default();
                format!("{parent} must have required property '{key}' - missingProperty: {key}")
            }
            _ if violation.message().contains("empty") => {
                format!("{at} must NOT have fewer than 1 characters - limit: 1")
            }
            _ => format!("{at} {}", violation.message()),
        };
        return caused(
            &format!(
                "Processor BuiltinKindsEntityProcessor threw an error while validating the entity {entity_ref}"
            ),
            "TypeError",
            &cause,
        );
    }
    let is_root = |path: &str| !path.contains(['.', '[']) && !path.starts_with("metadata");
    let cause = match others {
        Some(it) if is_root(it.path()) => {
            "Malformed envelope, <root> must NOT have additional properties".to_owned()
        }
        _ => {
            let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
            told.join("; ")
        }
    };
    caused(
        &format!("Policy check failed for {entity_ref}"),
        "Error",
        &cause,
    )
}

/// The ref of an entity whose envelope is whole.
fn ref_of(entity: &Value) -> String {
    let text = |at: &str| entity.pointer(at).and_then(Value::as_str);
    format!(
        "{}:{}/{}",
        text("/kind").unwrap_or_default(),
        text("/metadata/namespace").unwrap_or("default"),
        text("/metadata/name").unwrap_or_default()
    )
    .to_lowercase()
}

/// Whether a stock catalog knows entities of this kind.
fn is_known(entity: &Value) -> bool {
    let kind = entity.get("kind").and_then(Value::as_str);
    kind.is_some_and(|kind| KINDS.contains(&kind))
}

/// The kinds that a stock catalog knows.
const KINDS: [&str; 8] = [
    "API",
    "Component",
    "Domain",
    "Group",
    "Location",
    "Resource",
    "System",
    "User",
];

fn unrecognized(entity_ref: &str) -> Value {
    let message = format!(
        "No processor recognized the entity {entity_ref} as valid, possibly caused by a foreign kind or apiVersion"
    );
    json!({ "name": "InputError", "message": message })
}

fn caused(what: &str, name: &str, cause: &str) -> Value {
    json!({
        "name": "InputError",
        "message": format!("{what}; caused by {name}: {cause}"),
        "cause": { "name": name, "message": cause },
    })
}
