//! Which refusals the log tells of: a flood of them is a few lines.

use std::time::Duration;

use tokio::time::Instant;

use super::recent::{Network, Recent};

/// The time in which a network is named once, and in which lines are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// How many networks are named in a minute; one line more tells that there are others.
const MAX_NAMED: u32 = 10;

/// What the log has told of refusals of one kind.
#[derive(Debug, Default)]
pub(super) struct Told {
    networks: Recent<Unnamed>,
    minute: Option<Minute>,
    /// Refusals of networks that were not named.
    unnamed: u64,
}

/// What is not told yet of a network.
#[derive(Debug, Default)]
struct Unnamed {
    named_at: Option<Instant>,
    requests: u64,
}

#[derive(Debug)]
struct Minute {
    began: Instant,
    named: u32,
    others_told: bool,
}

/// A line of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Names the network of this request, and so many requests of it since it was named last.
    Named(u64),
    /// Says that so many more requests came from networks that were not named since this was said last.
    Others(u64),
}

impl Told {
    /// A request was refused. What the log is to say of it, if anything.
    pub(super) fn refused(&mut self, network: Network, now: Instant) -> Option<Line> {
        let is_over = |minute: &Minute| now.saturating_duration_since(minute.began) >= MINUTE;
        if self.minute.as_ref().is_none_or(is_over) {
            self.minute = None;
        }
        let minute = self.minute.get_or_insert(Minute {
            began: now,
            named: 0,
            others_told: false,
        });
        let note = self.networks.asks(network, now);
        note.requests += 1;
        if note
            .named_at
            .is_some_and(|at| now.saturating_duration_since(at) < MINUTE)
        {
            return None;
        }
        if minute.named < MAX_NAMED {
            minute.named += 1;
            note.named_at = Some(now);
            return Some(Line::Named(std::mem::take(&mut note.requests)));
        }
        self.unnamed += 1;
        if minute.others_told {
            return None;
        }
        minute.others_told = true;
        Some(Line::Others(std::mem::take(&mut self.unnamed)))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn network(number: u32) -> Network {
        Network::V4(Ipv4Addr::from_bits(number))
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_is_named_once_a_minute() {
        let mut told = Told::default();
        let start = Instant::now();
        let mut lines = Vec::new();
        for second in 0..150 {
            let now = start + Duration::from_secs(second);
            for _ in 0..10 {
                lines.extend(told.refused(network(1), now).map(|line| (second, line)));
            }
        }
        let expected = [
            (0, Line::Named(1)),
            (60, Line::Named(600)),
            (120, Line::Named(600)),
        ];
        assert_eq!(lines, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_networks_ten_are_named_and_the_rest_is_one_line() {
        let mut told = Told::default();
        let start = Instant::now();
        let mut lines = Vec::new();
        for minute in 0..2 {
            for number in 0..100 {
                let now = start + MINUTE * minute;
                lines.extend(told.refused(network(minute * 1_000 + number), now));
            }
        }
        let mut expected = vec![Line::Named(1); 10];
        expected.push(Line::Others(1));
        expected.extend(vec![Line::Named(1); 10]);
        expected.push(Line::Others(90));
        assert_eq!(lines, expected);
    }
}
