//! Okta's records as filters and rules see them.

use okta_api::{Group, Profile, User};
use org_filter::names::{NameRule, RuleKind};
use org_filter::{Attribute, AttributePath, Record};
use serde_json::{Map, Value};

/// A user as the filter sees it, by the names of the wire.
#[derive(Debug)]
pub(crate) struct UserRecord<'a>(pub &'a User);

impl Record for UserRecord<'_> {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        let user = self.0;
        match path.as_str() {
            "id" => user.id.as_str().into(),
            "status" => user.status.as_str().into(),
            "created" => user.created.into(),
            "activated" => user.activated.into(),
            "statusChanged" => user.status_changed.into(),
            "lastLogin" => user.last_login.into(),
            "lastUpdated" => user.last_updated.into(),
            other => below(&user.profile, &user.extra, path, other),
        }
    }
}

/// A group as the filter sees it, by the names of the wire.
#[derive(Debug)]
pub(crate) struct GroupRecord<'a>(pub &'a Group);

impl Record for GroupRecord<'_> {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        let group = self.0;
        match path.as_str() {
            "id" => group.id.as_str().into(),
            "type" => group.kind.as_str().into(),
            "created" => group.created.into(),
            "lastUpdated" => group.last_updated.into(),
            "lastMembershipUpdated" => group.last_membership_updated.into(),
            "objectClass" => group.object_class.as_slice().into(),
            other => below(&group.profile, &group.extra, path, other),
        }
    }
}

/// An attribute of the profile, or one such as `type.id` or `source.id` that the wire models only keep.
fn below<'a>(
    profile: &'a Profile,
    extra: &'a Map<String, Value>,
    path: &'a AttributePath,
    text: &'a str,
) -> Attribute<'a> {
    let Some(name) = path.in_profile() else {
        return Attribute::member(extra, text);
    };
    match name.split_once('.') {
        None => profile.get(name).into(),
        Some((name, rest)) => match profile.get(name) {
            Some(Value::Object(members)) => Attribute::member(members, rest),
            _ => Attribute::Absent,
        },
    }
}

/// Whether one of the rules chooses an object, by one of its names or by the whole of its Okta id. Globs are about names
/// only: `[!a]*`, everything that does not begin with an `a`, fits every id.
pub(crate) fn choose(rules: &[NameRule], id: &str, names: &[Option<&str>]) -> bool {
    rules.iter().any(|rule| {
        let is_id = || rule.kind() == RuleKind::Exact && rule.admits(id);
        names.iter().flatten().any(|name| rule.admits(name)) || is_id()
    })
}

#[cfg(test)]
mod tests {
    use org_filter::{Dialect, SearchExpr};

    use super::*;

    fn user(json: &str) -> User {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn attributes_are_found_by_their_names_on_the_wire() {
        let record = user(
            r#"{"id":"00u1","status":"ACTIVE","created":"2026-01-01T00:00:00.000Z","type":{"id":"oty1"},
                "profile":{"tags":["a","b"],"level":3}}"#,
        );
        for filter in [
            r#"id eq "00u1""#,
            r#"created gt "2025-12-31T23:59:59.000Z""#,
            r#"type.id eq "oty1""#,
            r#"profile.tags eq "b""#,
            "profile.level ge 3",
        ] {
            let matcher = filter
                .parse::<SearchExpr>()
                .unwrap()
                .compile(&Dialect::USER_SEARCH);
            assert!(matcher.matches(&UserRecord(&record)), "{filter}");
        }
    }

    #[test]
    fn globs_are_about_names_and_not_about_ids() {
        let chooses = |rule: &str| {
            let rules: Vec<NameRule> = vec![rule.parse().unwrap()];
            choose(&rules, "00u1jane", &[Some("jane"), None])
        };
        assert!(chooses("jane") && chooses("prefix:ja") && chooses("glob:[!s]*"));
        assert!(chooses("00u1jane") && !chooses("00u2jane"));
        assert!(!chooses("glob:[!j]*") && !chooses("prefix:00u"));
    }
}
