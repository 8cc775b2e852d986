//! The feed.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::*;

const INDEX: &str = "/feed/okta/catalog/main/index.yaml";

fn shard(number: u16) -> String {
    format!("/feed/okta/catalog/main/shards/entities-{number:02}.yaml")
}

/// A feed of this many files.
fn stage(shards: u16) -> Stage {
    let stage = Stage::empty();
    stage.feed.keep(shards, 0);
    stage
}

/// The names in a file.
async fn names(stage: &Stage, number: u16) -> Vec<String> {
    let file = stage.get(&shard(number)).await;
    assert_eq!(file.status, 200, "{}", file.text());
    let entities = file.text().lines().filter(|line| *line != "---");
    let names = entities.map(|line| {
        let entity: Value = serde_json::from_str(line).unwrap();
        entity["metadata"]["name"].as_str().unwrap().to_owned()
    });
    names.collect()
}

#[tokio::test]
async fn everybody_is_fed_once() {
    let stage = stage(3);
    stage.publish(small());
    let index = stage.get(INDEX).await;
    assert_eq!(index.status, 200);
    assert_eq!(index.text().lines().count(), 6);
    let mut all = Vec::new();
    for number in 0..3 {
        all.extend(names(&stage, number).await);
    }
    all.sort_unstable();
    assert_eq!(all, ["ada.lovelace", "engines", "mallory", "science"]);
    for path in [
        &shard(3),
        "/feed/okta/catalog/main/shards/entities-1.yaml",
        "/feed/okta/catalog/main/other.yaml",
        "/feed/main/index.yaml",
        "/feed/",
    ] {
        assert_eq!(stage.get(path).await.status, 404, "{path}");
    }
    // Whatever stands before, a branch with a slash too.
    let other = stage.get("/feed/a/b/feature/x/index.yaml").await;
    assert_eq!(other.text(), index.text());
}

#[tokio::test]
async fn nothing_is_fed_until_everybody_was_read() {
    let stage = Stage::empty();
    let first = shard(0);
    for path in [INDEX, &first] {
        let unread = stage.get(path).await;
        assert_eq!(
            (unread.status, unread.text()),
            (503, "waiting for the first sync\n")
        );
    }
    stage.publish(small());
    // The store was not asked yet.
    assert_eq!(stage.get(INDEX).await.status, 503);
    stage.feed.keep(1, 0);
    assert_eq!(stage.get(INDEX).await.status, 200);
    stage.status.send_replace(
        ["default", "new"]
            .map(|provider| ProviderStatus {
                provider: provider.to_owned(),
                org: "acme.okta.com".to_owned(),
                last_run: None,
                next_run: None,
                running: false,
            })
            .to_vec(),
    );
    for path in [INDEX, &first] {
        let missing = stage.get(path).await;
        assert_eq!((missing.status, missing.text()), (503, "never read: new\n"));
        assert_eq!(missing.header("retry-after"), Some("60"));
    }
}

#[tokio::test]
async fn who_has_a_file_is_told_so_in_either_coding() {
    let stage = stage(1);
    stage.publish(small());
    let first = shard(0);
    let mut tags = Vec::new();
    for path in [INDEX, &first] {
        for accept in [None, Some(("accept-encoding", "gzip"))] {
            let mut headers: Vec<_> = accept.into_iter().collect();
            let file = stage.ask(Method::GET, path, &headers).await;
            let length = file.body.len().to_string();
            assert_eq!(file.header("content-length"), Some(length.as_str()));
            assert_eq!(file.header("vary"), Some("accept-encoding"));
            let head = stage.ask(Method::HEAD, path, &headers).await;
            assert_eq!((head.status, head.body.len()), (200, 0));
            for name in ["content-length", "etag", "content-encoding", "content-type"] {
                assert_eq!(head.header(name), file.header(name), "{name}");
            }
            if accept.is_some() {
                let mut plain = Vec::new();
                GzDecoder::new(&*file.body).read_to_end(&mut plain).unwrap();
                assert_eq!(plain, stage.get(path).await.body);
            }
            let tag = file.header("etag").unwrap().to_owned();
            assert!(tag.starts_with('"'), "{tag}");
            headers.push(("if-none-match", &tag));
            let same = stage.ask(Method::GET, path, &headers).await;
            assert_eq!((same.status, same.body.len()), (304, 0));
            tags.push(tag);
        }
    }
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(tags.len(), 4);
}

#[tokio::test]
async fn a_file_changes_with_its_own_entities_alone() {
    let stage = stage(4);
    let tags = async || {
        let mut tags = Vec::new();
        for number in 0..4 {
            let file = stage.get(&shard(number)).await;
            tags.push(file.header("etag").unwrap().to_owned());
        }
        tags
    };
    stage.publish(small());
    let before = tags().await;
    let mut changed = small();
    changed[0]["metadata"]["title"] = "Countess".into();
    let newer = crate::testing::published(13, Timestamp::UNIX_EPOCH, changed);
    stage.catalog.send_replace(Some(Arc::new(newer)));
    let after = tags().await;
    let differ = before.iter().zip(&after).filter(|(a, b)| a != b).count();
    assert_eq!(differ, 1);
    // A renewal changes every file that has somebody.
    stage.feed.keep(4, 1);
    let renewed = tags().await;
    let differ = after.iter().zip(&renewed).filter(|(a, b)| a != b).count();
    assert!(differ > 1);
}

#[tokio::test]
async fn the_feed_asks_for_a_token_where_there_is_one() {
    let stage = Stage::with_tokens(&["0123456789abcdef"]);
    stage.feed.keep(1, 0);
    stage.publish(small());
    assert_eq!(stage.get(INDEX).await.status, 401);
    let bearer = [("authorization", "Bearer 0123456789abcdef")];
    assert_eq!(stage.ask(Method::GET, INDEX, &bearer).await.status, 200);
}
