//! The mapping as an operator meets it: what is wrong with it, names that change or collide, people who leave, records
//! that cannot be named.

use anyhow::Context as _;
use serde_json::{Value, json};
use xtask::harness::{self, Harness};

use crate::{counts, program, says, small};

const BEN: &str = "00u2benobrien000000d";
const ANA_OF_SALES: &str = "00u5anadiaz20000000d";
const SOREN: &str = "00u6soren0berg00000d";

/// The org `small` and a catalog of it by these rules.
async fn mapped(mapping: Value) -> anyhow::Result<Harness> {
    let small = small().await?;
    small.configure(&json!({}), &json!({ "mapping": mapping }))?;
    small.sync(0).await?;
    Ok(small)
}

/// The entity in the catalog that was made from a record.
async fn entity(harness: &Harness, id: &str) -> anyhow::Result<Value> {
    let entities = harness::entities(&harness.export().await?)?;
    let mut entities = entities.into_iter();
    entities
        .find(|it| it["metadata"]["annotations"]["okta.com/id"] == id)
        .with_context(|| format!("{id} is not in the catalog"))
}

#[test]
fn the_reference_shows_the_example_that_is_tested() {
    let reference = include_str!("../../../crates/portal-sync/docs/mapping.md");
    let example = include_str!("../../../fixtures/scenarios/mapping/cases/example/app-config.yaml");
    let (_, after) = reference.split_once("```yaml\n").unwrap();
    let (shown, _) = after.split_once("```").unwrap();
    let (_, mapping) = example.split_once("\nportalSync:\n").unwrap();
    let (_, mapping) = mapping.split_once("  mapping:\n").unwrap();
    assert_eq!(shown, format!("portalSync:\n  mapping:\n{mapping}"));
    assert!((45..=55).contains(&shown.lines().count()));
}

#[tokio::test]
async fn everything_wrong_is_shown_where_it_stands() -> anyhow::Result<()> {
    let small = small().await?;
    let good = std::fs::read_to_string(small.path("app-config.yaml"))?;
    let lines = good.lines().count();
    let mapping = "  mapping:
    userName: { template: '{nickName | shout}-{profil.city}' }
    users:
      displayName: ['{firstName', title]
      labels: { values: { 'acme.com/cost center': '{costCenter}' } }
      exclude: ['glob:svc-[']
";
    small.write("wrong.yaml", &(good + mapping))?;
    let check = ["config", "check", "--config", "wrong.yaml"];
    let said = small.run(&check).await?.exited(10)?;
    let at = |line: usize, column: usize| format!("wrong.yaml:{}:{column}: ", lines + line);
    says(
        &said.stderr,
        &[
            &(at(2, 27) + "portalSync.mapping.userName.template: "),
            "
    error: no filter is called `shout`
      | {nickName | shout}-{profil.city}
      |             ^^^^^
      = fix: use one of `lower`, `upper`, `trim`, `local`, `domain`, `kebab`, `slug`
    error: a user has no field `profil`
      | {nickName | shout}-{profil.city}
      |                     ^^^^^^^^^^^
      = fix: write `profile.city`
",
            &(at(4, 21) + "portalSync.mapping.users.displayName[0]: "),
            "
    error: this brace is not closed
      | {firstName
      | ^
",
            &at(5, 51),
            "`acme.com/cost center` is not a key",
            &(at(6, 17) + "portalSync.mapping.users.exclude[0]: not a rule"),
            "
      | glob:svc-[
      |          ^ expected a `]`",
        ],
    );
    // Nobody was asked: the mapping is judged before anything is sent.
    small
        .run(&["sync", "--config", "wrong.yaml"])
        .await?
        .exited(10)?;
    assert!(small.simulator.requests_by_endpoint().is_empty());
    Ok(())
}

#[tokio::test]
async fn somebody_called_otherwise_is_renamed_once_or_keeps_the_name() -> anyhow::Result<()> {
    for (renames, change, name) in [
        ("follow", "renamed", "ben.brien"),
        ("keep", "updated", "ben.obrien"),
    ] {
        let small = mapped(json!({ "renames": renames })).await?;
        let now = small.simulator.now();
        small
            .simulator
            .edit(|org| org.set_user_profile(BEN, "email", json!("ben.brien@example.com"), now));

        let plan = small.plan(2).await?;
        let changes = plan["changes"].as_array().unwrap();
        let of_ben: Vec<&Value> = changes.iter().filter(|it| it["oktaId"] == BEN).collect();
        assert_eq!(of_ben.len(), 1, "{plan:#}");
        assert_eq!(of_ben[0]["change"], change);
        let said = small.run(&["plan"]).await?.exited(2)?;
        let renamed = "user:default/ben.obrien is renamed to user:default/ben.brien";
        assert_eq!(
            said.stdout.matches(renamed).count(),
            usize::from(renames == "follow"),
            "{}",
            said.stdout
        );

        small.sync(0).await?;
        let ben = entity(&small, BEN).await?;
        assert_eq!(ben["metadata"]["name"], name);
        assert_eq!(ben["spec"]["profile"]["email"], "ben.brien@example.com");
        small.plan(0).await?;
    }
    Ok(())
}

#[tokio::test]
async fn colliding_names_end_the_run_when_that_is_wanted() -> anyhow::Result<()> {
    let small = mapped(json!({})).await?;
    let before = small.export().await?;
    small.configure(&json!({}), &json!({ "mapping": { "collisions": "fail" } }))?;
    let said = small.run(&["sync"]).await?.exited(10)?;
    says(
        &said.stderr,
        &["fix: ", "`ana.diaz`", ANA_OF_SALES, "`sales-partners`"],
    );
    let report = small.sync(10).await?;
    assert_eq!(report["outcome"], "failed");
    assert_eq!(report["error"]["exitCode"], 10);
    small.run(&["plan"]).await?.exited(10)?;
    assert_eq!(small.export().await?, before, "the catalog is unchanged");
    Ok(())
}

#[tokio::test]
async fn whoever_leaves_is_marked_and_comes_back_as_before() -> anyhow::Result<()> {
    let small = mapped(json!({ "users": { "leavers": "mark" } })).await?;
    let before = small.export().await?;
    let status = |status: &'static str| {
        let now = small.simulator.now();
        small
            .simulator
            .edit(|org| org.set_status(SOREN, status, now));
    };
    status("DEPROVISIONED");
    let report = small.sync(0).await?;
    assert_eq!(counts(&report, ["users", "removed"]), [9, 0]);
    let soren = entity(&small, SOREN).await?;
    assert_eq!(soren["metadata"]["labels"]["okta.com/left"], "true");
    let left_at = &soren["metadata"]["annotations"]["okta.com/left-at"];
    assert!(left_at.as_str().unwrap().ends_with('Z'), "{left_at}");
    assert_eq!(soren["spec"]["memberOf"], json!([]));
    let others = small.export().await?.replace(&soren.to_string(), "");
    assert!(!others.contains("user:default/soren.berg"), "{others}");
    small.plan(0).await?;

    status("SUSPENDED");
    small.sync(0).await?;
    assert_eq!(small.export().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_named_stays_as_it_was() -> anyhow::Result<()> {
    let template = json!({ "userName": { "template": "{email | local}" } });
    let small = mapped(template).await?;
    let before = entity(&small, BEN).await?;
    let now = small.simulator.now();
    small.simulator.edit(|org| {
        org.set_user_profile(BEN, "email", Value::Null, now);
        org.set_user_profile(BEN, "department", json!("Sales"), now);
    });
    let plan = small.plan(4).await?;
    assert_eq!(
        plan["quarantinedRecords"],
        json!({ BEN: "`userName` gives it no name: `profile.email` has no value" })
    );
    let report = small.sync(4).await?;
    assert_eq!(report["outcome"], "partial");
    assert_eq!(
        counts(&report, ["users", "quarantined", "removed"]),
        [9, 1, 0]
    );
    let said = small.run(&["plan"]).await?.exited(4)?;
    says(&said.stdout, &[BEN, "`profile.email` has no value"]);
    assert_eq!(entity(&small, BEN).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_plan_says_who_cannot_sign_in() -> anyhow::Result<()> {
    let org = Harness::scenario(program(), "mapping").await?;
    let plan = org.plan(2).await?;
    let ana = "user:default/ana.diaz";
    let same = plan["signIn"]["duplicates"].as_array().unwrap();
    assert_eq!(same[0]["email"], "ana.diaz@example.com");
    assert_eq!(same[0]["users"][0], ana);
    assert_eq!(same[1]["email"], "it@example.com");
    let mistaken = plan["signIn"]["localPartOfAnother"].as_array().unwrap();
    let mistaken: Vec<&Value> = mistaken.iter().map(|it| &it["signedInAs"]).collect();
    assert_eq!(mistaken, [ana, ana, "user:default/it"]);
    assert_eq!(
        plan["signIn"]["withoutEmail"],
        json!(["user:default/chidi"])
    );
    let said = org.run(&["plan"]).await?.exited(2)?;
    assert_eq!(said.stdout.matches("note: sign-in: ").count(), 3);
    Ok(())
}
