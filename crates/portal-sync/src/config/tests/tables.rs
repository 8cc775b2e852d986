//! That the tables of keys say what the reader does: it reads each of their keys, and no other; the defaults that they
//! name are in force, and so are their words and ranges. And that the schema says the same.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::schema;
use crate::config::keys::{Form, Key, PROGRAM, TENANT, Table};
use crate::config::place::KeyPath;
use crate::config::secrecy::Secrecy;
use crate::config::{Config, Environment, load, yaml};

/// The way to a value: keys, and `0` for the first element of a list.
type Path = Vec<&'static str>;

/// Calls `each` with every table at every place it is used at.
fn tables(each: &mut dyn FnMut(&Path, &'static Table)) {
    let tenant = vec!["catalog", "providers", "okta", "acme"];
    below(&Form::Map(&TENANT), &tenant, each);
    below(&Form::Map(&PROGRAM), &vec!["portalSync"], each);
}

fn below(form: &Form, path: &Path, each: &mut dyn FnMut(&Path, &'static Table)) {
    let under = |step| path.iter().copied().chain([step]).collect::<Path>();
    match form {
        Form::Map(table) => {
            each(path, table);
            for key in table.keys {
                below(&key.form, &under(key.name), each);
            }
        }
        Form::List(inner) | Form::Items(inner) => below(inner, &under("0"), each),
        Form::Keys(inner) => below(inner, &under("any"), each),
        Form::OneOf(forms) => forms.iter().for_each(|form| below(form, path, each)),
        _ => {}
    }
}

/// Calls `each` with every key at every place it may stand at.
fn keys(mut each: impl FnMut(&Path, &'static Key)) {
    tables(&mut |path, table| {
        for key in table.keys {
            each(&path.iter().copied().chain([key.name]).collect(), key);
        }
    });
}

/// What the map around a key needs to be one.
const NEEDED: [(&str, &str, &str); 6] = [
    ("root", "name", "acme"),
    ("hierarchy", "parentKey", "parentOrgId"),
    ("merge", "0", "{ name: Platform, groups: [a] }"),
    (
        "tokens",
        "0",
        "{ name: backstage, token: kP3v9QxLw2ZrTn8s }",
    ),
    ("rules", "0", "{ when: type pr, type: team }"),
    ("leavers", "keepDays", "30"),
];

/// A configuration of one tenant in which the value may stand at the path.
fn around(path: &Path) -> Value {
    let mut file = json!({ "catalog": { "providers": { "okta": { "acme": {
        "oktaUrl": "https://acme.okta.com",
        "token": "00examp1e",
    } } } } });
    // One of two ways to say it.
    if path.ends_with(&["separator"]) {
        return file;
    }
    for (at, step) in path.iter().enumerate().take(path.len() - 1) {
        for (_, inner, value) in NEEDED.iter().filter(|(key, ..)| key == step) {
            let path: Path = path[..=at].iter().copied().chain([*inner]).collect();
            set(&mut file, &path, yaml::as_json(value).unwrap());
        }
    }
    file
}

fn set(file: &mut Value, path: &[&'static str], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *file = value;
        return;
    };
    if *step == "0" {
        if !file.is_array() {
            *file = json!([null]);
        }
        return set(&mut file[0], rest, value);
    }
    if !file.is_object() {
        *file = json!({});
    }
    set(&mut file[*step], rest, value);
}

/// A folder in which one configuration after the other is read.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn read(&self, file: &Value) -> Result<Config, String> {
        let path = self.0.path().join("app-config.yaml");
        std::fs::write(path, file.to_string()).unwrap();
        let read = load(&[], &Environment::default(), self.0.path());
        read.map_err(|errors| errors.to_string())
    }

    /// Checks that reader and schema accept the value at the path.
    fn accepts(&self, path: &Path, value: Value) -> Config {
        let mut file = around(path);
        set(&mut file, path, value);
        schema::verdict(&file).unwrap_or_else(|error| panic!("{file}\n{error}"));
        self.read(&file)
            .unwrap_or_else(|errors| panic!("{file}\n{errors}"))
    }

    /// Checks that reader and schema refuse the value at the path, and returns what the reader says.
    fn refuses(&self, path: &Path, value: Value) -> String {
        let mut file = around(path);
        set(&mut file, path, value);
        assert!(schema::verdict(&file).is_err(), "{file}");
        let read = self.read(&file);
        read.err().unwrap_or_else(|| panic!("{file}"))
    }
}

#[test]
fn the_defaults_as_written_are_those_in_force() {
    let folder = Folder::new();
    let mut count = 0;
    keys(|path, key| {
        let Some(default) = yaml::as_json(key.default) else {
            assert_eq!(key.default, "", "{path:?}");
            return;
        };
        let without = folder.read(&around(path)).unwrap();
        let with = folder.accepts(path, default);
        assert_eq!(format!("{with:?}"), format!("{without:?}"), "{path:?}");
        count += 1;
    });
    assert!(count > 100, "{count}");
}

#[test]
fn every_key_is_read() {
    let folder = Folder::new();
    keys(|path, _| {
        let told = folder.refuses(path, json!([[1]]));
        let steps = path.iter().map(|step| match *step {
            "0" => "[0]".to_owned(),
            key => format!(".{key}"),
        });
        let place: String = steps.collect();
        assert!(
            told.contains(place.trim_start_matches('.')),
            "{place}: {told}"
        );
    });
}

#[test]
fn no_other_key_is_read() {
    let folder = Folder::new();
    tables(&mut |path, _| {
        let path = path.iter().copied().chain(["unknownKey"]).collect();
        let told = folder.refuses(&path, json!(1));
        assert!(
            told.contains(".unknownKey: unknown key"),
            "{path:?}: {told}"
        );
    });
}

#[test]
fn words_and_ranges_are_those_of_the_reader() {
    let folder = Folder::new();
    keys(|path, key| {
        let (good, bad) = samples(&key.form);
        for value in good {
            folder.accepts(path, value);
        }
        for value in bad {
            folder.refuses(path, value);
        }
    });
}

/// Values at the borders of a form, and such that are beyond them.
fn samples(form: &Form) -> (Vec<Value>, Vec<Value>) {
    match *form {
        Form::Choice(words) => (
            words.iter().map(|word| json!(word)).collect(),
            vec![json!("nothing")],
        ),
        Form::Flag => (
            vec![json!(true), json!(false), json!("Off")],
            vec![json!("maybe")],
        ),
        Form::Whole(least, most) => {
            let beyond = [i64::from(least) - 1, i64::from(most) + 1];
            (
                vec![json!(least), json!(most)],
                beyond.map(|number| json!(number)).into(),
            )
        }
        Form::Percent(least) => {
            let below = (least > 0).then(|| json!(format!("{}%", least - 1)));
            let bad = below.into_iter().chain([json!("101%"), json!(50)]);
            (
                vec![json!(format!("{least}%")), json!("100%")],
                bad.collect(),
            )
        }
        Form::Number => (
            vec![json!(1), json!(1.5), json!("1.5")],
            vec![json!(-1), json!("soon")],
        ),
        Form::Items(item) => {
            let (good, bad) = samples(item);
            let listed =
                |values: Vec<Value>| values.into_iter().flat_map(|value| [json!([value]), value]);
            (listed(good).collect(), listed(bad).collect())
        }
        Form::OneOf(forms) => {
            let good = forms.iter().flat_map(|form| match form {
                Form::Choice(_) | Form::Flag => samples(form).0,
                _ => Vec::new(),
            });
            (good.collect(), Vec::new())
        }
        _ => (Vec::new(), Vec::new()),
    }
}

#[test]
fn secrets_of_the_tables_are_secrets_everywhere() {
    fn is_secret(form: &Form) -> bool {
        match form {
            Form::Secret | Form::Jwk => true,
            // Those of databases have passwords.
            Form::Address(schemes) => schemes.contains(&"postgres"),
            Form::List(inner) | Form::Items(inner) => is_secret(inner),
            Form::OneOf(forms) => forms.iter().any(is_secret),
            _ => false,
        }
    }
    keys(|path, key| {
        let named = path.iter().copied().filter(|step| *step != "0");
        let secrecy = Secrecy::at(&KeyPath::of(&named.collect::<Vec<_>>()));
        assert_eq!(secrecy.hides(), is_secret(&key.form), "{path:?}");
    });
}
