//! `cargo xtask validators`: what others' own code says. Backstage's validators are asked about the cases of
//! `crates/catalog-model/tests/entities/verdicts.json` and about every entity that an end-to-end scenario exports, and the
//! libraries of Roadie's Okta module about the names of `fixtures/naming/roadie.tsv`.
//!
//! They are npm packages, installed as the lock files of `xtask/validators` and `xtask/naming` say into folders under
//! `target`. Without Node or without the registry there is nobody to ask: then the command says so and ends well, unless it
//! is `--required`. What it found when it could ask is never skipped: a verdict or a name that differs from the recorded one
//! or an entity that is refused is an error.

mod backstage;
mod names;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use crate::e2e::Case;
use crate::golden::{self, Mode};
use crate::say;
use backstage::{Answer, Backstage, Question};
use names::Names;
use table::Table;

/// Asks Backstage's own validators, and the libraries that Roadie makes names with.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Write what they say as the recorded verdicts, names and letters
    #[arg(long)]
    pub bless: bool,
    /// Fail where they cannot be asked, for want of Node or of the npm registry
    #[arg(long)]
    pub required: bool,
}

/// Compares what is recorded with what they say now, and has Backstage check every exported entity.
///
/// # Errors
///
/// When a verdict or a name is another one, an entity is refused, or the validators cannot be asked though they must.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let (backstage, names) = match (Backstage::install()?, Names::install()?) {
        (Ok(backstage), Ok(names)) => (backstage, names),
        (Err(reason), _) | (_, Err(reason)) if args.required || args.bless => {
            bail!("nobody can be asked: {reason}")
        }
        (Err(reason), _) | (_, Err(reason)) => {
            say(format_args!(
                "skipped, nobody can be asked: {reason}. What is recorded still holds in `cargo test`; CI asks anew"
            ));
            return Ok(());
        }
    };
    let mode = if args.bless {
        Mode::Bless
    } else {
        Mode::Compare
    };
    let verdicts = check_table(&backstage, mode)?;
    let names = names.check(mode)?;
    let program = std::env::current_exe().context("where this program is cannot be told")?;
    let refused = check_exports(&backstage, &program).await?;
    for diff in verdicts.iter().chain(&names) {
        say(format_args!("- recorded, + said now:\n{diff}"));
    }
    ensure!(
        verdicts.is_none() && names.is_none(),
        "what is recorded is not what is said now (after a look at the differences, `cargo xtask validators --bless` accepts them)"
    );
    ensure!(
        refused == 0,
        "Backstage refuses {refused} exported entities"
    );
    Ok(())
}

/// The table is part of the package that it is about.
fn verdicts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/catalog-model/tests/entities/verdicts.json")
}

/// Returns what differs from the recorded verdicts, if something does.
fn check_table(backstage: &Backstage, mode: Mode) -> anyhow::Result<Option<String>> {
    let path = verdicts();
    let mut table = Table::read(&path)?;
    let answers = backstage.ask(&table.questions()?)?;
    let refused = answers.iter().filter(|it| it.is_refused()).count();
    table.record(&answers);
    let diff = golden::check(&path, &table.print()?, mode)?;
    say(format_args!(
        "{} cases: {} accepted, {refused} refused, {} in which we are stricter",
        answers.len(),
        answers.len() - refused,
        table.stricter(),
    ));
    Ok(diff)
}

/// Runs every case of every scenario, and returns how many of the exported entities are refused.
async fn check_exports(backstage: &Backstage, program: &Path) -> anyhow::Result<usize> {
    let (mut entities, mut refused, mut cases) = (0, 0, 0);
    for case in Case::all()? {
        let exported = case.exported(program).await?;
        let questions: Vec<Question> = exported.iter().cloned().map(Question::Document).collect();
        let answers = backstage.ask(&questions)?;
        let wrong = answers.iter().filter(|it| it.is_refused()).count();
        say(format_args!(
            "{:6} {case}: {} entities, {wrong} refused",
            if wrong == 0 { "ok" } else { "FAILED" },
            exported.len(),
        ));
        for (entity, answer) in exported.iter().zip(&answers) {
            if let Answer::Refused { by, said, .. } = answer {
                say(format_args!("       {}: {by}: {said}", shown(entity)));
            }
        }
        (entities, refused, cases) = (entities + exported.len(), refused + wrong, cases + 1);
    }
    say(format_args!(
        "{entities} entities of {cases} cases: {} accepted, {refused} refused",
        entities - refused
    ));
    Ok(refused)
}

/// An entity, by its kind and name where it has them.
fn shown(entity: &Value) -> String {
    let text = |pointer| entity.pointer(pointer).and_then(Value::as_str);
    match (text("/kind"), text("/metadata/name")) {
        (Some(kind), Some(name)) => format!("{kind} `{name}`"),
        _ => entity.to_string(),
    }
}
