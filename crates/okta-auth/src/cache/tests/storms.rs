//! What many callers may do to the token endpoint, whatever it answers: bounds on the number of requests.

use http::{Request, Response};
use tokio::time::timeout_at;

use super::*;
use crate::transport::{TransportError, TransportErrorKind};

/// Answers every request at once, or never.
#[derive(Debug)]
enum Always {
    Grants { seconds: u64 },
    Refuses,
    Breaks,
    Hangs,
}

impl Transport for Always {
    fn send(
        &self,
        _: Request<bytes::Bytes>,
    ) -> BoxFuture<'_, Result<Response<bytes::Bytes>, TransportError>> {
        let answer = match self {
            Self::Grants { seconds } => Ok(granting("always the same", *seconds)),
            Self::Refuses => Ok(oauth_error(
                401,
                None,
                "invalid_client",
                "The client_assertion signature is invalid.",
            )),
            Self::Breaks => Err(TransportError::new(
                TransportErrorKind::Connect,
                "always the same",
            )),
            Self::Hangs => return Box::pin(std::future::pending()),
        };
        Box::pin(std::future::ready(answer))
    }
}

/// Lets `callers` ask in a circle for `length`, each doing `then` with what it gets.
async fn circle(
    cache: &Arc<TokenCache<Always>>,
    callers: usize,
    length: Duration,
    then: impl Fn(&TokenCache<Always>, Result<Token, AuthError>) + Copy + Send + 'static,
) {
    let end = Instant::now() + length;
    let callers = (0..callers).map(|_| {
        let cache = Arc::clone(cache);
        tokio::spawn(timeout_at(end, async move {
            loop {
                let outcome = cache.token().await;
                then(&cache, outcome);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }))
    });
    for ended in futures::future::join_all(callers).await {
        let _: Result<(), _> = ended.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn short_lived_tokens_make_no_storm() {
    // A token is used for half its life and for a second at least.
    for (seconds, most) in [(0, 61), (1, 61), (2, 61), (5, 25), (60, 3)] {
        let cache = cache(Always::Grants { seconds });
        circle(&cache, 100, minutes(1), |_, outcome| {
            assert!(outcome.is_ok());
        })
        .await;
        let requests = cache.requests();
        assert!(requests <= most, "{requests} requests for {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_rejects_every_token_is_asked_once_a_second() {
    for seconds in [0, 3600] {
        let cache = cache(Always::Grants { seconds });
        circle(&cache, 100, minutes(1), |cache, outcome| {
            cache.reject(&outcome.unwrap());
        })
        .await;
        let requests = cache.requests();
        assert!((60..=62).contains(&requests), "{requests} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_is_asked_once_a_second() {
    for always in [Always::Refuses, Always::Breaks] {
        let cache = cache(always);
        circle(&cache, 100, minutes(1), |_, outcome| {
            assert!(outcome.is_err());
        })
        .await;
        let requests = cache.requests();
        assert!(requests <= 61, "{requests} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_replaced_at_once_but_not_again_and_again() {
    let cache = cache(Always::Grants { seconds: 3600 });
    let mut waited = Vec::new();
    for used in [0, 0, 0, 5000, 0] {
        let token = cache.token().await.unwrap();
        advance(Duration::from_millis(used)).await;
        cache.reject(&token);
        let begin = Instant::now();
        cache.token().await.unwrap();
        waited.push(begin.elapsed().as_secs_f64().round());
    }
    assert_eq!(waited, [0.0, 1.0, 1.0, 0.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn callers_that_give_up_together_do_not_each_leave_a_request_behind() {
    let cache = cache(Always::Hangs);
    let callers = (0..1000).map(|_| {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move {
            let patience = Duration::from_secs(5);
            timeout(patience, cache.token()).await.is_err()
        })
    });
    for gave_up in futures::future::join_all(callers).await {
        assert!(gave_up.unwrap());
    }
    assert!(cache.requests() <= 2, "{} requests", cache.requests());
}
