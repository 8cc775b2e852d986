//! An app that requires proof of possession (DPoP) works as any other, without a word in the configuration.

use xtask::Harness;
use xtask::e2e::oracle::Rules;
use xtask::simulator::Endpoint;

use crate::{catalog_is, program, small};

fn require(harness: &Harness) {
    harness
        .simulator
        .edit(|org| org.clients[0].dpop_required = true);
}

#[tokio::test]
async fn an_org_of_many_pages_is_read_with_proofs() -> anyhow::Result<()> {
    let large = Harness::scenario(program(), "large").await?;
    require(&large);
    let report = large.sync(0).await?;
    assert_eq!(report["throttled"], 0);
    catalog_is(&large, &Rules::default()).await?;
    let tokens = &large.simulator.requests_by_endpoint()[Endpoint::Token.template()];
    assert_eq!(
        *tokens, 3,
        "one is told to prove, one to take the nonce, one gets the token"
    );
    for request in large.simulator.requests() {
        assert!(
            request.status == 200 || request.endpoint == Some(Endpoint::Token),
            "{request:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_wrong_clock_is_put_right_for_proofs_too() -> anyhow::Result<()> {
    for hours in [6, -6] {
        let small = small().await?;
        require(&small);
        small
            .simulator
            .set_clock_offset(jiff::SignedDuration::from_hours(hours));
        small.sync(0).await?;
        catalog_is(&small, &Rules::default()).await?;
    }
    Ok(())
}
