//! `fields=id,status,profile:(firstName,login)`: only these of each record. The id comes always.

use serde_json::{Map, Value};

use super::call::Call;
use super::options::UserFields;
use super::reply::ApiError;

/// What is left of a record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection(Vec<Field>);

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    /// Only these of the object that it is.
    within: Option<Vec<String>>,
}

impl Projection {
    /// Reads the parameter of a list of users, as a tenant of that kind does.
    pub(crate) fn of_users(call: &Call, kind: UserFields) -> Result<Option<Self>, ApiError> {
        let fields = call.parameter("fields");
        match (fields, kind) {
            (None, _) => Ok(None),
            (Some(text), UserFields::Served) => Self::parse(text).map(Some),
            (Some(_), UserFields::Refused) => Err(refused()),
            (Some(_), UserFields::WithoutProfile) => Self::parse("status").map(Some),
        }
    }

    /// Reads the parameter. What Okta says to a malformed one is not known; it is refused here as other parameters are.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let mut fields = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find([',', ':']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let (within, after) = match after.strip_prefix(":(") {
                Some(open) => {
                    let (inside, after) = open.split_once(')').ok_or_else(refused)?;
                    let names = inside.split(',').map(|name| name.trim().to_owned());
                    (Some(names.collect()), after)
                }
                None => (None, after),
            };
            let name = name.trim().to_owned();
            rest = match after.strip_prefix(',') {
                Some(next) if !next.is_empty() => next,
                None if after.is_empty() => "",
                _ => return Err(refused()),
            };
            if name.is_empty() || name.contains(['(', ')']) {
                return Err(refused());
            }
            fields.push(Field { name, within });
        }
        Ok(Self(fields))
    }

    /// What is left of the record; what it does not have is left out.
    pub(crate) fn of(&self, record: Value) -> Value {
        let Value::Object(mut record) = record else {
            return record;
        };
        let mut left = Map::new();
        if let Some(id) = record.get("id") {
            left.insert("id".to_owned(), id.clone());
        }
        for Field { name, within } in &self.0 {
            let Some(mut value) = record.shift_remove(name) else {
                continue;
            };
            if let (Some(names), Value::Object(inside)) = (within, &mut value) {
                inside.retain(|name, _| names.contains(name));
            }
            left.insert(name.clone(), value);
        }
        Value::Object(left)
    }
}

fn refused() -> ApiError {
    ApiError::new(400, "E0000001", "Api validation failed: fields")
        .because("fields: The field has an invalid value")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_keep_what_is_named_and_their_id() {
        let record = json!({
            "id": "00u1", "status": "ACTIVE", "type": { "id": "oty" },
            "profile": { "firstName": "Ana", "lastName": "Díaz", "login": "ana" },
        });
        for (fields, expected) in [
            (
                "id,status,profile:(firstName,login)",
                json!({"id": "00u1", "status": "ACTIVE", "profile": {"firstName": "Ana", "login": "ana"}}),
            ),
            (
                "profile:(nothing),status,nothing",
                json!({"id": "00u1", "profile": {}, "status": "ACTIVE"}),
            ),
            ("type", json!({"id": "00u1", "type": {"id": "oty"}})),
        ] {
            let left = Projection::parse(fields).unwrap().of(record.clone());
            assert_eq!(left, expected, "{fields}");
        }
        for bad in [
            "id,",
            "profile:(login",
            "profile(login)",
            ",id",
            "profile:login",
        ] {
            assert!(Projection::parse(bad).is_err(), "{bad}");
        }
    }
}
