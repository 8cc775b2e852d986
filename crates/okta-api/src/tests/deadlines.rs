//! One deadline for all lists of a run, and less time for the requests of one list.

use std::time::Duration;

use okta_auth::TransportErrorKind;
use tokio::time::Instant;

use super::{builder, chain, next, scripted};
use crate::{ErrorKind, GroupId};
use okta_auth::testing::{Answer, ScriptedTransport};

const USERS: &str = "/api/v1/users?limit=200";

/// Answers to the requests for the users until a deadline, what the error then says with its causes, and after how many seconds.
type Row = (u64, Vec<Answer>, &'static str, u64);

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn rows() -> Vec<Row> {
    let refused = Answer::failure(TransportErrorKind::Connect);
    vec![
        (
            20,
            vec![Answer::json("[]").after(Duration::MAX)],
            "listing users: page 1: gave up after 20 s: no answer came to GET /api/v1/users",
            20,
        ),
        (
            20,
            vec![refused.clone(), Answer::json("[]").after(Duration::MAX)],
            "listing users: page 1: gave up after 20 s: no answer came to GET /api/v1/users; the try before failed \
             < no connection < scripted",
            20,
        ),
        (
            5,
            vec![Answer::status(503, "").header("retry-after", "9")],
            "listing users: page 1: gave up after 0 s: GET /api/v1/users failed, and another try in 9 s comes too late \
             < the answer was 503 Service Unavailable without an error code",
            0,
        ),
        (
            30,
            vec![
                Answer::json("[]")
                    .header("link", &next("/api/v1/users?after=1"))
                    .after(second(12)),
                Answer::status(429, "").header("retry-after", "60"),
            ],
            "listing users: page 2: gave up after 12 s: the next window of the rate limit begins in 60 s, too late for GET \
             /api/v1/users < the answer was 429 Too Many Requests without an error code",
            12,
        ),
        (
            0,
            vec![],
            "listing users: page 1: gave up after 0 s: no time was left for GET /api/v1/users",
            0,
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_list_says_what_it_needed_when_its_time_was_over() {
    for (deadline, answers, expected, took) in rows() {
        let (client, script) = scripted();
        for (at, answer) in answers.into_iter().enumerate() {
            let is_second_page = expected.contains("page 2") && at == 1;
            let target = if is_second_page {
                "/api/v1/users?after=1"
            } else {
                USERS
            };
            script.expect(target, answer);
        }
        let begun = Instant::now();
        let list = client.users().list().deadline(begun + second(deadline));
        let error = list.all().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
        assert_eq!(chain(&error), expected);
        assert_eq!(begun.elapsed(), second(took), "{expected}");
        let fix = error.fix().unwrap();
        let silent = ["no answer came", "no token came", "took too long", "failed"];
        let is_short = !silent.iter().any(|word| expected.contains(word));
        assert_eq!(fix.contains("more time"), is_short, "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_window_that_opens_too_late_is_not_waited_for() {
    let (client, script) = scripted();
    let spent = Answer::json("[]")
        .header("date", "Sat, 25 Feb 2017 01:30:46 GMT")
        .header("x-rate-limit-limit", "10")
        .header("x-rate-limit-remaining", "0")
        .header("x-rate-limit-reset", "1487986286");
    script.expect(USERS, spent);
    client.users().list().all().await.unwrap();
    let begun = Instant::now();
    let error = client
        .users()
        .list()
        .deadline(begun + second(10))
        .all()
        .await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("the next window of the rate limit begins in"),
        "{error}"
    );
    assert_eq!(begun.elapsed(), Duration::ZERO);
    script.expect(USERS, Answer::json("[]"));
    let list = client.users().list().deadline(begun + second(600));
    list.all().await.unwrap();
    script.finish().unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_turn_gives_up_in_time() {
    let transport = ScriptedTransport::default();
    let client = builder(transport.clone())
        .max_concurrent(std::num::NonZeroU32::MIN)
        .build();
    transport.expect(USERS, Answer::json("[]").after(second(50)));
    let begun = Instant::now();
    let late = async {
        tokio::time::sleep(second(1)).await;
        let groups = client
            .groups()
            .list()
            .deadline(begun + second(9))
            .all()
            .await;
        (groups.unwrap_err().to_string(), begun.elapsed())
    };
    let (users, (error, took)) = tokio::join!(client.users().list().all(), late);
    users.unwrap();
    assert_eq!(
        error,
        "listing groups: page 1: gave up after 8 s: GET /api/v1/groups was waiting for requests that were under way"
    );
    assert_eq!(took, second(9));
}

#[tokio::test(start_paused = true)]
async fn one_list_can_be_tried_for_less_time_than_the_others() {
    let (client, script) = scripted();
    let members = "/api/v1/groups/00g1/users?limit=1000";
    (0..9).for_each(|_| script.expect(members, Answer::status(503, "")));
    let begun = Instant::now();
    let list = client.groups().members(&GroupId::from("00g1"));
    let error = list.retry_for(second(10)).all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerFailure);
    assert!(
        (3..10).contains(&begun.elapsed().as_secs()),
        "{:?}",
        begun.elapsed()
    );
}
