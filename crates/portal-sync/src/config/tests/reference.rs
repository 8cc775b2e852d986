//! The reference of all keys in the documentation, which is made of the tables.

use std::fmt::Write as _;

use super::golden;
use crate::config::keys::{Form, Key, PROGRAM, TENANT, Table};

const BEGINNING: &str = "\
# Configuration

Every key of the configuration, each with what it may be and what is in force without it. Made from the tables that the
program reads by; [mapping.md](mapping.md) explains the mapping by examples, [serving.md](serving.md) the server, and
[limits.md](limits.md) every limit.

portal-sync reads `app-config.yaml` and `app-config.local.yaml` of the working directory, or the files that `--config` names,
and of these only `catalog.providers.okta` and `portalSync`. An unknown key there is an error. Later files are laid over
earlier ones: maps are merged, all else is replaced, and `null` takes a key back to its default. Variables called
`APP_CONFIG_portalSync_server_listen` come last, their values as JSON or as text.

Any value may come from elsewhere: a text may have `${NAME}` or `${NAME:-default}` of the environment in it (`$${` stands for
`${`), and `{ $env: NAME }`, `{ $file: key.pem }` and `{ $include: 'file.yaml#path.in.it' }` stand for a value. Numbers and
flags may be written as texts.

- `portal-sync config check` tells what is wrong, each with its place and what to do about it.
- `portal-sync config print` shows what is in force, and where each value comes from.
- `portal-sync config schema > portal-sync.schema.json` makes a JSON Schema; in an editor with the YAML language server, the
  line `# yaml-language-server: $schema=portal-sync.schema.json` at the top of a file brings completion and checks.

`catalog.providers.okta` is a map of [tenants](#tenant) by their ids, a list of them with an `id` each, or a single one;
`portalSync` is [what is about the program and all tenants](#portalsync). Forms of values that several keys have:

- *expression*: one of Okta's search language, such as `profile.department sw \"Eng\"`;
- *attribute*: the name of one, such as `department`; *template*: a text with attributes in braces, such as
  `'{firstName} {lastName}'`; *source*: either;
- *rule*: a whole name, or `prefix:…`, `glob:…`, `regex:…` or `exact:…`.
";

fn reference() -> String {
    let mut text = BEGINNING.to_owned();
    let mut done = Vec::new();
    for table in [&TENANT, &PROGRAM] {
        describe(table, &mut text, &mut done);
    }
    text
}

/// A heading and the keys, then those of the maps in it.
fn describe(table: &'static Table, text: &mut String, done: &mut Vec<&'static str>) {
    if done.contains(&table.name) {
        return;
    }
    done.push(table.name);
    write!(
        text,
        "\n## {}\n\n| key | form | default | |\n|---|---|---|---|\n",
        table.name
    )
    .unwrap();
    for key in table.keys {
        text.push_str(&row(key));
    }
    for key in table.keys {
        for inner in key.form.tables() {
            describe(inner, text, done);
        }
    }
}

fn row(key: &Key) -> String {
    let default = match key.default {
        "" | "{}" => String::new(),
        default => format!("`{default}`"),
    };
    format!(
        "| `{}` | {} | {default} | {} |\n",
        key.name,
        in_words(&key.form),
        key.about
    )
}

/// The form in a few words.
fn in_words(form: &Form) -> String {
    let code = |words: &[&str]| {
        words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    match form {
        Form::Text => "text".to_owned(),
        Form::Secret => "text (secret)".to_owned(),
        Form::Jwk => "a JWK as a map (secret)".to_owned(),
        Form::Flag => code(&["true", "false"]),
        Form::Whole(least, u32::MAX) => format!("whole number from {least}"),
        Form::Whole(least, most) => format!("whole number from {least} to {most}"),
        Form::Number => "number".to_owned(),
        Form::Percent(least) => format!("`{least}%` to `100%`"),
        Form::Time => "text such as `30m` or `PT30M`".to_owned(),
        Form::Cron => "cron pattern".to_owned(),
        Form::Choice(words) => code(words),
        Form::Address(schemes) => {
            let schemes: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}:")).collect();
            let schemes: Vec<&str> = schemes.iter().map(String::as_str).collect();
            format!("address ({})", code(&schemes))
        }
        Form::Expression => "expression".to_owned(),
        Form::Attribute => "attribute".to_owned(),
        Form::Template => "template".to_owned(),
        Form::Source => "source".to_owned(),
        Form::Rule => "rule".to_owned(),
        Form::List(item) => format!("list, each {}", in_words(item)),
        Form::Items(item) => format!("{}; or a list", in_words(item)),
        Form::Map(table) => format!("map ([{}](#{}))", table.name, table.name.to_lowercase()),
        Form::Keys(item) => format!("map of your keys, each with a {}", in_words(item)),
        Form::OneOf(forms) => forms.iter().map(in_words).collect::<Vec<_>>().join("; or "),
    }
}

#[test]
fn the_reference_has_every_key() {
    golden("docs/configuration.md", &reference());
}
