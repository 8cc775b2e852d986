//! The libraries' examples, run as they are packaged, against a simulated org.
//!
//! They are handed on to each other, as a user would do: who `list_users` lists is filtered by `filter_dump`, and must be
//! whom `search_and_filter` finds by asking Okta; what `build_org` makes is what `lint` accepts.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::outside::Outside;
use crate::harness::{DEADLINE, fixtures};
use crate::library::Library;
use crate::say;
use crate::scenario::Scenario;
use crate::simulator::{Client, DEPROVISIONED, Effect, Endpoint, Event, Fault, Simulator};

/// Who is sought: in part by Okta, which knows no `ew`, and in part here.
const SOUGHT: &str = r#"status eq "ACTIVE" and profile.email ew "@example.com""#;

/// Runs one example of each library at least.
pub(super) async fn check(outside: &Outside, libraries: &[Library]) -> anyhow::Result<()> {
    let mut scenario = Scenario::named("small")?;
    let client = scenario.org.clients.first_mut();
    let client = client.context("the scenario has no client")?;
    client.scopes.push("okta.logs.read".to_owned());
    let client = client.clone();
    let simulator = Simulator::start(scenario.org, scenario.options).await?;
    let examples = Examples {
        outside,
        libraries,
        environment: environment(&simulator, &client)?,
        folder: tempfile::tempdir().context("a folder for the examples cannot be made")?,
    };
    examples.authorization().await?;
    let users = examples.list_users(&simulator).await?;
    examples.find(&users).await?;
    examples.follow_log(&simulator).await?;
    examples.lint().await?;
    simulator.shutdown().await;
    Ok(())
}

/// How the examples are told of the org.
fn environment(
    simulator: &Simulator,
    client: &Client,
) -> anyhow::Result<[(&'static str, String); 4]> {
    let key = client.keys.keys.first();
    let key_id = key.and_then(|key| key.common.key_id.clone());
    let key_file = fixtures().join("keys/rsa2048.pkcs8.pem");
    Ok([
        ("OKTA_ORG_URL", simulator.url()),
        ("OKTA_CLIENT_ID", client.client_id.clone()),
        ("OKTA_KEY_FILE", key_file.display().to_string()),
        ("OKTA_KEY_ID", key_id.context("the client's key has no id")?),
    ])
}

struct Examples<'a> {
    outside: &'a Outside,
    libraries: &'a [Library],
    environment: [(&'static str, String); 4],
    /// Where they read and write.
    folder: TempDir,
}

impl Examples<'_> {
    /// An example with its arguments, as a command in its unpacked library.
    fn command<S: AsRef<OsStr>>(
        &self,
        library: &str,
        example: &str,
        arguments: &[S],
    ) -> anyhow::Result<Command> {
        let found = self.libraries.iter().find(|it| it.name() == library);
        let found = found.with_context(|| format!("`{library}` is no library"))?;
        let mut cargo = self.outside.command(&self.outside.path(found))?;
        cargo
            .args([
                "run",
                "--quiet",
                "--all-features",
                "--example",
                example,
                "--",
            ])
            .args(arguments)
            .envs(self.environment.clone())
            .stdin(Stdio::null());
        say(format_args!("{found}: example `{example}`"));
        let mut command = Command::from(cargo);
        command.kill_on_drop(true);
        Ok(command)
    }

    async fn output<S: AsRef<OsStr>>(
        &self,
        library: &str,
        example: &str,
        arguments: &[S],
    ) -> anyhow::Result<Output> {
        let mut command = self.command(library, example, arguments)?;
        let output = timeout(DEADLINE, command.output()).await;
        output
            .with_context(|| format!("`{example}` does not end"))?
            .with_context(|| format!("`{example}` cannot be started"))
    }

    /// What an example prints that ends well.
    async fn printed<S: AsRef<OsStr>>(
        &self,
        library: &str,
        example: &str,
        arguments: &[S],
    ) -> anyhow::Result<String> {
        let output = self.output(library, example, arguments).await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "`{example}`: {}\n{said}",
            output.status
        );
        Ok(String::from_utf8(output.stdout)?)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path)
    }

    async fn authorization(&self) -> anyhow::Result<()> {
        let printed = self
            .printed::<&str>("okta-auth", "authorization", &[])
            .await?;
        ensure!(
            printed.contains("scheme: Bearer\nscope: okta.users.read\n"),
            "a token of another kind: {printed}"
        );
        Ok(())
    }

    /// Everybody is listed, and where one record does not decode that is an error that names it. Returns the file of all.
    async fn list_users(&self, simulator: &Simulator) -> anyhow::Result<PathBuf> {
        let listed = self.printed::<&str>("okta-api", "list_users", &[]).await?;
        let json = self.printed("okta-api", "list_users", &["--json"]).await?;
        let users: Vec<Value> = serde_json::from_str(&json)?;
        let ids = users.iter().filter_map(|user| user.get("id")?.as_str());
        let ids: BTreeSet<&str> = ids.collect();
        let org = simulator.org();
        let listable = org.users.values().filter(|it| it.status != DEPROVISIONED);
        let expected = listable.map(|user| user.id.as_str());
        ensure!(
            expected.collect::<BTreeSet<&str>>() == ids && listed.lines().count() == ids.len(),
            "not everybody is listed, or somebody else: {listed}"
        );

        let odd = ids.first().context("the scenario has no users")?;
        let id = Some((*odd).to_owned());
        simulator.fail(Fault::always(
            Endpoint::Users,
            Effect::MalformedRecord { id },
        ));
        let refused = self.output::<&str>("okta-api", "list_users", &[]).await?;
        simulator.clear_faults();
        let said = String::from_utf8_lossy(&refused.stderr);
        ensure!(
            !refused.status.success() && said.contains(odd),
            "a record that does not decode is passed over: {said}"
        );
        self.write("users.json", &json)
    }

    /// Whoever is found by asking Okta is found in the dump, too.
    async fn find(&self, users: &Path) -> anyhow::Result<()> {
        let asked = self
            .printed("okta-api", "search_and_filter", &[SOUGHT])
            .await?;
        let arguments = [OsStr::new(SOUGHT), users.as_os_str()];
        let filtered = self
            .printed("org-filter", "filter_dump", &arguments)
            .await?;
        let asked: BTreeSet<&str> = asked.lines().filter_map(id_of_line).collect();
        let filtered = filtered.lines().map(serde_json::from_str::<Value>);
        let filtered = filtered.collect::<Result<Vec<_>, _>>()?;
        let filtered = filtered.iter().filter_map(|user| user.get("id")?.as_str());
        let filtered: BTreeSet<&str> = filtered.collect();
        ensure!(
            !asked.is_empty() && asked == filtered,
            "asked: {asked:?}; filtered: {filtered:?}"
        );
        Ok(())
    }

    /// An event that happens while the log is followed is shown.
    async fn follow_log(&self, simulator: &Simulator) -> anyhow::Result<()> {
        let cursor = self.folder.path().join("cursor");
        let arguments = [cursor.as_os_str(), OsStr::new("user.session.start")];
        let mut command = self.command("okta-api", "follow_log", &arguments)?;
        let mut follower = command
            .stdout(Stdio::piped())
            .spawn()
            .context("`follow_log` cannot be started")?;
        let shown = follower.stdout.take().context("no output")?;
        let mut lines = BufReader::new(shown).lines();
        // It keeps its place as soon as it has read the log once, and looks for news every ten seconds.
        let began = async {
            while let Err(error) = std::fs::metadata(&cursor) {
                ensure!(error.kind() == ErrorKind::NotFound, "{error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        };
        timeout(DEADLINE, began)
            .await
            .context("the log is not followed")??;
        for event_type in ["user.mfa.factor.update", "user.session.start"] {
            simulator.log(Event::new(event_type, simulator.now()));
        }
        let line = timeout(DEADLINE, lines.next_line())
            .await
            .context("the event is not shown")??;
        follower.kill().await?;
        match line {
            Some(line) if line.contains("user.session.start") => Ok(()),
            other => bail!("something else is shown: {other:?}"),
        }
    }

    /// What one example makes the other accepts, and what is wrong it refuses.
    async fn lint(&self) -> anyhow::Result<()> {
        let org = self
            .printed::<&str>("catalog-model", "build_org", &[])
            .await?;
        let good = self.write("org.yaml", &org)?;
        let relations = self.printed("catalog-model", "lint", &[&good]).await?;
        ensure!(
            relations.contains("memberOf group:default/"),
            "no relations: {relations}"
        );
        let bad = self.write("bad.yaml", &org.replacen("\"name\":\"", "\"name\":\"-", 1))?;
        let refused = self.output("catalog-model", "lint", &[&bad]).await?;
        let said = [refused.stdout, refused.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        ensure!(
            !refused.status.success() && said.contains("bad.yaml:"),
            "a wrong name is accepted: {said}"
        );
        Ok(())
    }
}

/// The id in `00u1: jane@acme.com`.
fn id_of_line(line: &str) -> Option<&str> {
    let (id, _) = line.split_once(':')?;
    id.starts_with("00u").then_some(id)
}
