//! Addresses of pages and images, which browsers of others follow: `https:` or none.
//!
//! Whoever edits a profile in Okta decides what stands in it. A `javascript:` or `data:` address, or one without TLS, is left
//! out of the entity, as if the attribute were empty.

use okta_auth::visible::is_hidden;
use url::Url;

/// The most characters of an address: servers and browsers take about as many.
const LONGEST_URL: usize = 2_000;

/// Annotations whose value is the address of a page, which Backstage shows as a link.
pub(super) const PAGES: [&str; 2] = ["backstage.io/view-url", "backstage.io/edit-url"];

/// Whether an annotation is the address of a page.
pub(super) fn is_page(key: &str) -> bool {
    PAGES.iter().any(|page| key.eq_ignore_ascii_case(page))
}

/// Whether a text is an `https:` URL, as it is: with a host, without a password and without blanks.
pub(super) fn is_https(text: &str) -> bool {
    let is_plain = |character| character != ' ' && !is_hidden(character);
    if text.len() > LONGEST_URL || !text.chars().all(is_plain) {
        return false;
    }
    Url::parse(text).is_ok_and(|url| {
        url.scheme() == "https"
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_https_url_as_it_is() {
        for (text, good) in [
            ("https://img.example/1.png", true),
            ("HTTPS://img.example:8443/a?b=c#d", true),
            ("https://bücher.example/ü.png", true),
            ("https://[::1]/a", true),
            ("http://img.example/1.png", false),
            ("javascript:alert(1)", false),
            ("JaVaScRiPt:alert(1)", false),
            ("java\tscript:alert(1)", false),
            ("ht\ntps://img.example", false),
            (" https://img.example/1.png", false),
            ("https://img.example/a b", false),
            ("https://img.example/\u{202e}gnp.1", false),
            ("data:image/svg+xml;base64,PHN2Zz4=", false),
            ("blob:https://img.example/1", false),
            ("view-source:https://img.example", false),
            ("vbscript:x", false),
            ("file:///etc/passwd", false),
            ("//img.example/1.png", false),
            ("/1.png", false),
            ("img.example/1.png", false),
            ("https:", false),
            ("https://", false),
            ("https://me:secret@img.example/", false),
            ("https://img.example@evil.example/", false),
            ("", false),
            ("-", false),
        ] {
            assert_eq!(is_https(text), good, "{text:?}");
        }
        let long = format!("https://img.example/{}", "x".repeat(LONGEST_URL));
        assert!(!is_https(&long));
    }

    #[test]
    fn pages_are_known_in_any_case() {
        for (key, page) in [
            ("backstage.io/view-url", true),
            ("Backstage.io/Edit-URL", true),
            ("acme.com/view-url", false),
        ] {
            assert_eq!(is_page(key), page, "{key}");
        }
    }
}
