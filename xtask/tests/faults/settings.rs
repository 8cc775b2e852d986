//! What the environment says: how many seeds, and whether what comes out is the new golden.

use xtask::golden::Mode;

/// The seeds that the documented table is made of. More of them must not come out otherwise.
pub(crate) const DOCUMENTED: u64 = 5;

/// How the tests run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// `FAULT_SEEDS`: how many seeds each case is tried with.
    pub(crate) seeds: u64,
    /// `FAULT_BLESS=1`: the table that comes out becomes the documented one.
    pub(crate) mode: Mode,
}

impl Settings {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where these tests read the environment"
    )]
    pub(crate) fn read() -> Self {
        let seeds = std::env::var("FAULT_SEEDS").map_or(DOCUMENTED, |seeds| seeds.parse().unwrap());
        let bless = std::env::var("FAULT_BLESS").is_ok_and(|bless| bless == "1");
        Self {
            seeds: seeds.max(DOCUMENTED),
            mode: if bless { Mode::Bless } else { Mode::Compare },
        }
    }
}
