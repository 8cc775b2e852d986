//! The real transport against a listener that answers with given bytes.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::fixtures::key_file;
use crate::transport::CertificateFault;

/// A server that reads a request and answers each connection with `bytes`, then closes it.
async fn serving(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = bytes.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = peer.read(&mut request).await;
            let _ = peer.write_all(&bytes).await;
            let _ = peer.shutdown().await;
        }
    });
    address.to_string()
}

fn transport() -> ReqwestTransport {
    by(&Proxies::none())
}

fn by(proxies: &Proxies) -> ReqwestTransport {
    let patience = Duration::from_secs(5);
    let transport = ReqwestTransport::builder().proxies(proxies.clone());
    let transport = transport.connect_timeout(patience);
    transport.request_timeout(patience).build().unwrap()
}

async fn get(
    transport: &ReqwestTransport,
    url: String,
) -> Result<http::Response<Bytes>, TransportError> {
    let request = http::Request::get(url)
        .header("authorization", "Bearer hunter2")
        .body(Bytes::new())
        .unwrap();
    transport.send(request).await
}

/// The kind of an error, once it is known to print neither query nor header.
fn kind(result: Result<http::Response<Bytes>, TransportError>) -> TransportErrorKind {
    let error = result.unwrap_err();
    let mut printed = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        write!(printed, " {cause} {cause:?}").unwrap();
        source = cause.source();
    }
    assert!(
        !printed.contains("hunter2") && !printed.contains("swordfish"),
        "{printed}"
    );
    error.kind()
}

#[tokio::test]
async fn an_answer_comes_whole_whatever_its_status() {
    let address = serving(
        "HTTP/1.1 404 Not Found\r\nlink: <a>\r\nlink: <b>\r\ncontent-length: 4\r\n\r\nbody",
    )
    .await;
    let response = get(&transport(), format!("http://{address}/x"))
        .await
        .unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.headers().get_all("link").iter().count(), 2);
    assert_eq!(response.body(), "body");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = serving("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{other}/\r\ncontent-length: 0\r\n\r\n");
    let address = serving(redirect).await;
    let response = get(&transport(), format!("http://{address}/"))
        .await
        .unwrap();
    assert_eq!(response.status(), 302);
    assert_eq!(response.headers()["location"], format!("http://{other}/"));
}

#[tokio::test]
async fn a_body_that_ends_early_is_interrupted() {
    for bytes in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n",
        "HTTP/1.1 200 OK\r\nconte",
        "",
    ] {
        let address = serving(bytes).await;
        let result = get(&transport(), format!("http://{address}/?q=swordfish")).await;
        assert_eq!(kind(result), TransportErrorKind::Interrupted, "{bytes:?}");
    }
}

fn packed(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

async fn serving_packed(coding: &str, body: &[u8]) -> String {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\ncontent-length: {length}\r\n\r\n"
    );
    serving([head.as_bytes(), body].concat()).await
}

#[tokio::test]
async fn a_packed_body_is_unpacked_with_all_its_members() {
    let (one, two, empty) = (packed(b"body"), packed(b" and soul"), packed(b""));
    for (coding, body, contents) in [
        ("gzip", one.clone(), "body"),
        ("x-gzip", one.clone(), "body"),
        ("GZIP", one.clone(), "body"),
        ("gzip", [one.clone(), two.clone()].concat(), "body and soul"),
        ("gzip", [one.clone(), empty.clone()].concat(), "body"),
        ("gzip", [empty.clone(), one.clone()].concat(), "body"),
        (
            "gzip",
            [one.clone(), empty.clone(), two.clone()].concat(),
            "body and soul",
        ),
        ("gzip", vec![], ""),
        ("identity", b"body".to_vec(), "body"),
    ] {
        let address = serving_packed(coding, &body).await;
        let response = get(&transport(), format!("http://{address}/"))
            .await
            .unwrap();
        assert_eq!(response.body(), contents, "{coding}");
        let is_plain = !response.headers().contains_key("content-encoding");
        assert!(is_plain || coding == "identity");
    }
    for body in [
        &one[..14],
        &one[..one.len() - 1],
        &[&one[..], &two[..12]].concat(),
        b"body",
    ] {
        let address = serving_packed("gzip", body).await;
        let result = get(&transport(), format!("http://{address}/?q=swordfish")).await;
        assert_eq!(kind(result), TransportErrorKind::Interrupted, "{body:?}");
    }
}

/// What is random stays as long as it is.
#[tokio::test]
async fn a_large_packed_body_is_unpacked_on_a_thread_of_its_own() {
    let mut state = 1_u32;
    let contents: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(300_000)
    .collect();
    let whole = packed(&contents);
    assert!(whole.len() > SMALL_BODY);
    let address = serving_packed("gzip", &whole).await;
    let response = get(&transport(), format!("http://{address}/")).await;
    assert!(response.unwrap().body() == &contents);
    let address = serving_packed("gzip", &whole[..whole.len() - 1]).await;
    let result = get(&transport(), format!("http://{address}/")).await;
    assert_eq!(kind(result), TransportErrorKind::Interrupted);
}

#[tokio::test]
async fn what_is_unpacked_is_bounded_over_all_members() {
    let half = packed(&[b'x'; 500_000]);
    let small = ReqwestTransport {
        largest_body: 999_999,
        ..transport()
    };
    let address = serving_packed("gzip", &[half.clone(), half].concat()).await;
    let result = get(&small, format!("http://{address}/?q=swordfish")).await;
    assert_eq!(kind(result), TransportErrorKind::TooLarge);
    let large = ReqwestTransport {
        largest_body: 1_000_000,
        ..small
    };
    let whole = get(&large, format!("http://{address}/")).await.unwrap();
    assert_eq!(whole.body().len(), 1_000_000);
}

fn over(proxy: &str, without: &str) -> ReqwestTransport {
    let proxies = Proxies::from_variables(|name| match name {
        "HTTPS_PROXY" | "HTTP_PROXY" => Some(proxy),
        "NO_PROXY" => Some(without),
        _ => None,
    });
    by(&proxies.unwrap())
}

#[tokio::test]
async fn a_proxy_that_fails_is_told_from_the_host() {
    for (answer, expected) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            TransportErrorKind::ProxyAuthentication,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\n\r\n",
            TransportErrorKind::ProxyRefused,
        ),
        (
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            TransportErrorKind::ProxyRefused,
        ),
        ("", TransportErrorKind::ProxyRefused),
    ] {
        let proxy = serving(answer).await;
        let transport = over(&format!("http://me:swordfish@{proxy}"), "");
        let result = get(&transport, "https://acme.invalid/?q=swordfish".to_owned()).await;
        assert_eq!(kind(result), expected, "{answer:?}");
        // Without the proxy the name is asked for here, and is not found.
        let transport = over(&format!("http://me:swordfish@{proxy}"), "acme.invalid");
        let result = get(&transport, "https://acme.invalid/?q=swordfish".to_owned()).await;
        assert_eq!(kind(result), TransportErrorKind::NameNotFound);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    for proxy in [
        format!("http://{nobody}"),
        "http://proxy.invalid:3128".to_owned(),
    ] {
        let result = get(&over(&proxy, ""), "https://acme.invalid/".to_owned()).await;
        assert_eq!(
            kind(result),
            TransportErrorKind::ProxyUnreachable,
            "{proxy}"
        );
    }
}

#[tokio::test]
async fn this_machine_is_reached_without_a_proxy() {
    let address = serving("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let port = address.rsplit(':').next().unwrap();
    let proxy = serving("HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\n\r\n").await;
    let proxy: &str = Box::leak(format!("http://{proxy}").into_boxed_str());
    for (variable, without) in [
        ("HTTP_PROXY", None),
        ("http_proxy", None),
        ("ALL_PROXY", None),
        ("all_proxy", Some("")),
        ("HTTP_PROXY", Some("acme.okta.com")),
        ("ALL_PROXY", Some(",,")),
    ] {
        let proxies = Proxies::from_variables(|name| match name {
            "NO_PROXY" => without,
            name => (name == variable).then_some(proxy),
        });
        let transport = by(&proxies.unwrap());
        for host in ["127.0.0.1", "localhost", "LocalHost", "127.1", "2130706433"] {
            let url = format!("http://{host}:{port}/");
            let answer = get(&transport, url).await.unwrap();
            assert_eq!(answer.status(), 200, "{variable} {host}");
        }
        // Nobody listens there; but no proxy is asked.
        for host in ["[::1]:1", "[::ffff:127.0.0.1]:1", "127.200.0.1:1"] {
            let answer = get(&transport, format!("http://{host}/")).await;
            assert!(answer.is_err(), "{variable} {host}");
        }
        let beyond = get(&transport, "http://acme.invalid/".to_owned()).await;
        assert_eq!(beyond.unwrap().status(), 418, "{variable}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_refused_by_its_size() {
    let address =
        serving("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n01234567890123456789").await;
    let transport = ReqwestTransport {
        largest_body: 19,
        ..transport()
    };
    let error = get(&transport, format!("http://{address}/"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    assert!(error.source().unwrap().to_string().contains("19 bytes"));
    let transport = ReqwestTransport {
        largest_body: 20,
        ..transport
    };
    assert!(get(&transport, format!("http://{address}/")).await.is_ok());
}

#[tokio::test]
async fn nobody_there_is_connect_and_no_name_is_not_found() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for (url, expected) in [
        (
            format!("http://{address}/?q=swordfish"),
            TransportErrorKind::Connect,
        ),
        (
            format!("https://{address}/?q=swordfish"),
            TransportErrorKind::Connect,
        ),
        (
            "https://nobody.invalid/?q=swordfish".to_owned(),
            TransportErrorKind::NameNotFound,
        ),
    ] {
        assert_eq!(kind(get(&transport(), url).await), expected);
    }
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_told() {
    let address = serving("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let result = get(&transport(), format!("https://{address}/?q=swordfish")).await;
    assert_eq!(kind(result), TransportErrorKind::NotTls);
    // The alert by which a TLS server answers a request without TLS.
    let address = serving([0x15, 3, 3, 0, 2, 2, 10]).await;
    let result = get(&transport(), format!("http://{address}/?q=swordfish")).await;
    assert_eq!(kind(result), TransportErrorKind::NotHttp);
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?q=swordfish", listener.local_addr().unwrap());
    let hasty = ReqwestTransport::builder().request_timeout(Duration::from_millis(50));
    let hasty = hasty.build().unwrap();
    assert_eq!(kind(get(&hasty, url).await), TransportErrorKind::Timeout);
}

#[tokio::test]
async fn an_address_that_is_not_whole_is_request() {
    let request = http::Request::get("/api/v1/users?q=swordfish")
        .body(Bytes::new())
        .unwrap();
    assert_eq!(
        kind(transport().send(request).await),
        TransportErrorKind::Request
    );
}

#[tokio::test]
async fn a_client_of_ones_own_that_follows_a_redirect_is_found_out() {
    let other = serving("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{other}/\r\ncontent-length: 0\r\n\r\n");
    let address = serving(redirect).await;
    let following = client(|client| client);
    let result = get(&following, format!("http://{address}/?q=swordfish")).await;
    assert_eq!(kind(result), TransportErrorKind::Redirected);

    let staying = client(|client| client.redirect(reqwest::redirect::Policy::none()));
    let response = get(&staying, format!("http://{address}/")).await.unwrap();
    assert_eq!(response.status(), 302);
}

#[expect(
    clippy::disallowed_methods,
    reason = "what others make is made of this"
)]
fn client(
    change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> ReqwestTransport {
    change(Client::builder().no_proxy()).build().unwrap().into()
}

#[tokio::test]
async fn the_user_agent_is_that_of_the_builder_or_of_the_client() {
    let named = |name| ReqwestTransport::builder().user_agent(HeaderValue::from_static(name));
    for (transport, name) in [
        (
            transport(),
            concat!("okta-auth/", env!("CARGO_PKG_VERSION")),
        ),
        (named("mine/1").build().unwrap(), "mine/1"),
        (client(|client| client.user_agent("theirs/2")), "theirs/2"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let read = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = peer.read(&mut request).await.unwrap();
            String::from_utf8_lossy(&request[..length]).to_ascii_lowercase()
        });
        let _ = get(&transport, format!("http://{address}/")).await;
        let request = read.await.unwrap();
        assert!(
            request.contains(&format!("user-agent: {name}\r\n")),
            "{request}"
        );
    }
}

#[test]
fn a_request_outside_of_a_runtime_is_an_error_and_no_panic() {
    let sent = futures::FutureExt::now_or_never(get(&transport(), "http://127.0.0.1:9".to_owned()));
    assert_eq!(kind(sent.unwrap()), TransportErrorKind::NoRuntime);
}

#[test]
fn a_certificate_that_cannot_be_read_is_setup() {
    const CERTIFICATE: &str = key_file!("localhost.certificate.pem");
    const KEY: &str = key_file!("ec-p256.pkcs8.pem");
    let builder = ReqwestTransport::builder;
    for (builder, says) in [
        (builder().root_certificates_pem(""), "no certificate in PEM"),
        (
            builder().root_certificates_pem(KEY),
            "no certificate in PEM",
        ),
        (
            builder().root_certificates_pem(CERTIFICATE.replace("MII", "?")),
            "root certificates cannot be read",
        ),
        (
            builder().client_certificate_pem(CERTIFICATE),
            "client certificate cannot be used",
        ),
        (
            builder().client_certificate_pem(KEY),
            "client certificate cannot be used",
        ),
    ] {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Setup);
        let printed = format!("{error:?}");
        assert!(printed.contains(says), "{printed}");
    }
    let both = format!("{CERTIFICATE}{KEY}");
    let good = builder().client_certificate_pem(both.clone()).build();
    assert!(good.is_ok());
    let builder = builder()
        .root_certificates_pem(CERTIFICATE)
        .client_certificate_pem(both);
    assert!(!format!("{builder:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    const CERTIFICATE: &str = key_file!("localhost.certificate.pem");
    let url = serving_tls(CERTIFICATE, key_file!("ec-p256.pkcs8.pem"));
    let strange = get(&transport(), url.clone()).await;
    let unknown = TransportErrorKind::Certificate(CertificateFault::UnknownIssuer);
    assert_eq!(kind(strange), unknown);

    let trusting = ReqwestTransport::builder().root_certificates_pem(CERTIFICATE);
    let response = get(&trusting.build().unwrap(), url).await.unwrap();
    assert_eq!(response.status(), 204);
}

/// A server with this certificate, on a thread of its own.
fn serving_tls(certificate: &str, key: &str) -> String {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let crypto = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(crypto.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = std::sync::Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            let connection = rustls::ServerConnection::new(std::sync::Arc::clone(&config));
            let mut tls = rustls::StreamOwned::new(connection.unwrap(), peer.unwrap());
            let mut request = [0; 4096];
            if io::Read::read(&mut tls, &mut request).is_ok() {
                let _ = tls.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
            }
        }
    });
    format!("https://localhost:{port}/")
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "this is about a client that a program has made itself"
)]
fn a_transport_prints_neither_the_password_of_a_proxy_nor_headers() {
    let proxies = Proxies::from_variables(|name| {
        (name == "HTTPS_PROXY").then_some("http://jane:swordfish@proxy.example:3128")
    });
    let own = Client::builder()
        .default_headers(
            [(http::header::COOKIE, HeaderValue::from_static("hunter2"))]
                .into_iter()
                .collect(),
        )
        .proxy(reqwest::Proxy::all("http://jane:swordfish@proxy.example:3128").unwrap())
        .build()
        .unwrap();
    for transport in [by(&proxies.unwrap()), ReqwestTransport::from(own)] {
        let printed = format!("{transport:?}");
        for secret in ["hunter2", "swordfish", "amFuZTpzd29yZGZpc2g"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}
