//! Headers about the rate limit: name and value each line of the input.
#![no_main]

use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use okta_api::RateLimit;

/// The names, by the first byte of a line: a name that means nothing would teach nothing.
const NAMES: [&str; 5] = [
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-reset",
    "date",
    "retry-after",
];

fuzz_target!(|lines: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in lines.split(|&byte| byte == b'\n') {
        let Some((&first, value)) = line.split_first() else {
            continue;
        };
        let name = NAMES.get(usize::from(first) % NAMES.len());
        if let (Some(&name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            headers.append(name, value);
        }
    }
    if let Some(told) = RateLimit::from_headers(&headers) {
        assert!(told.resets_in >= Duration::from_secs(1));
        assert_eq!(
            told.is_concurrency(),
            told.limit == 0 && told.remaining == 0
        );
    }
});
