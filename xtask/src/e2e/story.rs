//! Stories: what happened to one person between two runs, and what `runs show` says of it afterwards.
//!
//! The goldens are `fixtures/scenarios/small/stories/<name>.txt`: the lines for people, and below them the changes and what was
//! withheld as JSON. Times, processes and ids of plans are written as what they are.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::golden::{self, Mode};
use crate::harness::{Harness, fixtures};
use crate::simulator::Org;

const BEN: &str = "00u2benobrien000000d";
const SOREN: &str = "00u6soren0berg00000d";
const MIA: &str = "00u8mia0new0000000d7";

/// What happened to somebody.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// Its name.
    pub name: &'static str,
    /// What the tenant has configured, from the first run on.
    tenant: fn() -> Value,
    /// The guard.
    guard: fn() -> Value,
    /// What happens after the first run.
    happens: fn(&mut Org, jiff::Timestamp),
    /// How the second run ends.
    exit: i32,
}

/// What is configured where a story says nothing else.
fn nothing() -> Value {
    json!({})
}

/// Every story.
pub const ALL: [Story; 5] = [
    Story {
        name: "deactivated",
        tenant: nothing,
        guard: nothing,
        happens: |org, now| org.set_status(SOREN, "DEPROVISIONED", now),
        exit: 0,
    },
    Story {
        name: "filtered",
        // It is decided here: Okta's search knows no `ew`.
        tenant: || json!({"userFilter": "not (profile.department ew \"Sales\")"}),
        guard: nothing,
        happens: |org, now| org.set_user_profile(BEN, "department", json!("Inside Sales"), now),
        exit: 0,
    },
    Story {
        name: "deleted",
        tenant: nothing,
        guard: nothing,
        happens: |org, _| org.remove_user(MIA),
        exit: 0,
    },
    Story {
        name: "renamed",
        tenant: nothing,
        guard: nothing,
        happens: |org, now| {
            org.set_user_profile(BEN, "email", json!("ben.brien@example.com"), now);
        },
        exit: 0,
    },
    Story {
        name: "withheld",
        tenant: nothing,
        guard: || json!({"minimum": 0}),
        happens: |org, _| org.remove_user(MIA),
        exit: 3,
    },
];

impl Story {
    /// Lets it happen and returns what differs from its golden.
    ///
    /// # Errors
    ///
    /// When it does not happen.
    pub async fn check(&self, program: &Path, mode: Mode) -> anyhow::Result<Option<String>> {
        let told = self.told(program).await;
        let told = told.with_context(|| format!("the story `{}`", self.name))?;
        let golden = format!("scenarios/small/stories/{}.txt", self.name);
        golden::check(&fixtures().join(golden), &told, mode)
    }

    async fn told(&self, program: &Path) -> anyhow::Result<String> {
        let harness = Harness::scenario(program, "small").await?;
        harness.configure(&(self.tenant)(), &json!({"guard": (self.guard)()}))?;
        harness.sync(0).await?;
        harness.read_in_full();
        let now = harness.simulator.now();
        harness.simulator.edit(|org| (self.happens)(org, now));
        harness.sync(self.exit).await?;
        let lines = harness.run(&["runs", "show", "2"]).await?.exited(0)?;
        let shown = ["runs", "show", "2", "--format", "json"];
        let object = harness.run(&shown).await?.exited(0)?.report()?;
        let changes = json!({
            "changes": object.get("changes"),
            "withheldRemovals": object.get("withheldRemovals"),
        });
        let url = harness.simulator.url();
        harness.simulator.shutdown().await;
        let lines: String = lines.stdout.lines().map(steady).collect();
        let all = format!("{lines}\n{changes:#}\n");
        Ok(all.replace(&url, "${OKTA_URL}"))
    }
}

/// A line without what is another one each time.
fn steady(line: &str) -> String {
    let line = match line.trim_start().split(' ').next() {
        Some("began") => "  began TIME, ended TIME; command, PROCESS",
        Some("okta:") => "  okta: REQUESTS",
        Some("read:") => "  read: READS",
        _ => line,
    };
    format!("{line}\n")
}
