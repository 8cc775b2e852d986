//! The table of verdicts: cases by rule, each a change of a valid document, and what Backstage said to it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::backstage::{Answer, Question};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// Valid documents by name.
    bases: Map<String, Value>,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
    base: String,
    /// A JSON pointer into the base; empty for all of it.
    at: String,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What is put there.
    #[serde(
        default,
        deserialize_with = "even_null",
        skip_serializing_if = "Option::is_none"
    )]
    value: Option<Value>,
    /// Or what is there is taken away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    absent: bool,
    /// Or the whole document as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    /// Why we refuse what Backstage's validators accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stricter: Option<String>,
}

fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Table {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let doing = || format!("cannot read `{}`", path.display());
        let text = fs::read_to_string(path).with_context(doing)?;
        serde_json::from_str(&text).with_context(doing)
    }

    /// The documents of all cases, in order.
    pub(super) fn questions(&self) -> anyhow::Result<Vec<Question>> {
        let mut questions = Vec::new();
        for rule in &self.rules {
            for case in &rule.cases {
                let question = self.question(rule, case);
                let doing = || format!("the rule `{}` at `{}`", rule.rule, rule.at);
                questions.push(question.with_context(doing)?);
            }
        }
        Ok(questions)
    }

    fn question(&self, rule: &Rule, case: &Case) -> anyhow::Result<Question> {
        let value = match case {
            Case {
                value: None,
                absent: false,
                text: Some(text),
                ..
            } => return Ok(Question::Text(text.clone())),
            Case {
                value,
                absent,
                text: None,
                ..
            } if value.is_none() == *absent => value.clone(),
            _ => bail!("a case has one of `value`, `absent` and `text`"),
        };
        let base = self.bases.get(&rule.base);
        let mut document = base.context("there is no such base")?.clone();
        let Some((parent, key)) = rule.at.rsplit_once('/') else {
            let document = value.context("the whole document cannot be absent")?;
            return Ok(Question::Document(document));
        };
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut);
        let parent = parent.context("the base has no object there")?;
        let key = key.replace("~1", "/").replace("~0", "~");
        match value {
            Some(value) => drop(parent.insert(key, value)),
            None => drop(parent.shift_remove(&key)),
        }
        Ok(Question::Document(document))
    }

    /// Takes over what was said to each case, in order.
    pub(super) fn record(&mut self, answers: &[Answer]) {
        let cases = self.rules.iter_mut().flat_map(|rule| &mut rule.cases);
        for (case, answer) in cases.zip(answers) {
            let (verdict, by, place) = match answer {
                Answer::Accepted => ("accepted", None, None),
                Answer::Refused { by, place, .. } => ("refused", Some(by), place.as_ref()),
            };
            case.verdict = Some(verdict.to_owned());
            case.by = by.cloned();
            case.place = place.cloned();
        }
    }

    /// How many cases say why we are stricter.
    pub(super) fn stricter(&self) -> usize {
        let cases = self.rules.iter().flat_map(|rule| &rule.cases);
        cases.filter(|case| case.stricter.is_some()).count()
    }

    /// The table as it is kept: one line a case, so that differences can be read, and in ASCII, because it has to do with
    /// characters that nobody sees.
    pub(super) fn print(&self) -> anyhow::Result<String> {
        let mut text = "{\n  \"bases\": {\n".to_owned();
        list(&mut text, &self.bases, |text, (name, base)| {
            write!(text, "    {}: {base}", Value::from(name.as_str()))?;
            Ok(())
        })?;
        text.push_str("  },\n  \"rules\": [\n");
        list(&mut text, &self.rules, |text, rule| {
            let quoted = |text: &str| Value::from(text);
            writeln!(text, "    {{\n      \"rule\": {},", quoted(&rule.rule))?;
            writeln!(text, "      \"base\": {},", quoted(&rule.base))?;
            writeln!(text, "      \"at\": {},", quoted(&rule.at))?;
            text.push_str("      \"cases\": [\n");
            list(text, &rule.cases, |text, case| {
                write!(text, "        {}", serde_json::to_string(case)?)?;
                Ok(())
            })?;
            text.push_str("      ]\n    }");
            Ok(())
        })?;
        text.push_str("  ]\n}\n");
        Ok(in_ascii(&text))
    }
}

/// Prints items one by one, with commas between them and a new line after each.
fn list<T>(
    text: &mut String,
    items: impl IntoIterator<Item = T>,
    mut print: impl FnMut(&mut String, T) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        print(text, item)?;
        text.push_str(if items.peek().is_some() { ",\n" } else { "\n" });
    }
    Ok(())
}

/// JSON with escapes for everything else: outside of its texts it is ASCII anyway.
fn in_ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table(case: &Value) -> Table {
        serde_json::from_value(json!({
            "bases": { "user": { "metadata": { "name": "jane", "a/b": 1 }, "spec": {} } },
            "rules": [{ "rule": "x", "base": "user", "at": "/metadata/a~1b", "cases": [case] }],
        }))
        .unwrap()
    }

    #[test]
    fn a_case_changes_its_base_at_one_place() {
        let document = |case: Value| table(&case).questions().map(|mut all| all.remove(0));
        let with = |value: Value| {
            let metadata = json!({ "name": "jane", "a/b": value });
            Question::Document(json!({ "metadata": metadata, "spec": {} }))
        };
        assert_eq!(document(json!({ "value": [] })).unwrap(), with(json!([])));
        assert_eq!(
            document(json!({ "value": null })).unwrap(),
            with(Value::Null)
        );
        assert_eq!(
            document(json!({ "absent": true })).unwrap(),
            Question::Document(json!({ "metadata": { "name": "jane" }, "spec": {} }))
        );
        assert_eq!(
            document(json!({ "text": "{" })).unwrap(),
            Question::Text("{".to_owned())
        );
        for nonsense in [json!({}), json!({ "value": 1, "text": "" })] {
            document(nonsense).unwrap_err();
        }
    }

    #[test]
    fn answers_are_recorded_in_lines_of_ascii() {
        let mut table = table(&json!({ "value": "\u{feff}😀\u{7f}", "verdict": "accepted" }));
        table.record(&[Answer::Refused {
            by: "it".to_owned(),
            place: Some("/metadata".to_owned()),
            said: "no".to_owned(),
        }]);
        let text = table.print().unwrap();
        let line = r#"        {"value":"\ufeff\ud83d\ude00\u007f","verdict":"refused","by":"it","place":"/metadata"}"#;
        assert!(text.lines().any(|it| it == line), "{text}");
        let again: Table = serde_json::from_str(&text).unwrap();
        assert_eq!(again.print().unwrap(), text);
    }

    #[test]
    fn every_case_has_a_verdict_and_is_kept_as_it_is_printed() {
        let path = crate::validators::verdicts();
        let table = Table::read(&path).unwrap();
        assert!(table.questions().unwrap().len() >= 450);
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(
            table.print().unwrap() == text,
            "run `cargo xtask validators --bless`"
        );
    }
}
