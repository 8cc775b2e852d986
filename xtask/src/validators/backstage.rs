//! Backstage's validators as a program that answers questions.

use std::fs;
use std::io::Write as _;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::packages::Packages;

/// The installed validators.
#[derive(Debug)]
pub(super) struct Backstage(Packages);

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
    /// Installs them, unless they are there already. The inner error says why nobody can be asked.
    pub(super) fn install() -> anyhow::Result<Result<Self, String>> {
        Ok(Packages::install("validators", &["verdicts.mjs"])?.map(Self))
    }

    /// Asks all questions and returns the answers in their order.
    pub(super) fn ask(&self, questions: &[Question]) -> anyhow::Result<Vec<Answer>> {
        // Through files: two pipes of which one fills up while the other is written to would wait for each other.
        let path = self.0.folder().join("questions.ndjson");
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

        let questions_file = fs::File::open(&path).context("cannot read the questions")?;
        let answers = parse(&self.0.run(&["verdicts.mjs"], questions_file.into())?)?;
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
}
