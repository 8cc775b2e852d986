//! An org in which something happens all the time: people come, go, move and are called differently.

use std::collections::BTreeSet;

use crate::simulator::{Chance, DEPROVISIONED, Org, Simulator, User};

/// So many people there are at least, and at most.
const FEWEST: usize = 120;
const MOST: usize = 200;

/// What happens in an org, by chance and in the same order for the same seed.
#[derive(Debug)]
pub(super) struct Life {
    chance: Chance,
    number: usize,
}

impl Life {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            chance: Chance::new(seed),
            number: 0,
        }
    }

    /// How much has happened.
    pub(super) fn events(&self) -> usize {
        self.number
    }

    /// Lets one thing happen.
    pub(super) fn go_on(&mut self, simulator: &Simulator) {
        self.number += 1;
        let now = simulator.now();
        simulator.edit(|org| {
            let people = active(org);
            match self.chance.below(6) {
                0 | 1 if people.len() < MOST => self.somebody_comes(org, now),
                2 if people.len() > FEWEST => {
                    if let Some(user) = self.one_of(&people) {
                        org.set_status(&user, DEPROVISIONED, now);
                    }
                }
                3 => self.somebody_is_renamed(org, &people, now),
                4 => {
                    if let Some(group) = self.one_of(&teams(org)) {
                        let name = format!("Team {}", self.number);
                        org.set_group_profile(&group, "name", name.into(), now);
                    }
                }
                _ => self.somebody_moves(org, &people, now),
            }
        });
    }

    fn somebody_comes(&mut self, org: &mut Org, now: jiff::Timestamp) {
        let id = self.chance.id("00u");
        let (first, last) = ("Newcomer", format!("Number{}", self.number));
        let address = format!("newcomer.{}@example.com", self.number);
        let mut user = User::new(&id, first, &last, &address);
        (user.created, user.last_updated) = (now, now);
        org.add_user(user);
        if let Some(group) = self.one_of(&teams(org)) {
            org.join(&group, &id, now);
        }
    }

    /// By a display name, or by the address that the name of the entity is made from.
    fn somebody_is_renamed(
        &mut self,
        org: &mut Org,
        people: &BTreeSet<String>,
        now: jiff::Timestamp,
    ) {
        let Some(user) = self.one_of(people) else {
            return;
        };
        if self.chance.once_in(2) {
            let name = format!("Somebody {}", self.number);
            org.set_user_profile(&user, "displayName", name.into(), now);
        } else {
            let address = format!("renamed.{}@example.com", self.number);
            for attribute in ["login", "email"] {
                org.set_user_profile(&user, attribute, address.clone().into(), now);
            }
        }
    }

    fn somebody_moves(&mut self, org: &mut Org, people: &BTreeSet<String>, now: jiff::Timestamp) {
        let teams = teams(org);
        let (Some(from), Some(to)) = (self.one_of(&teams), self.one_of(&teams)) else {
            return;
        };
        let members = org.memberships.get(&from).cloned().unwrap_or_default();
        if let Some(user) = self.one_of(&members) {
            org.leave(&from, &user, now);
        }
        if let Some(user) = self.one_of(people) {
            org.join(&to, &user, now);
        }
    }

    fn one_of(&mut self, all: &BTreeSet<String>) -> Option<String> {
        let number = self.chance.below(all.len());
        all.iter().nth(number).cloned()
    }
}

fn active(org: &Org) -> BTreeSet<String> {
    let active = org.users.values().filter(|it| it.status != DEPROVISIONED);
    active.map(|user| user.id.clone()).collect()
}

/// The groups that people made.
fn teams(org: &Org) -> BTreeSet<String> {
    let teams = org.groups.values().filter(|it| it.kind == "OKTA_GROUP");
    teams.map(|group| group.id.clone()).collect()
}
