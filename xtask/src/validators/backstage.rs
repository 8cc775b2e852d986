//! Backstage's validators as a program that answers questions: npm packages under `target`, run by Node.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{say, tidy};

/// What is copied to where the packages are installed: npm wants its files there, and Node looks for packages beside the
/// script.
const FILES: [&str; 4] = [
    ".npmrc",
    "package.json",
    "package-lock.json",
    "verdicts.mjs",
];

/// The oldest Node that the packages support.
const OLDEST_NODE: u32 = 20;

/// The codes of npm's errors that mean that the registry did not answer.
const UNREACHABLE: [&str; 8] = [
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ETIMEDOUT",
    "ENOTCACHED",
];

/// The installed validators.
#[derive(Debug)]
pub(super) struct Backstage {
    folder: PathBuf,
}

/// A document to be judged.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    Document(Value),
    /// As JSON text, because no value can hold it.
    Text(String),
}

/// What is said to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub(super) enum Answer {
    Accepted,
    Refused {
        /// The validator that did it.
        by: String,
        /// The place that it blamed, as a JSON pointer.
        place: Option<String>,
        said: String,
    },
}

impl Answer {
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl Backstage {
    /// Installs the packages, unless they are there already. The inner error says why nobody can be asked.
    pub(super) fn install() -> anyhow::Result<Result<Self, String>> {
        let root = tidy::root()?;
        let (source, folder) = (
            root.join("xtask/validators"),
            root.join("target/validators"),
        );
        let Some(version) = output(Command::new("node").arg("--version"))? else {
            return Ok(Err("Node is not installed".to_owned()));
        };
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        if major(&version).is_none_or(|major| major < OLDEST_NODE) {
            let reason = format!("Node is {version}, and {OLDEST_NODE} is the oldest that will do");
            return Ok(Err(reason));
        }
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make `{}`", folder.display()))?;
        for file in FILES {
            fs::copy(source.join(file), folder.join(file))
                .with_context(|| format!("cannot copy `{file}` of xtask/validators"))?;
        }
        Ok(install_packages(&folder)?.map(|()| Self { folder }))
    }

    /// Asks all questions and returns the answers in their order.
    pub(super) fn ask(&self, questions: &[Question]) -> anyhow::Result<Vec<Answer>> {
        // Through files: two pipes of which one fills up while the other is written to would wait for each other.
        let path = self.folder.join("questions.ndjson");
        let mut file = fs::File::create(&path)
            .map(std::io::BufWriter::new)
            .with_context(|| format!("cannot write `{}`", path.display()))?;
        for (id, question) in questions.iter().enumerate() {
            let line = match question {
                Question::Document(document) => json!({ "id": id, "document": document }),
                Question::Text(text) => json!({ "id": id, "text": text }),
            };
            writeln!(file, "{line}").context("cannot write a question")?;
        }
        drop(
            file.into_inner()
                .context("cannot write the last question")?,
        );

        let answered = Command::new("node")
            .arg("verdicts.mjs")
            .current_dir(&self.folder)
            .stdin(fs::File::open(&path).context("cannot read the questions")?)
            .stderr(Stdio::inherit())
            .output()
            .context("node cannot be started")?;
        ensure!(answered.status.success(), "node: {}", answered.status);
        let answers = parse(&String::from_utf8(answered.stdout)?)?;
        ensure!(
            answers.len() == questions.len(),
            "{} questions, {} answers",
            questions.len(),
            answers.len()
        );
        Ok(answers)
    }
}

/// One answer a line. Their ids count from 0, so that none is taken for another one's.
fn parse(lines: &str) -> anyhow::Result<Vec<Answer>> {
    #[derive(Deserialize)]
    struct Line {
        id: usize,
        #[serde(flatten)]
        answer: Answer,
    }

    let mut answers = Vec::new();
    for line in lines.split_terminator('\n') {
        let Line { id, answer } =
            serde_json::from_str(line).with_context(|| format!("no answer: {line}"))?;
        ensure!(id == answers.len(), "the answer {id} is out of order");
        answers.push(answer);
    }
    Ok(answers)
}

/// `npm ci`, unless it has been done for this very lock file.
fn install_packages(folder: &Path) -> anyhow::Result<Result<(), String>> {
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read the lock file")?;
    let installed = folder.join("installed-lock.json");
    if fs::read(&installed).is_ok_and(|it| it == lock) {
        return Ok(Ok(()));
    }
    say("installing the packages of xtask/validators under target");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let Some(done) = output(Command::new(npm).arg("ci").current_dir(folder))? else {
        return Ok(Err("npm is not installed".to_owned()));
    };
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        return match unreachable(&said) {
            Some(code) => Ok(Err(format!("the npm registry cannot be reached ({code})"))),
            None => bail!("npm ci: {}\n{said}", done.status),
        };
    }
    fs::write(&installed, lock).context("cannot note what is installed")?;
    Ok(Ok(()))
}

/// Runs a command to its end; nothing when there is no such program.
fn output(command: &mut Command) -> anyhow::Result<Option<Output>> {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Ok(Some(output)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| {
            let program = command.get_program().to_string_lossy();
            format!("{program} cannot be started")
        }),
    }
}

fn major(version: &str) -> Option<u32> {
    let numbers = version.strip_prefix('v')?;
    numbers.split('.').next()?.parse().ok()
}

/// The code of npm's error when it is one of a network: everything else is our mistake.
fn unreachable(said: &str) -> Option<&str> {
    let mut codes = said
        .lines()
        .filter_map(|line| line.trim().strip_prefix("npm error code "));
    codes.find(|code| UNREACHABLE.contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_in_order_and_whole() {
        let accepted = r#"{"id":0,"verdict":"accepted"}"#;
        let refused = r#"{"id":1,"verdict":"refused","by":"it","place":null,"said":"no"}"#;
        let answers = parse(&format!("{accepted}\n{refused}\n")).unwrap();
        assert_eq!(
            answers.iter().map(Answer::is_refused).collect::<Vec<_>>(),
            [false, true]
        );
        for wrong in [
            refused,
            "x",
            r#"{"id":0,"verdict":"unsure"}"#,
            r#"{"id":0}"#,
        ] {
            parse(wrong).unwrap_err();
        }
    }

    #[test]
    fn only_a_silent_registry_is_no_error() {
        let said = "npm error code ENOTFOUND\nnpm error errno ENOTFOUND\nnpm error network request to https://a.example failed";
        assert_eq!(unreachable(said), Some("ENOTFOUND"));
        for ours in ["npm error code EUSAGE", "npm error code EINTEGRITY", ""] {
            assert_eq!(unreachable(ours), None);
        }
    }

    #[test]
    fn versions_of_node_have_a_major_number() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("20"), None);
        assert_eq!(major("vx"), None);
    }

    #[test]
    fn the_lock_file_holds_what_packages_are_not_where_they_were_found() {
        let source = tidy::root().unwrap().join("xtask/validators");
        let lock: Value =
            serde_json::from_slice(&fs::read(source.join("package-lock.json")).unwrap()).unwrap();
        for (name, package) in lock["packages"].as_object().unwrap() {
            assert_eq!(package.get("resolved"), None, "{name}");
            assert!(
                name.is_empty() || package["integrity"].is_string(),
                "{name}"
            );
        }
    }
}
