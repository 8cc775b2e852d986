//! An org that answers as Okta does, traps included: its searches lag, its stamps are stale, its nodes disagree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use okta_api::{Group, GroupId, GroupType, User, UserId, UserStatus};
use serde_json::{Value, json};

use crate::held::mirror::Marks;

/// The built-in group of everybody.
pub(super) const EVERYONE: &str = "00gEveryone";

/// How old a copy may be that a request is answered from, in milliseconds: less than the overlap.
const LAGS: [i64; 6] = [0, 0, 700, 4_000, 60_000, 240_000];

/// The org at one instant.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    pub users: BTreeMap<UserId, Arc<User>>,
    pub teams: BTreeMap<GroupId, Team>,
}

/// A group with its members, the deactivated ones included.
#[derive(Debug, Clone)]
pub(super) struct Team {
    pub record: Arc<Group>,
    pub stamp: Timestamp,
    pub members: Arc<BTreeSet<UserId>>,
}

/// What goes wrong in a run: of so many requests, or records, one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Faults {
    pub lists: u64,
    pub members: u64,
    pub singles: u64,
    pub records: u64,
}

/// An org over time.
#[derive(Debug)]
pub(super) struct World {
    pub now: Timestamp,
    /// What it was since when; the last is what it is.
    past: Vec<(Timestamp, Image)>,
    /// The System Log: when an event is to be seen, and what it marks.
    pub log: Vec<(Timestamp, Marks)>,
    /// Whether the place in the log is lost.
    pub is_log_lost: bool,
    pub faults: Faults,
    /// Whether lists of members have the deactivated ones.
    pub lists_deactivated: bool,
    /// Whether answers come from old copies.
    pub lags: bool,
    random: u64,
    made: u64,
}

/// Okta writes whole seconds.
pub(super) fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap()
}

impl World {
    /// One that nothing has happened in for an hour.
    pub(super) fn new(users: usize, teams: usize, lists_deactivated: bool) -> Self {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut world = Self {
            now,
            past: vec![(now, Image::default())],
            log: Vec::new(),
            is_log_lost: false,
            faults: Faults::default(),
            lists_deactivated,
            lags: true,
            random: 7,
            made: 0,
        };
        world.make_team("00gEveryone", "Everyone", "BUILT_IN");
        for n in 0..teams {
            let name = if n % 2 == 0 { "team" } else { "other" };
            world.make_team(&format!("00g{n}"), &format!("{name}-{n}"), "OKTA_GROUP");
        }
        for n in 0..users {
            let department = if n % 3 == 2 { "ops" } else { "eng" };
            world.make_user(department);
            let user = UserId::from(format!("00u{n:03}"));
            for m in 0..teams {
                if m == 0 && n == 0 || (n * 7 + m * 3) % 4 == 0 {
                    world.member(&user, &GroupId::from(format!("00g{m}")), true);
                }
            }
        }
        world.now = now + SignedDuration::from_hours(1);
        world
    }

    pub(super) const fn seed(&mut self, seed: u64) {
        self.random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    }

    /// The next of a sequence of numbers that look like chance.
    pub(super) const fn draw(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random >> 11
    }

    /// Whether this is the one of so many.
    pub(super) const fn one_of(&mut self, many: u64) -> bool {
        many > 0 && self.draw().is_multiple_of(many)
    }

    /// What the org is.
    pub(super) fn image(&self) -> &Image {
        &self.past.last().unwrap().1
    }

    /// What it was at any time since.
    pub(super) fn since(&self, since: Timestamp) -> &[(Timestamp, Image)] {
        let first = self.past.partition_point(|(at, _)| *at <= since);
        &self.past[first.saturating_sub(1)..]
    }

    /// What a request finds that is answered from a copy of up to this age.
    pub(super) fn copy(&mut self, most: i64) -> Image {
        let lag = LAGS[usize::try_from(self.draw() % 6).unwrap()].min(most);
        let lag = SignedDuration::from_millis(if self.lags { lag } else { 0 });
        self.since(self.now - lag)[0].1.clone()
    }

    /// A request is sent: Okta's clock, as its answer tells it.
    pub(super) fn request(&mut self) -> Timestamp {
        self.now += SignedDuration::from_millis(130);
        second(self.now)
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
        let old = self.now - SignedDuration::from_mins(20);
        let first = self.past.partition_point(|(at, _)| *at <= old);
        self.past.drain(..first.saturating_sub(1));
    }

    /// Something happens.
    fn change(&mut self, change: impl FnOnce(&mut Image, Timestamp)) {
        self.now += SignedDuration::from_millis(370);
        let (now, mut image) = (self.now, self.image().clone());
        change(&mut image, second(now));
        let everyone = image.users.values();
        let everyone = everyone.filter(|user| user.status != UserStatus::Deprovisioned);
        let everyone = everyone.map(|user| user.id.clone()).collect();
        if let Some(team) = image.teams.get_mut(&GroupId::from(EVERYONE)) {
            team.members = Arc::new(everyone);
        }
        self.past.push((now, image));
    }

    /// The log tells of it, late and sometimes twice.
    fn tell(&mut self, marks: Marks) {
        let late = [14, 25, 400][usize::try_from(self.draw() % 3).unwrap()];
        for _ in 0..=self.draw() % 2 {
            let at = self.now + SignedDuration::from_secs(late);
            self.log.push((at, marks.clone()));
        }
        self.log.sort_by_key(|(at, _)| *at);
    }

    pub(super) fn make_user(&mut self, department: &str) {
        let id = format!("00u{:03}", self.made);
        self.made += 1;
        let email = format!("{id}@acme.com");
        self.change(|image, now| {
            let user = json!({
                "id": id, "status": "ACTIVE", "created": now, "lastUpdated": now, "statusChanged": now,
                "profile": {"login": email, "email": email, "displayName": id, "department": department},
            });
            let user: User = serde_json::from_value(user).unwrap();
            image.users.insert(user.id.clone(), Arc::new(user));
        });
    }

    pub(super) fn make_team(&mut self, id: &str, name: &str, kind: &str) {
        self.change(|image, now| {
            let team = json!({
                "id": id, "type": kind, "created": now, "lastUpdated": now,
                "profile": {"name": name, "description": "made"},
            });
            let record: Group = serde_json::from_value(team).unwrap();
            let team = Team {
                record: Arc::new(record),
                stamp: now,
                members: Arc::default(),
            };
            image.teams.insert(GroupId::from(id), team);
        });
    }

    pub(super) fn member(&mut self, user: &UserId, group: &GroupId, is_one: bool) {
        self.change(|image, now| {
            let Some(team) = image.teams.get_mut(group) else {
                return;
            };
            let members = Arc::make_mut(&mut team.members);
            let changes = if is_one {
                members.insert(user.clone())
            } else {
                members.remove(user)
            };
            if changes {
                team.stamp = now;
            }
        });
        self.tell(Marks {
            groups: [group.clone()].into(),
            ..Marks::default()
        });
    }

    /// A value of a user's profile, or the status, becomes another one.
    pub(super) fn edit_user(&mut self, user: &UserId, key: &str, value: &str) {
        self.change(|image, now| {
            let Some(held) = image.users.get_mut(user) else {
                return;
            };
            let mut record = serde_json::to_value(&**held).unwrap();
            if key == "status" {
                record["status"] = json!(value);
                record["statusChanged"] = json!(now);
            } else {
                record["profile"][key] = json!(value);
            }
            record["lastUpdated"] = json!(now);
            *held = Arc::new(serde_json::from_value(record).unwrap());
        });
        if value == "DEPROVISIONED" {
            self.tell_of_user(user);
        }
    }

    fn tell_of_user(&mut self, user: &UserId) {
        self.tell(Marks {
            users: [user.clone()].into(),
            ..Marks::default()
        });
    }

    pub(super) fn delete_user(&mut self, user: &UserId) {
        self.change(|image, now| {
            image.users.remove(user);
            for team in image.teams.values_mut() {
                if team.members.contains(user) {
                    Arc::make_mut(&mut team.members).remove(user);
                    team.stamp = now;
                }
            }
        });
        self.tell_of_user(user);
    }

    pub(super) fn rename_team(&mut self, group: &GroupId, name: &str) {
        self.change(|image, now| {
            let Some(team) = image.teams.get_mut(group) else {
                return;
            };
            let mut record = serde_json::to_value(&*team.record).unwrap();
            record["profile"]["name"] = json!(name);
            record["lastUpdated"] = json!(now);
            team.record = Arc::new(serde_json::from_value(record).unwrap());
        });
    }

    pub(super) fn delete_team(&mut self, group: &GroupId) {
        self.change(|image, _| drop(image.teams.remove(group)));
    }

    /// The members of a group as a list has them: who is in use, and who is not.
    pub(super) fn list(&self, image: &Image, team: &Team) -> [BTreeSet<UserId>; 2] {
        let known = team.members.iter();
        let known = known.filter_map(|id| image.users.get(id));
        let (gone, used): (Vec<&Arc<User>>, Vec<_>) =
            known.partition(|user| user.status == UserStatus::Deprovisioned);
        let ids = |users: Vec<&Arc<User>>| users.iter().map(|user| user.id.clone()).collect();
        let gone = if self.lists_deactivated { gone } else { vec![] };
        [ids(used), ids(gone)]
    }

    /// A group as a list has it.
    pub(super) fn listed(&mut self, image: &Image, team: &Team, counts: bool) -> Group {
        let mut group = Group::clone(&team.record);
        let stale = self.copy(240_000);
        let stamp = stale.teams.get(&group.id).map_or(team.stamp, |it| it.stamp);
        group.last_membership_updated = match group.kind {
            GroupType::BuiltIn => Some("2025-11-20T18:39:27Z".parse().unwrap()),
            _ => (!self.one_of(20)).then_some(stamp),
        };
        if counts {
            let stale = self.copy(240_000);
            let (image, team) = match stale.teams.get(&group.id) {
                Some(team) => (&stale, team),
                None => (image, team),
            };
            let [used, gone] = self.list(image, team);
            let stats: Value = json!({"stats": {"usersCount": used.len() + gone.len()}});
            group.extra.insert("_embedded".to_owned(), stats);
        }
        group
    }
}
