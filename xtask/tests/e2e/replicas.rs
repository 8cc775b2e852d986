//! Two replicas on one database, of which one is disturbed. `cargo xtask replicas` does it longer.

use std::time::Duration;

use xtask::harness::possession;
use xtask::replicas::{Args, Bounds, disturb};

use crate::program;

#[tokio::test]
async fn replicas_that_are_disturbed_lose_nothing_and_show_everyone() -> anyhow::Result<()> {
    // What has to be proved to the org makes no difference here, and it takes long.
    if possession::is_required() {
        return Ok(());
    }
    let args = Args {
        seconds: 25,
        seed: 2,
        longest: 18,
    };
    // Whoever else uses the machine must not let it fail.
    let bounds = Bounds {
        takeover: Duration::from_secs(30),
        shown: Duration::from_secs(30),
    };
    if let Some(summary) = disturb(program(), &args, bounds).await? {
        println!("{summary}");
    }
    Ok(())
}
