//! Tests of the whole way from files to a checked configuration or its errors.

use std::path::{Path, PathBuf};

use super::{Config, ConfigErrors, Environment, load, print};

mod bad_files;
mod bad_program;
mod bad_tenant;
mod effective;
mod elsewhere;
mod filters;
mod good;
mod keys;
mod layering;
mod mapping_bad;
mod mapping_good;
mod misread;
mod recorded;
mod reference;
mod schema;
mod secrets;
mod server;
mod store;
mod tables;

/// Loads the default files of a folder that holds `files`.
fn load_all(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load_given(&[], files, variables)
}

/// Loads the files `given` of a folder that holds `files`.
fn load_given(
    given: &[&str],
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Result<Config, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let paths: Vec<PathBuf> = given.iter().map(PathBuf::from).collect();
    let environment = Environment::from_iter(variables.iter().copied());
    let loaded = load(&paths, &environment, folder.path());
    if let Ok(config) = &loaded {
        let shown = print(&paths, &environment, folder.path());
        effective::is_the_same(config, &shown.unwrap().to_string(), folder.path());
        // An editor that knows the schema takes what is accepted; what an earlier file has may be replaced.
        let default = ["app-config.yaml", "app-config.local.yaml"];
        let read = if given.is_empty() { &default } else { given };
        let text = |name: &&str| files.iter().find(|(known, _)| known == name);
        if let Some((name, text)) = read.iter().rev().find_map(text) {
            schema::accepts(name, text);
        }
    }
    loaded
}

/// The file of one tenant with these keys.
fn tenant(keys: &str) -> String {
    let mut text = "catalog:\n  providers:\n    okta:\n      default:\n".to_owned();
    for line in keys.trim_matches('\n').lines() {
        text.extend(["        ", line, "\n"]);
    }
    text
}

/// One tenant with these keys besides its address and token, and whatever else the file holds.
fn with_token(keys: &str, rest: &str) -> String {
    tenant(&format!(
        "oktaUrl: https://acme.okta.com\ntoken: 00examp1e\n{keys}"
    )) + rest
}

/// The files that `text` may refer to.
const BESIDE: [(&str, &str); 4] = [
    (
        "key.pem",
        include_str!("../../../../fixtures/keys/rsa2048.pkcs8.pem"),
    ),
    ("good.yaml", "a:\n  b: 1\n"),
    ("broken.yaml", "a: [\n"),
    ("loop.yaml", "store: { $include: loop.yaml }\n"),
];

/// Checks that a file is refused with exactly this message, which ends without a line break.
fn refused(text: &str, expected: &str) {
    let mut files = vec![("app-config.yaml", text.strip_prefix('\n').unwrap_or(text))];
    files.extend(BESIDE);
    let errors = load_all(&files, &[("HOME", "/var/lib/portal")]).expect_err(text);
    assert_eq!(errors.to_string(), expected.trim_matches('\n'), "{text}");
}

/// Checks that a file of this crate says exactly this.
fn golden(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if is_blessing() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{name} is to say\n{expected}\nafter a look at the differences, CONFIG_BLESS=1 accepts them"
    );
}

/// Whether files are to be written instead of compared: `CONFIG_BLESS=1`.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where these tests are told so"
)]
fn is_blessing() -> bool {
    std::env::var_os("CONFIG_BLESS").is_some()
}

#[test]
fn the_example_of_load() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("app-config.yaml"),
        "
catalog:
  providers:
    okta:
      default:
        oktaUrl: https://acme.okta.com
        token: ${OKTA_TOKEN}
",
    )?;
    let environment: Environment = [("OKTA_TOKEN", "00examp1e")].into_iter().collect();
    let config = load(&[], &environment, folder.path())?;
    assert_eq!(config.providers[0].id, "default");

    let errors = load(&[], &Environment::default(), folder.path()).unwrap_err();
    assert!(
        errors
            .to_string()
            .contains("the variable `OKTA_TOKEN` is not set")
    );
    Ok(())
}
