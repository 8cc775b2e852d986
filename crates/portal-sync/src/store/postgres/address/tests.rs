//! Addresses that are read, and addresses that are refused, each with its message and without its password.

use std::error::Error as _;

use super::*;

fn parse(text: &str) -> Result<Address, AddressError> {
    Address::parse(text, Path::new("/certificates"))
}

#[test]
fn an_address_is_shown_without_its_password() {
    for (text, shown) in [
        ("postgres://me@db/portal", "postgres://me@db:5432/portal"),
        (
            "postgresql://me:s3cret@db:5433/portal",
            "postgres://me@db:5433/portal",
        ),
        ("postgres://db", "postgres://db:5432/"),
        (
            "postgres://a:1,b,c:3/portal",
            "postgres://a:1,b:5432,c:3/portal",
        ),
        ("postgres://a,b/portal?port=7", "postgres://a:7,b:7/portal"),
        ("postgres://[::1]:7/portal", "postgres://[::1]:7/portal"),
        ("postgres://db:/portal", "postgres://db:5432/portal"),
        (
            "postgres://me:s3cret%40%2F%25@db/portal",
            "postgres://me@db:5432/portal",
        ),
        (
            "postgres://m%40e:s3?cret@db/portal",
            "postgres://m@e@db:5432/portal",
        ),
        (
            "postgres://db/portal?user=me&password=s3cret",
            "postgres://me@db:5432/portal",
        ),
        (
            "postgres://old@db/old?dbname=portal&user=me",
            "postgres://me@db:5432/portal",
        ),
        (
            "postgres:///portal?host=/run/postgresql",
            "postgres:///portal?host=/run/postgresql",
        ),
        (
            "postgres://me@%2Frun%2Fpostgresql/portal",
            "postgres://me@/portal?host=/run/postgresql",
        ),
        (
            "postgres:///portal?hostaddr=::1&port=7",
            "postgres://[::1]:7/portal",
        ),
        (
            "postgres://db/portal?hostaddr=127.0.0.1",
            "postgres://db:5432/portal",
        ),
    ] {
        let address = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(address.to_string(), shown, "{text}");
        let debug = format!("{address:?}");
        assert!(!debug.contains("s3"), "{debug}");
        let again = parse(&Address::masked(text, "other")).unwrap();
        assert_eq!(again.config(), address.config(), "{text}");
        assert_eq!(again == address, address.password.is_none(), "{text}");
    }
}

#[test]
fn passwords_are_decoded() {
    for (text, password) in [
        ("postgres://me@db", None),
        ("postgres://me:@db", None),
        ("postgres://me:a+b@db", Some("a+b")),
        ("postgres://me:a%40b%2f:c?@db", Some("a@b/:c?")),
        ("postgres://me:a@db?password=%C3%A9", Some("é")),
    ] {
        let config = parse(text).unwrap().whole();
        let found = config.get_password().map(|it| str::from_utf8(it).unwrap());
        assert_eq!(found, password, "{text}");
    }
}

#[test]
fn passwords_are_masked_and_nothing_else() {
    for (text, masked) in [
        (
            "postgres://me:s3cret@db:5432/portal?sslmode=require",
            "postgres://me:***@db:5432/portal?sslmode=require",
        ),
        (
            "postgres://db/portal?password=s3cret&sslmode=require",
            "postgres://db/portal?password=***&sslmode=require",
        ),
        (
            "postgres://me:a@db?p%61ssword=b",
            "postgres://me:***@db?p%61ssword=***",
        ),
        ("postgres://me@db/portal", "postgres://me@db/portal"),
        (
            "postgres://me:@db/?password=&password",
            "postgres://me:@db/?password=&password",
        ),
        ("mysql://me:s3cret@db", "mysql://me:***@db"),
        ("sqlite:me:a@b", "sqlite:me:a@b"),
    ] {
        assert_eq!(Address::masked(text, "***"), masked);
    }
}

#[test]
fn what_is_not_said_has_a_default() {
    let config = parse("postgres://me@db").unwrap().whole();
    assert_eq!(config.get_application_name(), Some("portal-sync"));
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(5)));
    assert_eq!(
        config.get_tcp_user_timeout(),
        Some(&Duration::from_secs(10))
    );
    assert_eq!(config.get_ssl_mode(), SslMode::Prefer);
    assert_eq!(
        config.get_target_session_attrs(),
        tokio_postgres::config::TargetSessionAttrs::ReadWrite
    );
}

#[test]
fn parameters_of_libpq_are_known() {
    let text = "postgres://a,b/portal?connect_timeout=7&application_name=my%20portal&options=-c%20geqo%3Doff\
                &target_session_attrs=any&keepalives=1&keepalives_idle=20&keepalives_interval=5&keepalives_count=2\
                &tcp_user_timeout=1500&channel_binding=require&load_balance_hosts=random&sslnegotiation=postgres&";
    let config = parse(text).unwrap().whole();
    assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(7)));
    assert_eq!(config.get_application_name(), Some("my portal"));
    assert_eq!(config.get_options(), Some("-c geqo=off"));
    assert_eq!(config.get_keepalives_idle(), Duration::from_secs(20));
    assert_eq!(config.get_keepalives_retries(), Some(2));
    assert_eq!(
        config.get_tcp_user_timeout(),
        Some(&Duration::from_millis(1500))
    );
    assert_eq!(parse(text).unwrap().patience(), Duration::from_secs(21));
}

#[test]
fn tls_is_as_strict_as_in_libpq() {
    use SslMode::{Disable, Prefer, Require};
    use Verification::{Chain, Full, Nothing};
    let file = || PathBuf::from("/certificates/ca.pem");
    for (parameters, mode, verification) in [
        ("", Prefer, Nothing),
        ("sslmode=disable", Disable, Nothing),
        ("sslmode=disable&sslrootcert=ca.pem", Disable, Nothing),
        ("sslmode=allow", Prefer, Nothing),
        ("sslmode=prefer", Prefer, Nothing),
        ("sslmode=prefer&sslrootcert=ca.pem", Prefer, Chain(file())),
        ("sslmode=require", Require, Nothing),
        ("ssl=true", Require, Nothing),
        ("sslmode=require&sslrootcert=ca.pem", Require, Chain(file())),
        (
            "sslmode=verify-ca&sslrootcert=ca.pem",
            Require,
            Chain(file()),
        ),
        (
            "sslmode=verify-full&sslrootcert=/certificates/ca.pem",
            Require,
            Full(Some(file())),
        ),
        ("sslmode=verify-full", Require, Full(None)),
        (
            "sslmode=verify-full&sslrootcert=system",
            Require,
            Full(None),
        ),
        ("sslrootcert=system", Require, Full(None)),
        ("host=/run/postgresql&sslmode=require", Disable, Nothing),
        ("host=/run/postgresql,db&sslmode=require", Require, Nothing),
    ] {
        let address = parse(&format!("postgres://db/portal?{parameters}")).unwrap();
        assert_eq!(address.config.get_ssl_mode(), mode, "{parameters}");
        assert_eq!(address.tls.verification, verification, "{parameters}");
    }
    let address = parse("postgres://db?sslcert=me.pem&sslkey=/keys/me.key").unwrap();
    let identity = ("/certificates/me.pem".into(), "/keys/me.key".into());
    assert_eq!(address.tls.identity, Some(identity));
}

#[test]
fn what_is_wrong_is_told_with_its_fix() {
    let credentials = "write `@` as `%40`";
    for (text, problem, fix) in [
        (
            "postgres:me:s3cret@db",
            "no `//` after its scheme",
            "postgres://USER@HOST",
        ),
        ("postgres://", "names no host", "?host=/var/run/postgresql"),
        (
            "postgres:///portal",
            "names no host",
            "?host=/var/run/postgresql",
        ),
        (
            "postgres://a,,b",
            "the name of a host is empty",
            "postgres://USER@HOST",
        ),
        (
            "postgres://me:s3cret@s3cret@db",
            "an `@` or a `/` in it",
            credentials,
        ),
        (
            "postgres://me:s3/cret@db",
            "an `@` or a `/` in it",
            credentials,
        ),
        (
            "postgres://s3/cret@db",
            "an `@` or a `/` in it",
            credentials,
        ),
        ("postgres://me:s3cret", "a port is no number", "`HOST:5432`"),
        (
            "postgres://db:0/portal",
            "a port is no number",
            "`HOST:5432`",
        ),
        (
            "postgres://db:65536/portal",
            "a port is no number",
            "`HOST:5432`",
        ),
        (
            "postgres://::1/portal",
            "a port is no number",
            "`[::1]:5432`",
        ),
        (
            "postgres://[::1]5/portal",
            "a port is no number",
            "`[::1]:5432`",
        ),
        (
            "postgres://me:s3%cret@db",
            "a `%` is not followed by",
            "`%25`",
        ),
        (
            "postgres://me:s3cret%@db",
            "a `%` is not followed by",
            "`%25`",
        ),
        (
            "postgres://me:s3cret%00@db",
            "a `%` is not followed by",
            "`%25`",
        ),
        (
            "postgres://me:s3cret%+1@db",
            "a `%` is not followed by",
            "`%25`",
        ),
        ("postgres://me:s3cret%FF@db", "no text in UTF-8", "`%25`"),
        (
            "postgres://db?s3cret",
            "a parameter has no `=`",
            "`?` as `%3F`",
        ),
        ("postgres://db/x?s3-cret=1", "is not known", "`?` as `%3F`"),
        (
            "postgres://db?sslmod=require",
            "the parameter `sslmod` is not known",
            "did you mean `sslmode`?",
        ),
        (
            "postgres://db?keepalives_retries=3",
            "the parameter `keepalives_retries` is not known",
            "leave it out; known are `host`, ",
        ),
        (
            "postgres://db?schema=public",
            "the parameter `schema` is not known",
            "`portalSync.store.schema`",
        ),
        (
            "postgres://db?pool=3",
            "the parameter `pool` is not known",
            "`portalSync.store.pool`",
        ),
        (
            "postgres://db?statement_timeout=3",
            "the parameter `statement_timeout` is not known",
            "`portalSync.store.statementTimeout`",
        ),
        (
            "postgres://db?service=x",
            "the parameter `service` is not known",
            "${PASSWORD}",
        ),
        (
            "postgres://db?ssl=1",
            "the parameter `ssl` is not known",
            "`sslmode=require`",
        ),
        (
            "postgres://db?sslmode=requires",
            "`sslmode=requires` is not known",
            "did you mean `require`?",
        ),
        (
            "postgres://db?sslmode=tls",
            "`sslmode=tls` is not known",
            "use one of `disable`, `allow`, ",
        ),
        (
            "postgres://db?sslmode=verify-ca",
            "needs the authority",
            "`sslrootcert=FILE.pem`",
        ),
        (
            "postgres://db?sslmode=require&sslrootcert=system",
            "`sslmode=require` is too weak",
            "`sslmode=verify-full`",
        ),
        ("postgres://db?sslcert=a.pem", "one is missing", "its key"),
        (
            "postgres://db?connect_timeout=0",
            "`connect_timeout=0` is no whole number of seconds from 1 to 600",
            "leave out `connect_timeout`",
        ),
        (
            "postgres://db?keepalives=yes",
            "`keepalives=yes` is no whole number from 0 to 1",
            "leave out `keepalives`",
        ),
        (
            "postgres://db?target_session_attrs=standby",
            "may not be written",
            "the default is `read-write`",
        ),
        (
            "postgres://db?target_session_attrs=readwrite",
            "is not known",
            "did you mean `read-write`?",
        ),
        (
            "postgres://a,b?port=1,2,3",
            "there are 2 hosts and 3 ports",
            "one for each",
        ),
        (
            "postgres://a,b?hostaddr=::1",
            "there are 2 hosts and 1 in `hostaddr`",
            "as many",
        ),
        (
            "postgres://db?hostaddr=db",
            "`hostaddr` is no IP address: `db`",
            "the name of the host",
        ),
    ] {
        let Err(error) = parse(text) else {
            panic!("{text} is read");
        };
        let (told, told_fix) = (error.to_string(), &error.fix);
        assert!(told.contains(problem), "{text}: {told}");
        assert!(told_fix.contains(fix), "{text}: {told_fix}");
        let all = format!("{told} {told_fix} {error:?}");
        assert!(!all.contains("s3") && !all.contains("cret"), "{all}");
        assert!(error.source().is_none());
    }
}
