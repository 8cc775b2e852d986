//! Tests of the whole way from files to a checked configuration or its errors.

use std::path::PathBuf;

use super::{Config, ConfigErrors, Environment, load};

mod bad_files;
mod bad_program;
mod bad_tenant;
mod elsewhere;
mod filters;
mod good;
mod keys;
mod layering;
mod mapping_bad;
mod mapping_good;
mod misread;
mod secrets;
mod server;

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
    let given: Vec<PathBuf> = given.iter().map(PathBuf::from).collect();
    load(
        &given,
        &Environment::from_iter(variables.iter().copied()),
        folder.path(),
    )
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
