//! What a run cannot learn stays as it was, and everything else is brought up to date.

use serde_json::{Value, json};
use xtask::e2e::oracle::{Directory, Rules, okta_id};
use xtask::harness;
use xtask::simulator::{Effect, Endpoint, Fault};

use crate::{catalog_is, counts, says, small, small_synced};

const BEN: &str = "00u2benobrien000000d";
const CHIDI: &str = "00u3chidiabara00000d";
const LINH: &str = "00u4linh0nguyen0000d";
const PLATFORM: &str = "00g1platform0000000d";
const DATA: &str = "00g2data00000000000d";

fn error(status: u16, code: &str) -> Effect {
    Effect::Error {
        status,
        code: code.to_owned(),
    }
}

#[tokio::test]
async fn a_group_whose_members_cannot_be_read_keeps_those_it_had() -> anyhow::Result<()> {
    for effect in [
        error(404, "E0000007"),
        error(403, "E0000006"),
        error(400, "E0000001"),
        Effect::Html { status: 200 },
        Effect::RepeatedCursor,
    ] {
        let (small, _) = small_synced().await?;
        let before = Directory::expected(&small.simulator.org(), &Rules::default());
        let now = small.simulator.now();
        small.simulator.edit(|org| {
            org.leave(PLATFORM, BEN, now);
            org.join(PLATFORM, LINH, now);
            org.leave(DATA, CHIDI, now);
        });
        small
            .simulator
            .fail(Fault::always(Endpoint::GroupUsers, effect.clone()).for_id(PLATFORM));

        let report = small.sync(4).await?;
        assert_eq!(report["outcome"], "partial", "{effect:?}");
        assert_eq!(
            counts(&report, ["unknown", "quarantined", "removed"]),
            [1, 0, 0]
        );
        let said = small.run(&["sync"]).await?.exited(4)?;
        says(&(said.stdout + &said.stderr), &["public-platform"]);
        let (catalog, wrong) = Directory::exported(&harness::entities(&small.export().await?)?);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(
            catalog.groups[PLATFORM], before.groups[PLATFORM],
            "kept: {effect:?}"
        );
        assert!(
            !catalog.groups[DATA].contains(CHIDI),
            "the others are updated"
        );

        small.simulator.clear_faults();
        small.sync(0).await?;
        catalog_is(&small, &Rules::default()).await?;
    }
    Ok(())
}

/// Whose groups are not all known may be in one that is not.
#[tokio::test]
async fn nobody_leaves_while_one_of_the_groups_is_unknown() -> anyhow::Result<()> {
    let small = small().await?;
    small.read_in_full();
    small.configure(
        &json!({"groupFilter": "profile.name sw \"public-\""}),
        &json!({}),
    )?;
    let users = counts(&small.sync(0).await?, ["users"]);
    small
        .simulator
        .fail(Fault::always(Endpoint::GroupUsers, error(404, "E0000007")).for_id(PLATFORM));
    let report = small.sync(4).await?;
    assert_eq!(counts(&report, ["users"]), users);
    assert_eq!(counts(&report, ["removed"]), [0]);
    Ok(())
}

#[tokio::test]
async fn a_record_that_cannot_be_decoded_keeps_its_entity() -> anyhow::Result<()> {
    for (endpoint, id) in [(Endpoint::Users, BEN), (Endpoint::Groups, PLATFORM)] {
        let (small, before) = small_synced().await?;
        small.read_in_full();
        let malformed = Effect::MalformedRecord {
            id: Some(id.to_owned()),
        };
        small.simulator.fail(Fault::always(endpoint, malformed));
        let report = small.sync(4).await?;
        assert_eq!(counts(&report, ["quarantined", "removed"]), [1, 0], "{id}");
        let entity = |export: &str| -> anyhow::Result<Option<Value>> {
            Ok(harness::entities(export)?
                .into_iter()
                .find(|it| okta_id(it) == id))
        };
        assert_eq!(entity(&small.export().await?)?, entity(&before)?, "{id}");
    }
    Ok(())
}
