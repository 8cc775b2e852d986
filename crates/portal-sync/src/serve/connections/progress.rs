//! How long a connection may take for what it does: the times, without a clock.

use std::time::Duration;

use tokio::time::Instant;

/// The head of a request comes whole within this time of its first byte, the first one of the connection's beginning.
pub(super) const HEAD: Duration = Duration::from_secs(10);

/// A connection may be silent for so long between two requests.
pub(super) const IDLE: Duration = Duration::from_secs(60);

/// Who takes nothing of an answer for so long is cut off.
pub(super) const WRITE: Duration = Duration::from_secs(30);

/// An answer is taken whole within this time: who takes a little now and then does not hold it for ever.
pub(super) const ANSWER: Duration = Duration::from_secs(600);

/// What a connection has been doing, and since when.
#[derive(Debug)]
pub(super) struct Progress {
    /// When it began, or its last answer ended.
    since: Instant,
    /// Whether there was a request ever.
    has_asked: bool,
    /// The head that is under way, by its number.
    head: Option<(u64, Instant)>,
    /// Requests whose answers are not made to their ends.
    requests: usize,
    /// When the last of them came.
    asked: Instant,
    /// When the peer last took something of an answer.
    taken: Instant,
    /// Since when it takes nothing.
    blocked: Option<Instant>,
}

/// Why a connection is closed for its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// A head did not come whole.
    Head,
    /// Nothing was asked.
    Idle,
    /// Nothing of an answer was taken.
    Write,
    /// An answer was not taken to its end.
    Answer,
}

/// What a connection has to say for itself where there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Without a whole request since then.
    Waiting(Instant),
    /// With an answer of which nothing was taken since then, though there is something.
    Stalled(Instant),
    /// With an answer that made its last progress then.
    Answering(Instant),
}

impl Progress {
    /// A connection that begins.
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            since: now,
            has_asked: false,
            head: None,
            requests: 0,
            asked: now,
            taken: now,
            blocked: None,
        }
    }

    /// Something was read; `head` is the number of the head that is under way after it.
    pub(super) fn read(&mut self, now: Instant, head: Option<u64>) {
        self.head = head.map(|number| match self.head {
            Some((before, begun)) if before == number => (before, begun),
            _ => (number, now),
        });
    }

    /// A whole request came.
    pub(super) const fn ask(&mut self, now: Instant) {
        self.requests += 1;
        self.has_asked = true;
        self.asked = now;
        self.taken = now;
    }

    /// An answer was made to its end, or given up.
    pub(super) fn answered(&mut self, now: Instant) {
        self.requests = self.requests.saturating_sub(1);
        self.rest(now);
    }

    /// The peer took something, be it not all that was offered.
    pub(super) fn wrote(&mut self, now: Instant, all: bool) {
        self.taken = now;
        if !all {
            self.blocked = Some(now);
        } else if self.blocked.take().is_some() {
            self.rest(now);
        }
    }

    /// The peer takes nothing.
    pub(super) const fn blocked(&mut self, now: Instant) {
        if self.blocked.is_none() {
            self.blocked = Some(now);
        }
    }

    /// Time that an answer took is nobody's idleness.
    fn rest(&mut self, now: Instant) {
        if !self.is_answering() {
            self.since = now;
            if let Some((_, begun)) = &mut self.head {
                *begun = now;
            }
        }
    }

    const fn is_answering(&self) -> bool {
        self.requests > 0 || self.blocked.is_some()
    }

    /// When the connection is closed, unless something happens before, and why.
    pub(super) fn deadline(&self) -> (Instant, Overdue) {
        if self.is_answering() {
            let whole = self.asked + ANSWER;
            return match self.blocked.map(|since| since + WRITE) {
                Some(write) if write < whole => (write, Overdue::Write),
                _ => (whole, Overdue::Answer),
            };
        }
        match self.head {
            Some((_, begun)) if self.has_asked => (begun + HEAD, Overdue::Head),
            None if self.has_asked => (self.since + IDLE, Overdue::Idle),
            _ => (self.since + HEAD, Overdue::Head),
        }
    }

    /// Its place among those who may have to go.
    pub(super) const fn standing(&self) -> Standing {
        match self.blocked {
            Some(_) => Standing::Stalled(self.taken),
            None if self.requests > 0 => Standing::Answering(self.taken),
            None => Standing::Waiting(self.since),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Event {
        Read(Option<u64>),
        Ask,
        Answered,
        Wrote(bool),
        Blocked,
    }
    use Event::*;

    /// What happens at which second.
    type Events = &'static [(u64, Event)];

    fn after(begin: Instant, events: &[(u64, Event)]) -> Progress {
        let mut progress = Progress::new(begin);
        for (second, event) in events {
            let now = begin + Duration::from_secs(*second);
            match event {
                Read(head) => progress.read(now, *head),
                Ask => progress.ask(now),
                Answered => progress.answered(now),
                Wrote(all) => progress.wrote(now, *all),
                Blocked => progress.blocked(now),
            }
        }
        progress
    }

    #[test]
    fn each_stage_has_its_time() {
        let begin = Instant::now();
        let cases: [(&str, Events, u64, Overdue); 15] = [
            ("silent", &[], 10, Overdue::Head),
            ("half a head", &[(9, Read(Some(0)))], 10, Overdue::Head),
            (
                "a head that drips",
                &[(1, Read(Some(0))), (9, Read(Some(0)))],
                10,
                Overdue::Head,
            ),
            (
                "a handler at work",
                &[(2, Read(None)), (2, Ask)],
                602,
                Overdue::Answer,
            ),
            ("answered", &[(2, Ask), (3, Answered)], 63, Overdue::Idle),
            (
                "a second head",
                &[(2, Ask), (3, Answered), (50, Read(Some(1)))],
                60,
                Overdue::Head,
            ),
            (
                "it drips too",
                &[
                    (2, Ask),
                    (3, Answered),
                    (50, Read(Some(1))),
                    (59, Read(Some(1))),
                ],
                60,
                Overdue::Head,
            ),
            (
                "a third head",
                &[
                    (2, Ask),
                    (3, Answered),
                    (50, Read(Some(1))),
                    (55, Read(Some(2))),
                ],
                65,
                Overdue::Head,
            ),
            (
                "a head that came early",
                &[(2, Ask), (3, Read(Some(1))), (30, Answered)],
                40,
                Overdue::Head,
            ),
            (
                "it takes nothing",
                &[(2, Ask), (5, Blocked), (9, Blocked)],
                35,
                Overdue::Write,
            ),
            (
                "it takes a little",
                &[(2, Ask), (5, Blocked), (20, Wrote(false)), (20, Blocked)],
                50,
                Overdue::Write,
            ),
            (
                "it takes all that there is",
                &[(2, Ask), (5, Blocked), (20, Wrote(true))],
                602,
                Overdue::Answer,
            ),
            (
                "it takes a little for ever",
                &[(2, Ask), (5, Blocked), (599, Wrote(false))],
                602,
                Overdue::Answer,
            ),
            (
                "it does not take the end",
                &[(2, Ask), (5, Blocked), (6, Answered)],
                35,
                Overdue::Write,
            ),
            (
                "it takes the end late",
                &[(2, Ask), (5, Blocked), (6, Answered), (30, Wrote(true))],
                90,
                Overdue::Idle,
            ),
        ];
        for (name, events, second, why) in cases {
            let (at, overdue) = after(begin, events).deadline();
            assert_eq!(
                (at - begin, overdue),
                (Duration::from_secs(second), why),
                "{name}"
            );
        }
    }

    #[test]
    fn each_stage_has_its_standing() {
        let begin = Instant::now();
        let at = |second| begin + Duration::from_secs(second);
        let cases: [(Events, Standing); 8] = [
            (&[], Standing::Waiting(at(0))),
            // A head that is not whole is no request.
            (&[(5, Read(Some(0)))], Standing::Waiting(at(0))),
            (&[(1, Ask)], Standing::Answering(at(1))),
            (&[(1, Ask), (2, Answered)], Standing::Waiting(at(2))),
            (&[(1, Ask), (2, Wrote(true))], Standing::Answering(at(2))),
            (&[(1, Ask), (2, Blocked)], Standing::Stalled(at(1))),
            (
                &[(1, Ask), (2, Blocked), (5, Wrote(false))],
                Standing::Stalled(at(5)),
            ),
            (
                &[(1, Ask), (2, Blocked), (3, Answered), (5, Wrote(true))],
                Standing::Waiting(at(5)),
            ),
        ];
        for (number, (events, standing)) in cases.into_iter().enumerate() {
            assert_eq!(after(begin, events).standing(), standing, "{number}");
        }
    }
}
