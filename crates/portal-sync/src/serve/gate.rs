//! What every request has to show before anything else is looked at, health included.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, html};

use super::access::Peer;
use super::connections::BODY;
use super::host::{Host, Local, Names};

/// Refuses what is not for this server, what another site's page asks, and bodies.
pub(super) async fn check(
    State(names): State<Arc<Names>>,
    request: Request,
    next: Next,
) -> Response {
    match judge(&names, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let peer = request.extensions().get::<Peer>();
            tracing::debug!(?peer, status = %refusal.status(), "refused: {}", refusal.message());
            refusal.answer()
        }
    }
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    NoHost,
    SeveralHosts,
    BadHost,
    BadTarget,
    OtherTarget,
    Tunnel,
    Misdirected(Host),
    CrossSite { is_navigation: bool },
    UnknownLength,
    TooLong,
}

fn judge(names: &Names, request: &Request) -> Result<(), Refusal> {
    if request.method() == Method::CONNECT {
        return Err(Refusal::Tunnel);
    }
    if let Some(host) = host(request)? {
        let local = request.extensions().get::<Local>().map(|local| local.0);
        if !names.include(&host, local) {
            return Err(Refusal::Misdirected(host));
        }
    }
    let headers = request.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Refusal::UnknownLength);
    }
    let length = headers.get(header::CONTENT_LENGTH);
    match length.map(|it| it.to_str().unwrap_or_default().parse()) {
        Some(Ok(0..=BODY)) | None => {}
        Some(_) => return Err(Refusal::TooLong),
    }
    // After the bodies: who follows a link keeps the connection, and what follows a body that is not read is no request.
    if is(headers, "sec-fetch-site", "cross-site") {
        let is_navigation =
            request.method() == Method::GET && is(headers, "sec-fetch-mode", "navigate");
        return Err(Refusal::CrossSite { is_navigation });
    }
    Ok(())
}

/// For whom a request is. Nobody, when it is one of HTTP/1.0 that names none: browsers do not send such.
fn host(request: &Request) -> Result<Option<Host>, Refusal> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(Refusal::SeveralHosts);
    }
    let header = match header {
        Some(header) => {
            let text = header.to_str().map_err(|_| Refusal::BadHost)?;
            Some(Host::of_authority(text).map_err(|_| Refusal::BadHost)?)
        }
        None if request.version() >= Version::HTTP_11 => return Err(Refusal::NoHost),
        None => None,
    };
    let Some(authority) = request.uri().authority() else {
        return Ok(header.map(|(host, _)| host));
    };
    // A target in absolute form counts more than `Host`, which has to say the same (RFC 9112, section 3.2.2).
    let usual = match request.uri().scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return Err(Refusal::BadTarget),
    };
    let (target, port) = Host::of_authority(authority.as_str()).map_err(|_| Refusal::BadTarget)?;
    match header {
        Some((host, at)) if host != target || at.unwrap_or(usual) != port.unwrap_or(usual) => {
            Err(Refusal::OtherTarget)
        }
        _ => Ok(Some(target)),
    }
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    let same = |it: &HeaderValue| it.as_bytes().eq_ignore_ascii_case(value.as_bytes());
    headers.get_all(name).iter().any(same)
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NoHost
            | Self::SeveralHosts
            | Self::BadHost
            | Self::BadTarget
            | Self::OtherTarget
            | Self::Tunnel => StatusCode::BAD_REQUEST,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossSite { .. } => StatusCode::FORBIDDEN,
            Self::UnknownLength => StatusCode::LENGTH_REQUIRED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NoHost => "the request has no `Host`".to_owned(),
            Self::SeveralHosts => "the request has several `Host` headers".to_owned(),
            Self::BadHost => "`Host` is not of the form host or host:port".to_owned(),
            Self::BadTarget => "the target of the request is no address of this server".to_owned(),
            Self::OtherTarget => "`Host` and the target of the request differ".to_owned(),
            Self::Tunnel => "this server is no proxy".to_owned(),
            Self::Misdirected(host) => format!(
                "this server is not known as `{host}`: ask for its address, or add the name to `portalSync.server.hosts`"
            ),
            Self::CrossSite { .. } => "a page of another site asks: refused".to_owned(),
            Self::UnknownLength => "a body needs a `Content-Length`".to_owned(),
            Self::TooLong => format!("a body has at most {BODY} bytes"),
        }
    }

    fn answer(self) -> Response {
        let status = self.status();
        let closes = [(header::CONNECTION, "close")];
        if self
            != (Self::CrossSite {
                is_navigation: true,
            })
        {
            return (status, closes, self.message() + "\n").into_response();
        }
        // Following this link is asked for by our own page, and by a person.
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    title { "portal-sync" }
                }
                body {
                    p { "A page of another site brought you here. " a href="" { "Open this page" } }
                }
            }
        };
        (status, page).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn judged(line: &str, version: Version, headers: &[(&str, &str)]) -> Result<(), u16> {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri).version(version);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let names = Names::new([127, 0, 0, 1].into(), &["portal.example.com".to_owned()]);
        let request = request.body(Body::empty()).unwrap();
        judge(&names, &request).map_err(|refusal| refusal.status().as_u16())
    }

    #[test]
    fn a_request_says_once_for_whom_it_is() {
        let (one_zero, one_one) = (Version::HTTP_10, Version::HTTP_11);
        let local = ("host", "localhost:7007");
        let evil = ("host", "evil.example");
        for (line, version, headers, expected) in [
            ("GET /", one_one, &[local][..], Ok(())),
            ("GET /healthz", one_one, &[evil], Err(421)),
            ("GET /", one_one, &[], Err(400)),
            ("GET /", one_zero, &[], Ok(())),
            ("GET /", one_zero, &[evil], Err(421)),
            ("GET /", one_one, &[local, local], Err(400)),
            ("GET /", one_one, &[local, evil], Err(400)),
            ("GET /", one_zero, &[local, local], Err(400)),
            ("GET /", one_one, &[("host", "")], Err(400)),
            (
                "GET /",
                one_one,
                &[("host", "localhost, evil.example")],
                Err(400),
            ),
            ("GET /", one_one, &[("host", "http://localhost")], Err(400)),
            ("GET /", one_one, &[("host", "höst")], Err(400)),
            (
                "GET /",
                one_one,
                &[("host", "PORTAL.example.com:443")],
                Ok(()),
            ),
            ("OPTIONS *", one_one, &[local], Ok(())),
            // Targets of proxies.
            ("GET http://localhost:7007/", one_one, &[local], Ok(())),
            ("GET http://LOCALHOST:7007/", one_one, &[local], Ok(())),
            ("GET http://localhost/", one_one, &[local], Err(400)),
            (
                "GET http://localhost:80/",
                one_one,
                &[("host", "localhost")],
                Ok(()),
            ),
            (
                "GET https://localhost:80/",
                one_one,
                &[("host", "localhost")],
                Err(400),
            ),
            ("GET http://evil.example/", one_one, &[local], Err(400)),
            ("GET http://localhost:7007/", one_one, &[evil], Err(400)),
            ("GET http://evil.example/", one_one, &[evil], Err(421)),
            ("GET http://evil.example/", one_zero, &[], Err(421)),
            ("GET http://localhost:7007/", one_one, &[], Err(400)),
            ("GET http://u@localhost:7007/", one_one, &[local], Err(400)),
            ("GET ftp://localhost:7007/", one_one, &[local], Err(400)),
            ("GET localhost:7007", one_one, &[local], Err(400)),
            ("CONNECT localhost:7007", one_one, &[local], Err(400)),
        ] {
            assert_eq!(
                judged(line, version, headers),
                expected,
                "{line} {headers:?}"
            );
        }
    }

    #[test]
    fn pages_of_other_sites_are_refused() {
        for (header, value, expected) in [
            ("sec-fetch-site", "cross-site", Err(403)),
            ("Sec-Fetch-Site", "Cross-Site", Err(403)),
            ("sec-fetch-site", "same-origin", Ok(())),
            // A wiki of the same company may link here. What it asks by script it cannot read.
            ("sec-fetch-site", "same-site", Ok(())),
            ("sec-fetch-site", "none", Ok(())),
            ("sec-fetch-mode", "navigate", Ok(())),
        ] {
            let headers = [("host", "localhost"), (header, value)];
            for line in ["GET /", "GET /healthz", "POST /api/catalog/entities"] {
                let found = judged(line, Version::HTTP_11, &headers);
                assert_eq!(found, expected, "{line} {value}");
            }
        }
        let twice = [
            ("host", "localhost"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ];
        assert_eq!(judged("GET /", Version::HTTP_11, &twice), Err(403));
    }

    #[test]
    fn bodies_are_short_and_of_known_length() {
        for (header, value, expected) in [
            ("content-length", "0", Ok(())),
            ("content-length", "131072", Ok(())),
            ("content-length", "131073", Err(413)),
            ("content-length", "18446744073709551616", Err(413)),
            ("transfer-encoding", "chunked", Err(411)),
        ] {
            let headers = [("host", "localhost"), (header, value)];
            for line in ["GET /", "POST /"] {
                let found = judged(line, Version::HTTP_11, &headers);
                assert_eq!(found, expected, "{line} {value}");
            }
        }
    }

    #[test]
    fn who_follows_a_link_with_a_body_that_is_not_read_is_not_answered_again() {
        let link = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ];
        for (header, value, expected) in [
            ("transfer-encoding", "chunked", 411),
            ("content-length", "131073", 413),
            ("content-length", "131072", 403),
        ] {
            let mut headers = link.to_vec();
            headers.push((header, value));
            let found = judged("GET /", Version::HTTP_11, &headers);
            assert_eq!(found, Err(expected), "{header} {value}");
        }
    }

    #[test]
    fn who_follows_a_link_of_another_site_is_asked_first() {
        let answer = |is_navigation| Refusal::CrossSite { is_navigation }.answer();
        let kind = |answer: &Response| answer.headers()[header::CONTENT_TYPE].clone();
        assert_eq!(answer(true).status(), 403);
        assert_eq!(kind(&answer(true)), "text/html; charset=utf-8");
        assert_eq!(kind(&answer(false)), "text/plain; charset=utf-8");
    }
}
