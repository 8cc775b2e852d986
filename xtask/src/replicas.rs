//! `cargo xtask replicas`: two `serve` on one PostgreSQL, of which one after the other is killed, frozen and cut off, while
//! the org changes all the time.
//!
//! Afterwards the ledger proves that no commit was lost, double or out of order, and that a replica that held the turn was
//! taken over in time. In the end both show the org as it is.

mod disturbance;
mod life;
mod line;
mod proof;
mod replica;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

use self::disturbance::{Disturbance, Way};
use self::life::Life;
pub use self::proof::Bounds;
use self::proof::Figures;
use self::replica::{Replica, has_machines};
use crate::e2e::oracle::{self, Rules};
use crate::harness::{self, Database, DatabaseServer, Harness};
use crate::say;
use crate::scenario::Scenario;
use crate::simulator::{Chance, Options, Org};

/// How often something happens in the org.
const EVENT: Duration = Duration::from_millis(300);

/// How long a commit is waited for.
const COMMIT: Duration = Duration::from_secs(6);

/// How long both replicas may take in the end until they show everyone. It bounds what hangs.
const PATIENCE: Duration = Duration::from_secs(90);

/// Disturbs two replicas.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// For how long
    #[arg(long, value_name = "N", default_value_t = 600)]
    pub seconds: u64,
    /// What is drawn from: who is disturbed, how, when and for how long, and what happens in the org
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How long a replica is frozen or cut off at most, in seconds
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub longest: u64,
}

/// Disturbs them and prints what was measured.
///
/// # Errors
///
/// When a commit is lost, double or out of order, somebody takes over too late, or a replica does not show everyone in
/// the end. The error says how to see it again.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    let bounds = Bounds {
        takeover: Duration::from_secs(2),
        shown: Duration::from_secs(2),
    };
    match disturb(&program, &args, bounds).await? {
        Some(summary) => say(summary),
        None => say("skipped: there is no PostgreSQL server"),
    }
    Ok(())
}

/// What was done, and what was measured.
#[derive(Debug)]
pub struct Summary {
    ways: BTreeMap<&'static str, usize>,
    events: usize,
    figures: Figures,
    shown: Duration,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            runs,
            committed,
            interrupted,
            failed,
            takeover,
            takeovers,
            pause,
        } = self.figures;
        let ways = self
            .ways
            .iter()
            .map(|(way, count)| format!("{count} {way}"));
        let ways = ways.collect::<Vec<_>>().join(", ");
        writeln!(f, "disturbed: {ways}")?;
        writeln!(f, "happened in the org: {}", self.events)?;
        writeln!(
            f,
            "runs: {runs}, of which {committed} committed, {interrupted} were interrupted and {failed} failed"
        )?;
        writeln!(
            f,
            "taken over: {takeovers}, after {:.1} s at most; {:.1} s between the beginnings of two runs at most",
            takeover.as_secs_f64(),
            pause.as_secs_f64()
        )?;
        write!(
            f,
            "both showed everyone {:.1} s after the last commit",
            self.shown.as_secs_f64()
        )
    }
}

/// Disturbs two replicas as `args` say. None where there is no server.
///
/// # Errors
///
/// As [`run`].
pub async fn disturb(
    program: &Path,
    args: &Args,
    bounds: Bounds,
) -> anyhow::Result<Option<Summary>> {
    let Args {
        seconds,
        seed,
        longest,
    } = args;
    let Some(server) = DatabaseServer::start()? else {
        return Ok(None);
    };
    let mut trial = Trial::begin(program, &server.database(), args).await?;
    let disturbed = async {
        trial.go_on().await?;
        trial.prove(bounds).await
    };
    let summary = disturbed.await.with_context(|| {
        format!(
            "see it again with `cargo xtask replicas --seconds {seconds} --seed {seed} --longest {longest}`"
        )
    })?;
    Ok(Some(summary))
}

/// Two replicas, and the org that they read.
struct Trial {
    harness: Harness,
    database: Database,
    replicas: [Replica; 2],
    chance: Chance,
    life: Life,
    /// When something happens in the org again.
    event: Instant,
    ends: Instant,
    longest: Duration,
    /// What is done before anything is done again.
    due: Vec<fn(Duration) -> Way>,
    has_machines: bool,
    disturbances: Vec<Disturbance>,
}

impl Trial {
    async fn begin(program: &Path, database: &Database, args: &Args) -> anyhow::Result<Self> {
        let mut org = Org::generate(150, 12, args.seed);
        org.clients = Scenario::named("small")?.org.clients;
        let options = Options {
            latency: Duration::from_millis(100),
            latency_spread: Duration::from_millis(300),
            ..Options::without_limits()
        };
        let harness = Harness::start(program, org, options).await?;
        let all = "100%";
        let tenant = json!({
            "schedule": { "frequency": { "seconds": 2 }, "timeout": { "minutes": 1 } },
            "guard": { "users": all, "groups": all, "members": all, "renames": all },
        });
        harness.configure(&tenant, &json!({}))?;
        let replicas = [
            Replica::new("one", database).await?,
            Replica::new("two", database).await?,
        ];
        let has_machines = has_machines().await;
        if !has_machines {
            say("replicas on machines of their own are left out: `unshare` is for root on Linux");
        }
        Ok(Self {
            harness,
            database: database.clone(),
            replicas,
            chance: Chance::new(args.seed),
            life: Life::new(args.seed),
            event: Instant::now(),
            ends: Instant::now() + Duration::from_secs(args.seconds),
            longest: Duration::from_secs(args.longest),
            due: Vec::new(),
            has_machines,
            disturbances: Vec::new(),
        })
    }

    async fn go_on(&mut self) -> anyhow::Result<()> {
        for number in 0..self.replicas.len() {
            self.start(number).await?;
        }
        loop {
            let pause = Duration::from_millis(1_500 + 10 * self.chance.below(400) as u64);
            self.live_for(pause).await;
            if Instant::now() >= self.ends {
                return Ok(());
            }
            self.disturb_one().await?;
        }
    }

    async fn start(&mut self, number: usize) -> anyhow::Result<()> {
        let own_machine = self.has_machines && self.chance.once_in(2);
        if let Some(replica) = self.replicas.get_mut(number) {
            replica.start(&mut self.harness, own_machine).await?;
        }
        self.harness.keep_at(&self.database);
        Ok(())
    }

    /// Lets the org live for so long.
    async fn live_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while self.event < until {
            sleep_until(self.event).await;
            self.life.go_on(&self.harness.simulator);
            // What could not happen while somebody was started is not made up for.
            self.event = Instant::now() + EVENT;
        }
        sleep_until(until).await;
    }

    /// All ways come in turns, in an order of chance.
    fn next_way(&mut self) -> Way {
        if self.due.is_empty() {
            self.due.extend(Way::ALL);
        }
        let drawn = self.chance.below(self.due.len());
        let way = self.due.swap_remove(drawn);
        let thousandths = 10 + self.chance.below(990);
        way(self.longest.mul_f64(thousandths as f64 / 1_000.0))
    }

    /// Who has the turn.
    async fn holder(&self) -> anyhow::Result<Option<usize>> {
        let ledger = self.harness.ledger().await?;
        Ok(ledger.under_way().and_then(|run| {
            let mut replicas = self.replicas.iter();
            replicas.position(|replica| replica.is(&run.holder))
        }))
    }

    /// Waits until one of them commits.
    async fn next_commit(&self) -> Option<usize> {
        let [one, two] = &self.replicas;
        tokio::select! {
            () = one.commits() => Some(0),
            () = two.commits() => Some(1),
            () = sleep(COMMIT) => None,
        }
    }

    /// Disturbs whoever has the turn, at any time or in its commit, or one of the two, until that is over; the other is left alone.
    async fn disturb_one(&mut self) -> anyhow::Result<()> {
        let way = self.next_way();
        let (drawn, in_commit) = (self.chance.below(2), self.chance.once_in(2));
        let holder = if in_commit {
            self.next_commit().await
        } else {
            self.holder().await?
        };
        let number = holder.unwrap_or(drawn);
        let at = self.harness.simulator.now();
        let replica = self.replicas.get_mut(number).context("there are two")?;
        let holder = replica.holder().to_owned();
        match way {
            Way::Kill(_) => replica.kill().await?,
            Way::Freeze(_) => replica.signal("STOP").await?,
            Way::Cut => replica.line.cut(),
            Way::Silence(_) => replica.line.silence(true),
        }
        self.live_for(way.lasts()).await;
        match (way, self.replicas.get(number)) {
            (Way::Kill(_), _) => self.start(number).await?,
            (Way::Freeze(_), Some(replica)) => replica.signal("CONT").await?,
            (Way::Silence(_), Some(replica)) => replica.line.silence(false),
            _ => {}
        }
        let until = self.harness.simulator.now();
        self.disturbances.push(Disturbance {
            way,
            at,
            until,
            holder,
        });
        Ok(())
    }

    /// Nothing happens any more.
    async fn prove(&mut self, bounds: Bounds) -> anyhow::Result<Summary> {
        let shown_at = self.both_show_everyone().await?;
        let ledger = self.harness.whole().await?;
        let newest = ledger.generation();
        let committed = ledger.runs.iter().find(|it| it.generation == Some(newest));
        let ended = committed.and_then(|run| run.ended).context("no commit")?;
        let shown = Duration::try_from(shown_at.duration_since(ended)).unwrap_or_default();
        ensure!(
            shown <= bounds.shown,
            "both show everyone {shown:.1?} after the last commit"
        );
        let figures = proof::of_ledger(&ledger, &self.disturbances, bounds)?;
        let replayed = proof::replayed(&self.harness, &ledger).await?;
        let exported = harness::entities(&self.harness.export().await?)?;
        ensure!(
            replayed == refs(&exported),
            "the changes of all runs do not add up to the catalog"
        );
        for replica in &mut self.replicas {
            replica.kill().await?;
        }
        let mut ways = BTreeMap::new();
        for disturbance in &self.disturbances {
            *ways.entry(disturbance.way.name()).or_default() += 1;
        }
        Ok(Summary {
            ways,
            events: self.life.events(),
            figures,
            shown,
        })
    }

    /// Waits until both replicas show the org as it is, and says when they did.
    async fn both_show_everyone(&self) -> anyhow::Result<jiff::Timestamp> {
        let (org, began) = (self.harness.simulator.org(), Instant::now());
        loop {
            let mut faults = Vec::new();
            for replica in &self.replicas {
                let daemon = replica.daemon()?;
                let answer = daemon.get("/api/catalog/entities", None).await?;
                let entities = answer.json()?;
                let entities: Vec<Value> = entities.as_array().cloned().unwrap_or_default();
                let entities: Vec<Value> = entities.into_iter().map(without_relations).collect();
                faults.extend(oracle::faults(&org, &Rules::default(), &entities));
            }
            if faults.is_empty() {
                return Ok(self.harness.simulator.now());
            }
            if began.elapsed() > PATIENCE {
                let logs = self.replicas.iter().map(|replica| replica.daemon());
                let logs = logs.flatten().map(|daemon| daemon.log());
                let logs = logs.collect::<Vec<_>>().join("\n\n");
                anyhow::bail!("the oracle: {}\n{logs}", faults.join("; "));
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// An entity as it was ingested.
fn without_relations(mut entity: Value) -> Value {
    if let Some(entity) = entity.as_object_mut() {
        entity.remove("relations");
    }
    entity
}

/// The refs of entities by their Okta ids.
fn refs(entities: &[Value]) -> BTreeMap<String, String> {
    let refs = entities.iter();
    refs.map(|entity| {
        (
            oracle::okta_id(entity).to_owned(),
            oracle::reference(entity),
        )
    })
    .collect()
}
