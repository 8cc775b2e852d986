//! Which names of attributes a record can have, and what was meant by the others.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

use org_filter::{Dialect, RecordKind, SearchExpr};

use RecordKind::{Group, User};

fn read(text: &str) -> SearchExpr {
    text.parse().expect(text)
}

/// The places and fixes of the names that are wrong.
fn wrong(text: &str, kind: RecordKind) -> Vec<(String, Option<String>)> {
    let errors = match read(text).check_attributes(kind) {
        Ok(()) => return Vec::new(),
        Err(errors) => errors,
    };
    let part =
        |span: std::ops::Range<usize>| text.get(span).expect("a part of the text").to_owned();
    let told = errors.problems().iter();
    told.map(|one| (part(one.span()), one.fix().map(str::to_owned)))
        .collect()
}

#[test]
fn what_a_record_has_is_no_mistake_whether_okta_can_be_asked_for_it_or_not() {
    for (kind, names) in [
        (
            User,
            &[
                "id",
                "status",
                "created",
                "activated",
                "statusChanged",
                "lastLogin",
                "lastUpdated",
                "passwordChanged",
                "transitioningToStatus",
                "realmId",
                "type.id",
                "type",
                "credentials.provider.type",
                "credentials.provider.name",
                "credentials.provider",
                "credentials.password",
                "credentials.recovery_question.question",
                "credentials.emails",
                "credentials.emails.value",
                "classification.type",
                "profile",
                "profile.department",
                "profile.squad",
                "profile.Squad",
                "profile.a.b",
                "profile.github_login",
                "profile._x",
            ][..],
        ),
        (
            Group,
            &[
                "id",
                "type",
                "created",
                "lastUpdated",
                "lastMembershipUpdated",
                "objectClass",
                "source",
                "source.id",
                "profile.name",
                "profile.description",
                "profile.samAccountName",
                "profile.x",
                "profile.Status",
                "profile.department",
            ],
        ),
    ] {
        for name in names {
            assert_eq!(wrong(&format!("{name} pr"), kind), [], "{kind}: {name}");
        }
    }
}

#[test]
fn what_no_record_has_is_a_mistake_with_the_name_that_was_meant() {
    for (kind, name, fix) in [
        (User, "department", Some("profile.department")),
        (User, "email", Some("profile.email")),
        (User, "EMAIL", Some("profile.email")),
        (User, "login", Some("profile.login")),
        (User, "firstname", Some("profile.firstName")),
        (User, "departmnt", Some("profile.department")),
        (User, "emial", Some("profile.email")),
        (User, "squad", Some("profile.squad")),
        (User, "Status", Some("status")),
        (User, "STATUS", Some("status")),
        (User, "stauts", Some("status")),
        (User, "lastupdated", Some("lastUpdated")),
        (User, "last_updated", Some("lastUpdated")),
        (User, "lastlogin", Some("lastLogin")),
        (User, "Id", Some("id")),
        (User, "create", Some("created")),
        (User, "profile.firstname", Some("profile.firstName")),
        (User, "profile.Email", Some("profile.email")),
        (User, "profile.timeZone", Some("profile.timezone")),
        (User, "profile.Department", Some("profile.department")),
        (User, "profile.email.value", Some("profile.email")),
        (User, "Profile.department", Some("profile.department")),
        (User, "profiles.Firstname", Some("profile.firstName")),
        (User, "porfile.squad", Some("profile.squad")),
        (User, "user.department", Some("profile.department")),
        (User, "user.status", Some("status")),
        (User, "user.profile.firstname", Some("profile.firstName")),
        (
            User,
            "credentials.provider.typ",
            Some("credentials.provider.type"),
        ),
        (
            User,
            "Credentials.Provider.Type",
            Some("credentials.provider.type"),
        ),
        (User, "types.id", Some("type.id")),
        (User, "types", Some("type.id")),
        (User, "created.at", None),
        (User, "lastMembershipUpdated", None),
        (User, "objectClass", None),
        (User, "source.id", None),
        (User, "_links.self.href", None),
        (User, "_embedded", None),
        (User, "a.b", None),
        (Group, "name", Some("profile.name")),
        (Group, "Name", Some("profile.name")),
        (Group, "description", Some("profile.description")),
        (Group, "profile.Name", Some("profile.name")),
        (Group, "profile.NAME", Some("profile.name")),
        (Group, "group.name", Some("profile.name")),
        (Group, "samAccountName", Some("profile.samAccountName")),
        (Group, "Type", Some("type")),
        (Group, "lastMembershipUpdate", Some("lastMembershipUpdated")),
        (
            Group,
            "lastmembershipupdated",
            Some("lastMembershipUpdated"),
        ),
        (Group, "objectclass", Some("objectClass")),
        (Group, "sourceId", Some("source.id")),
        (Group, "type.id", None),
        (Group, "status", Some("profile.status")),
        (Group, "lastLogin", None),
        (Group, "credentials.provider.type", None),
        (Group, "_embedded.stats.usersCount", None),
    ] {
        for text in [
            format!("{name} pr"),
            format!("{name} eq \"x\""),
            format!("not ({name} ew \"x\")"),
            format!("id pr and ({name} co \"xyz\" or id eq \"a\")"),
            format!("not (id pr or (id pr and not ({name} gt 3)))"),
        ] {
            let expected = vec![(name.to_owned(), fix.map(str::to_owned))];
            assert_eq!(wrong(&text, kind), expected, "{kind}: {text}");
        }
        if let Some(fix) = fix {
            assert_eq!(wrong(&format!("{fix} pr"), kind), [], "{fix} is a name");
        }
        // Okta cannot be asked for it either.
        let dialect = match kind {
            User => Dialect::USER_SEARCH,
            Group => Dialect::GROUP_SEARCH,
            other => panic!("{other} have no dialect here"),
        };
        assert!(
            read(&format!("{name} pr")).check(&dialect).is_err(),
            "{name}"
        );
    }
}

#[test]
fn every_mistake_is_told_not_the_first() {
    let text = r#"department eq "a" or not (Status pr and profile.Email pr) or lastLogin pr"#;
    let names = wrong(text, User).into_iter().map(|(name, _)| name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["department", "Status", "profile.Email"]
    );
    let rendered = read(r#"id pr and department eq "a""#).check_attributes(User);
    assert_eq!(
        rendered.expect_err("no such attribute").render(),
        r#"error: users have no attribute `department`
  | id pr and department eq "a"
  |           ^^^^^^^^^^
  = fix: write `profile.department`
  = see: Okta API reference, Users: the user object
"#
    );
}

#[test]
fn an_object_is_there_but_cannot_be_compared() {
    assert_eq!(
        wrong(r#"type eq "x""#, User),
        [("type".to_owned(), Some("type.id".to_owned()))]
    );
    assert_eq!(
        wrong(r#"source eq "x""#, Group),
        [("source".to_owned(), Some("source.id".to_owned()))]
    );
    for name in ["credentials.provider", "credentials", "profile"] {
        let text = format!(r#"{name} eq "x""#);
        assert_eq!(wrong(&text, User), [(name.to_owned(), None)]);
    }
}
