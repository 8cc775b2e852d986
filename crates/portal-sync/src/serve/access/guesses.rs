//! How fast wrong tokens are answered.
//!
//! It keeps guessing from costing others anything: a token of 16 characters is not found by guessing, however fast. Who is
//! answered late knows before the answer comes that the token was wrong, because right ones are never late.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::recent::{Network, Recent};

/// How many wrong tokens of a network are answered at once: slips, and a client or two with an old token.
const FREE: u32 = 5;

/// How long the first answer after those waits; each further one waits twice as long as the one before.
const FIRST_DELAY: Duration = Duration::from_millis(50);

/// The longest that an answer waits.
pub(super) const MAX_DELAY: Duration = Duration::from_secs(1);

/// How many answers to one network wait at a time.
const MAX_WAITING_OF_NETWORK: usize = 4;

/// How many answers wait at a time, to whomever.
const MAX_WAITING: usize = 32;

/// The wrong tokens of late, by network.
#[derive(Debug, Default)]
pub(super) struct Guesses {
    counts: Recent<u32>,
    waiting: BTreeMap<Network, usize>,
}

/// When a wrong token is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Now.
    AtOnce,
    /// After this time, and then [`Guesses::answered`] is to be called, also when nobody waits any more.
    After(Duration),
    /// Now, because too many wait already, and with another answer.
    TooMany,
}

impl Guesses {
    /// A wrong token came.
    pub(super) fn wrong(&mut self, network: Network, now: Instant) -> Verdict {
        let count = self.counts.asks(network, now);
        *count = count.saturating_add(1);
        let Some(slowed) = count.checked_sub(FREE + 1) else {
            return Verdict::AtOnce;
        };
        let of_network = self.waiting.get(&network).copied().unwrap_or_default();
        if of_network >= MAX_WAITING_OF_NETWORK
            || self.waiting.values().sum::<usize>() >= MAX_WAITING
        {
            return Verdict::TooMany;
        }
        self.waiting.insert(network, of_network + 1);
        let factor = 2_u32.saturating_pow(slowed);
        Verdict::After(FIRST_DELAY.saturating_mul(factor).min(MAX_DELAY))
    }

    /// A wrong token that had to wait does not wait any more.
    pub(super) fn answered(&mut self, network: Network) {
        if let Some(waiting) = self.waiting.get_mut(&network) {
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                self.waiting.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::super::recent::FORGET_AFTER;
    use super::*;

    fn network(number: u32) -> Network {
        Network::V4(Ipv4Addr::from_bits(number))
    }

    /// What one guess after the other gets, each once the one before was answered.
    fn in_turn(guesses: &mut Guesses, number: u32, count: usize, now: Instant) -> Vec<Verdict> {
        let mut one = || {
            let verdict = guesses.wrong(network(number), now);
            if matches!(verdict, Verdict::After(_)) {
                guesses.answered(network(number));
            }
            verdict
        };
        (0..count).map(|_| one()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_are_answered_at_once_and_the_rest_later_and_later() {
        let mut guesses = Guesses::default();
        let now = Instant::now();
        let after = |milliseconds| Verdict::After(Duration::from_millis(milliseconds));
        let mut expected = vec![Verdict::AtOnce; 5];
        expected.extend([50, 100, 200, 400, 800, 1_000, 1_000].map(after));
        assert_eq!(in_turn(&mut guesses, 1, 12, now), expected);
        assert_eq!(in_turn(&mut guesses, 1, 100, now)[99], after(1_000));

        assert_eq!(in_turn(&mut guesses, 2, 12, now), expected, "another one");
        let later = now + FORGET_AFTER;
        assert_eq!(in_turn(&mut guesses, 1, 12, later), expected, "forgotten");
        assert!(guesses.waiting.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_wait_for_the_answers_is_turned_away() {
        let mut guesses = Guesses::default();
        let now = Instant::now();
        in_turn(&mut guesses, 1, 20, now);
        let late = Verdict::After(MAX_DELAY);
        for expected in [late, late, late, late, Verdict::TooMany, Verdict::TooMany] {
            assert_eq!(guesses.wrong(network(1), now), expected);
        }
        guesses.answered(network(1));
        assert_eq!(guesses.wrong(network(1), now), late);
        assert_eq!(guesses.wrong(network(1), now), Verdict::TooMany);
    }

    #[tokio::test(start_paused = true)]
    async fn many_networks_together_hold_no_more_than_a_few() {
        let mut guesses = Guesses::default();
        let now = Instant::now();
        let mut waiting = 0;
        for number in 0..100 {
            in_turn(&mut guesses, number, 5, now);
            for _ in 0..10 {
                let verdict = guesses.wrong(network(number), now);
                waiting += usize::from(matches!(verdict, Verdict::After(_)));
            }
        }
        assert_eq!(waiting, MAX_WAITING);
        assert_eq!(
            guesses.wrong(network(1_000), now),
            Verdict::AtOnce,
            "a slip"
        );
    }

    #[test]
    fn the_page_of_limits_has_these() {
        let page = include_str!("../../../docs/limits.md");
        for part in [
            format!("| wrong tokens of one network that are answered at once | {FREE} |"),
            format!("after {FIRST_DELAY:?}, doubled up to {MAX_DELAY:?},")
                .replace("ms", " ms")
                .replace("1s", "1 s"),
            format!("| {MAX_WAITING_OF_NETWORK} of one network, {MAX_WAITING} of all |"),
        ] {
            assert!(page.contains(&part), "{part}");
        }
    }

    proptest! {
        /// Nobody waits longer than the limits say, and what was taken is given back.
        #[test]
        fn the_limits_hold(steps in proptest::collection::vec((0_u32..12, any::<bool>(), 0_u64..5_000), 0..400)) {
            let mut guesses = Guesses::default();
            let mut now = Instant::now();
            let mut held: Vec<u32> = Vec::new();
            for (number, is_guess, passed) in steps {
                now += Duration::from_millis(passed);
                if is_guess {
                    if let Verdict::After(delay) = guesses.wrong(network(number), now) {
                        prop_assert!(delay >= FIRST_DELAY && delay <= MAX_DELAY);
                        held.push(number);
                    }
                } else if !held.is_empty() {
                    guesses.answered(network(held.swap_remove(0)));
                }
                prop_assert!(held.len() <= MAX_WAITING);
                let of_network = held.iter().filter(|other| **other == number).count();
                prop_assert!(of_network <= MAX_WAITING_OF_NETWORK);
                prop_assert_eq!(guesses.waiting.values().sum::<usize>(), held.len());
            }
        }
    }
}
