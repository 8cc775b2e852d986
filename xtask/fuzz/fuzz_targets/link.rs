//! Link headers: one line each line of the input.
#![no_main]

use bytes::Bytes;
use http::{HeaderValue, Response};
use libfuzzer_sys::fuzz_target;
use okta_api::{Member, testing};
use okta_auth::OrgUrl;
use url::Url;

fuzz_target!(|lines: &[u8]| {
    let Ok(org) = OrgUrl::parse("https://acme.okta.com") else {
        return;
    };
    let mut response = Response::new(Bytes::from_static(b"[]"));
    for line in lines.split(|&byte| byte == b'\n') {
        if let Ok(line) = HeaderValue::from_bytes(line) {
            response.headers_mut().append("link", line);
        }
    }
    let asked = org.endpoint("/api/v1/users");
    let Ok(page) = testing::read_page::<Member>(&org, &asked, &response) else {
        return;
    };
    if let Some(next) = page.next {
        let next = Url::parse(&next.to_string());
        assert!(
            next.is_ok_and(|next| org.owns(&next)),
            "the token would leave"
        );
    }
});
