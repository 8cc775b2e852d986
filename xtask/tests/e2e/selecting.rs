//! A slip in what is selected deletes nobody.

use serde_json::{Value, json};
use xtask::harness;
use xtask::simulator::{Org, User};

use crate::{Harness, counts, says, small_synced};

/// The org `small` with so many people more, in the catalog.
async fn crowded(more: usize) -> anyhow::Result<Harness> {
    let (small, _) = small_synced().await?;
    let now = small.simulator.now();
    small.simulator.edit(|org: &mut Org| {
        for n in 0..more {
            let id = format!("00ux{n:016}");
            org.add_user(User::new(
                &id,
                "Uma",
                &format!("No{n}"),
                &format!("uma{n}@example.com"),
            ));
            org.set_user_profile(&id, "department", json!("Engineering"), now);
        }
    });
    small.sync(0).await?;
    Ok(small)
}

async fn people(harness: &Harness) -> anyhow::Result<usize> {
    let entities = harness::entities(&harness.export().await?)?;
    let users = entities.iter().filter(|entity| entity["kind"] == "User");
    Ok(users.count())
}

/// Names that no record has are an error before anything is read.
#[tokio::test]
async fn a_name_that_cannot_exist_is_an_error_of_the_configuration() -> anyhow::Result<()> {
    let small = crowded(30).await?;
    small.simulator.forget_requests();
    for (filter, fix) in [
        (r#"department eq "Engineering""#, "profile.department"),
        (
            r#"profile.login eq "uma0@example.com" or department eq "Engineering""#,
            "profile.department",
        ),
        (r#"not (department eq "Sales")"#, "profile.department"),
        (r#"Status eq "ACTIVE""#, "status"),
    ] {
        small.configure(&json!({ "userFilter": filter }), &json!({}))?;
        for command in [&["config", "check"][..], &["sync"], &["plan"]] {
            let refused = small.run(command).await?.exited(10)?;
            says(&refused.stderr, &["userFilter", fix]);
        }
    }
    small.configure(
        &json!({ "groupFilter": r#"name eq "Everyone""# }),
        &json!({}),
    )?;
    let refused = small.run(&["sync"]).await?.exited(10)?;
    says(&refused.stderr, &["groupFilter", "profile.name"]);
    assert_eq!(small.simulator.requests().len(), 0);
    small.configure(&json!({}), &json!({}))?;
    assert_eq!(people(&small).await?, 39);
    Ok(())
}

/// Names that may exist, and that nobody has, are said; and what they would remove is counted.
#[tokio::test]
async fn a_filter_that_changes_is_no_evidence() -> anyhow::Result<()> {
    let small = crowded(30).await?;
    let slip = r#"profile.login ew "0@example.com" or profile.departmnt ew "ing""#;
    small.configure(&json!({ "userFilter": slip }), &json!({}))?;
    // However often it is tried.
    for _ in 0..2 {
        let report = small.sync(3).await?;
        assert_eq!(report["outcome"], "blocked");
        assert_eq!(counts(&report, ["removed"]), [0]);
        let said = report["notices"].to_string() + &report["guard"].to_string();
        says(
            &said,
            &[
                "profile.departmnt",
                "profile.department",
                "`userFilter` has changed",
            ],
        );
        assert_eq!(people(&small).await?, 39);
    }
    // Put right, nothing is left of it.
    small.configure(
        &json!({ "userFilter": r#"profile.login ew "@example.com""# }),
        &json!({}),
    )?;
    let report = small.sync(0).await?;
    assert_eq!(counts(&report, ["withheld"]), [0]);

    // What is meant is approved once, and is then what the catalog is from.
    let meant = r#"profile.email ew "9@example.com" or profile.department ew "ales""#;
    small.configure(
        &json!({ "userFilter": meant }),
        &json!({ "guard": { "minimum": 0 } }),
    )?;
    let report = small.sync(3).await?;
    let id = report["planId"].as_str().unwrap().to_owned();
    small.run(&["sync", "--approve", &id]).await?.exited(0)?;
    small.sync(0).await?;
    let left = people(&small).await?;
    // From now on a record that fails it is evidence.
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        for n in [9, 19] {
            let (id, email) = (format!("00ux{n:016}"), format!("u{n}x@example.com"));
            org.set_user_profile(&id, "email", json!(email), now);
        }
    });
    let report = small.sync(0).await?;
    assert_eq!(counts(&report, ["removed", "withheld"]), [2, 0]);
    assert!(
        (3..10).contains(&left),
        "two of {left} are more than a tenth"
    );
    Ok(())
}

/// A group filter that changed is told as that.
#[tokio::test]
async fn a_group_that_is_deselected_is_not_said_to_be_gone() -> anyhow::Result<()> {
    let small = crowded(0).await?;
    let guard = json!({ "guard": { "groups": "10%", "users": "10%", "minimum": 0 } });
    small.configure(&json!({ "groupFilter": ["public-platform"] }), &guard)?;
    let plan = small.plan(3).await?;
    let withheld = plan["withheldRemovals"].as_array().unwrap();
    let cause = |kind: &str| -> Vec<&Value> {
        let of = withheld
            .iter()
            .filter(|it| it["entityRef"].as_str().unwrap().starts_with(kind));
        of.map(|it| &it["cause"]).collect()
    };
    assert!(!cause("group:").is_empty());
    assert!(
        cause("group:")
            .iter()
            .all(|cause| **cause == "filter-changed")
    );
    let said = small.run(&["plan"]).await?.exited(3)?;
    let said = said.stdout + &said.stderr;
    says(&said, &["`groupFilter` has changed"]);
    assert!(!said.contains("no longer listed by Okta"), "{said}");
    Ok(())
}

/// A slip in the mapping that would give half a company other names is held back like removals.
#[tokio::test]
async fn many_renames_at_once_are_withheld_and_approved_by_the_same_id() -> anyhow::Result<()> {
    let small = crowded(30).await?;
    small.read_in_full();
    let by_id = json!({ "mapping": { "userName": "id" } });
    small.configure(&json!({}), &by_id)?;
    small.simulator.edit(|org| {
        org.add_user(User::new(
            "00uynew0000000000000",
            "New",
            "One",
            "new.one@example.com",
        ));
    });
    let report = small.sync(3).await?;
    assert_eq!(
        counts(&report, ["renamed", "withheldRenames", "withheld", "added"]),
        [0, 39, 0, 1]
    );
    says(
        &report["guard"].to_string(),
        &["39 of 39 users would be renamed"],
    );
    assert!(small.export().await?.contains("\"name\":\"uma0\""));
    let id = report["planId"].as_str().unwrap().to_owned();
    let approve = ["sync", "--approve", &id, "--format", "json"];
    let report = small.run(&approve).await?.exited(0)?.report()?;
    assert_eq!(counts(&report, ["renamed", "withheldRenames"]), [39, 0]);
    assert!(!small.export().await?.contains("\"name\":\"uma0\""));
    Ok(())
}
