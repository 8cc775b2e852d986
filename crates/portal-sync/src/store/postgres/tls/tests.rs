//! Servers with certificates of every kind, and addresses of every strictness.

use std::path::PathBuf;

use super::super::pool::Pool;
use super::super::tests::settings;
use crate::store::StoreErrorKind;
use crate::testing::cluster::{Cluster, PASSWORD, USER};

macro_rules! certificate {
    ($name:literal) => {
        include_str!(concat!("../../../../../../fixtures/keys/postgres/", $name))
    };
}

/// The path of a certificate of the tests.
fn path(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/keys/postgres");
    folder.join(name).display().to_string()
}

/// A server with this certificate; none when there are no binaries.
fn cluster(certificate: &str, key: &str) -> Option<Cluster> {
    let settings = [("ssl", "on"), ("ssl_ca_file", "authority.pem")];
    let files = [
        ("server.crt", certificate),
        ("server.key", key),
        ("authority.pem", certificate!("authority.pem")),
    ];
    Cluster::of_its_own(&settings, &files).unwrap()
}

/// What a connection says of its TLS: whether it has some, and whose certificate of ours it saw.
async fn connect(
    cluster: &Cluster,
    host: &str,
    parameters: &str,
) -> Result<(bool, String), StoreErrorKind> {
    let port = cluster.port();
    let url = format!(
        "postgres://{USER}:{PASSWORD}@{host}:{port}/postgres?hostaddr=127.0.0.1&{parameters}"
    );
    let pool = Pool::new(&settings(&url)).map_err(|failure| failure.kind())?;
    let client = pool.get().await.map_err(|failure| failure.kind())?;
    let query = "SELECT ssl, coalesce(client_dn, '') FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let row = client.query_one(query, &[]).await.unwrap();
    Ok((row.get(0), row.get(1)))
}

#[tokio::test]
async fn a_certificate_is_verified_as_the_address_asks() {
    let Some(cluster) = cluster(certificate!("server.pem"), certificate!("server.key")) else {
        return;
    };
    let (right, wrong) = (path("authority.pem"), path("stranger.pem"));
    let (on, off) = (Ok((true, String::new())), Ok((false, String::new())));
    let refused = Err(StoreErrorKind::Tls);
    for (host, parameters, expected) in [
        ("localhost", "sslmode=disable".to_owned(), &off),
        ("localhost", String::new(), &on),
        ("127.0.0.1", "sslmode=prefer".to_owned(), &on),
        ("127.0.0.1", "sslmode=require".to_owned(), &on),
        (
            "127.0.0.1",
            format!("sslmode=require&sslrootcert={right}"),
            &on,
        ),
        (
            "127.0.0.1",
            format!("sslmode=require&sslrootcert={wrong}"),
            &refused,
        ),
        // A server that has TLS, and whose certificate is wrong, is not asked in clear.
        (
            "127.0.0.1",
            format!("sslmode=prefer&sslrootcert={wrong}"),
            &refused,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={right}"),
            &on,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={wrong}"),
            &refused,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={right}"),
            &on,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={wrong}"),
            &refused,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={right}"),
            &refused,
        ),
        (
            "db.example.org",
            format!("sslmode=verify-full&sslrootcert={right}"),
            &refused,
        ),
        ("localhost", "sslmode=verify-full".to_owned(), &refused),
        ("localhost", "sslrootcert=system".to_owned(), &refused),
    ] {
        let found = connect(&cluster, host, &parameters).await;
        assert_eq!(&found, expected, "{host} {parameters}");
    }
}

#[tokio::test]
async fn a_certificate_of_ours_is_shown() {
    let Some(cluster) = cluster(certificate!("server.pem"), certificate!("server.key")) else {
        return;
    };
    let identity = |certificate, key| {
        let (certificate, key) = (path(certificate), path(key));
        format!("sslmode=require&sslcert={certificate}&sslkey={key}")
    };
    let shown = connect(&cluster, "localhost", &identity("client.pem", "client.key")).await;
    assert_eq!(shown, Ok((true, "/CN=client".to_owned())));
    // One that the server's authority did not sign.
    let strange = connect(&cluster, "localhost", &identity("own.pem", "own.key")).await;
    assert_eq!(strange, Err(StoreErrorKind::Tls));
    for (certificate, key) in [
        ("client.pem", "server.key"),
        ("client.pem", "client.pem"),
        ("client.key", "client.key"),
        ("client.pem", "missing.key"),
    ] {
        let broken = connect(&cluster, "localhost", &identity(certificate, key)).await;
        assert_eq!(
            broken,
            Err(StoreErrorKind::Certificates),
            "{certificate} {key}"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_signs_itself_is_taken_from_the_file() {
    let Some(cluster) = cluster(certificate!("own.pem"), certificate!("own.key")) else {
        return;
    };
    let (own, other) = (path("own.pem"), path("authority.pem"));
    let (on, refused) = (Ok((true, String::new())), Err(StoreErrorKind::Tls));
    for (host, parameters, expected) in [
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={own}"),
            &on,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={own}"),
            &on,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={own}"),
            &refused,
        ),
        (
            "localhost",
            format!("sslmode=verify-ca&sslrootcert={other}"),
            &refused,
        ),
    ] {
        let found = connect(&cluster, host, &parameters).await;
        assert_eq!(&found, expected, "{host} {parameters}");
    }
}
