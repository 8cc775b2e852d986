//! Filters as a request writes them: the parameter `filter`, and the predicates of POST.
//!
//! Both are first a predicate in JSON, which is what a cursor keeps, and then a [`Filter`]. What is refused, and in which
//! words, is what `parseEntityFilterParams.ts`, `applyPredicateEntityFilterToQuery.ts` and the schema of
//! `@backstage/filter-predicates` refuse.

mod shape;

use catalog_model::search_terms;
use serde_json::{Map, Value, json};

use super::filter::Filter;

pub(crate) use shape::checked;

/// The predicate that these values of the parameter `filter` mean together; nothing where they ask for nothing.
///
/// # Errors
/// When a statement has no key, in Backstage's words.
pub(crate) fn of_parameter(filters: &[String]) -> Result<Option<Value>, String> {
    let mut any = Vec::new();
    for filter in filters {
        let mut fields: Vec<(String, Option<Vec<Value>>)> = Vec::new();
        let statements = filter.split(',').map(str::trim);
        for statement in statements.filter(|statement| !statement.is_empty()) {
            let (key, value) = match statement.split_once('=') {
                Some((key, value)) => (key.trim(), Some(value.trim())),
                None => (statement, None),
            };
            if key.is_empty() {
                return Err(format!(
                    "Invalid filter, '{statement}' is not a valid statement (expected a string on the form a=b or a= or a)"
                ));
            }
            let at = fields.iter().position(|(known, _)| known == key);
            let at = at.unwrap_or_else(|| {
                fields.push((key.to_owned(), None));
                fields.len() - 1
            });
            if let (Some(value), Some((_, values))) = (value, fields.get_mut(at)) {
                values.get_or_insert_default().push(value.into());
            }
        }
        let predicates = fields.into_iter().map(|(key, values)| field(&key, values));
        any.extend(one_or("$all", predicates.collect()));
    }
    Ok(one_or("$any", any))
}

/// The predicate that an older cursor's filter means.
pub(crate) fn of_older_filter(filter: &Value) -> Value {
    let list = |operator: &str, filters: &Value| {
        let filters = filters.as_array().into_iter().flatten();
        json!({ operator: filters.map(of_older_filter).collect::<Vec<_>>() })
    };
    if let Some(key) = filter.get("key").and_then(Value::as_str) {
        let values = filter.get("values").and_then(Value::as_array);
        field(key, values.cloned())
    } else if let Some(inner) = filter.get("not") {
        json!({ "$not": of_older_filter(inner) })
    } else if let Some(filters) = filter.get("anyOf") {
        list("$any", filters)
    } else {
        list("$all", filter.get("allOf").unwrap_or(&Value::Null))
    }
}

fn field(key: &str, values: Option<Vec<Value>>) -> Value {
    match values {
        None => json!({ key: { "$exists": true } }),
        Some(mut values) if values.len() == 1 => json!({ key: values.pop() }),
        Some(values) => json!({ key: { "$in": values } }),
    }
}

fn one_or(operator: &str, mut predicates: Vec<Value>) -> Option<Value> {
    match predicates.len() {
        0 => None,
        1 => predicates.pop(),
        _ => Some(json!({ operator: predicates })),
    }
}

/// What a predicate means.
///
/// # Errors
/// When it means nothing, in Backstage's words.
pub(crate) fn filter(predicate: &Value) -> Result<Filter, String> {
    let Value::Object(predicate) = predicate else {
        return Err(format!(
            "Invalid filter predicate: top-level primitive values are not supported. Wrap the value in a field expression, e.g. {{ \"kind\": {predicate} }}"
        ));
    };
    if predicate.keys().any(|key| key.starts_with('$')) {
        return operator(predicate);
    }
    let fields = predicate
        .iter()
        .map(|(key, value)| condition(&key.to_lowercase(), value));
    fields.collect::<Result<_, _>>().map(Filter::Every)
}

fn operator(predicate: &Map<String, Value>) -> Result<Filter, String> {
    let mut entries = predicate.iter();
    let all = |filters: &[Value]| filters.iter().map(filter).collect::<Result<Vec<_>, _>>();
    match (entries.next(), entries.next()) {
        (Some((key, inner)), None) if key == "$not" => Ok(Filter::Not(Box::new(filter(inner)?))),
        (Some((key, Value::Array(filters))), None) if key == "$all" => {
            all(filters).map(Filter::Every)
        }
        (Some((key, Value::Array(filters))), None) if key == "$any" => {
            all(filters).map(Filter::Any)
        }
        _ => Err(format!(
            "Invalid filter predicate: operators must be a single $all or $any with an array, or $not, but got {}",
            Value::Object(predicate.clone())
        )),
    }
}

fn condition(key: &str, value: &Value) -> Result<Filter, String> {
    let is = |values: Vec<String>| Filter::Is(key.to_owned(), values);
    if let Some(text) = text(value) {
        return Ok(is(vec![text]));
    }
    let part = |name: &str| value.as_object().and_then(|object| object.get(name));
    if let Some(exists) = part("$exists") {
        let has = Filter::Has(key.to_owned());
        return Ok(if exists == &Value::Bool(true) {
            has
        } else {
            Filter::Not(Box::new(has))
        });
    }
    if let Some(values) = part("$in") {
        let values = values.as_array().into_iter().flatten();
        return Ok(is(values.filter_map(text).collect()));
    }
    if let Some(prefix) = part("$hasPrefix") {
        let prefix = text(prefix).unwrap_or_default();
        return Ok(Filter::Begins(key.to_owned(), prefix));
    }
    match part("$contains") {
        Some(target) => match (text(target), target) {
            (Some(text), _) => Ok(is(vec![text])),
            (None, Value::Object(target)) if key == "relations" => relation(target),
            (None, Value::Object(_)) => Err(format!(
                "Object form of $contains is not supported for field \"{key}\""
            )),
            _ => Err(format!(
                "Unsupported $contains target for field \"{key}\": {target}"
            )),
        },
        None => Err(format!(
            "Invalid filter predicate value for field \"{key}\": expected a primitive value, $exists, $in, $hasPrefix, or $contains operator, but got {value}"
        )),
    }
}

/// A relation of some type, to some targets.
fn relation(target: &Map<String, Value>) -> Result<Filter, String> {
    const NO_TYPE: &str =
        "The $contains operator for \"relations\" requires a \"type\" string property";
    let (mut of, mut targets) = (None, None);
    let twice = |key: &str| {
        Err(format!(
            "Duplicate key \"{key}\" in $contains for \"relations\""
        ))
    };
    for (key, value) in target {
        match key.to_lowercase().as_str() {
            "type" if of.is_some() => return twice(key),
            "type" => of = Some(value.as_str().ok_or(NO_TYPE)?),
            "targetref" if targets.is_some() => return twice(key),
            "targetref" => targets = Some(texts(value)?),
            _ => {
                return Err(format!(
                    "Unsupported key \"{key}\" in $contains for \"relations\". Only \"type\" and \"targetRef\" are supported"
                ));
            }
        }
    }
    let of = of.filter(|of| !of.is_empty()).ok_or(NO_TYPE)?;
    let key = format!("relations.{}", of.to_lowercase());
    Ok(match targets {
        Some(targets) => Filter::Is(key, targets),
        None => Filter::Has(key),
    })
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    if let Value::String(text) = value {
        return Ok(vec![text.to_lowercase()]);
    }
    let only = value.as_object().filter(|object| object.len() == 1);
    let list = only.and_then(|object| object.get("$in")?.as_array());
    let texts = list.and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    match texts {
        Some(texts) if texts.is_empty() => {
            Err("Empty \"$in\" array for $contains on \"relations\" is not allowed".to_owned())
        }
        Some(texts) => Ok(texts.into_iter().map(str::to_lowercase).collect()),
        None => Err(format!(
            "Unsupported value in $contains for \"relations\": expected a string or {{ \"$in\": [strings] }}, but got {value}"
        )),
    }
}

/// What a value is compared as: its text in lower case. Nothing of lists, objects and `null`.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Bool(_) | Value::Number(_) => {
            let mut text = None;
            // It is written as it is where it stands in an entity.
            drop(search_terms(value, |term| {
                text = term.value.map(str::to_lowercase);
            }));
            text
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
