//! The real transport against a listener that answers with given bytes.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

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
    ReqwestTransport::with_timeouts(Duration::from_secs(5), Duration::from_secs(5)).unwrap()
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

#[tokio::test]
async fn a_gzipped_body_is_unpacked_and_a_cut_one_is_interrupted() {
    // `printf body | gzip -n`
    let gzip: &[u8] = &[
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 0xca, 0x4f, 0xa9, 4, 0, 0xb2, 0x0b, 0xa8, 0xdb,
        4, 0, 0, 0,
    ];
    for (body, whole) in [(gzip, true), (&gzip[..14], false)] {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let address = serving([head.as_bytes(), body].concat()).await;
        let result = get(&transport(), format!("http://{address}/")).await;
        if whole {
            assert_eq!(result.unwrap().body(), "body");
        } else {
            assert_eq!(kind(result), TransportErrorKind::Interrupted);
        }
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
async fn nobody_there_is_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for url in [
        format!("http://{address}/?q=swordfish"),
        format!("https://{address}/?q=swordfish"),
        "https://nobody.invalid/?q=swordfish".to_owned(),
    ] {
        assert_eq!(
            kind(get(&transport(), url).await),
            TransportErrorKind::Connect
        );
    }
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_tls() {
    let address = serving("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let result = get(&transport(), format!("https://{address}/?q=swordfish")).await;
    assert_eq!(kind(result), TransportErrorKind::Tls);
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?q=swordfish", listener.local_addr().unwrap());
    let hasty =
        ReqwestTransport::with_timeouts(Duration::from_secs(5), Duration::from_millis(50)).unwrap();
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
