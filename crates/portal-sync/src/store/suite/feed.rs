//! Laws of the feed.

use super::*;
use crate::store::Feed;

pub(in crate::store) async fn the_feed_keeps_its_first_number_of_files(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.feed().await.unwrap(), None);
    let first = Feed {
        shards: 32,
        renewals: 0,
    };
    assert_eq!(store.keep_feed(32).await.unwrap(), first);
    assert_eq!(store.keep_feed(7).await.unwrap(), first);
    let other = place.open().await;
    assert_eq!(other.feed().await.unwrap(), Some(first));
    // It is of no provider, and makes no generation.
    assert_eq!(store.generation().await.unwrap(), None);
}

pub(in crate::store) async fn renewals_of_the_feed_are_counted(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.renew_feed().await.unwrap(), None);
    store.keep_feed(3).await.unwrap();
    for renewals in 1..4 {
        let kept = Some(Feed {
            shards: 3,
            renewals,
        });
        assert_eq!(store.renew_feed().await.unwrap(), kept);
        assert_eq!(store.feed().await.unwrap(), kept);
    }
}
