//! What is remembered of the networks that asked last: a bounded number of them, for a bounded time.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// How many networks are remembered; of more, those that asked longest ago are forgotten.
pub(super) const MAX_NETWORKS: usize = 4_096;

/// How long a network is remembered that does not ask again.
pub(super) const FORGET_AFTER: Duration = Duration::from_secs(600);

/// Where a request comes from, as far as one person may have several addresses: an IPv4 address, or the /64 of an IPv6
/// address, all of which a single machine may use (RFC 4291, RFC 8981).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Network {
    /// Nobody said where from.
    Unknown,
    V4(Ipv4Addr),
    V6([u16; 4]),
}

impl Network {
    pub(super) fn of(peer: Option<IpAddr>) -> Self {
        match peer.map(|peer| peer.to_canonical()) {
            None => Self::Unknown,
            Some(IpAddr::V4(address)) => Self::V4(address),
            Some(IpAddr::V6(address)) => Self::v6(address),
        }
    }

    fn v6(address: Ipv6Addr) -> Self {
        let [a, b, c, d, ..] = address.segments();
        Self::V6([a, b, c, d])
    }
}

/// A note on each network that asked lately.
#[derive(Debug)]
pub(super) struct Recent<T> {
    notes: BTreeMap<Network, Note<T>>,
    /// The networks by the turn in which they asked last.
    order: BTreeMap<u64, Network>,
    turns: u64,
}

#[derive(Debug)]
struct Note<T> {
    value: T,
    turn: u64,
    at: Instant,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            notes: BTreeMap::new(),
            order: BTreeMap::new(),
            turns: 0,
        }
    }
}

impl<T: Default> Recent<T> {
    /// The note on a network that asks now; a new one when there is none, or none any more.
    pub(super) fn asks(&mut self, network: Network, now: Instant) -> &mut T {
        self.forget(now);
        if !self.notes.contains_key(&network) && self.notes.len() >= MAX_NETWORKS {
            self.forget_oldest();
        }
        self.turns += 1;
        let turn = self.turns;
        let note = self.notes.entry(network).or_insert_with(|| Note {
            value: T::default(),
            turn,
            at: now,
        });
        self.order.remove(&note.turn);
        self.order.insert(turn, network);
        note.turn = turn;
        note.at = now;
        &mut note.value
    }

    fn forget(&mut self, now: Instant) {
        while let Some((_, network)) = self.order.first_key_value()
            && let Some(note) = self.notes.get(network)
            && now.saturating_duration_since(note.at) >= FORGET_AFTER
        {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, network)) = self.order.pop_first() {
            self.notes.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u32) -> Network {
        Network::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn addresses_of_one_machine_are_one_network() {
        let of = |text: &str| Network::of(Some(text.parse().unwrap()));
        for (one, other, same) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.1", "::ffff:10.0.0.1", true),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(of(one) == of(other), same, "{one} {other}");
        }
        assert_ne!(Network::of(None), of("0.0.0.0"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_is_remembered_while_it_asks() {
        let mut recent = Recent::<u32>::default();
        let start = Instant::now();
        let nearly = FORGET_AFTER - Duration::from_secs(1);
        *recent.asks(network(1), start) += 1;
        *recent.asks(network(1), start + nearly) += 1;
        *recent.asks(network(1), start + nearly * 2) += 1;
        assert_eq!(*recent.asks(network(1), start + nearly * 2), 3);
        assert_eq!(
            *recent.asks(network(1), start + nearly * 2 + FORGET_AFTER),
            0
        );
        assert_eq!((recent.notes.len(), recent.order.len()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn of_too_many_those_who_asked_longest_ago_go() {
        let mut recent = Recent::<u32>::default();
        let now = Instant::now();
        let many = u32::try_from(MAX_NETWORKS).unwrap();
        for number in 0..many {
            *recent.asks(network(number), now) = 7;
        }
        assert_eq!(*recent.asks(network(0), now), 7);
        assert_eq!(*recent.asks(network(many), now), 0);
        assert_eq!(recent.notes.len(), MAX_NETWORKS);
        assert_eq!(recent.order.len(), MAX_NETWORKS);
        assert_eq!(*recent.asks(network(0), now), 7, "it had asked again");
        assert_eq!(*recent.asks(network(1), now), 0, "it was the oldest");
    }
}
