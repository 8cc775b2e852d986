//! The API as an OpenAPI 3.1 document, made from the very table by which requests are checked.

use serde_json::{Map, Value, json};

use super::super::problem::PREFIX;
use super::route::{Name, Of, Parameter, Route, Shape};

/// One operation: its method, address and name, and what it answers.
struct Operation {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    route: Route,
    /// The schema of the answer, if it has a body.
    answers: Option<&'static str>,
}

/// The document that is served.
pub(super) fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in operations() {
        let path = format!("{PREFIX}{}", operation.path);
        let of_path = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(of_path) = of_path {
            of_path.insert(operation.method.to_owned(), described(&operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "portal-sync",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The read side of Backstage's catalog API, over the users and groups of Okta.",
        },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": { "schemas": schemas() },
    })
}

/// An operation of this method at this address, with this name.
fn operation(
    (method, path): (&'static str, &'static str),
    id: &'static str,
    summary: &'static str,
    route: Route,
    answers: Option<&'static str>,
) -> Operation {
    Operation {
        method,
        path,
        id,
        summary,
        route,
        answers,
    }
}

/// What is said of an operation that would change something.
const REFUSED: &str = "Refused: the catalog follows Okta";

/// What is said of locations, which nobody can register.
const NO_LOCATION: &str = "A registered location, of which there are none";

fn operations() -> Vec<Operation> {
    let mut operations = of_entities();
    operations.extend(of_one_entity());
    operations.extend(of_locations());
    operations
}

#[rustfmt::skip]
fn of_entities() -> Vec<Operation> {
    vec![
        operation(("get", "/entities"), "GetEntities", "Entities that a filter means", Route::Entities, Some("Entities")),
        operation(("get", "/entities/by-query"), "GetEntitiesByQuery", "A page of entities", Route::Query, Some("Page")),
        operation(("post", "/entities/by-query"), "QueryEntitiesByPredicate", "A page of entities", Route::QueryByPredicate, Some("Page")),
        operation(("post", "/entities/by-refs"), "GetEntitiesByRefs", "The entities of these refs", Route::EntitiesByRefs, Some("Batch")),
        operation(("get", "/entity-facets"), "GetEntityFacets", "How often values are found", Route::Facets, Some("Facets")),
        operation(("post", "/entity-facets"), "QueryEntityFacetsByPredicate", "How often values are found", Route::FacetsByPredicate, Some("Facets")),
    ]
}

const BY_NAME: &str = "/entities/by-name/{kind}/{namespace}/{name}";
const ANCESTRY: &str = "/entities/by-name/{kind}/{namespace}/{name}/ancestry";
const BY_UID: &str = "/entities/by-uid/{uid}";

#[rustfmt::skip]
fn of_one_entity() -> Vec<Operation> {
    vec![
        operation(("get", BY_UID), "GetEntityByUid", "The entity of this uid", Route::EntityByUid(String::new()), Some("Entity")),
        operation(("delete", BY_UID), "DeleteEntityByUid", REFUSED, Route::DeleteEntity(String::new()), None),
        operation(("get", BY_NAME), "GetEntityByName", "The entity of this name", Route::Entity(Name::default()), Some("Entity")),
        operation(("get", ANCESTRY), "GetEntityAncestryByName", "An entity, and who made it known", Route::Ancestry(Name::default()), Some("Ancestry")),
        operation(("post", "/refresh"), "RefreshEntity", REFUSED, Route::Refresh, None),
        operation(("post", "/validate-entity"), "ValidateEntity", "Whether an entity is valid", Route::ValidateEntity, None),
    ]
}

const LOCATION: &str = "/locations/{id}";
const BY_ENTITY: &str = "/locations/by-entity/{kind}/{namespace}/{name}";

#[rustfmt::skip]
fn of_locations() -> Vec<Operation> {
    vec![
        operation(("get", "/locations"), "GetLocations", NO_LOCATION, Route::Locations, Some("Locations")),
        operation(("post", "/locations"), "CreateLocation", REFUSED, Route::CreateLocation, None),
        operation(("post", "/locations/by-query"), "GetLocationsByQuery", NO_LOCATION, Route::LocationsByQuery, Some("LocationsPage")),
        operation(("get", LOCATION), "GetLocation", NO_LOCATION, Route::Location(String::new()), None),
        operation(("put", LOCATION), "UpdateLocation", REFUSED, Route::UpdateLocation(String::new()), None),
        operation(("delete", LOCATION), "DeleteLocation", REFUSED, Route::DeleteLocation(String::new()), None),
        operation(("get", BY_ENTITY), "getLocationByEntity", NO_LOCATION, Route::LocationByEntity(Name::default()), None),
        operation(("post", "/analyze-location"), "AnalyzeLocation", "Refused: nothing is fetched", Route::AnalyzeLocation, None),
    ]
}

fn described(operation: &Operation) -> Value {
    let names = operation.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }),
        )
    });
    let query = operation.route.parameters().iter().map(parameter);
    let parameters: Vec<Value> = names.chain(query).collect();
    let answer = match operation.answers {
        Some(schema) => json!({
            "description": "Found",
            "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } },
        }),
        None => json!({ "description": "Done" }),
    };
    let error = json!({
        "description": "What is wrong",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    });
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": { "200": answer, "default": error },
    });
    if let (Some(body), Value::Object(of)) = (operation.route.body(), &mut described) {
        let body = json!({
            "required": body.is_required,
            "content": { "application/json": { "schema": shape(&body.shape) } },
        });
        of.insert("requestBody".to_owned(), body);
    }
    described
}

fn parameter(of: &Parameter) -> Value {
    let (schema, explode) = match of.of {
        Of::Number => (json!({ "type": "integer", "minimum": 0 }), true),
        Of::Text => (json!({ "type": "string", "minLength": 1 }), true),
        Of::Choice(choices) => (json!({ "type": "string", "enum": choices }), true),
        Of::Texts => (
            json!({ "type": "array", "items": { "type": "string" } }),
            true,
        ),
        Of::List => (
            json!({ "type": "array", "items": { "type": "string" } }),
            false,
        ),
    };
    json!({
        "name": of.name,
        "in": "query",
        "required": of.is_required,
        "allowReserved": true,
        "style": "form",
        "explode": explode,
        "schema": schema,
    })
}

fn shape(of: &Shape) -> Value {
    match of {
        Shape::Text => json!({ "type": "string" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::OneOf(choices) => json!({ "type": "string", "enum": choices }),
        Shape::List(of) => json!({ "type": "array", "items": shape(of) }),
        Shape::Object {
            required,
            properties,
            is_closed,
        } => {
            let properties: Map<String, Value> = properties
                .iter()
                .map(|(name, of)| ((*name).to_owned(), shape(of)))
                .collect();
            json!({
                "type": "object",
                "required": required,
                "properties": properties,
                "additionalProperties": !is_closed,
            })
        }
    }
}

/// An object with these properties.
fn object(required: &[&str], properties: Value) -> Value {
    let mut object = json!({ "type": "object", "required": required });
    if let Value::Object(of) = &mut object {
        of.insert("properties".to_owned(), properties);
    }
    object
}

/// A list of these.
fn list(of: &Value) -> Value {
    json!({ "type": "array", "items": of })
}

/// What is answered.
fn schemas() -> Value {
    let entity = json!({ "$ref": "#/components/schemas/Entity" });
    let text = json!({ "type": "string" });
    let any = json!({ "type": "object" });
    let number = json!({ "type": "number" });
    let page = |items: &Value| {
        let cursors = json!({ "nextCursor": text, "prevCursor": text });
        let page =
            json!({ "items": list(items), "totalItems": number, "pageInfo": object(&[], cursors) });
        object(&["items", "totalItems", "pageInfo"], page)
    };
    let ancestor = json!({ "entity": entity, "parentEntityRefs": list(&text) });
    let ancestors = list(&object(&["entity", "parentEntityRefs"], ancestor));
    let counted = object(
        &["value", "count"],
        json!({ "value": text, "count": number }),
    );
    let error = object(
        &["name", "message"],
        json!({ "name": text, "message": text }),
    );
    let nullable = json!({ "anyOf": [entity, { "type": "null" }] });
    json!({
        "Entity": described_entity(&text),
        "Entities": list(&entity),
        "Batch": object(&["items"], json!({ "items": list(&nullable) })),
        "Page": page(&entity),
        "Ancestry": object(
            &["rootEntityRef", "items"],
            json!({ "rootEntityRef": text, "items": ancestors }),
        ),
        "Facets": object(&["facets"], json!({
            "facets": { "type": "object", "additionalProperties": list(&counted) },
        })),
        "Locations": list(&any),
        "LocationsPage": page(&any),
        "Error": object(&["error", "response"], json!({
            "error": error,
            "request": object(&["method", "url"], json!({ "method": text, "url": text })),
            "response": object(&["statusCode"], json!({ "statusCode": number })),
        })),
    })
}

/// An entity, of which nothing is required: where `fields` are asked for, it has only those.
fn described_entity(text: &Value) -> Value {
    let by_text = json!({ "type": "object", "additionalProperties": text });
    let metadata = json!({
        "name": text,
        "namespace": text,
        "uid": text,
        "etag": text,
        "title": text,
        "description": text,
        "labels": by_text,
        "annotations": by_text,
        "tags": list(text),
    });
    let relation = object(
        &["type", "targetRef"],
        json!({ "type": text, "targetRef": text }),
    );
    let entity = json!({
        "apiVersion": text,
        "kind": text,
        "metadata": object(&[], metadata),
        "spec": { "type": "object" },
        "relations": list(&relation),
    });
    object(&[], entity)
}
