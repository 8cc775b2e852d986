//! A run ends in its time, with what it has learned by then.

use serde_json::json;
use xtask::simulator::{Effect, Endpoint, Fault, User};

use crate::{counts, says, small_synced};

const PLATFORM: &str = "00g1platform0000000d";

/// One group that fails does not use up the time of all others.
#[tokio::test]
async fn a_group_that_fails_leaves_time_for_the_rest() -> anyhow::Result<()> {
    let failures = [
        Effect::Error {
            status: 503,
            code: "E0000009".to_owned(),
        },
        Effect::Hang,
    ];
    for effect in failures {
        let (small, _) = small_synced().await?;
        small.read_in_full();
        let schedule = json!({ "frequency": "1h", "timeout": "4s" });
        small.configure(&json!({ "schedule": schedule }), &json!({}))?;
        small.simulator.edit(|org| {
            org.add_user(User::new(
                "00uynew0000000000000",
                "New",
                "One",
                "new.one@example.com",
            ));
        });
        let fault = Fault::always(Endpoint::GroupUsers, effect.clone()).for_id(PLATFORM);
        small.simulator.fail(fault);
        let report = small.sync(4).await?;
        assert_eq!(
            counts(&report, ["unknown", "added", "removed"]),
            [1, 1, 0],
            "{effect:?}"
        );
        let group = &report["unknownGroups"][0];
        assert_eq!(group["oktaId"], PLATFORM);
        assert!(group["since"].is_string() && !group["reason"].as_str().unwrap().is_empty());
        // Since when does not move while it lasts.
        let again = small.sync(4).await?;
        assert_eq!(again["unknownGroups"][0]["since"], group["since"]);
        assert_eq!(again["generation"], json!(null));
    }
    Ok(())
}

/// Without all users and all groups nothing is committed.
#[tokio::test]
async fn a_list_that_is_not_finished_in_time_changes_nothing() -> anyhow::Result<()> {
    for endpoint in [Endpoint::Users, Endpoint::Groups] {
        let (small, before) = small_synced().await?;
        let schedule = json!({ "frequency": "1h", "timeout": "2s" });
        small.configure(&json!({ "schedule": schedule }), &json!({}))?;
        small.simulator.fail(Fault::always(endpoint, Effect::Hang));
        let report = small.sync(12).await?;
        let said = report["error"].to_string();
        says(
            &said,
            &[endpoint.template(), "no answer", "schedule.timeout"],
        );
        assert_eq!(small.export().await?, before);
    }
    Ok(())
}
