//! Whole plans: what changes, what is held back, what is approved.

use std::collections::BTreeMap;

use okta_api::{User, UserId};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::held::approval::Approvals;
use crate::held::org::{Members, Refusal};
use crate::held::state::Others;
use crate::testing::{self, group_named};

/// The defaults, of a provider `acme`.
pub(crate) fn settings() -> Settings {
    Settings {
        provider: "acme".to_owned(),
        rules: Rules::default(),
        guard: Guard::default(),
        mapping: mapping(crate::decide::rules::MappingRules::default()),
        criteria: Criteria::default(),
    }
}

/// The mapping of the provider by these rules.
pub(crate) fn mapping(rules: crate::decide::rules::MappingRules) -> Mapping {
    Mapping::new("acme", &"https://acme.okta.com".parse().unwrap(), rules)
}

/// The plan of an org over a catalog, as a run makes it.
pub(crate) fn plan(
    org: &Org,
    state: &State,
    settings: &Settings,
    approved: Option<&str>,
) -> Result<Plan, PlanError> {
    let approvals = Approvals {
        given: approved
            .map(|id| (id.to_owned(), "jane".to_owned()))
            .into_iter()
            .collect(),
        ..state.approvals().clone()
    };
    let before = state.without_texts().with_approvals(approvals);
    let known = Known::new(before, org.clone(), org.taken_at);
    let texts = kept(&known, settings).into_iter();
    let texts = texts.filter_map(|key| {
        let document = state.text(&key)?.clone();
        Some(Written { key, document })
    });
    let known = known.with_texts(texts.collect());
    super::plan(&known, settings)?.explained_by(state)
}

fn user(id: &str, email: &str) -> User {
    let profile = json!({"login": email, "email": email, "firstName": "Jane", "lastName": "Doe"});
    testing::user(id, profile)
}

/// An org: `(id, e-mail)` of users, `(id, name, members)` of groups.
fn org(users: &[(&str, &str)], groups: &[(&str, &str, &[&str])]) -> Org {
    let mut org = Org::default();
    for (id, email) in users {
        org.users.insert((*id).into(), user(id, email).into());
    }
    for (id, name, members) in groups {
        org.groups.insert((*id).into(), group_named(id, name));
        let members = members.iter().map(|member| UserId::from(*member));
        org.members.insert((*id).into(), Members::of(members));
    }
    org
}

/// What a plan writes.
fn written(plan: &Plan) -> Vec<Written> {
    let added = plan.added.iter().map(Result::unwrap);
    added.chain(plan.changed.iter().cloned()).collect()
}

/// The state after a plan was committed over `before`.
pub(crate) fn committed(plan: &Plan, before: &State) -> State {
    let mut documents = before.documents();
    for gone in &plan.removed {
        documents.remove(gone);
    }
    for Written { key, document } in written(plan) {
        documents.insert(key.clone(), document.clone());
    }
    let documents = documents
        .into_iter()
        .map(|(key, document)| Written { key, document });
    let generation = before.generation().unwrap_or_default() + 1;
    let remembered = plan.remembered.clone();
    State::of_documents(generation, documents, before.others().clone(), remembered)
}

fn after(org: &Org) -> State {
    let fresh = State::default();
    committed(&plan(org, &fresh, &settings(), None).unwrap(), &fresh)
}

#[test]
fn a_first_plan_adds_everything() {
    let org = org(
        &[("00u1", "jane@example.com"), ("00u2", "bob@example.com")],
        &[("00g1", "Team A", &["00u1"])],
    );
    let plan = plan(&org, &State::default(), &settings(), None).unwrap();
    assert_eq!(
        plan.to_string(),
        "+ user:default/jane\n+ user:default/bob\n+ group:default/team-a\n"
    );
    assert_eq!(
        plan.after,
        Counts {
            users: 2,
            groups: 1,
            memberships: 1
        }
    );
    let entity = |id: &str| {
        let record = written(&plan)
            .into_iter()
            .find(|record| record.key.text() == id)
            .unwrap();
        serde_json::to_value(record.document.entity().unwrap()).unwrap()
    };
    assert_eq!(
        entity("00u1"),
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": {
                "name": "jane",
                "namespace": "default",
                "annotations": {
                    "backstage.io/managed-by-location": "okta:https://acme.okta.com/api/v1/users/00u1",
                    "backstage.io/managed-by-origin-location": "okta:https://acme.okta.com/api/v1/users/00u1",
                    "okta.com/email": "jane@example.com",
                    "okta.com/id": "00u1",
                    "okta.com/login": "jane@example.com",
                    "okta.com/org": "acme.okta.com",
                    "okta.com/provider": "acme",
                },
            },
            "spec": {
                "profile": {"displayName": "Jane Doe", "email": "jane@example.com"},
                "memberOf": ["group:default/team-a"],
            },
        })
    );
    assert_eq!(
        entity("00g1")["spec"]["members"],
        json!(["user:default/jane"])
    );
}

#[test]
fn the_same_org_again_changes_nothing() {
    let org = org(
        &[("00u1", "jane@example.com")],
        &[("00g1", "Team A", &["00u1"])],
    );
    let again = plan(&org, &after(&org), &settings(), None).unwrap();
    assert!(again.is_empty(), "{again}");
}

#[test]
fn every_kind_of_change_is_told() {
    let before = org(
        &[
            ("00u1", "jane@example.com"),
            ("00u2", "bob@example.com"),
            ("00u3", "zoe@example.com"),
        ],
        &[("00g1", "Team A", &["00u1", "00u2"]), ("00g2", "Old", &[])],
    );
    let mut now = org(
        &[
            ("00u1", "jane.roe@example.com"),
            ("00u2", "bob@example.com"),
            ("00u4", "new@example.com"),
        ],
        &[("00g1", "Team A", &["00u1", "00u4"])],
    );
    now.deactivated.insert("00u3".into());
    let plan = plan(&now, &after(&before), &settings(), None).unwrap();
    assert_eq!(
        plan.to_string(),
        r#"~ user:default/jane is renamed to user:default/jane.roe
    ~ metadata.annotations["okta.com/email"]: "jane@example.com" -> "jane.roe@example.com"
    ~ metadata.annotations["okta.com/login"]: "jane@example.com" -> "jane.roe@example.com"
    ~ metadata.name: "jane" -> "jane.roe"
    ~ spec.profile.email: "jane@example.com" -> "jane.roe@example.com"
~ user:default/bob
    - spec.memberOf: "group:default/team-a"
- user:default/zoe: deactivated in Okta
+ user:default/new
~ group:default/team-a
    - spec.members: "user:default/bob"
    - spec.members: "user:default/jane"
    + spec.members: "user:default/jane.roe"
    + spec.members: "user:default/new"
- group:default/old: no longer listed by Okta
"#
    );
    assert_eq!(plan.tally(), (1, 3, 2));
}

#[test]
fn names_collide_the_same_way_whatever_comes_first() {
    let users = [
        ("00u2", "jane@example.org"),
        ("00u1", "jane@example.com"),
        ("00u3", "Jane@example.net"),
    ];
    let org = org(
        &users,
        &[("00g1", "R&D", &["00u2"]), ("00g2", "R D", &["00u1"])],
    );
    let plan = plan(&org, &State::default(), &settings(), None).unwrap();
    let refs: Vec<&str> = plan
        .changes
        .iter()
        .map(|change| match change {
            PlannedChange::Added { entity_ref, .. } => entity_ref.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(
        refs[0], "user:default/jane",
        "the smallest id keeps the name"
    );
    assert_eq!(plan.collisions.len(), 3);
    // Membership is joined by id: the Jane of example.org is in R&D, whatever she is called.
    let second = plan
        .collisions
        .iter()
        .find(|collision| collision.okta_id == "00u2")
        .unwrap();
    let first_group = written(&plan)
        .into_iter()
        .find(|record| record.key.text() == "00g1")
        .unwrap();
    let catalog_model::Spec::Group(spec) = &first_group.document.entity().unwrap().spec else {
        panic!("a group")
    };
    assert_eq!(spec.members[0].as_str(), second.given.as_str());
}

#[test]
fn what_has_no_name_is_named_by_its_id() {
    let mut org = org(&[("00u1", "🚀@example.com")], &[("00g1", "🚀", &[])]);
    let nothing: User = serde_json::from_value(json!({"id": "00u2"})).unwrap();
    org.users.insert("00u2".into(), nothing.into());
    let plan = plan(&org, &State::default(), &settings(), None).unwrap();
    assert_eq!(
        plan.to_string(),
        "+ user:default/00u1\n+ user:default/00u2\n+ group:default/00g1\n"
    );
}

#[test]
fn removals_are_withheld_and_approved_by_the_plans_id() {
    let users: Vec<(String, String)> = (0..20)
        .map(|n| (format!("00u{n:02}"), format!("user{n}@example.com")))
        .collect();
    let listed: Vec<(&str, &str)> = users
        .iter()
        .map(|(id, email)| (id.as_str(), email.as_str()))
        .collect();
    let all: Vec<&str> = listed.iter().map(|(id, _)| *id).collect();
    let state = after(&org(&listed, &[("00g1", "All", &all)]));

    let now = org(
        &listed[10..],
        &[("00g1", "All", &all), ("00g2", "New", &[])],
    );
    let held = plan(&now, &state, &settings(), None).unwrap();
    assert_eq!(held.withheld.len(), 10);
    assert_eq!(held.tally(), (1, 0, 0), "the rest is applied: {held}");
    assert_eq!(held.after.users, 20);

    let other = plan(&now, &state, &settings(), Some("000000000000")).unwrap();
    assert_eq!(
        other.withheld.len(),
        10,
        "only the very same plan is approved"
    );

    let approved = plan(&now, &state, &settings(), Some(&held.id)).unwrap();
    assert!(approved.withheld.is_empty() && approved.tripped.is_empty());
    assert_eq!(approved.tally(), (1, 1, 10));

    // What was withheld can still be approved after the rest was applied, and only that.
    let rest = committed(&held, &state);
    let later = plan(&now, &rest, &settings(), Some(&held.id)).unwrap();
    assert_eq!(later.tally(), (0, 1, 10));
    let more = org(
        &listed[11..],
        &[("00g1", "All", &all), ("00g2", "New", &[])],
    );
    assert_eq!(
        plan(&more, &rest, &settings(), Some(&held.id))
            .unwrap()
            .withheld
            .len(),
        11
    );
}

/// Twenty users who are all in one group, of whom Okta lists `members` as members now.
fn thinned(members: usize) -> Org {
    let users: Vec<(String, String)> = (0..20)
        .map(|n| (format!("00u{n:02}"), format!("user{n}@example.com")))
        .collect();
    let listed: Vec<(&str, &str)> = users.iter().map(|(id, it)| (&**id, &**it)).collect();
    let left: Vec<&str> = listed.iter().take(members).map(|(id, _)| *id).collect();
    org(
        &listed,
        &[("00g1", "All", &left), ("00g2", "One", &["00u00"])],
    )
}

#[test]
fn users_who_stay_only_because_their_group_was_held_back_are_withheld_themselves() {
    let mut settings = settings();
    settings.rules.users_from_groups = true;
    let fresh = State::default();
    let state = committed(
        &plan(&thinned(20), &fresh, &settings, None).unwrap(),
        &fresh,
    );

    let held = plan(&thinned(5), &state, &settings, None).unwrap();
    assert_eq!(
        (held.tally(), held.withheld.len()),
        ((0, 0, 0), 15),
        "{held}"
    );
    assert_eq!(held.tripped.len(), 2, "{:?}", held.tripped);
    let approved = plan(&thinned(5), &state, &settings, Some(&held.id)).unwrap();
    assert_eq!(approved.tally(), (0, 1, 15), "{approved}");
    // What was approved is these users, not whoever is left in the group by now.
    let more = plan(&thinned(4), &state, &settings, Some(&held.id)).unwrap();
    assert_eq!((more.tally().2, more.withheld.len()), (0, 16), "{more}");
}

#[test]
fn many_who_are_left_out_by_the_configuration_are_told() {
    let users: Vec<(String, String)> = (0..20)
        .map(|n| (format!("00u{n:02}"), format!("user{n}@example.com")))
        .collect();
    let listed: Vec<(&str, &str)> = users.iter().map(|(id, it)| (&**id, &**it)).collect();
    let state = after(&org(&listed, &[("00g1", "All", &[])]));
    let mut now = org(&listed[10..], &[("00g1", "All", &[])]);
    let excluded = listed.iter().take(10);
    now.filtered_out
        .extend(excluded.map(|(id, _)| ((*id).into(), Refusal::Excluded)));
    let plan = plan(&now, &state, &settings(), None).unwrap();
    assert_eq!((plan.tally().2, plan.withheld.len()), (10, 0));
    let told = plan
        .notices
        .iter()
        .any(|notice| notice.to_string().starts_with("10 users and 0 groups go"));
    assert!(told, "{:?}", plan.notices);
}

#[test]
fn a_withheld_object_keeps_its_name() {
    let state = after(&org(
        &[("00u2", "jane@example.com"), ("00u3", "x@example.com")],
        &[("00g1", "All", &[])],
    ));
    // Everybody goes, and someone with a smaller id and the same name comes.
    let mut now = org(&[("00u1", "jane@example.com")], &[("00g1", "All", &[])]);
    let held = plan(
        &now,
        &state,
        &Settings {
            guard: Guard {
                minimum: 0,
                ..Guard::default()
            },
            ..settings()
        },
        None,
    );
    let held = held.unwrap();
    assert_eq!(held.withheld.len(), 2);
    assert_eq!(held.collisions[0].okta_id, "00u1");
    now.users.clear();
    assert_eq!(
        plan(&now, &state, &settings(), None)
            .unwrap()
            .withheld
            .len(),
        2
    );
}

#[test]
fn a_first_run_over_an_empty_org_is_refused() {
    let everything = org(&[("00u1", "jane@example.com")], &[("00g1", "All", &[])]);
    for (org, what) in [
        (Org::default(), Some("users")),
        (
            Org {
                users: BTreeMap::new(),
                ..everything.clone()
            },
            Some("users"),
        ),
        (
            Org {
                groups: BTreeMap::new(),
                members: BTreeMap::new(),
                ..everything.clone()
            },
            Some("groups"),
        ),
        (everything, None),
    ] {
        let refused = match plan(&org, &State::default(), &settings(), None) {
            Err(PlanError::EmptySource { what }) => Some(what),
            Ok(_) => None,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(refused, what);
    }
}

#[test]
fn a_first_run_whose_filters_match_nothing_is_an_empty_catalog() {
    let mut settings = settings();
    settings.rules = Rules {
        user_filter: true,
        group_filter: true,
        ..settings.rules
    };
    let plan = plan(&Org::default(), &State::default(), &settings, None).unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.notices.len(), 1);
}

proptest! {
    /// Names are a function of the set of objects: any e-mails and names give valid, unique entities that fit together.
    #[test]
    fn any_org_gives_a_plan(
        emails in prop::collection::vec(".{0,80}", 0..12),
        names in prop::collection::vec(".{0,80}", 0..6),
        members in prop::collection::vec((0..12_usize, 0..6_usize), 0..30),
    ) {
        let mut org = Org::default();
        for (n, email) in emails.iter().enumerate() {
            let id = format!("00u{n}");
            org.users.insert(id.as_str().into(), user(&id, email).into());
        }
        for (n, name) in names.iter().enumerate() {
            let id = format!("00g{n}");
            org.groups.insert(id.as_str().into(), group_named(&id, name));
            let of_group = members.iter().filter(|(_, group)| *group == n);
            let of_group = of_group.map(|(user, _)| UserId::from(format!("00u{user}")));
            org.members.insert(id.as_str().into(), Members::of(of_group));
        }
        let mut settings = settings();
        settings.rules = Rules { user_filter: true, group_filter: true, ..settings.rules };
        let first = plan(&org, &State::default(), &settings, None).unwrap();
        prop_assert_eq!(written(&first).len(), emails.len() + names.len());
        for record in written(&first) {
            prop_assert_eq!(record.document.entity().unwrap().validate(), Ok(()));
        }
        let state = committed(&first, &State::default());
        let again = plan(&org, &state, &settings, None).unwrap();
        prop_assert!(again.is_empty(), "{}", again);
    }
}

/// Backstage looks for an address in the whole catalog, whichever tenant the people are of.
#[test]
fn an_address_that_another_tenant_has_too_is_told() {
    let jane: EntityRef = "user:default/jane".parse().unwrap();
    let others = Others {
        taken: [jane.clone()].into(),
        addresses: vec![(jane, Some("Jane@example.com".to_owned()))],
    };
    let org = org(&[("00u1", "jane@example.com")], &[("00g1", "All", &[])]);
    let state = State::never_synced(others);
    let plan = plan(&org, &state, &settings(), None).unwrap();
    let sign_in = serde_json::to_value(&plan.sign_in).unwrap();
    assert_eq!(sign_in["duplicates"][0]["email"], "jane@example.com");
    let users = sign_in["duplicates"][0]["users"].as_array().unwrap();
    assert_eq!(users.len(), 2, "{sign_in}");
    // By the part before the `@` it is the other one who is found.
    assert_eq!(
        sign_in["localPartOfAnother"][0]["signedInAs"],
        "user:default/jane"
    );
}

fn with_org(org: &str) -> Settings {
    let criteria = Criteria {
        org: org.to_owned(),
        ..Criteria::default()
    };
    Settings {
        criteria,
        ..settings()
    }
}

/// People of another org are not added beside those that are there.
#[test]
fn another_org_is_refused_and_another_address_of_the_same_is_not() {
    let all: &[(&str, &str, &[&str])] = &[("00g1", "All", &[])];
    let (was, is) = (
        with_org("https://a.okta.com"),
        with_org("https://b.okta.com"),
    );
    let first = org(&[("00u1", "jane@example.com")], all);
    let fresh = State::default();
    let state = committed(&plan(&first, &fresh, &was, None).unwrap(), &fresh);
    let other = org(&[("00u9", "jane@example.com")], all);
    let refused = plan(&other, &state, &is, None).unwrap_err().to_string();
    assert!(refused.contains("https://a.okta.com") && refused.contains("https://b.okta.com"));
    assert!(plan(&first, &state, &is, None).unwrap().is_empty());
    assert!(plan(&other, &state, &was, None).is_ok());
}

fn everybody(prefix: &str) -> Vec<(String, String)> {
    let users = 0..20;
    users
        .map(|n| (format!("00u{prefix}{n:02}"), format!("user{n}@example.com")))
        .collect()
}

fn listed(users: &[(String, String)]) -> Org {
    let users: Vec<(&str, &str)> = users.iter().map(|(id, it)| (&**id, &**it)).collect();
    org(&users, &[("00g1", "All", &[])])
}

/// Accounts that were all made anew wait for an approval, also where colliding names end a run.
#[test]
fn what_is_held_back_ends_no_run_by_its_name() {
    let rules = crate::decide::rules::MappingRules {
        collisions: crate::decide::rules::Collisions::Fail,
        ..crate::decide::rules::MappingRules::default()
    };
    let settings = Settings {
        mapping: mapping(rules),
        ..settings()
    };
    let fresh = State::default();
    let first = plan(&listed(&everybody("a")), &fresh, &settings, None).unwrap();
    let state = committed(&first, &fresh);
    let again = listed(&everybody("b"));
    let held = plan(&again, &state, &settings, None).unwrap();
    assert_eq!((held.withheld.len(), held.tally().0), (20, 20), "{held}");
    let done = plan(&again, &state, &settings, Some(&held.id)).unwrap();
    assert_eq!(
        (done.approved.is_some(), done.tally()),
        (true, (20, 0, 20)),
        "{done}"
    );
    assert!(done.collisions.is_empty());
}

/// An approval of removals is none of the renames that these make possible.
#[test]
fn an_approval_lets_nothing_happen_that_was_not_shown() {
    let state = after(&listed(&everybody("a")));
    let again = listed(&everybody("b"));
    let held = plan(&again, &state, &settings(), None).unwrap();
    let state = committed(&held, &state);
    let held = plan(&again, &state, &settings(), None).unwrap();
    assert_eq!(
        (held.withheld.len(), held.withheld_renames.len()),
        (20, 0),
        "{held}"
    );
    let done = plan(&again, &state, &settings(), Some(&held.id)).unwrap();
    assert!(done.approved.is_some());
    assert_eq!((done.tally().2, done.renamed()), (20, 0), "{done}");
    assert_eq!(done.withheld_renames.len(), 20, "{done}");
    // The names are shown then, and approved by an id of their own.
    let state = committed(&done, &state);
    let named = plan(&again, &state, &settings(), None).unwrap();
    let done = plan(&again, &state, &settings(), Some(&named.id)).unwrap();
    assert_eq!((done.renamed(), done.is_withheld()), (20, false), "{done}");
}

/// A store that gives less than it is asked for makes no change that is left out.
#[test]
fn a_text_that_is_missing_is_an_error() {
    let before = after(&org(&[("00u1", "a@x.io")], &[("00g1", "G", &[])]));
    let now = org(&[("00u1", "a@x.io")], &[("00g1", "G", &["00u1"])]);
    let known = Known::new(before, now, Timestamp::UNIX_EPOCH);
    let draft = super::plan(&known, &settings()).unwrap();
    let asked = draft.unexplained(1_000).len();
    assert_eq!(asked, 2);
    draft.explain(asked, Vec::new()).unwrap_err();
}
