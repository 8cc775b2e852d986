//! What a run asks: as many requests as its formula says, and none twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use xtask::Harness;
use xtask::harness::possession;
use xtask::simulator::{DEPROVISIONED, Endpoint, Group, Options, Org, Recorded, UserFields};

use crate::{counts, program};

/// Records a page.
const USERS: usize = 200;
const GROUPS: usize = 200;
const MEMBERS: usize = 1_000;
/// Names in one search.
const NAMES: usize = 20;

fn pages(records: usize, size: usize) -> usize {
    records.div_ceil(size).max(1)
}

/// Pages of the members of every group that has some.
fn member_pages<'g>(org: &Org, groups: impl Iterator<Item = &'g Group>) -> usize {
    let counts = groups.map(|group| org.members(group, None).count());
    counts
        .filter(|count| *count > 0)
        .map(|count| pages(count, MEMBERS))
        .sum()
}

fn everything(org: &Org) -> BTreeMap<&'static str, usize> {
    let listed = org
        .users
        .values()
        .filter(|user| user.status != DEPROVISIONED)
        .count();
    BTreeMap::from([
        (Endpoint::Token.template(), possession::token_requests()),
        (Endpoint::Users.template(), pages(listed, USERS)),
        (Endpoint::Groups.template(), pages(org.groups.len(), GROUPS)),
        (
            Endpoint::GroupUsers.template(),
            // Who everybody is, is known.
            member_pages(
                org,
                org.groups.values().filter(|it| it.name() != "Everyone"),
            ),
        ),
    ])
}

#[tokio::test]
async fn a_small_org_is_read_with_as_few_requests_as_possible() -> anyhow::Result<()> {
    let small = Harness::scenario(program(), "small").await?;
    let expected = everything(&small.simulator.org());
    asks(&small, &expected).await.map(drop)
}

#[tokio::test]
async fn a_large_org_is_read_with_as_few_requests_as_possible() -> anyhow::Result<()> {
    let large = Harness::scenario(program(), "large").await?;
    let expected = everything(&large.simulator.org());
    assert!(
        expected[Endpoint::Users.template()] > 5,
        "several pages everywhere"
    );
    assert!(expected[Endpoint::Groups.template()] > 1);
    asks(&large, &expected).await.map(drop)
}

/// Every name is asked for once, twenty at a time.
#[tokio::test]
async fn listed_groups_are_asked_for_by_name() -> anyhow::Result<()> {
    let large = Harness::scenario(program(), "large").await?;
    let org = large.simulator.org();
    let chosen: Vec<&Group> = org.groups.values().step_by(3).collect();
    let names: BTreeSet<&str> = chosen.iter().map(|group| group.name()).collect();
    large.configure(&json!({"groupFilter": names}), &json!({}))?;

    let mut expected = everything(&org);
    let named = org
        .groups
        .values()
        .filter(|group| names.contains(group.name()));
    expected.insert(Endpoint::Groups.template(), names.len().div_ceil(NAMES));
    expected.insert(Endpoint::GroupUsers.template(), member_pages(&org, named));
    // They come as members.
    expected.remove(Endpoint::Users.template());
    let requests = asks(&large, &expected).await?;
    let searches = requests
        .iter()
        .filter(|it| it.endpoint == Some(Endpoint::Groups));
    let searches: Vec<&str> = searches.filter_map(|it| it.parameter("search")).collect();
    for name in names {
        let term = format!("profile.name eq \"{name}\"");
        let asked: usize = searches
            .iter()
            .map(|search| search.matches(&term).count())
            .sum();
        assert_eq!(asked, 1, "{name}");
    }
    Ok(())
}

/// The other requests, and all that comes of them, are the same.
#[tokio::test]
async fn a_tenant_that_does_not_take_fields_is_asked_once_more_for_everything() -> anyhow::Result<()>
{
    let mut exports = Vec::new();
    for (user_fields, more) in [
        (UserFields::Served, 0),
        (UserFields::Refused, 1),
        (UserFields::WithoutProfile, 1),
    ] {
        let mut org = Org::generate(450, 10, 9);
        org.clients = xtask::Scenario::named("small")?.org.clients;
        let mut expected = everything(&org);
        *expected.entry(Endpoint::Users.template()).or_default() += more;
        let options = Options {
            user_fields,
            ..Options::default()
        };
        let harness = Harness::start(program(), org, options).await?;
        let report = harness.sync(0).await?;
        assert_eq!(report["requests"]["endpoints"], json!(expected));
        let requests = harness.simulator.requests();
        let lists = requests
            .iter()
            .filter(|it| it.endpoint == Some(Endpoint::Users));
        let narrow = lists.filter(|it| it.parameter("fields").is_some()).count();
        let all = expected[Endpoint::Users.template()];
        assert_eq!(narrow, if more == 0 { all } else { 1 });
        let export = harness.export().await?;
        exports.push(export.replace(&harness.simulator.url(), ""));
    }
    assert!(exports.iter().all(|it| *it == exports[0]), "{exports:?}");
    Ok(())
}

/// `sync` sends exactly the expected requests, by endpoint, none twice and none in vain, and says so itself.
async fn asks(
    harness: &Harness,
    expected: &BTreeMap<&'static str, usize>,
) -> anyhow::Result<Vec<Recorded>> {
    let report = harness.sync(0).await?;
    let requests = harness.simulator.requests();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    let mut asked = BTreeSet::new();
    let unproved = possession::token_requests() - 1;
    for (number, request) in requests.iter().enumerate() {
        *found.entry(request.template()).or_default() += 1;
        if number < unproved {
            let said = (request.endpoint, request.status);
            assert_eq!(said, (Some(Endpoint::Token), 400), "how to prove");
            continue;
        }
        assert_eq!(request.status, 200, "{request:?}");
        let mut query = request.query.clone();
        query.sort();
        assert!(
            asked.insert((&request.path, query)),
            "asked twice: {request:?}"
        );
    }
    assert_eq!(&found, expected);
    assert_eq!(
        report["requests"]["endpoints"],
        json!(expected),
        "what it says itself"
    );
    assert_eq!(report["requests"]["total"], json!(requests.len()));
    assert_eq!(
        report["reads"]["predicted"],
        json!(requests.len()),
        "what it predicted"
    );
    assert_eq!(harness.simulator.throttled(), 0);
    assert_eq!(counts(&report, ["throttled"]), [0]);

    harness.simulator.forget_requests();
    assert_eq!(harness.sync(0).await?["generation"], Value::Null);
    assert!(
        harness.simulator.requests().len() <= requests.len(),
        "the second run costs no more"
    );
    assert_eq!(harness.simulator.throttled(), 0);
    Ok(requests)
}
