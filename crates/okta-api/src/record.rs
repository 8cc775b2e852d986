//! Okta's records as filters see them, by the names of the wire.

use org_filter::{Attribute, AttributePath, Record};
use serde_json::{Map, Value};

use crate::group::Group;
use crate::profile::Profile;
use crate::user::{Member, User};

impl Record for User {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        match path.as_str() {
            "id" => self.id.as_str().into(),
            "status" => self.status.as_str().into(),
            "created" => self.created.into(),
            "activated" => self.activated.into(),
            "statusChanged" => self.status_changed.into(),
            "lastLogin" => self.last_login.into(),
            "lastUpdated" => self.last_updated.into(),
            other => below(&self.profile, &self.extra, path, other),
        }
    }
}

impl Record for Group {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        match path.as_str() {
            "id" => self.id.as_str().into(),
            "type" => self.kind.as_str().into(),
            "created" => self.created.into(),
            "lastUpdated" => self.last_updated.into(),
            "lastMembershipUpdated" => self.last_membership_updated.into(),
            "objectClass" => self.object_class.as_slice().into(),
            other => below(&self.profile, &self.extra, path, other),
        }
    }
}

/// A member has an id and a status; whatever else a user has is absent here.
impl Record for Member {
    fn attribute<'a>(&'a self, path: &'a AttributePath) -> Attribute<'a> {
        match path.as_str() {
            "id" => self.id.as_str().into(),
            "status" => self.status.as_str().into(),
            _ => Attribute::Absent,
        }
    }
}

/// An attribute of the profile, or one such as `type.id` or `source.id` that the types only keep.
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

#[cfg(test)]
mod tests {
    use org_filter::{Dialect, Record, SearchExpr};

    use crate::{Group, Member, User};

    fn matches(filter: &str, dialect: &Dialect, record: &impl Record) -> bool {
        let filter: SearchExpr = filter.parse().unwrap();
        filter.compile(dialect).matches(record)
    }

    #[test]
    fn attributes_of_a_user_are_found_by_their_names_on_the_wire() {
        let user: User = serde_json::from_str(
            r#"{"id":"00u1","status":"ACTIVE","created":"2026-01-01T00:00:00.000Z","type":{"id":"oty1"},
                "profile":{"tags":["a","b"],"level":3,"badge":null,"title":"",
                    "manager":{"name":"Eve","office":{"city":"Oslo"}},"id":"not this"}}"#,
        )
        .unwrap();
        for filter in [
            r#"id eq "00u1""#,
            r#"status eq "ACTIVE""#,
            r#"created gt "2025-12-31T23:59:59.000Z""#,
            r#"type.id eq "oty1""#,
            r#"profile.tags eq "b""#,
            "profile.level ge 3",
            "profile.manager pr",
            // An attribute of the profile may have attributes of its own.
            r#"profile.manager.name eq "Eve""#,
            r#"profile.manager.office.city sw "Os""#,
        ] {
            assert!(matches(filter, &Dialect::USER_SEARCH, &user), "{filter}");
        }
        for filter in [
            "activated pr",
            "profile.badge pr",
            "profile.title pr",
            "profile.manager.phone pr",
            "profile.level.more pr",
            // Of the profile, and not of the record, and the other way round.
            "profile.status pr",
            r#"level ge 3"#,
            r#"id eq "not this""#,
        ] {
            assert!(!matches(filter, &Dialect::USER_SEARCH, &user), "{filter}");
        }
    }

    #[test]
    fn attributes_of_a_group_and_of_a_member_are_found_too() {
        let group: Group = serde_json::from_str(
            r#"{"id":"00g1","type":"APP_GROUP","objectClass":["okta:user_group"],"source":{"id":"0oa1"},
                "lastMembershipUpdated":"2026-01-01T00:00:00.000Z","profile":{"name":"Designers"}}"#,
        )
        .unwrap();
        for filter in [
            r#"type eq "APP_GROUP""#,
            r#"objectClass eq "okta:user_group""#,
            r#"source.id eq "0oa1""#,
            r#"lastMembershipUpdated ge "2026-01-01T00:00:00.000Z""#,
            r#"profile.name sw "Des""#,
        ] {
            assert!(matches(filter, &Dialect::GROUP_SEARCH, &group), "{filter}");
        }
        let member: Member = serde_json::from_str(r#"{"id":"00u1","status":"SUSPENDED"}"#).unwrap();
        let filter = r#"id eq "00u1" and status eq "SUSPENDED""#;
        assert!(matches(filter, &Dialect::USER_SEARCH, &member));
        assert!(!matches("profile.login pr", &Dialect::USER_SEARCH, &member));
    }
}
