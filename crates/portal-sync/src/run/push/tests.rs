//! What a Backstage is told.

use std::sync::Mutex;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Response;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::*;
use crate::testing;

/// A Backstage that answers so, in this order, and then that it is done.
#[derive(Debug, Default)]
struct Backstage {
    answers: Mutex<Vec<u16>>,
    asked: Mutex<Vec<(String, String)>>,
}

impl Transport for Backstage {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let token = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let entity = body["entityRef"].as_str().unwrap().to_owned();
        assert_eq!(
            request.uri(),
            "https://backstage.example.com/api/catalog/refresh"
        );
        self.asked.lock().unwrap().push((token, entity));
        let status = self.answers.lock().unwrap().pop().unwrap_or(200);
        let answer = Response::builder().status(status).body(Bytes::new());
        async move { Ok(answer.unwrap()) }.boxed()
    }
}

fn push() -> Push {
    Push {
        url: "https://backstage.example.com/".parse().unwrap(),
        token: "0123456789abcdef".into(),
    }
}

fn generation(number: u64, title: &str) -> Arc<Published> {
    let user = |name: &str, title: &str| {
        json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "User",
            "metadata": { "name": name, "title": title },
            "spec": { "memberOf": [] },
        })
    };
    let users = vec![user("ada", title), user("bob", "Bob"), user("cy", "Cy")];
    Arc::new(testing::published(number, Timestamp::UNIX_EPOCH, users))
}

struct Stage {
    backstage: Arc<Backstage>,
    feed: Arc<Feed>,
    catalog: watch::Sender<Option<Arc<Published>>>,
}

impl Stage {
    fn begin() -> Self {
        let stage = Self::begin_unasked();
        stage.feed.keep(61, 0);
        stage
    }

    /// The store was not asked yet.
    fn begin_unasked() -> Self {
        let backstage = Arc::new(Backstage::default());
        let feed = Arc::new(Feed::new(None));
        let (catalog, reader) = watch::channel(None);
        let transport: Arc<dyn Transport> = Arc::clone(&backstage) as _;
        tokio::spawn(push().follow(transport, Arc::clone(&feed), reader));
        Self {
            backstage,
            feed,
            catalog,
        }
    }

    /// What was asked until nothing is left to do.
    async fn asked(&self) -> Vec<String> {
        // Digests are made on another thread, whose end is waited for.
        for _ in 0..200 {
            tokio::task::yield_now().await;
            std::thread::yield_now();
            sleep(Duration::from_millis(5)).await;
        }
        let mut asked = self.backstage.asked.lock().unwrap();
        let asked = std::mem::take(&mut *asked).into_iter();
        let asked = asked.map(|(token, entity)| {
            assert_eq!(token, "Bearer 0123456789abcdef");
            entity
        });
        asked.collect()
    }
}

#[tokio::test]
async fn only_the_files_that_changed_are_told() {
    let stage = Stage::begin();
    stage.catalog.send_replace(Some(generation(1, "Ada")));
    // What was fed before is not known.
    assert_eq!(stage.asked().await, Vec::<String>::new());
    stage.catalog.send_replace(Some(generation(2, "Countess")));
    let told = stage.asked().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("location:default/portal-sync-feed-"),
        "{told:?}"
    );
    // The same again is nothing new.
    stage.catalog.send_replace(Some(generation(3, "Countess")));
    assert_eq!(stage.asked().await, Vec::<String>::new());
    stage.feed.keep(61, 1);
    assert_eq!(stage.asked().await.len(), 3);
}

#[tokio::test]
async fn a_catalog_that_is_there_before_the_store_was_asked_is_compared_with_the_next() {
    let stage = Stage::begin_unasked();
    stage.catalog.send_replace(Some(generation(1, "Ada")));
    assert_eq!(stage.asked().await, Vec::<String>::new());
    stage.feed.keep(61, 0);
    assert_eq!(stage.asked().await, Vec::<String>::new());
    stage.catalog.send_replace(Some(generation(2, "Countess")));
    assert_eq!(stage.asked().await.len(), 1);
}

#[test]
fn what_fails_has_a_fix_and_is_tried_again_where_that_helps() {
    for (status, is_transient) in [(401, false), (404, false), (500, true), (503, true)] {
        let error = PushError::Refused {
            url: push().url,
            status: StatusCode::from_u16(status).unwrap(),
        };
        assert_eq!(error.is_transient(), is_transient, "{error}");
        assert!(!error.fix().is_empty());
        assert!(!format!("{error:?} {error}").contains("0123456789abcdef"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_backstage_that_fails_is_asked_again_and_one_that_refuses_is_not() {
    for (answers, asked) in [(vec![200, 503], 2), (vec![401], 1), (vec![500; 9], 4)] {
        let backstage = Backstage {
            answers: Mutex::new(answers),
            ..Backstage::default()
        };
        let told = push().refresh(&backstage, "location:default/x").await;
        assert_eq!(told.is_ok(), asked == 2);
        assert_eq!(backstage.asked.lock().unwrap().len(), asked);
    }
}
