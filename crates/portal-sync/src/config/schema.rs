//! `config schema`: the keys as a JSON Schema, for editors and for whoever checks files by other tools.

use serde_json::{Map, Value, json};

use super::keys::{Form, Key, PROGRAM, TENANT, TENANTS, Table};
use super::yaml;

/// What may stand in the place of a text, a number or a flag.
const REFERENCE: &str = "reference";

/// What may stand in the place of a map or a list.
const INCLUSION: &str = "inclusion";

/// The JSON Schema (draft 2020-12) of a whole configuration file. Outside of `catalog.providers.okta` and `portalSync`
/// anything is taken. No key is required: others of several files, or variables, may bring it.
pub(crate) fn schema() -> Value {
    let mut tables = Map::from_iter([
        (REFERENCE.to_owned(), reference()),
        (INCLUSION.to_owned(), inclusion()),
    ]);
    for table in [&TENANT, &PROGRAM] {
        define(table, &mut tables);
    }
    let okta = described(
        "catalog.providers.okta",
        "The Okta tenants: a map by id, a list, or a single one.",
        &TENANTS,
    );
    let ours = "The program, and what all tenants have in common.";
    let ours = described("portalSync", ours, &Form::Map(&PROGRAM));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of portal-sync, beside that of other plugins of Backstage",
        "type": ["object", "null"],
        "properties": { "catalog": beside("providers", beside("okta", okta)), "portalSync": ours },
        "$defs": tables,
    })
}

/// A map that has other plugins' keys beside this one.
fn beside(key: &str, value: Value) -> Value {
    json!({ "type": ["object", "null"], "properties": { key: value } })
}

/// Adds a table, and those of the maps in it, to the definitions.
fn define(table: &'static Table, tables: &mut Map<String, Value>) {
    if tables.contains_key(table.name) {
        return;
    }
    let properties: Map<String, Value> = table
        .keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    let map = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    tables.insert(table.name.to_owned(), map);
    for key in table.keys {
        for inner in key.form.tables() {
            define(inner, tables);
        }
    }
}

fn property(key: &Key) -> Value {
    let mut schema = described(key.name, key.about, &key.form);
    if let (Some(schema), Some(default)) = (schema.as_object_mut(), yaml::as_json(key.default)) {
        schema.insert("default".to_owned(), default);
    }
    schema
}

/// A value of this form, or what stands for one, with a title and a description.
fn described(title: &str, about: &str, form: &Form) -> Value {
    json!({ "title": title, "description": about, "anyOf": alternatives(form) })
}

fn value(form: &Form) -> Value {
    json!({ "anyOf": alternatives(form) })
}

/// What a value of this form may be, and what may stand in its place.
fn alternatives(form: &Form) -> Vec<Value> {
    let mut all = Vec::new();
    written(form, &mut all);
    if takes_text(form) {
        all.push(defined(REFERENCE));
    }
    all.push(defined(INCLUSION));
    all
}

/// Whether a value of this form may be a text, which a variable or a file can give.
fn takes_text(form: &Form) -> bool {
    match form {
        Form::Map(_) | Form::Keys(_) | Form::List(_) | Form::Jwk => false,
        Form::Items(item) => takes_text(item),
        Form::OneOf(forms) => forms.iter().any(takes_text),
        _ => true,
    }
}

fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The ways to write a value of this form.
fn written(form: &Form, all: &mut Vec<Value>) {
    let found = match form {
        Form::OneOf(forms) => {
            forms.iter().for_each(|form| written(form, all));
            return;
        }
        Form::Items(item) => {
            written(item, all);
            json!({ "type": "array", "items": value(item) })
        }
        Form::List(item) => json!({ "type": "array", "items": value(item) }),
        Form::Map(table) => defined(table.name),
        Form::Keys(item) => json!({ "type": "object", "additionalProperties": value(item) }),
        Form::Jwk => {
            json!({ "type": "object", "anyOf": [{ "required": ["kty"] }, { "required": ["keys"] }] })
        }
        Form::Choice(words) => {
            all.push(json!({ "enum": words }));
            text(&format!(r"^\s*({})\s*$", words.join("|")))
        }
        Form::Whole(least, most) => {
            all.push(json!({ "type": "integer", "minimum": least, "maximum": most }));
            text(r"^\s*\+?[0-9]+\s*$")
        }
        Form::Number => {
            all.push(json!({ "type": "number", "minimum": 0 }));
            text(r"^\s*\+?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?\s*$")
        }
        Form::Flag => {
            all.push(json!({ "type": "boolean" }));
            let words = [
                "true", "false", "yes", "no", "y", "n", "on", "off", "1", "0",
            ]
            .map(in_any_case);
            text(&format!(r"^\s*({})\s*$", words.join("|")))
        }
        Form::Percent(0) => text(r"^\s*\+?0*(100|[1-9]?[0-9])\s*%\s*$"),
        Form::Percent(_) => text(r"^\s*\+?0*(100|[1-9][0-9]?)\s*%\s*$"),
        Form::Time => text(r"^\s*([Pp]|\+?[0-9][0-9., ]*[A-Za-zµμ])"),
        Form::Address(schemes) => {
            let schemes: Vec<String> = schemes.iter().map(|scheme| in_any_case(scheme)).collect();
            text(&format!(r"^\s*({}):", schemes.join("|")))
        }
        Form::Text
        | Form::Secret
        | Form::Cron
        | Form::Expression
        | Form::Attribute
        | Form::Template
        | Form::Source
        | Form::Rule => json!({ "type": "string", "minLength": 1 }),
    };
    all.push(found);
}

fn text(pattern: &str) -> Value {
    json!({ "type": "string", "pattern": pattern })
}

/// A pattern for a word in upper or lower case; regular expressions of JSON Schema have no switch for that.
fn in_any_case(word: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_ascii_alphabetic() => {
            format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase())
        }
        c => c.to_string(),
    };
    word.chars().map(letter).collect()
}

fn reference() -> Value {
    let only = |name: &str| {
        json!({
            "type": "object",
            "properties": { name: { "type": "string" } },
            "required": [name],
            "additionalProperties": false,
        })
    };
    json!({
        "description": "A value from a variable or a file: a text with `${NAME}` or `${NAME:-default}`, `{ $env: NAME }` or `{ $file: NAME }`.",
        "anyOf": [{ "type": "string", "pattern": r"\$\{" }, only("$env"), only("$file")],
    })
}

fn inclusion() -> Value {
    json!({
        "description": "Nothing, which takes a key back to its default, or `{ $include: file.yaml }` or `{ $include: 'file.yaml#path.in.it' }`.",
        "anyOf": [
            { "type": "null" },
            {
                "type": "object",
                "properties": { "$include": { "type": "string" } },
                "required": ["$include"],
                "additionalProperties": false,
            },
        ],
    })
}
