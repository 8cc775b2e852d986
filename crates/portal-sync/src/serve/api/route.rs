//! The routes of the catalog API and what each takes: the operations of Backstage's own OpenAPI document.

use std::borrow::Cow;

use axum::http::Method;

/// Where the API is.
use super::super::problem::PREFIX;

/// What is asked for, by path and method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    Entities,
    EntityByUid(String),
    DeleteEntity(String),
    Entity(Name),
    Ancestry(Name),
    EntitiesByRefs,
    Query,
    QueryByPredicate,
    Facets,
    FacetsByPredicate,
    Locations,
    LocationsByQuery,
    Location(String),
    CreateLocation,
    UpdateLocation(String),
    DeleteLocation(String),
    LocationByEntity(Name),
    Refresh,
    ValidateEntity,
    AnalyzeLocation,
    OpenApi,
}

/// The three parts of a ref, as they stand in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// A part of an address is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// What an address and a method name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Route(Route),
    /// The methods that the address knows, as `Allow` tells them.
    Options(&'static str),
    Nothing,
}

/// What is asked for. `HEAD` is `GET` without the body.
pub(super) fn find(method: &Method, path: &str) -> Result<Found, Malformed> {
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if method == Method::OPTIONS {
        return Ok(allowed(&parts).map_or(Found::Nothing, Found::Options));
    }
    let method = match method.as_str() {
        "HEAD" => "GET",
        other => other,
    };
    let route = match (method, parts.as_slice()) {
        ("GET", ["entities"]) => Route::Entities,
        ("GET", ["entities", "by-uid", uid]) => Route::EntityByUid(decoded(uid)?),
        ("DELETE", ["entities", "by-uid", uid]) => Route::DeleteEntity(decoded(uid)?),
        ("GET", ["entities", "by-name", name @ ..]) if name.len() == 3 => {
            Route::Entity(named(name)?)
        }
        ("GET", ["entities", "by-name", name @ .., "ancestry"]) if name.len() == 3 => {
            Route::Ancestry(named(name)?)
        }
        ("POST", ["entities", "by-refs"]) => Route::EntitiesByRefs,
        ("GET", ["entities", "by-query"]) => Route::Query,
        ("POST", ["entities", "by-query"]) => Route::QueryByPredicate,
        ("GET", ["entity-facets"]) => Route::Facets,
        ("POST", ["entity-facets"]) => Route::FacetsByPredicate,
        ("GET", ["locations"]) => Route::Locations,
        ("POST", ["locations"]) => Route::CreateLocation,
        ("POST", ["locations", "by-query"]) => Route::LocationsByQuery,
        ("GET", ["locations", "by-entity", name @ ..]) if name.len() == 3 => {
            Route::LocationByEntity(named(name)?)
        }
        ("GET", ["locations", id]) => Route::Location(decoded(id)?),
        ("PUT", ["locations", id]) => Route::UpdateLocation(decoded(id)?),
        ("DELETE", ["locations", id]) => Route::DeleteLocation(decoded(id)?),
        ("POST", ["refresh"]) => Route::Refresh,
        ("POST", ["validate-entity"]) => Route::ValidateEntity,
        ("POST", ["analyze-location"]) => Route::AnalyzeLocation,
        ("GET", ["openapi.json"]) => Route::OpenApi,
        _ => return Ok(Found::Nothing),
    };
    Ok(Found::Route(route))
}

fn allowed(parts: &[&str]) -> Option<&'static str> {
    Some(match parts {
        ["entities"] | ["openapi.json"] => "GET,HEAD",
        ["entities", "by-uid", _] => "GET,HEAD,DELETE",
        ["entities", "by-name", _, _, _] | ["entities", "by-name", _, _, _, "ancestry"] => {
            "GET,HEAD"
        }
        ["entities", "by-refs"] | ["refresh"] | ["validate-entity"] | ["analyze-location"] => {
            "POST"
        }
        ["entities", "by-query"] | ["locations"] => "POST,GET,HEAD",
        ["entity-facets"] => "GET,HEAD,POST",
        ["locations", "by-query"] => "POST,GET,HEAD,PUT,DELETE",
        ["locations", _] => "GET,HEAD,PUT,DELETE",
        ["locations", "by-entity", _, _, _] => "GET,HEAD",
        _ => return None,
    })
}

fn named(parts: &[&str]) -> Result<Name, Malformed> {
    match parts {
        [kind, namespace, name] => Ok(Name {
            kind: decoded(kind)?,
            namespace: decoded(namespace)?,
            name: decoded(name)?,
        }),
        _ => Err(Malformed),
    }
}

fn decoded(part: &str) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let digits = after
            .get(..2)
            .and_then(|digits| str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.ok_or(Malformed)?);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| Malformed)
}

/// A parameter of the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) of: Of,
    pub(super) is_required: bool,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
    /// A whole number, not below zero.
    Number,
    Text,
    Choice(&'static [&'static str]),
    /// Texts, each given by the parameter anew.
    Texts,
    /// Texts that commas separate.
    List,
}

const fn takes(name: &'static str, of: Of) -> Parameter {
    Parameter {
        name,
        of,
        is_required: false,
    }
}

const FILTER: Parameter = takes("filter", Of::Texts);

/// The properties of a body: their names and what they are, in the order in which they are looked at.
pub(super) type Properties = &'static [(&'static str, Shape)];

/// What a body, or a part of it, has to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Number,
    OneOf(&'static [&'static str]),
    List(&'static Self),
    Object {
        required: &'static [&'static str],
        properties: Properties,
        is_closed: bool,
    },
}

const ANY: Shape = object(&[], &[]);

const fn object(required: &'static [&'static str], properties: Properties) -> Shape {
    Shape::Object {
        required,
        properties,
        is_closed: false,
    }
}

const TEXTS: Shape = Shape::List(&Shape::Text);

const LOCATION: Shape = object(
    &["type", "target"],
    &[("type", Shape::Text), ("target", Shape::Text)],
);

/// A body that an operation takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub(super) is_required: bool,
    pub(super) shape: Shape,
}

const fn body(is_required: bool, shape: Shape) -> Option<Body> {
    Some(Body { is_required, shape })
}

const LIST: &[Parameter] = &[
    takes("fields", Of::List),
    takes("limit", Of::Number),
    FILTER,
    takes("offset", Of::Number),
    takes("after", Of::Text),
    takes("order", Of::Texts),
];

const QUERY: &[Parameter] = &[
    takes("fields", Of::List),
    takes("limit", Of::Number),
    takes("offset", Of::Number),
    takes("orderField", Of::Texts),
    takes("cursor", Of::Text),
    FILTER,
    takes("totalItems", Of::Choice(&["include", "exclude"])),
    takes("fullTextFilterTerm", Of::Text),
    takes("fullTextFilterFields", Of::List),
];

const FACETS: &[Parameter] = &[
    Parameter {
        name: "facet",
        of: Of::Texts,
        is_required: true,
    },
    FILTER,
];

const CREATE_LOCATION: &[Parameter] = &[
    takes("dryRun", Of::Text),
    takes("onConflict", Of::Choice(&["refresh", "reject"])),
];

const REFRESH: Shape = Shape::Object {
    required: &["entityRef"],
    properties: &[
        ("authorizationToken", Shape::Text),
        ("entityRef", Shape::Text),
    ],
    is_closed: true,
};

const REFS: Shape = object(
    &["entityRefs"],
    &[("entityRefs", TEXTS), ("fields", TEXTS), ("query", ANY)],
);

const FULL_TEXT: Shape = object(&[], &[("term", Shape::Text), ("fields", TEXTS)]);

const PREDICATE: Shape = object(
    &[],
    &[
        ("cursor", Shape::Text),
        ("limit", Shape::Number),
        ("offset", Shape::Number),
        ("orderBy", Shape::List(&ORDER)),
        ("fullTextFilter", FULL_TEXT),
        ("fields", TEXTS),
        ("totalItems", Shape::OneOf(&["include", "exclude"])),
        ("query", ANY),
    ],
);

const FACETS_BY_PREDICATE: Shape = object(&["facets"], &[("facets", TEXTS), ("query", ANY)]);

const NEW_LOCATION: Shape = object(
    &["target", "type"],
    &[("target", Shape::Text), ("type", Shape::Text)],
);

const LOCATIONS: Shape = object(
    &[],
    &[
        ("cursor", Shape::Text),
        ("limit", Shape::Number),
        ("query", ANY),
    ],
);

const ANALYZED: Shape = object(
    &["location"],
    &[("catalogFileName", Shape::Text), ("location", LOCATION)],
);

const VALIDATED: Shape = object(
    &["location", "entity"],
    &[("location", Shape::Text), ("entity", ANY)],
);

impl Route {
    /// The parameters it takes, in the order in which they are looked at.
    pub(super) const fn parameters(&self) -> &'static [Parameter] {
        match self {
            Self::Entities => LIST,
            Self::Query => QUERY,
            Self::EntitiesByRefs => &[FILTER],
            Self::Facets => FACETS,
            Self::CreateLocation => CREATE_LOCATION,
            _ => &[],
        }
    }

    /// The body it takes.
    pub(super) const fn body(&self) -> Option<Body> {
        match self {
            Self::Refresh => body(true, REFRESH),
            Self::EntitiesByRefs => body(false, REFS),
            Self::QueryByPredicate => body(false, PREDICATE),
            Self::FacetsByPredicate => body(true, FACETS_BY_PREDICATE),
            Self::CreateLocation => body(true, NEW_LOCATION),
            Self::UpdateLocation(_) => body(true, LOCATION),
            Self::LocationsByQuery => body(false, LOCATIONS),
            Self::AnalyzeLocation => body(true, ANALYZED),
            Self::ValidateEntity => body(true, VALIDATED),
            _ => None,
        }
    }
}

const ORDER: Shape = object(
    &["field", "order"],
    &[
        ("field", Shape::Text),
        ("order", Shape::OneOf(&["asc", "desc"])),
    ],
);

impl Name {
    /// The ref as Backstage prints it: all in lower case.
    pub(super) fn entity_ref(&self) -> String {
        let Self {
            kind,
            namespace,
            name,
        } = self;
        format!("{kind}:{namespace}/{name}").to_lowercase()
    }
}

/// A path as errors and links tell it.
pub(super) fn below_prefix(path: &str) -> Cow<'_, str> {
    match path.strip_prefix(PREFIX) {
        Some("") => "/".into(),
        Some(path) => path.into(),
        None => path.into(),
    }
}
