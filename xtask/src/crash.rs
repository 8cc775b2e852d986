//! `cargo xtask crash`: `sync` is killed at random instants, again and again, on each store.
//!
//! After each kill the catalog is the generation before the run or the one after it, the store is whole, and the ledger has
//! every run and every generation once. Half of the instants are drawn from the whole run, and half from its commit.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::e2e::oracle::{self, Rules};
use crate::harness::{self, DEADLINE, Harness, Store};
use crate::say;
use crate::scenario::Scenario;
use crate::simulator::{Chance, Options, Org};

/// What `sync -v` says when the transaction of its commit begins.
const COMMITTING: &str = "committing";

/// Kills `sync` at random instants.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// How often, on each store
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub kills: usize,
    /// What the instants are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Only on this store
    #[arg(long)]
    pub store: Option<Store>,
    /// How many users the org has
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub users: usize,
}

/// As the command that does the same again.
impl fmt::Display for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kills,
            seed,
            store,
            users,
        } = self;
        write!(
            f,
            "cargo xtask crash --kills {kills} --seed {seed} --users {users}"
        )?;
        match store {
            Some(store) => write!(f, " --store {store}"),
            None => Ok(()),
        }
    }
}

/// Kills on each store, and says where the kills fell.
///
/// # Errors
///
/// When something is lost or wrong after a kill; the error says how to see it again.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    for store in Store::ALL {
        if args.store.is_none_or(|only| only == store) {
            let began = Instant::now();
            let done = kill_again_and_again(&program, store, &args).await?;
            let seconds = began.elapsed().as_secs_f64();
            match done {
                Some(tally) => say(format_args!("{store}: {tally} ({seconds:.0} s)")),
                None => say(format_args!("{store}: skipped, there is no server")),
            }
        }
    }
    Ok(())
}

/// Where kills fell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Before the commit had begun.
    pub before: usize,
    /// After it had begun, and nothing is committed.
    pub within: usize,
    /// After it had begun, and everything is committed.
    pub after: usize,
    /// Too late: the run had ended by itself.
    pub ended: usize,
    /// In the first run of a store, which makes it.
    pub first: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            before,
            within,
            after,
            ended,
            first,
        } = self;
        write!(
            f,
            "{} kills: {before} before the commit, {within} in it with nothing committed, {after} with all of it committed, \
             {ended} after the end; {first} in a first run; nothing lost",
            before + within + after + ended
        )
    }
}

/// Kills on one store. None where there is no such store.
///
/// # Errors
///
/// As [`run`].
pub async fn kill_again_and_again(
    program: &Path,
    store: Store,
    args: &Args,
) -> anyhow::Result<Option<Tally>> {
    let again = Args {
        store: Some(store),
        ..args.clone()
    };
    let killed = async {
        let Some(mut trial) = Trial::begin(program, store, args).await? else {
            return Ok(None);
        };
        // Ten kills of a run with changes to one of a first run, which takes longer.
        for number in 0..args.kills {
            let kill = trial.kill().await;
            kill.with_context(|| format!("kill {number}"))?;
        }
        trial.end().await?;
        for _ in 0..args.kills.div_ceil(20) {
            let kill = trial.kill_a_first_run(store).await;
            kill.context("a kill of a first run")?;
        }
        anyhow::Ok(Some(trial.tally))
    };
    killed
        .await
        .with_context(|| format!("see it again with `{again}`"))
}

/// An org of two states, and a catalog that holds one of them.
struct Trial {
    harness: Harness,
    chance: Chance,
    states: [Org; 2],
    exports: [String; 2],
    /// Which of them the catalog holds.
    holds: usize,
    /// The number of its generation.
    generation: u64,
    /// How long a run takes, and its commit.
    whole: Duration,
    commit: Duration,
    tally: Tally,
}

impl Trial {
    async fn begin(program: &Path, store: Store, args: &Args) -> anyhow::Result<Option<Self>> {
        let mut one = Org::generate(args.users, 50.min(args.users / 10 + 1), 11);
        one.clients = Scenario::named("small")?.org.clients;
        let states = [one.clone(), other(one)];
        let [one, _] = &states;
        let mut harness = Harness::start(program, one.clone(), Options::without_limits()).await?;
        let lenient = json!({"users": "100%", "groups": "100%", "members": "100%"});
        harness.configure(&json!({ "guard": lenient }), &json!({}))?;
        if !harness.keep_in(store)? {
            return Ok(None);
        }
        let mut trial = Self {
            harness,
            chance: Chance::new(args.seed),
            states,
            exports: [String::new(), String::new()],
            holds: 1,
            generation: 0,
            whole: Duration::ZERO,
            commit: Duration::ZERO,
            tally: Tally::default(),
        };
        // The third run is one with changes, over caches of the machine that are warm.
        for next in [0, 1, 0] {
            trial.measure(next).await?;
        }
        Ok(Some(trial))
    }

    /// A run to its end.
    async fn measure(&mut self, next: usize) -> anyhow::Result<()> {
        self.show(next);
        let began = Instant::now();
        let mut run = Watched::start(&self.harness)?;
        run.committing().await?;
        let committing = Instant::now();
        let code = run.child.wait().await?.code();
        ensure!(code == Some(0), "a run that was left alone ended {code:?}");
        self.whole = began.elapsed();
        self.commit = committing.elapsed();
        (self.holds, self.generation) = (next, self.generation + 1);
        let export = self.harness.export().await?;
        if let Some(known) = self.exports.get_mut(next) {
            *known = export;
        }
        Ok(())
    }

    /// Lets the org be in this state, which all of it came to just now.
    fn show(&self, state: usize) {
        let simulator = &self.harness.simulator;
        let now = simulator.now();
        if let Some(state) = self.states.get(state) {
            simulator.edit(|org| {
                org.clone_from(state);
                for user in org.users.values_mut() {
                    user.last_updated = now;
                }
                for group in org.groups.values_mut() {
                    group.last_updated = now;
                    group.last_membership_updated = now;
                }
            });
        }
    }

    /// Kills a run that has changes to make, and looks at what it left.
    async fn kill(&mut self) -> anyhow::Result<()> {
        let next = 1 - self.holds;
        self.show(next);
        let mut run = Watched::start(&self.harness)?;
        let of_all = self.chance.once_in(2);
        let range = if of_all {
            &mut self.whole
        } else {
            run.committing().await?;
            &mut self.commit
        };
        let instant = part(&mut self.chance, *range);
        sleep(instant).await;
        let (has_ended, had_begun) = run.kill().await?;
        if has_ended {
            // The machine had more to do when it was measured.
            *range = range.mul_f64(0.9);
        }
        let (export, ledger) = tokio::join!(self.harness.export(), self.harness.whole());
        let (export, ledger) = (export?, ledger?);
        let holds = self.exports.iter().position(|known| *known == export);
        let Some(holds) = holds else {
            bail!("the catalog is neither the one before the run nor the one after it");
        };
        let committed = holds == next;
        self.generation += u64::from(committed);
        let (generation, expected) = (ledger.generation(), self.generation);
        ensure!(
            generation == expected,
            "the ledger has generation {generation} where {expected} is right"
        );
        let count = match (has_ended, had_begun, committed) {
            (true, ..) => &mut self.tally.ended,
            (_, false, false) => &mut self.tally.before,
            (_, true, false) => &mut self.tally.within,
            (.., true) => &mut self.tally.after,
        };
        *count += 1;
        self.holds = holds;
        Ok(())
    }

    /// The next run is right, and leaves nothing open.
    async fn end(&self) -> anyhow::Result<()> {
        let run = self.harness.run(&["sync"]).await?;
        run.exited(0)?;
        let ledger = self.harness.whole().await?;
        ensure!(ledger.under_way().is_none(), "a run is left open");
        let entities = harness::entities(&self.harness.export().await?)?;
        let org = self.harness.simulator.org();
        let faults = oracle::faults(&org, &Rules::default(), &entities);
        ensure!(faults.is_empty(), "the oracle: {}", faults.join("; "));
        Ok(())
    }

    /// Kills the run that makes a store, wherever it is by then.
    async fn kill_a_first_run(&mut self, store: Store) -> anyhow::Result<()> {
        for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
            drop(std::fs::remove_file(self.harness.path(name)));
        }
        self.harness.keep_in(store)?;
        let run = Watched::start(&self.harness)?;
        let instant = part(&mut self.chance, self.whole);
        sleep(instant).await;
        run.kill().await?;
        self.tally.first += 1;
        self.end().await
    }
}

/// A part of a time, or a little more than the whole.
fn part(chance: &mut Chance, whole: Duration) -> Duration {
    let thousandths = chance.below(1_100);
    whole.mul_f64(thousandths as f64 / 1_000.0)
}

/// The org after a day: every other user is called differently, some have left, and the members of many groups are others.
fn other(mut org: Org) -> Org {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let users: Vec<String> = org.users.keys().cloned().collect();
    let groups: Vec<String> = org.groups.keys().skip(1).cloned().collect();
    for (number, user) in users.iter().enumerate() {
        if number % 2 == 0 {
            let name = format!("Number {number}");
            org.set_user_profile(user, "displayName", name.into(), now);
        }
        if number % 50 == 1 {
            org.set_status(user, crate::simulator::DEPROVISIONED, now);
        }
        if number % 10 == 3
            && let Some(group) = groups.get(number % groups.len().max(1))
        {
            org.join(group, user, now);
        }
    }
    org
}

/// A `sync` under way, of which it is seen when its commit begins.
struct Watched {
    child: Child,
    committing: Option<oneshot::Receiver<()>>,
    said: tokio::task::JoinHandle<String>,
}

impl Watched {
    fn start(harness: &Harness) -> anyhow::Result<Self> {
        let mut child = harness.spawn(&["sync", "-v"])?;
        let stderr = child.stderr.take().context("its messages are not read")?;
        let (tell, committing) = oneshot::channel();
        let said = tokio::spawn(async move {
            let (mut lines, mut tell) = (BufReader::new(stderr).lines(), Some(tell));
            let mut said = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                said.extend([&line, "\n"]);
                if let Some(tell) = tell.take_if(|_| line.contains(COMMITTING)) {
                    let _ = tell.send(());
                }
            }
            said
        });
        Ok(Self {
            child,
            committing: Some(committing),
            said,
        })
    }

    /// Waits until the commit begins.
    async fn committing(&mut self) -> anyhow::Result<()> {
        if let Some(committing) = self.committing.as_mut() {
            match timeout(DEADLINE, committing).await {
                Ok(Ok(())) => self.committing = None,
                Ok(Err(_)) => bail!(
                    "it committed nothing, but said:\n{}",
                    (&mut self.said).await?
                ),
                Err(_) => bail!("it does not commit"),
            }
        }
        Ok(())
    }

    /// Kills it. Whether it had ended, and whether its commit had begun.
    async fn kill(mut self) -> anyhow::Result<(bool, bool)> {
        self.child.start_kill()?;
        let has_ended = self.child.wait().await?.code().is_some();
        // What it had said is read to its end.
        self.said.await?;
        let had_begun = match &mut self.committing {
            Some(committing) => committing.try_recv().is_ok(),
            None => true,
        };
        Ok((has_ended, had_begun))
    }
}
