//! Globs over names of groups.
//!
//! A glob is compiled to a small machine that is run on all its states at once, as Thompson's regular expressions are
//! (Communications of the ACM 11:6, 1968): the time is at most the length of the name times that of the glob, whatever
//! they are, and nothing recurses.

use crate::problem::Problem;

mod parse;

/// A glob, ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    steps: Vec<Step>,
}

/// What the machine does at one place of the glob. Without a word on it, it goes on at the next place.
#[derive(Clone, Debug)]
enum Step {
    /// Takes this character.
    Literal(char),
    /// `?`: takes one character.
    One,
    /// `*`: takes any number of characters.
    Many,
    /// `[…]`: takes one character of a set.
    Set(Set),
    /// `{`: goes on at each of these places.
    Fork(Vec<usize>),
    /// The end of an alternative: goes on behind the `}`.
    Jump(usize),
}

/// The characters between brackets.
#[derive(Clone, Debug, Default)]
struct Set {
    negated: bool,
    /// First and last of each range.
    ranges: Vec<(char, char)>,
}

impl Glob {
    /// Reads a glob; the places of the problems are counted from `offset`.
    pub(crate) fn read(text: &str, offset: usize) -> Result<Self, Vec<Problem>> {
        parse::parse(text, offset).map(|steps| Self { steps })
    }

    /// Whether the glob matches all of `name`.
    pub(crate) fn matches(&self, name: &str) -> bool {
        // Most names part from a glob in its literal beginning, before the machine is needed.
        let mut rest = name.chars();
        let mut start = 0;
        while let Some(Step::Literal(wanted)) = self.steps.get(start) {
            if rest.next() != Some(*wanted) {
                return false;
            }
            start += 1;
        }
        let mut now = States::new(self.steps.len());
        let mut next = States::new(self.steps.len());
        now.enter(start, &self.steps);
        for character in rest {
            for &at in &now.list {
                match self.steps.get(at) {
                    Some(Step::Literal(wanted)) if *wanted == character => {
                        next.enter(at + 1, &self.steps);
                    }
                    Some(Step::One) => next.enter(at + 1, &self.steps),
                    Some(Step::Many) => next.enter(at, &self.steps),
                    Some(Step::Set(set)) if set.contains(character) => {
                        next.enter(at + 1, &self.steps);
                    }
                    _ => {}
                }
            }
            std::mem::swap(&mut now, &mut next);
            next.clear();
            if now.list.is_empty() {
                return false;
            }
        }
        now.list.contains(&self.steps.len())
    }
}

impl Set {
    fn contains(&self, character: char) -> bool {
        let within = |(first, last): &(char, char)| (*first..=*last).contains(&character);
        self.ranges.iter().any(within) != self.negated
    }
}

/// The places the machine is at, each once.
struct States {
    list: Vec<usize>,
    seen: Vec<bool>,
    waiting: Vec<usize>,
}

impl States {
    fn new(steps: usize) -> Self {
        Self {
            list: Vec::new(),
            seen: vec![false; steps + 1],
            waiting: Vec::new(),
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
    }

    /// Enters `place`, and all the places that are reached from it without taking a character.
    fn enter(&mut self, place: usize, steps: &[Step]) {
        self.waiting.push(place);
        while let Some(at) = self.waiting.pop() {
            match self.seen.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match steps.get(at) {
                Some(Step::Fork(places)) => self.waiting.extend(places),
                Some(Step::Jump(to)) => self.waiting.push(*to),
                Some(Step::Many) => {
                    self.list.push(at);
                    self.waiting.push(at + 1);
                }
                _ => self.list.push(at),
            }
        }
    }
}

#[cfg(test)]
mod tests;
