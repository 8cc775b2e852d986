//! A catalog over a long life: orgs that change in every way, runs that fail in between, and the oracle after each.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use xtask::e2e::oracle::Rules;
use xtask::simulator::{
    Bucket, Clock, DEPROVISIONED, Effect, Endpoint, Fault, Group, Options, Org, User,
};
use xtask::{Harness, Scenario};

use crate::{catalog_is, program};

/// Runs over each org.
const RUNS: usize = 6;

/// Lives: enough to try every configuration. `PORTAL_SYNC_LIVES` asks for more.
const LIVES: u64 = 4;

#[tokio::test]
async fn whatever_happens_to_an_org_the_catalog_follows() -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "read by the test alone")]
    let lives = env::var("PORTAL_SYNC_LIVES").map_or(Ok(LIVES), |lives| lives.parse())?;
    for seed in 0..lives {
        live(seed)
            .await
            .map_err(|error| error.context(format!("life {seed}")))?;
    }
    Ok(())
}

async fn live(seed: u64) -> anyhow::Result<()> {
    let mut chance = Chance(seed);
    let mut org = Org::generate(60, 14, seed);
    org.clients = Scenario::named("small")?.org.clients;
    // Limits have tests of their own: here nobody waits for them.
    let limits = [Bucket::Token, Bucket::Users, Bucket::Groups].map(|bucket| (bucket, 10_000));
    // Of what changed a moment ago not even a whole list proves anything.
    let minutes = Arc::new(AtomicI64::new(0));
    let clock = {
        let (system, minutes) = (Clock::system(), Arc::clone(&minutes));
        let passed = move || SignedDuration::from_mins(minutes.load(Ordering::Relaxed));
        Clock::new(move || system.shifted(passed()).now())
    };
    let options = Options {
        seed,
        limits: limits.into(),
        clock: clock.clone(),
        ..Options::default()
    };
    let harness = Harness::start(program(), org, options).await?;
    // What comes at random may be too much for the guard, which has tests of its own.
    let guard =
        json!({"guard": {"users": "100%", "groups": "100%", "members": "100%", "renames": "100%"}});
    for run in 0..RUNS {
        let (tenant, rules) = configuration(seed + run as u64 / 3);
        harness.configure(&tenant, &guard)?;
        let now = harness.simulator.now();
        for _ in 0..chance.below(12) {
            harness.simulator.edit(|org| happen(org, &mut chance, now));
        }
        if chance.below(2) == 0 {
            fail(&harness, &mut chance);
            let run = harness.run(&["sync"]).await?;
            anyhow::ensure!(matches!(run.code, Some(0 | 4 | 12)), "{run:?}");
            harness.simulator.clear_faults();
        }
        minutes.fetch_add(6, Ordering::Relaxed);
        // What changed is a cheaper way to the same; a read of everything then finds what no list of what changed shows.
        let plan = harness
            .run(&["plan", "--full", "--format", "json"])
            .await?
            .report()?;
        let sync = harness.run(&["sync", "--full", "--format", "json"]).await?;
        let sync = sync.exited(0)?.report()?;
        assert_eq!(plan["planId"], sync["planId"]);
        catalog_is(&harness, &rules)
            .await
            .map_err(|error| error.context(format!("run {run}")))?;
        let empty = harness.plan(0).await?;
        assert_eq!(empty["changes"], json!([]), "life {seed}, run {run}");
    }
    harness.simulator.shutdown().await;
    Ok(())
}

/// One of the configurations, with its rules.
fn configuration(number: u64) -> (Value, Rules) {
    let all = Rules::default();
    match number % 4 {
        0 => (json!({}), all),
        1 => (
            json!({"userFilter": "status eq \"ACTIVE\""}),
            Rules {
                user: |user| user.status == "ACTIVE",
                ..all
            },
        ),
        2 => (
            json!({"groupFilter": "type eq \"OKTA_GROUP\"", "includeEmptyGroups": false}),
            Rules {
                group: |group| group.kind == "OKTA_GROUP",
                users_from_groups: true,
                empty_groups: false,
                ..all
            },
        ),
        _ => (
            json!({
                "userFilter": "profile.email ew \"@example.com\"",
                "groupFilter": "profile.name co \"a\"",
                "mapping": {"userName": "login", "groupName": "profile-name"},
            }),
            Rules {
                user: |user| {
                    let email = user.profile["email"].as_str().unwrap_or_default();
                    email.to_lowercase().ends_with("@example.com")
                },
                group: |group| group.name().to_lowercase().contains('a'),
                users_from_groups: true,
                ..all
            },
        ),
    }
}

/// One thing that happens in an org.
fn happen(org: &mut Org, chance: &mut Chance, now: Timestamp) {
    let user = chance.pick(&org.users.keys().cloned().collect::<Vec<_>>());
    let other = chance.pick(&org.users.keys().cloned().collect::<Vec<_>>());
    let group = chance.pick(&org.groups.keys().cloned().collect::<Vec<_>>());
    let number = chance.below(1_000);
    match chance.below(12) {
        0 | 1 => org.join(&group, &user, now),
        2 | 3 => org.leave(&group, &user, now),
        4 => org.set_status(&user, DEPROVISIONED, now),
        5 => org.set_status(&user, "ACTIVE", now),
        6 => {
            // Somebody else's address, in another domain: the two want one name.
            let taken = org.users[&other].profile["email"]
                .as_str()
                .unwrap_or_default();
            let email = taken.replace("@example.com", "@example.org");
            org.set_user_profile(&user, "email", email.into(), now);
        }
        7 => org.set_user_profile(&user, "email", format!("p{number}@example.com").into(), now),
        8 => {
            let name = org.groups[&chance.pick(&org.groups.keys().cloned().collect::<Vec<_>>())]
                .name()
                .to_uppercase();
            org.set_group_profile(&group, "name", name.into(), now);
        }
        9 if org.users.len() > 30 => org.remove_user(&user),
        10 if org.groups.len() > 8 && group_may_go(org, &group) => org.remove_group(&group),
        11 => org.add_group(Group::new(
            &format!("00gnew{number:014}"),
            &format!("Äther {number}"),
        )),
        _ => {
            let email = format!("n.{}@example.com", number % 10);
            org.add_user(User::new(&format!("00unew{number:014}"), "N", "N", &email));
        }
    }
}

fn group_may_go(org: &Org, group: &str) -> bool {
    org.groups[group].kind != "BUILT_IN"
}

/// Something that goes wrong in one run, and must leave no trace in the next.
fn fail(harness: &Harness, chance: &mut Chance) {
    let groups: Vec<String> = harness.simulator.org().groups.into_keys().collect();
    let not_found = Effect::Error {
        status: 404,
        code: "E0000007".to_owned(),
    };
    for _ in 0..=chance.below(3) {
        let group = chance.pick(&groups);
        let fault = match chance.below(4) {
            0 => Fault::always(Endpoint::GroupUsers, not_found.clone()).for_id(&group),
            1 => Fault::always(Endpoint::Users, Effect::MalformedRecord { id: None }),
            2 => Fault::always(
                Endpoint::Groups,
                Effect::MalformedRecord { id: Some(group) },
            ),
            _ => Fault::always(Endpoint::Users, Effect::Html { status: 200 }),
        };
        harness.simulator.fail(fault);
    }
}

/// Numbers that look random and are the same for the same seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let drawn = (mixed ^ (mixed >> 31)) % end as u64;
        usize::try_from(drawn).unwrap_or_default()
    }

    fn pick(&mut self, from: &[String]) -> String {
        from[self.below(from.len())].clone()
    }
}
