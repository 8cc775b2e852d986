//! Every notice with its word, its subject and its text.

use okta_api::GIVE_ROLE;

use super::*;
use crate::held::criteria::Reconfigured;
use crate::held::object::Kind;

fn reading() -> Vec<(Notice, &'static str, Option<&'static str>, String)> {
    let missing = |by, meant: Option<usize>| ReadingNotice::AttributeMissing {
        of: Kind::User,
        records: 2,
        attribute: "tema".to_owned(),
        by,
        meant: Some(Meant {
            attribute: "team".to_owned(),
            records: meant,
        }),
    };
    let mapping = NamedBy::Mapping(vec![
        "mapping.userName".into(),
        "mapping.users.title".into(),
    ]);
    let unidentified = ReadingNotice::UnidentifiedRecord {
        of: Kind::Group,
        reason: "it has\nno id".to_owned(),
    };
    let name = "Team".to_owned();
    let rows = [
        (
            ReadingNotice::FilterCheckedHere {
                key: "userFilter".into(),
                filter: r#"profile.a ew "b""#.to_owned(),
                asked: None,
            },
            "filter-checked-here",
            "userFilter",
            r#"Okta's search does not support all of userFilter `profile.a ew "b"`: everything is read, and the rest is checked here"#,
        ),
        (
            missing(NamedBy::Filter("userFilter".into()), Some(1)),
            "attribute-missing",
            "tema",
            "of 2 users none has `profile.tema`, by which `userFilter` decides (did you mean `profile.team`, which 1 has?)",
        ),
        (
            missing(mapping, None),
            "attribute-missing",
            "tema",
            "of 2 users none has `tema`, which `mapping.userName` and `mapping.users.title` are made of (did you mean `team`?)",
        ),
        (
            ReadingNotice::RuleUnused {
                of: Kind::Group,
                key: "mapping.groups.exclude".into(),
                rule: "Taem".to_owned(),
                nearest: Some("Team\u{7}".to_owned()),
            },
            "rule-unused",
            "mapping.groups.exclude",
            r"`mapping.groups.exclude` `Taem` matches no group (nearest: `Team\u{7}`)",
        ),
        (
            unidentified,
            "unidentified-record",
            "group",
            r"okta lists a record among the groups that may be anybody's: it has\u{a}no id; none that is missing is removed",
        ),
        (
            ReadingNotice::NameMissing {
                name: name.clone(),
                all_read: true,
            },
            "name-missing",
            "Team",
            "groupFilter lists `Team`, and no group of the org has exactly that name",
        ),
        (
            ReadingNotice::NameShared { name, groups: 2 },
            "name-shared",
            "Team",
            "groupFilter lists `Team`, and 2 groups of the org have that name: all are taken",
        ),
    ];
    rows.map(|(it, kind, subject, text)| (Notice::Reading(it), kind, Some(subject), text.into()))
        .into()
}

fn mapping() -> Vec<(Notice, &'static str, Option<&'static str>, String)> {
    let examples = || vec!["7".to_owned(), "8".to_owned()];
    let no_address = |annotation| MappingNotice::NoAddress {
        of: Kind::User,
        records: 1,
        key: "mapping.users.picture".into(),
        annotation,
    };
    let rows = [
        (
            MappingNotice::MergeOfNothing {
                name: "All".to_owned(),
            },
            "merge-of-nothing",
            "All",
            "mapping.groups.merge makes `All` of no group: none of those it names is there",
        ),
        (
            MappingNotice::HierarchyKeyShared {
                groups: 2,
                examples: examples(),
            },
            "hierarchy-key-shared",
            "7",
            "several groups are known by the same key of the hierarchy, and the one with the smallest id is taken: 2 in all, such \
             as `7`, `8`",
        ),
        (
            MappingNotice::ParentMissing {
                groups: 4,
                examples: examples(),
            },
            "parent-missing",
            "7",
            "groups name a parent that is not there, and are at the top: 4 in all, such as `7`, `8`",
        ),
        (
            MappingNotice::OwnAncestor {
                groups: 1,
                first: "group:default/a".to_owned(),
            },
            "own-ancestor",
            "group:default/a",
            "1 group is their own ancestors, such as group:default/a: they are at the top",
        ),
        (
            no_address(Some("x.io/a".to_owned())),
            "no-address",
            "mapping.users.picture",
            "`mapping.users.picture` `x.io/a` makes something of 1 user that is no `https:` URL: it is left out",
        ),
    ];
    rows.map(|(it, kind, subject, text)| (Notice::Mapping(it), kind, Some(subject), text.into()))
        .into()
}

fn deciding() -> Vec<(Notice, &'static str, Option<&'static str>, String)> {
    let (of, listed) = (Kind::User, 3);
    let rows = [
        (
            DecidingNotice::NoneListed { of },
            "none-listed",
            Some("user"),
            format!("okta answers that there is no user at all; if that is not so, {GIVE_ROLE}"),
        ),
        (
            DecidingNotice::NoneFound {
                of,
                filter: Some("id pr".to_owned()),
            },
            "none-found",
            Some("user"),
            format!(
                "okta finds no user for `userFilter` `id pr`; if there should be some, correct it, or {GIVE_ROLE}"
            ),
        ),
        (
            DecidingNotice::NoneFound {
                of: Kind::Group,
                filter: None,
            },
            "none-found",
            Some("group"),
            format!(
                "okta finds no group for `groupFilter`; if there should be some, correct it, or {GIVE_ROLE}"
            ),
        ),
        (
            DecidingNotice::AllRefused {
                of,
                listed,
                by: vec!["userFilter".into(), "mapping.users.exclude".into()],
            },
            "all-refused",
            Some("user"),
            "okta lists 3 users, and all of them are refused here, by `userFilter`, `mapping.users.exclude`".to_owned(),
        ),
        (
            DecidingNotice::AllRefused {
                of: Kind::Group,
                listed,
                by: vec!["groupFilter".into()],
            },
            "all-refused",
            Some("group"),
            "okta lists 3 groups, and `groupFilter` refuses all of them here".to_owned(),
        ),
        (
            DecidingNotice::NoUserBelongs,
            "no-user-belongs",
            Some("user"),
            "of the users that Okta lists none is wanted, or is in a group that is wanted, so there is no user".to_owned(),
        ),
        (
            DecidingNotice::ManyLeftOut {
                users: 10,
                groups: 1,
            },
            "many-left-out",
            None,
            "10 users and 1 group go because `exclude` or `statuses` leaves them out, which the guard does not count".to_owned(),
        ),
        (
            DecidingNotice::Reconfigured {
                changed: Reconfigured::Keys(vec!["userFilter".into()]),
            },
            "reconfigured",
            Some("userFilter"),
            "`userFilter` has changed since the last complete run: what it removes is counted by the guard".to_owned(),
        ),
    ];
    rows.map(|(it, kind, subject, text)| (Notice::Deciding(it), kind, subject, text))
        .into()
}

#[test]
fn each_has_a_word_a_subject_and_a_text() {
    for (notice, kind, subject, text) in [reading(), mapping(), deciding()].concat() {
        assert_eq!(notice.subject(), subject);
        assert_eq!(notice.to_string(), text);
        assert_eq!(notice.logged(), text);
        reads_back(&notice, kind);
    }
}

#[test]
fn the_log_counts_people_and_names_none() {
    let examples = || Examples::of((1..5).map(|n| format!("user:default/{n}")));
    for (notice, kind) in [
        (
            SignInNotice::AddressShared {
                addresses: 1,
                users: examples(),
            },
            "address-shared",
        ),
        (
            SignInNotice::SignedInAsAnother {
                users: 4,
                examples: examples(),
            },
            "signed-in-as-another",
        ),
        (
            SignInNotice::AddressNotFound {
                users: 4,
                examples: examples(),
            },
            "address-not-found",
        ),
        (
            SignInNotice::OutsideDefault {
                users: 4,
                examples: examples(),
            },
            "outside-default",
        ),
        (
            SignInNotice::WithoutEmail {
                users: 4,
                examples: examples(),
            },
            "without-email",
        ),
    ] {
        let notice = Notice::SignIn(notice);
        assert_eq!(notice.subject(), None);
        let (told, logged) = (notice.to_string(), notice.logged());
        let named = "user:default/1, user:default/2, user:default/3, ….";
        assert!(told.contains(named), "{told}");
        assert!(!logged.contains("user:"), "{logged}");
        assert!(
            logged.contains(" (`portal-sync plan` names them). "),
            "{logged}"
        );
        reads_back(&notice, kind);
    }
}

/// What is written has this word, and is read as it was.
#[track_caller]
fn reads_back(notice: &Notice, kind: &str) {
    let written = serde_json::to_value(notice).unwrap();
    assert_eq!(written["kind"], kind);
    assert_eq!(serde_json::from_value::<Notice>(written).unwrap(), *notice);
}
