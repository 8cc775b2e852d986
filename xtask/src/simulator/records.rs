//! Users and groups as the API shows them, and their attributes as `search` sees them.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::org::{Group, Org, User};

/// The five attributes (and their nulls) that every recorded profile starts with.
const ALWAYS: [&str; 6] = [
    "firstName",
    "lastName",
    "mobilePhone",
    "secondEmail",
    "login",
    "email",
];

/// Whole seconds, written with three zeros: `2026-01-31T08:15:00.000Z`.
pub(crate) fn instant(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string().into()
}

/// A user as in a list.
pub(crate) fn user(base: &str, user: &User, credentials: bool) -> Value {
    let moment = |at: Option<Timestamp>| at.map_or(Value::Null, instant);
    let mut record = json!({
        "id": user.id,
        "status": user.status,
        "created": instant(user.created),
        "activated": moment(user.activated),
        "statusChanged": moment(user.status_changed),
        "lastLogin": moment(user.last_login),
        "lastUpdated": instant(user.last_updated),
        "passwordChanged": moment(user.password_changed),
        "type": { "id": user.type_id },
        "profile": user_profile(&user.profile),
    });
    if let Value::Object(record) = &mut record {
        if credentials {
            let provider = json!({ "type": "OKTA", "name": "OKTA" });
            let credentials = match user.password_changed {
                Some(_) => json!({ "password": {}, "provider": provider }),
                None => json!({ "provider": provider }),
            };
            record.insert("credentials".to_owned(), credentials);
        }
        let links = json!({ "self": { "href": format!("{base}/api/v1/users/{}", user.id) } });
        record.insert("_links".to_owned(), links);
    }
    record
}

/// Unset attributes are left out, except two that are always there as null.
fn user_profile(profile: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = Map::new();
    for name in ALWAYS {
        let value = profile.get(name).cloned().unwrap_or_default();
        if !value.is_null() || matches!(name, "mobilePhone" | "secondEmail") {
            shown.insert(name.to_owned(), value);
        }
    }
    for (name, value) in profile
        .iter()
        .filter(|(name, value)| !value.is_null() && !ALWAYS.contains(&name.as_str()))
    {
        shown.insert(name.clone(), value.clone());
    }
    shown
}

/// A group as in a list. `stamped` is where `lastMembershipUpdated` comes from; there is no `_links.self`.
pub(crate) fn group(base: &str, org: &Org, stamped: &Org, group: &Group, stats: bool) -> Value {
    let address = format!("{base}/api/v1/groups/{}", group.id);
    let mut profile = group.profile.clone();
    profile.retain(|name, value| !value.is_null() || name == "description");
    let logo = |size: &str| json!({ "name": size, "href": format!("{base}/assets/group-{size}.png"), "type": "image/png" });
    let mut links = json!({
        "logo": [logo("medium"), logo("large")],
        "users": { "href": format!("{address}/users") },
        "apps": { "href": format!("{address}/apps") },
    });
    let mut record = json!({
        "id": group.id,
        "created": instant(group.created),
        "lastUpdated": instant(group.last_updated),
        "lastMembershipUpdated": instant(stamp(stamped, group)),
        "objectClass": group.object_class,
        "type": group.kind,
        "profile": profile,
    });
    if let (Value::Object(record), Value::Object(links)) = (&mut record, &mut links) {
        if let Some(source) = &group.source {
            record.insert("source".to_owned(), json!({ "id": source }));
            links.insert(
                "source".to_owned(),
                json!({ "href": format!("{base}/api/v1/apps/{source}") }),
            );
        }
        if stats {
            let stats = json!({
                "usersCount": org.members(group, None).count(),
                "appsCount": 0,
                "groupPushMappingsCount": 0,
                "hasAdminPrivilege": false,
                "_links": { "self": { "href": format!("{address}/stats") } },
            });
            record.insert("_embedded".to_owned(), json!({ "stats": stats }));
        }
        record.insert("_links".to_owned(), Value::Object(std::mem::take(links)));
    }
    record
}

/// Shows a group's `lastMembershipUpdated` as older than it is.
pub(crate) fn age_stamp(record: &mut Value, stamped: &Org, group: &Group, by: Duration) {
    let stamp = stamp(stamped, group);
    if let Some(shown) = record.get_mut("lastMembershipUpdated") {
        *shown = instant(stamp.saturating_sub(by).unwrap_or(stamp));
    }
}

fn stamp(stamped: &Org, group: &Group) -> Timestamp {
    let seen = stamped.groups.get(&group.id).unwrap_or(group);
    seen.last_membership_updated
}

/// An attribute of a user by its name in an expression.
pub(crate) fn user_attribute(user: &User, name: &str) -> Option<Value> {
    match name {
        "id" => Some(user.id.as_str().into()),
        "status" => Some(user.status.as_str().into()),
        "type.id" => Some(user.type_id.as_str().into()),
        "created" => Some(instant(user.created)),
        "activated" => user.activated.map(instant),
        "statusChanged" => user.status_changed.map(instant),
        "lastUpdated" => Some(instant(user.last_updated)),
        _ => user.profile.get(name.strip_prefix("profile.")?).cloned(),
    }
}

/// An attribute of a group by its name in an expression.
pub(crate) fn group_attribute(group: &Group, name: &str) -> Option<Value> {
    match name {
        "id" => Some(group.id.as_str().into()),
        "type" => Some(group.kind.as_str().into()),
        "source.id" => group.source.as_deref().map(Value::from),
        "created" => Some(instant(group.created)),
        "lastUpdated" => Some(instant(group.last_updated)),
        "lastMembershipUpdated" => Some(instant(group.last_membership_updated)),
        _ => group.profile.get(name.strip_prefix("profile.")?).cloned(),
    }
}
