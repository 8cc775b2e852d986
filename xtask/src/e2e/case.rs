//! One case: an org, a configuration, and what must come of the two.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{oracle, rules};
use crate::golden::{self, Mode};
use crate::harness::{Harness, Run, entities, fixtures, possession};
use crate::simulator::Org;

/// More entities than somebody reads: of these the golden is a digest.
const READABLE: usize = 100;

/// What differs from run to run, and is not compared.
const UNSTABLE: [&str; 4] = [
    "durationSeconds",
    "waitedSeconds",
    "backedOffSeconds",
    "planId",
];

/// A case on disk.
#[derive(Clone, Debug)]
pub struct Case {
    /// The folder.
    folder: PathBuf,
    /// The scenario's name.
    scenario: String,
    /// The case's own name.
    name: String,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.scenario, self.name)
    }
}

impl Case {
    /// Every case of every scenario, by name.
    ///
    /// # Errors
    ///
    /// When a folder cannot be read.
    pub fn all() -> anyhow::Result<Vec<Self>> {
        let mut cases = Vec::new();
        for (scenario, folder) in folders(&fixtures().join("scenarios"))? {
            let cases_of = folder.join("cases");
            if !cases_of.exists() {
                continue;
            }
            cases.extend(folders(&cases_of)?.into_iter().map(|(name, folder)| Self {
                folder,
                scenario: scenario.clone(),
                name,
            }));
        }
        Ok(cases)
    }

    /// Runs the case and returns everything that is wrong.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    pub async fn check(&self, program: &Path, mode: Mode) -> anyhow::Result<String> {
        let doing = || format!("the case `{self}`");
        let harness = Harness::scenario(program, &self.scenario)
            .await
            .with_context(doing)?;
        let outcome = self.run(&harness).await.with_context(doing)?;
        harness.simulator.shutdown().await;
        let rules = rules::of(&self.to_string())
            .with_context(|| format!("`{self}` has no rules in xtask/src/e2e/rules.rs"))?;

        let mut wrong = String::new();
        for fault in oracle::faults(&outcome.org, &rules, &outcome.entities) {
            let _ = writeln!(wrong, "oracle: {fault}");
        }
        let entities = outcome.golden();
        for (name, actual) in [("report.json", outcome.report), entities] {
            let path = self.folder.join("expected").join(name);
            if let Some(diff) = golden::check(&path, &actual, mode)? {
                let _ = write!(
                    wrong,
                    "{name} is another one (- expected, + found):\n{diff}"
                );
            }
        }
        Ok(wrong)
    }

    /// Runs the case and returns the entities that are exported, as they are.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    pub async fn exported(&self, program: &Path) -> anyhow::Result<Vec<Value>> {
        let doing = || format!("the case `{self}`");
        let harness = Harness::scenario(program, &self.scenario)
            .await
            .with_context(doing)?;
        self.sync(&harness).await.with_context(doing)?;
        let printed = self.export(&harness, "ndjson").await.with_context(doing)?;
        harness.simulator.shutdown().await;
        entities(&printed)
    }

    /// Runs `sync` and `export` with the case's configuration.
    async fn run(&self, harness: &Harness) -> anyhow::Result<Outcome> {
        let sync = self.sync(harness).await?;
        let export = async |format: &str| -> anyhow::Result<String> {
            let printed = self.export(harness, format).await?;
            Ok(printed.replace(&harness.simulator.url(), "${OKTA_URL}"))
        };
        let mut report = sync.report()?;
        possession::without_proofs(&mut report)?;
        if let Some(report) = report.as_object_mut() {
            UNSTABLE
                .iter()
                .for_each(|key| drop(report.shift_remove(*key)));
        }
        Ok(Outcome {
            org: harness.simulator.org(),
            report: serde_json::to_string_pretty(&report)? + "\n",
            entities: entities(&export("ndjson").await?)?,
            export: export("yaml").await?,
        })
    }

    async fn sync(&self, harness: &Harness) -> anyhow::Result<Run> {
        let config = self.config()?;
        let arguments = ["sync", "--format", "json", "--config", &config];
        harness.run(&arguments).await?.exited(0)
    }

    async fn export(&self, harness: &Harness, format: &str) -> anyhow::Result<String> {
        let config = self.config()?;
        let arguments = ["export", "--format", format, "--config", &config];
        Ok(harness.run(&arguments).await?.exited(0)?.stdout)
    }

    fn config(&self) -> anyhow::Result<String> {
        let path = self.folder.join("app-config.yaml");
        let path = path.to_str().context("the path of the case is not UTF-8")?;
        Ok(path.to_owned())
    }
}

/// What came of a case.
struct Outcome {
    org: Org,
    report: String,
    entities: Vec<Value>,
    /// The same entities as YAML documents. The org's address is `${OKTA_URL}` in both.
    export: String,
}

impl Outcome {
    /// The name and the content of the golden of the entities.
    fn golden(&self) -> (&'static str, String) {
        let entities = &self.entities;
        if entities.len() <= READABLE {
            return ("entities.yaml", self.export.clone());
        }
        let count = |kind: &str| {
            entities
                .iter()
                .filter(|entity| entity["kind"] == kind)
                .count()
        };
        let mut digest = format!(
            "{} users, {} groups\nsha256 ",
            count("User"),
            count("Group")
        );
        for byte in Sha256::digest(&self.export) {
            let _ = write!(digest, "{byte:02x}");
        }
        digest.push('\n');
        ("entities.digest", digest)
    }
}

/// The folders in a folder, by name.
fn folders(of: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let doing = || format!("cannot read `{}`", of.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(of).with_context(doing)? {
        let entry = entry.with_context(doing)?;
        if entry.file_type().with_context(doing)?.is_dir() {
            folders.push((
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            ));
        }
    }
    folders.sort();
    Ok(folders)
}
