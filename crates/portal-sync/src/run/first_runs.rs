//! The order in which tenants that were never read come into the catalog.
//!
//! Two tenants may want one name, and whoever commits first has it. Who that is must not depend on whose answers are
//! quicker today: over a catalog that knows neither, tenants commit in the order of the configuration, each when the first
//! run of every earlier one has ended, however it ended.

use tokio::sync::watch;

/// One tenant's place in the order.
#[derive(Debug)]
pub(crate) struct FirstRun {
    ended: watch::Sender<bool>,
    earlier: Vec<watch::Receiver<bool>>,
}

/// The places of so many tenants, in the order of the configuration.
#[must_use]
pub(crate) fn in_order(count: usize) -> Vec<FirstRun> {
    let mut earlier = Vec::new();
    let places = (0..count).map(|_| {
        let (ended, receiver) = watch::channel(false);
        let place = FirstRun {
            ended,
            earlier: earlier.clone(),
        };
        earlier.push(receiver);
        place
    });
    places.collect()
}

impl FirstRun {
    /// Done when the first run of every earlier tenant has ended, or never will because whoever had it is gone.
    pub(crate) async fn wait_for_earlier(&self) {
        for earlier in &self.earlier {
            drop(earlier.clone().wait_for(|ended| *ended).await);
        }
    }

    /// The tenant's first run has ended, or nobody has to wait for it. Again makes no difference.
    pub(crate) fn end(&self) {
        self.ended.send_replace(true);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::in_order;

    #[test]
    fn each_waits_for_all_earlier_ones_and_for_no_later_one() {
        let mut places = in_order(3);
        assert!(places[0].wait_for_earlier().now_or_never().is_some());
        assert!(places[1].wait_for_earlier().now_or_never().is_none());
        places[1].end();
        assert!(places[2].wait_for_earlier().now_or_never().is_none());
        // Whoever is gone is not waited for.
        drop(places.remove(0));
        assert!(places[1].wait_for_earlier().now_or_never().is_some());
    }

    #[tokio::test]
    async fn the_example_of_first_run() {
        let places = in_order(2);
        if let [one, two] = &places[..] {
            one.wait_for_earlier().await;
            one.end();
            two.wait_for_earlier().await;
        }
    }
}
