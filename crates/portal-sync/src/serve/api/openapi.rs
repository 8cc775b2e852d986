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

fn operations() -> Vec<Operation> {
    let name = || Name {
        kind: String::new(),
        namespace: String::new(),
        name: String::new(),
    };
    let id = String::new;
    let by_name = "/entities/by-name/{kind}/{namespace}/{name}";
    let ancestry = "/entities/by-name/{kind}/{namespace}/{name}/ancestry";
    let by_entity = "/locations/by-entity/{kind}/{namespace}/{name}";
    let operation = |method, path, id, summary, route, answers| Operation {
        method,
        path,
        id,
        summary,
        route,
        answers,
    };
    vec![
        operation(
            "get",
            "/entities",
            "GetEntities",
            "Entities that a filter means",
            Route::Entities,
            Some("Entities"),
        ),
        operation(
            "get",
            "/entities/by-query",
            "GetEntitiesByQuery",
            "A page of entities that a filter means",
            Route::Query,
            Some("Page"),
        ),
        operation(
            "post",
            "/entities/by-query",
            "QueryEntitiesByPredicate",
            "A page of entities that a predicate means",
            Route::QueryByPredicate,
            Some("Page"),
        ),
        operation(
            "post",
            "/entities/by-refs",
            "GetEntitiesByRefs",
            "The entities of these refs, in their order",
            Route::EntitiesByRefs,
            Some("Batch"),
        ),
        operation(
            "get",
            "/entities/by-uid/{uid}",
            "GetEntityByUid",
            "The entity of this uid",
            Route::EntityByUid(id()),
            Some("Entity"),
        ),
        operation(
            "delete",
            "/entities/by-uid/{uid}",
            "DeleteEntityByUid",
            "Refused: the catalog follows Okta",
            Route::DeleteEntity(id()),
            None,
        ),
        operation(
            "get",
            by_name,
            "GetEntityByName",
            "The entity of this name",
            Route::Entity(name()),
            Some("Entity"),
        ),
        operation(
            "get",
            ancestry,
            "GetEntityAncestryByName",
            "An entity, and who made it known",
            Route::Ancestry(name()),
            Some("Ancestry"),
        ),
        operation(
            "get",
            "/entity-facets",
            "GetEntityFacets",
            "How often values are found",
            Route::Facets,
            Some("Facets"),
        ),
        operation(
            "post",
            "/entity-facets",
            "QueryEntityFacetsByPredicate",
            "How often values are found, by a predicate",
            Route::FacetsByPredicate,
            Some("Facets"),
        ),
        operation(
            "get",
            "/locations",
            "GetLocations",
            "Registered locations, of which there are none",
            Route::Locations,
            Some("Locations"),
        ),
        operation(
            "post",
            "/locations",
            "CreateLocation",
            "Refused: the catalog follows Okta",
            Route::CreateLocation,
            None,
        ),
        operation(
            "post",
            "/locations/by-query",
            "GetLocationsByQuery",
            "A page of registered locations, of which there are none",
            Route::LocationsByQuery,
            Some("LocationsPage"),
        ),
        operation(
            "get",
            "/locations/{id}",
            "GetLocation",
            "A registered location, of which there are none",
            Route::Location(id()),
            None,
        ),
        operation(
            "put",
            "/locations/{id}",
            "UpdateLocation",
            "Refused: the catalog follows Okta",
            Route::UpdateLocation(id()),
            None,
        ),
        operation(
            "delete",
            "/locations/{id}",
            "DeleteLocation",
            "Refused: the catalog follows Okta",
            Route::DeleteLocation(id()),
            None,
        ),
        operation(
            "get",
            by_entity,
            "getLocationByEntity",
            "The location of an entity, of which there are none",
            Route::LocationByEntity(name()),
            None,
        ),
        operation(
            "post",
            "/refresh",
            "RefreshEntity",
            "Refused: the catalog follows Okta",
            Route::Refresh,
            None,
        ),
        operation(
            "post",
            "/validate-entity",
            "ValidateEntity",
            "Whether an entity is valid",
            Route::ValidateEntity,
            None,
        ),
        operation(
            "post",
            "/analyze-location",
            "AnalyzeLocation",
            "Refused: nothing is fetched",
            Route::AnalyzeLocation,
            None,
        ),
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
        Of::OneOf(choices) => (json!({ "type": "string", "enum": choices }), true),
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

/// What is answered.
fn schemas() -> Value {
    let entity = json!({ "$ref": "#/components/schemas/Entity" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let by_text = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let object = |required: &[&str], properties: Value| json!({ "type": "object", "required": required, "properties": properties });
    json!({
        // What is left of one where `fields` are asked for has only these.
        "Entity": object(&[], json!({
            "apiVersion": { "type": "string" },
            "kind": { "type": "string" },
            "metadata": object(&[], json!({
                "name": { "type": "string" },
                "namespace": { "type": "string" },
                "uid": { "type": "string" },
                "etag": { "type": "string" },
                "title": { "type": "string" },
                "description": { "type": "string" },
                "labels": by_text,
                "annotations": by_text,
                "tags": texts,
            })),
            "spec": { "type": "object" },
            "relations": {
                "type": "array",
                "items": object(&["type", "targetRef"], json!({
                    "type": { "type": "string" },
                    "targetRef": { "type": "string" },
                })),
            },
        })),
        "Entities": { "type": "array", "items": entity },
        "Batch": object(&["items"], json!({
            "items": { "type": "array", "items": { "anyOf": [entity, { "type": "null" }] } },
        })),
        "Page": object(&["items", "totalItems", "pageInfo"], json!({
            "items": { "type": "array", "items": entity },
            "totalItems": { "type": "number" },
            "pageInfo": { "type": "object", "properties": {
                "nextCursor": { "type": "string" },
                "prevCursor": { "type": "string" },
            } },
        })),
        "Ancestry": object(&["rootEntityRef", "items"], json!({
            "rootEntityRef": { "type": "string" },
            "items": { "type": "array", "items": object(&["entity", "parentEntityRefs"], json!({
                "entity": entity,
                "parentEntityRefs": texts,
            })) },
        })),
        "Facets": object(&["facets"], json!({
            "facets": { "type": "object", "additionalProperties": {
                "type": "array",
                "items": object(&["value", "count"], json!({
                    "value": { "type": "string" },
                    "count": { "type": "number" },
                })),
            } },
        })),
        "Locations": { "type": "array", "items": { "type": "object" } },
        "LocationsPage": object(&["items", "totalItems", "pageInfo"], json!({
            "items": { "type": "array", "items": { "type": "object" } },
            "totalItems": { "type": "number" },
            "pageInfo": { "type": "object" },
        })),
        "Error": object(&["error", "response"], json!({
            "error": object(&["name", "message"], json!({
                "name": { "type": "string" },
                "message": { "type": "string" },
            })),
            "request": object(&["method", "url"], json!({
                "method": { "type": "string" },
                "url": { "type": "string" },
            })),
            "response": object(&["statusCode"], json!({ "statusCode": { "type": "number" } })),
        })),
    })
}
