//! What an end-to-end test stands on: a simulated org, the program as a process, and a folder for the two.

mod daemon;
mod database;
mod ledger;
pub mod possession;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::scenario::Scenario;
use crate::simulator::{Options, Org, Simulator};

pub use daemon::{Answer, Daemon};
#[cfg(unix)]
pub use database::DatabaseServer;
pub use database::{Database, Store};
pub use ledger::{Ledger, PastRun};

/// How long a command may take. It bounds what hangs; it measures nothing.
pub const DEADLINE: Duration = Duration::from_secs(100);

/// The configuration of a harness, over which [`Harness::configure`] puts its own.
const CONFIG: &str = "catalog:
  providers:
    okta:
      default:
        oktaUrl: ${OKTA_URL}
        clientId: 0oa1portalsync0000d7
        keyId: portal-sync-test-1
        privateKey: { $file: key.pem }
portalSync:
  store: { url: '${STORE_URL}', schema: '${STORE_SCHEMA}' }
  server: { listen: '127.0.0.1:0' }
";

/// The store as a harness begins: a file, to which a schema means nothing.
const FILE: &str = "sqlite:catalog.db";
const SCHEMA: &str = "portal_sync";

/// The key of the test app.
const KEY: &str = "rsa2048.pkcs8.pem";

/// A simulated org and a folder in which the program runs.
///
/// With `E2E_DPOP=required` in the environment every app of the org requires proof of possession.
///
/// The program sees `OKTA_URL`, `STORE_URL`, `STORE_SCHEMA` and what [`Harness::set`] adds, and nothing else of the
/// environment. Unless a command names another configuration it reads `app-config.yaml` of the folder, which fits the
/// scenarios' first client, and what [`Harness::configure`] put over it. The catalog is in a file of the folder until
/// [`Harness::keep_in`] puts it elsewhere.
#[derive(Debug)]
pub struct Harness {
    /// The org.
    pub simulator: Simulator,
    program: PathBuf,
    /// What the program is started by; nothing as a rule.
    launcher: Vec<String>,
    folder: TempDir,
    environment: BTreeMap<String, String>,
    /// Whether `sync` and `plan` read everything each time.
    in_full: AtomicBool,
}

/// A command that ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside that.
    pub stderr: String,
}

impl Harness {
    /// Starts the org of `fixtures/scenarios/<scenario>`. `program` is the binary of this crate, which holds the program.
    ///
    /// # Errors
    ///
    /// When the scenario cannot be loaded, or a socket or a folder cannot be had.
    pub async fn scenario(program: &Path, scenario: &str) -> anyhow::Result<Self> {
        let Scenario { org, options, .. } = Scenario::named(scenario)?;
        Self::start(program, org, options).await
    }

    /// Starts `org`.
    ///
    /// # Errors
    ///
    /// When a socket or a folder cannot be had.
    pub async fn start(program: &Path, org: Org, options: Options) -> anyhow::Result<Self> {
        let simulator = Simulator::start(possession::required_of(org), options).await?;
        let folder = tempfile::tempdir().context("a folder for the test cannot be made")?;
        let environment = [
            ("OKTA_URL", simulator.url()),
            ("STORE_URL", FILE.to_owned()),
            ("STORE_SCHEMA", SCHEMA.to_owned()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value));
        let environment = BTreeMap::from(environment);
        let harness = Self {
            simulator,
            program: program.to_owned(),
            launcher: Vec::new(),
            folder,
            environment,
            in_full: AtomicBool::new(false),
        };
        harness.write("app-config.yaml", CONFIG)?;
        fs::copy(fixtures().join("keys").join(KEY), harness.path("key.pem"))
            .context("the test key cannot be copied")?;
        Ok(harness)
    }

    /// Where a file of the folder is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
    }

    /// Puts settings of the tenant and of `portalSync` over those the folder began with; an earlier call is forgotten.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn configure(&self, tenant: &Value, program: &Value) -> anyhow::Result<()> {
        let layer = json!({
            "catalog": { "providers": { "okta": { "default": tenant } } },
            "portalSync": program,
        });
        // JSON texts are YAML texts.
        self.write("app-config.local.yaml", &layer.to_string())
    }

    /// Starts the program by another one from now on, such as `taskset -c 0`.
    pub fn launch_by<S: AsRef<str>>(&mut self, launcher: &[S]) {
        self.launcher = launcher.iter().map(|it| it.as_ref().to_owned()).collect();
    }

    /// Sets a variable of the environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Keeps the catalog in a store of this kind from now on. False, and told, where the machine has none.
    ///
    /// # Errors
    ///
    /// When a server cannot be started, or is required and missing.
    pub fn keep_in(&mut self, store: Store) -> anyhow::Result<bool> {
        match store {
            Store::Sqlite => self.set("STORE_URL", FILE),
            Store::Postgres => match Database::shared()? {
                Some(database) => self.keep_at(&database),
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Lets `sync` and `plan` read everything from now on, and not what changed: for what only a whole list shows.
    pub fn read_in_full(&self) {
        self.in_full.store(true, Ordering::Relaxed);
    }

    /// Keeps the catalog in this database from now on.
    pub fn keep_at(&mut self, database: &Database) {
        self.set("STORE_URL", &database.url);
        self.set("STORE_SCHEMA", &database.schema);
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or does not end by itself.
    pub async fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Run> {
        self.run_into(Stdio::piped(), arguments).await
    }

    /// Runs a command to its end, with its standard output going to `stdout`. The run has what came out where that is a
    /// pipe to us.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or does not end by itself.
    pub async fn run_into<S: AsRef<OsStr>>(
        &self,
        stdout: Stdio,
        arguments: &[S],
    ) -> anyhow::Result<Run> {
        let mut arguments: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
        let reads = ["sync", "plan"].map(OsStr::new);
        let is_read = arguments.first().is_some_and(|first| reads.contains(first));
        let is_replay = arguments.contains(&OsStr::new("--replay"));
        if is_read && !is_replay && self.in_full.load(Ordering::Relaxed) {
            arguments.push(OsStr::new("--full"));
        }
        let child = self.spawn_into(stdout, &arguments)?;
        let Ok(output) = timeout(DEADLINE, child.wait_with_output()).await else {
            bail!("the command did not end within {} s", DEADLINE.as_secs());
        };
        let output = output.context("the command cannot be waited for")?;
        Ok(Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    /// Starts a command. Dropping it kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub fn spawn<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Child> {
        self.spawn_into(Stdio::piped(), arguments)
    }

    fn spawn_into<S: AsRef<OsStr>>(&self, stdout: Stdio, arguments: &[S]) -> anyhow::Result<Child> {
        let mut command = match self.launcher.split_first() {
            Some((launcher, its_own)) => {
                let mut command = Command::new(launcher);
                command.args(its_own).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.env_clear();
        command.envs(of_the_system());
        command
            .arg("portal-sync")
            .args(arguments)
            .envs(&self.environment)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.program.display()))
    }

    /// `sync --format json`, which must end with `code`: its report.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn sync(&self, code: i32) -> anyhow::Result<Value> {
        self.run(&["sync", "--format", "json"])
            .await?
            .exited(code)?
            .report()
    }

    /// `plan --format json`, which must end with `code`: its report.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub async fn plan(&self, code: i32) -> anyhow::Result<Value> {
        self.run(&["plan", "--format", "json"])
            .await?
            .exited(code)?
            .report()
    }

    /// The catalog as `export` prints it.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn export(&self) -> anyhow::Result<String> {
        let run = self.run(&["export", "--format", "ndjson"]).await?;
        Ok(run.exited(0)?.stdout)
    }

    /// Every run of the ledger.
    ///
    /// # Errors
    ///
    /// When `runs` fails, or says what is no run.
    pub async fn ledger(&self) -> anyhow::Result<Ledger> {
        let all = u32::MAX.to_string();
        let run = self
            .run(&["runs", "--limit", &all, "--format", "json"])
            .await?;
        Ledger::read(&run.exited(0)?.stdout)
    }

    /// Proves that the store is whole, and that its ledger has every run and every generation once: the ledger.
    ///
    /// # Errors
    ///
    /// When something is damaged, missing or there twice.
    pub async fn whole(&self) -> anyhow::Result<Ledger> {
        let (checked, ledger) = tokio::join!(self.run(&["store", "check"]), self.ledger());
        checked?.exited(0).context("the store is damaged")?;
        let ledger = ledger?;
        let faults = ledger.faults();
        ensure!(faults.is_empty(), "the ledger: {}", faults.join("; "));
        Ok(ledger)
    }

    /// Starts `serve` and waits until it listens.
    ///
    /// # Errors
    ///
    /// When it ends instead.
    pub async fn serve<S: AsRef<OsStr>>(&self, arguments: &[S]) -> anyhow::Result<Daemon> {
        let mut all = vec![OsStr::new("serve")];
        all.extend(arguments.iter().map(AsRef::as_ref));
        Daemon::listening(self.spawn(&all)?).await
    }
}

impl Run {
    /// The run itself when it ended with `code`.
    ///
    /// # Errors
    ///
    /// When it ended in another way; the error holds all it said.
    pub fn exited(self, code: i32) -> anyhow::Result<Self> {
        ensure!(
            self.code == Some(code),
            "expected the exit code {code}, got {:?}\nstdout:\n{}\nstderr:\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        Ok(self)
    }

    /// The one JSON object it printed.
    ///
    /// # Errors
    ///
    /// When it printed something else, or several.
    pub fn report(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("not one JSON object: {}", self.stdout))
    }
}

/// What no process can do without: Windows opens no socket when it is missing.
#[expect(
    clippy::disallowed_methods,
    reason = "passed on as it is, and read by nobody here"
)]
fn of_the_system() -> Option<(&'static str, OsString)> {
    Some(("SystemRoot", std::env::var_os("SystemRoot")?))
}

/// The entities of an export in NDJSON.
///
/// # Errors
///
/// When a line is not JSON.
pub fn entities(export: &str) -> anyhow::Result<Vec<Value>> {
    let parsed: Result<Vec<Value>, _> = export.lines().map(serde_json::from_str).collect();
    parsed.context("a line of the export is not JSON")
}

/// The folder `fixtures` of this checkout.
#[must_use]
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}
