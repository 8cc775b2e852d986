//! What large lists cost in memory: counted, not timed.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use okta_api::{Client, GroupId, Member};
use okta_auth::{ApiToken, OrgUrl, Transport, TransportError};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const MEMBERS: usize = 100_000;
const PAGE: usize = 1_000;

/// A group of a hundred thousand, each with a profile of a kilobyte, made page by page.
#[derive(Clone, Debug, Default)]
struct LargeGroup(Arc<AtomicUsize>);

fn record(number: usize) -> String {
    let filler = "x".repeat(1_000);
    format!(
        r#"{{"id":"00u{number:016}x","status":"ACTIVE","created":"2024-03-01T18:49:54.000Z","profile":{{"login":"{number}@example.com","about":"{filler}"}},"_links":{{"self":{{"href":"https://acme.okta.com/api/v1/users/00u{number:016}x"}}}}}}"#
    )
}

fn page_of(numbers: std::ops::Range<usize>) -> String {
    let mut body = String::from("[");
    for number in numbers.clone() {
        let comma = if number == numbers.start { "" } else { "," };
        write!(body, "{comma}{}", record(number)).unwrap();
    }
    body.push(']');
    body
}

impl Transport for LargeGroup {
    fn send(
        &self,
        _request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let begin = self.0.fetch_add(PAGE, Ordering::Relaxed);
        let end = begin + PAGE;
        let mut response = Response::builder().header("content-type", "application/json");
        if end < MEMBERS {
            let next = format!("<https://acme.okta.com/api/v1/groups/00g1/users?after={end}>");
            response = response.header("link", format!("{next}; rel=\"next\""));
        }
        let response = response.body(Bytes::from(page_of(begin..end))).unwrap();
        async move { Ok(response) }.boxed()
    }
}

/// One test, because it counts the allocations of the whole process.
#[test]
fn large_lists_are_held_in_little() {
    let _profiler = dhat::Profiler::builder().testing().build();

    // Ids and status of a page: the list itself, and nothing for each member.
    let page = page_of(0..200);
    let before = dhat::HeapStats::get().total_blocks;
    let members: Vec<Member> = serde_json::from_str(&page).unwrap();
    let blocks = dhat::HeapStats::get().total_blocks - before;
    assert_eq!(members.len(), 200);
    assert!(blocks <= 10, "{blocks} allocations for 200 members");
    drop((page, members));

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let org = OrgUrl::parse("https://acme.okta.com").unwrap();
    let token = ApiToken::new("secret").unwrap();
    let client = Client::builder(org, token, LargeGroup::default()).build();
    let before = dhat::HeapStats::get().curr_bytes;
    let list = client.groups().members(&GroupId::from("00g1")).all();
    let everything = runtime.block_on(list).unwrap();
    let stats = dhat::HeapStats::get();
    assert_eq!(everything.len(), MEMBERS);
    let megabyte = 1_000_000;
    assert!(
        stats.max_bytes < 20 * megabyte,
        "at most {} bytes were held",
        stats.max_bytes
    );
    let held = stats.curr_bytes - before;
    assert!(held < 8 * megabyte, "{held} bytes are held");
    println!(
        "100,000 members: {held} bytes held, {} at most",
        stats.max_bytes
    );
}
