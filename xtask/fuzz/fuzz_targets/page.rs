//! Pages: the input is the body of an answer, and what stands beside good records in another.
#![no_main]

use bytes::Bytes;
use http::Response;
use libfuzzer_sys::fuzz_target;
use okta_api::{Group, LogEvent, Member, Page, Resource, User, testing};
use okta_auth::OrgUrl;
use serde::de::IgnoredAny;

fuzz_target!(|garbage: &[u8]| {
    every_element_is_accounted_for::<User>(garbage);
    every_element_is_accounted_for::<Member>(garbage);
    every_element_is_accounted_for::<Group>(garbage);
    every_element_is_accounted_for::<LogEvent>(garbage);

    let beside = [
        br#"[{"id":"good-1","status":"ACTIVE"},"#.as_slice(),
        garbage,
        br#",{"id":"good-2"}]"#,
    ]
    .concat();
    let Some(page) = read::<User>(&beside) else {
        return;
    };
    let ids: Vec<&str> = page.items.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids.first(), Some(&"good-1"));
    assert_eq!(ids.last(), Some(&"good-2"));
});

fn read<T: Resource>(body: &[u8]) -> Option<Page<T>> {
    let org = OrgUrl::parse("https://acme.okta.com").ok()?;
    let asked = org.endpoint("/api/v1/users");
    let response = Response::new(Bytes::copy_from_slice(body));
    testing::read_page(&org, &asked, &response).ok()
}

fn every_element_is_accounted_for<T: Resource>(body: &[u8]) {
    let (Some(page), Ok(elements)) = (
        read::<T>(body),
        serde_json::from_slice::<Vec<IgnoredAny>>(body),
    ) else {
        return;
    };
    assert_eq!(page.items.len() + page.malformed.len(), elements.len());
    for bad in &page.malformed {
        assert!(bad.reason.chars().count() < 2_000);
        assert!(!bad.reason.chars().any(char::is_control));
    }
}
