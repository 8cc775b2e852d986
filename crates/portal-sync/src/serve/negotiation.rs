//! Which form of an answer a request takes, and whether it has that one already (RFC 9110, sections 12 and 13).

use axum::http::{HeaderMap, HeaderName, header};

use crate::catalog::representation::Coding;

/// The coding to answer in: gzip where the client takes it and does not like plain bytes better.
pub(super) fn coding(headers: &HeaderMap) -> Coding {
    let (mut gzip, mut identity, mut any) = (None, None, None);
    for element in elements(headers, header::ACCEPT_ENCODING) {
        let mut parts = element.split(';').map(str::trim);
        let coding = parts.next().unwrap_or_default();
        let Some(weight) = weight(parts) else {
            continue;
        };
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            gzip = gzip.max(Some(weight));
        } else if coding.eq_ignore_ascii_case("identity") {
            identity = Some(weight);
        } else if coding == "*" {
            any = Some(weight);
        }
    }
    match gzip.or(any) {
        Some(gzip) if gzip > 0 && Some(gzip) >= identity => Coding::Gzip,
        _ => Coding::Identity,
    }
}

/// Whether the client says that it has the answer with this tag. Comparison is weak, as the header asks.
pub(super) fn has(headers: &HeaderMap, etag: &str) -> bool {
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    elements(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || strong(tag) == strong(etag))
}

/// The elements of a list. No tag of ours has a comma.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// A weight in thousandths, 1,000 unless it is given. Nothing when it is no weight.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    let Some((name, value)) = parameters.find_map(|parameter| parameter.split_once('=')) else {
        return Some(1_000);
    };
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let (whole, part) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if part.len() > 3 || !part.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            })
    }

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (accepted, packed) in [
            (vec![], false),
            (vec![""], false),
            (vec!["gzip"], true),
            (vec!["GZip"], true),
            (vec!["x-gzip"], true),
            (vec!["gzip, deflate, br"], true),
            (vec!["br", "gzip"], true),
            (vec!["br"], false),
            (vec!["identity"], false),
            (vec!["gzip;q=0"], false),
            (vec!["gzip; q=0"], false),
            (vec!["gzip;q=0.0"], false),
            (vec!["gzip;q=0.000"], false),
            (vec!["gzip;q=0.001"], true),
            (vec!["gzip ; Q = 0.5"], true),
            (vec!["gzip;q=1.0"], true),
            (vec!["gzip;q=1.5"], false),
            (vec!["gzip;q=2"], false),
            (vec!["gzip;q=nan"], false),
            (vec!["gzip;q=-1"], false),
            (vec!["gzip;q=+1"], false),
            (vec!["gzip;q="], false),
            (vec!["gzip;q=0.+5"], false),
            (vec!["gzip;q=0.1234"], false),
            (vec!["gzip;x=1"], false),
            (vec!["*"], true),
            (vec!["*;q=0"], false),
            (vec!["gzip;q=0, *"], false),
            (vec!["gzip, *;q=0"], true),
            (vec!["gzip, identity"], true),
            (vec!["gzip;q=0.5, identity"], false),
            (vec!["identity;q=0"], false),
            (vec!["identity;q=0, gzip"], true),
            (vec!["gzipped"], false),
            (vec![",,gzip,"], true),
        ] {
            let headers = headers(header::ACCEPT_ENCODING, &accepted);
            assert_eq!(coding(&headers) == Coding::Gzip, packed, "{accepted:?}");
        }
    }

    #[test]
    fn what_a_client_has_it_names_by_its_tag() {
        for (named, known) in [
            (vec![], false),
            (vec![r#""a1""#], true),
            (vec![r#"W/"a1""#], true),
            (vec![r#""b2", "a1""#], true),
            (vec![r#""b2""#, r#""a1""#], true),
            (vec!["*"], true),
            (vec![r#""b2""#], false),
            (vec!["a1"], false),
            (vec![r#""A1""#], false),
            (vec![r#""a1"#], false),
            (vec![""], false),
        ] {
            let headers = headers(header::IF_NONE_MATCH, &named);
            assert_eq!(has(&headers, r#""a1""#), known, "{named:?}");
        }
    }
}
