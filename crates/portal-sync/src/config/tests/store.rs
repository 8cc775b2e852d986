//! Where the catalog is kept: addresses that are read, refused and shown, none with its password.

use std::time::Duration;

use super::{load_all, refused, with_token};
use crate::config::{Config, Environment, load, print};
use crate::store::{PostgresSettings, StoreUrl};

fn store(keys: &str) -> String {
    with_token("", &format!("portalSync: {{ store: {{ {keys} }} }}\n"))
}

fn accepted(keys: &str) -> Config {
    let variables = [
        ("PASSWORD", "s3cret-of-mine"),
        ("URL", "postgres://me:s3cret@db/portal"),
    ];
    load_all(&[("app-config.yaml", &store(keys))], &variables)
        .unwrap_or_else(|errors| panic!("{keys}\n{errors}"))
}

fn postgres(config: &Config) -> &PostgresSettings {
    match &config.store.url {
        StoreUrl::Postgres(settings) => settings,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_database_is_read_with_what_is_about_it() {
    let config = accepted("url: 'postgres://me@db/portal'");
    let usual = postgres(&config);
    assert_eq!(usual.schema.to_string(), "portal_sync");
    assert_eq!(usual.pool, 5);
    assert_eq!(usual.statement_timeout, Duration::from_secs(60));
    assert_eq!(config.store.url.to_string(), "postgres://me@db:5432/portal");
    let config = accepted(
        "url: 'postgresql://me:${PASSWORD}@db:7/portal?sslmode=require', schema: org, pool: '9', statementTimeout: { minutes: 2 }",
    );
    let own = postgres(&config);
    assert_eq!(own.schema.to_string(), "org");
    assert_eq!(own.pool, 9);
    assert_eq!(own.statement_timeout, Duration::from_secs(120));
    assert!(config.notices.is_empty(), "{:?}", config.notices);
    let config = accepted("url: ' ${URL} '");
    assert_eq!(config.store.url.to_string(), "postgres://me@db:5432/portal");
}

#[test]
fn what_does_nothing_for_a_file_is_told() {
    let unused = accepted("schema: org, pool: 9, statementTimeout: 5s");
    let told: Vec<String> = unused.notices.iter().map(ToString::to_string).collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "app-config.yaml:7:32: portalSync.store.schema: it does nothing here: it is for PostgreSQL, and the store is a file",
            "app-config.yaml:7:43: portalSync.store.pool: it does nothing here: it is for PostgreSQL, and the store is a file",
            "app-config.yaml:7:64: portalSync.store.statementTimeout: it does nothing here: it is for PostgreSQL, and the store is a file",
        ]
    );
    let defaults =
        accepted("url: 'sqlite:a.db', schema: portal_sync, pool: 5, statementTimeout: PT1M");
    assert!(defaults.notices.is_empty(), "{:?}", defaults.notices);
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    for (keys, expected) in [
        (
            "url: postgres:db",
            "
app-config.yaml:7:29: portalSync.store.url: the address has no `//` after its scheme
  fix: write `postgres://USER@HOST/DATABASE`
",
        ),
        (
            "url: 'postgres://me:s3/cret@db'",
            "
app-config.yaml:7:29: portalSync.store.url: the user name or the password seems to have an `@` or a `/` in it
  fix: write `@` as `%40` there, `/` as `%2F`, `:` as `%3A` and `%` as `%25`
",
        ),
        (
            "url: 'postgres://me:s3cret@db?sslmod=require'",
            "
app-config.yaml:7:29: portalSync.store.url: the parameter `sslmod` is not known
  fix: did you mean `sslmode`?
",
        ),
        (
            "url: 'postgres://db?schema=org'",
            "
app-config.yaml:7:29: portalSync.store.url: the parameter `schema` is not known
  fix: set `portalSync.store.schema`, and leave it out here
",
        ),
        (
            "url: 'mysql://me:s3cret@db'",
            "
app-config.yaml:7:29: portalSync.store.url: `mysql:` is not a store that is known: use sqlite:PATH or postgres://…
",
        ),
        (
            "schema: Portal-Sync",
            "
app-config.yaml:7:32: portalSync.store.schema: `Portal-Sync` is no plain name of a schema
  fix: use small letters, digits and `_`, 63 at most, not beginning with a digit or with `pg_`
",
        ),
        (
            "pool: 1",
            "
app-config.yaml:7:30: portalSync.store.pool: expected a whole number from 2 to 100, found `1`
",
        ),
        (
            "statementTimeout: 0s",
            "
app-config.yaml:7:42: portalSync.store.statementTimeout: it may not be zero
",
        ),
        (
            "statementTimeout: 60",
            "
app-config.yaml:7:42: portalSync.store.statementTimeout: `60` has no unit
  fix: write `60m` for minutes, `60s` for seconds
",
        ),
    ] {
        refused(&store(keys).replace("\n\n", "\n"), expected);
    }
}

#[test]
fn no_password_is_told() {
    for url in [
        "postgres://me:s3cret@db/portal",
        "postgres://me:s3cret@@db/portal",
        "postgres://me:a@b/s3cret@db/portal",
        "user=me password=s3cret host=db",
        "sqlite:postgres://me:s3cret@db/portal",
        "postgres://me:s3cret #more@db/portal",
        "postgres://me:s3cret/more@db/portal",
        "postgres://me:s3cret%zz@db/portal",
        "postgres://me:s3cret",
        "postgres://me:$S3CRET@db/portal",
        "postgres:me:s3cret@db/portal",
        "mysql://me:s3cret@db/portal",
        "postgres://db?password=s3cret&sslmode=x",
    ] {
        for text in [
            store(&format!("url: '{url}'")),
            store(&format!("url: {url}")),
        ] {
            let told = match load_all(&[("app-config.yaml", &text)], &[]) {
                Ok(config) => format!("{config:#?} {}", config.store.url),
                Err(errors) => format!("{errors}{errors:?}"),
            };
            assert!(!told.to_lowercase().contains("s3cret"), "{url}\n{told}");
        }
    }
}

#[test]
fn an_address_is_shown_without_its_password_and_nothing_else() {
    for (keys, shown) in [
        (
            "url: 'postgresql://me:s3cret-of-mine@db:7/portal?sslmode=require'",
            "url: postgresql://me:(secret)@db:7/portal?sslmode=require # app-config.yaml:7\n",
        ),
        (
            "url: 'postgres://me:${PASSWORD}@db/portal', schema: s3cret",
            "url: postgres://me:(secret)@db/portal # app-config.yaml:7\n",
        ),
        (
            "url: 'postgres://db/portal?password=s3cret-of-mine'",
            "url: postgres://db/portal?password=(secret) # app-config.yaml:7\n",
        ),
        (
            "url: { $file: url }",
            "url: postgres://me:(secret)@db/portal # app-config.yaml:7, from the file url\n",
        ),
        (
            "url: 'postgres://me@db/portal'",
            "url: postgres://me@db/portal # app-config.yaml:7\n",
        ),
        ("url: sqlite:a.db", "url: sqlite:a.db # app-config.yaml:7\n"),
        ("{}", "url: sqlite:portal-sync.db # default\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = store(keys).replace("{ {} }", "{}");
        std::fs::write(folder.path().join("app-config.yaml"), &text).unwrap();
        std::fs::write(
            folder.path().join("url"),
            "postgres://me:s3cret-of-mine@db/portal\n",
        )
        .unwrap();
        let environment = Environment::from_iter([("PASSWORD", "s3cret-of-mine")]);
        let printed = print(&[], &environment, folder.path())
            .unwrap_or_else(|errors| panic!("{keys}\n{errors}"));
        let all = printed.to_string();
        assert!(all.contains(shown), "{all}");
        assert!(!all.contains("s3cret-of-mine"), "{all}");
        assert!(!printed.json().to_string().contains("s3cret-of-mine"));
    }
}

/// A password that stands somewhere else, too, is a secret there.
#[test]
fn a_password_is_hidden_wherever_it_is() {
    let text = with_token(
        "mapping: { namespace: s3cret-of-mine }",
        "portalSync: { store: { url: 'postgres://me:s3cret-of-mine@db/portal' } }\n",
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app-config.yaml"), text).unwrap();
    let printed = print(&[], &Environment::default(), folder.path()).unwrap();
    assert!(!printed.to_string().contains("s3cret-of-mine"), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_file_with_a_password_is_for_its_owner() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    for (keys, url, told) in [
        (
            "url: 'postgres://me:s3cret@db'",
            "",
            &["app-config.yaml"][..],
        ),
        ("url: 'postgres://me@db'", "", &[]),
        ("url: { $file: url }", "postgres://me:s3cret@db", &["url"]),
        ("url: { $file: url }", "postgres://me@db", &[]),
        ("url: { $file: url }", "sqlite:a.db", &[]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = store(keys).replace("00examp1e", "${TOKEN}");
        for (name, text) in [("app-config.yaml", text.as_str()), ("url", url)] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        }
        let environment = Environment::from_iter([("TOKEN", "00examp1e")]);
        let config = load(&[], &environment, folder.path()).unwrap();
        let exposed: Vec<String> = config.exposed.iter().map(ToString::to_string).collect();
        assert_eq!(exposed.len(), told.len(), "{keys} {url}: {exposed:?}");
        for (exposed, name) in exposed.iter().zip(told) {
            let fix = format!("`chmod 600 {}`", folder.path().join(name).display());
            assert!(exposed.contains(&fix), "{exposed}");
        }
    }
}
