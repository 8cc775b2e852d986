//! The directory that asks the model of an org.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use okta_api::{GroupId, User, UserId, UserStatus};
use org_filter::Dialect;
use tokio::time::Instant;

use super::world::{Image, World, second};
use crate::held::mirror::{Found, Listed, LogRead, Marks, MembersRead, Read, UsersRead, Way};
use crate::read::directory::{Directory, Listing, Question, ReadError};
use crate::read::read_plan::{ReadPlan, Users};
use crate::read::selection::Selection;

/// The org, as one run asks it.
pub(super) struct Okta<'a> {
    pub world: &'a Mutex<World>,
    pub selection: &'a Selection,
}

impl fmt::Debug for Okta<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Okta")
    }
}

/// What was read of users and of members.
type Objects = (UsersRead, BTreeMap<GroupId, MembersRead>, Way);

impl Okta<'_> {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// A list that may break off.
    fn begins(&self) -> Result<(), ReadError> {
        let mut world = self.world();
        let faults = world.faults.lists;
        if world.one_of(faults) {
            let (what, limit) = ("users", 0);
            return Err(ReadError::TooMany { what, limit });
        }
        Ok(())
    }

    /// The System Log from this place on.
    fn log(&self, place: Option<&str>) -> LogRead {
        let mut world = self.world();
        world.request();
        let faults = world.faults.lists;
        if world.one_of(faults) {
            return LogRead {
                cursor: place.map(str::to_owned),
                ..LogRead::default()
            };
        }
        let seen = world.log.partition_point(|(at, _)| *at <= world.now);
        let is_lost = std::mem::take(&mut world.is_log_lost) && place.is_some();
        let from = match place {
            Some(place) if !is_lost => place.parse().unwrap(),
            _ => seen,
        };
        let mut marks = Marks::default();
        for (_, event) in &world.log[from..seen] {
            marks.users.extend(event.users.iter().cloned());
            marks.groups.extend(event.groups.iter().cloned());
        }
        LogRead {
            marks,
            cursor: Some(seen.to_string()),
            is_lost,
        }
    }

    fn groups(&self, counts: bool) -> Result<Listing, ReadError> {
        self.begins()?;
        let mut listed = Listed::default();
        for query in self.selection.groups() {
            let mut world = self.world();
            listed.server_date = listed.server_date.or(Some(world.request()));
            let search = query.search.as_ref();
            let search = search.map(|it| it.compile(&Dialect::GROUP_SEARCH));
            let image = world.copy(240_000);
            for (id, team) in &image.teams {
                let group = &*team.record;
                if search.as_ref().is_some_and(|it| !it.matches(group)) {
                    continue;
                }
                let faults = world.faults.records;
                if world.one_of(faults * 4) {
                    listed.unidentified = Some("odd".to_owned());
                } else if world.one_of(faults) {
                    listed.malformed.insert(id.to_string(), "odd".to_owned());
                } else {
                    listed.records.push(world.listed(&image, team, counts));
                }
            }
        }
        Ok(Listing {
            began: self.world().now,
            groups: listed,
            log: None,
        })
    }

    /// The users whom this wants of a copy.
    fn users(&self, wants: impl Fn(&User) -> bool) -> Result<Listed<User>, ReadError> {
        self.begins()?;
        let mut world = self.world();
        let mut listed = Listed {
            server_date: Some(world.request()),
            ..Listed::default()
        };
        let image = world.copy(240_000);
        for user in image.users.values().filter(|user| wants(user)) {
            world.take(user, &mut listed);
        }
        Ok(listed)
    }

    fn found(&self) -> Result<Listed<User>, ReadError> {
        let is_search = self.selection.users().search.is_some();
        self.users(|user| {
            let is_listed = is_search || user.status != UserStatus::Deprovisioned;
            is_listed && self.selection.finds_user(user)
        })
    }

    fn changed(&self, since: jiff::Timestamp) -> Result<Listed<User>, ReadError> {
        let since = second(since);
        self.users(|user| user.last_updated > Some(since))
    }

    /// The members of these groups, and who they are.
    fn members(
        &self,
        groups: &[GroupId],
        mut people: Option<&mut Listed<User>>,
    ) -> BTreeMap<GroupId, MembersRead> {
        let mut world = self.world();
        let mut all = BTreeMap::new();
        for group in groups {
            let date = world.request();
            let image = world.copy(1_000);
            let faults = world.faults.members;
            let fails = world.one_of(faults);
            let Some(team) = image.teams.get(group).filter(|_| !fails) else {
                let odd = MembersRead::Unknown("okta fails".to_owned());
                all.insert(group.clone(), odd);
                continue;
            };
            let [ids, deactivated] = world.list(&image, team);
            if let Some(people) = people.as_deref_mut() {
                for id in ids.iter().chain(&deactivated) {
                    world.take(&image.users[id], people);
                }
                // Of a member without an id the whole list is unknown.
                if let Some(reason) = people.unidentified.take() {
                    all.insert(group.clone(), MembersRead::Unknown(reason));
                    continue;
                }
            }
            let read = MembersRead::Known {
                listed: (ids.len() + deactivated.len()) as u64,
                ids,
                deactivated,
                server_date: Some(date),
            };
            all.insert(group.clone(), read);
        }
        all
    }

    /// The users if they are few, with the groups of each.
    fn few(&self, plan: &ReadPlan, most: usize) -> Result<Option<Objects>, ReadError> {
        let listed = self.found()?;
        if listed.records.len() > most || !listed.proves_absence() {
            return Ok(None);
        }
        let groups = plan.members.iter().cloned();
        let mut members: BTreeMap<GroupId, BTreeSet<UserId>> =
            groups.map(|group| (group, BTreeSet::new())).collect();
        let mut world = self.world();
        let wanted = listed.records.iter().filter(|user| {
            user.status != UserStatus::Deprovisioned
                && self.selection.refuses_user(user, true).is_none()
        });
        let odd = listed.malformed.keys().map(|id| UserId::from(id.as_str()));
        for user in wanted.map(|user| user.id.clone()).chain(odd) {
            world.request();
            for group in groups_of(&world.copy(4_000), &user) {
                if let Some(members) = members.get_mut(&group) {
                    members.insert(user.clone());
                }
            }
        }
        let members = members.into_iter().map(|(group, ids)| {
            let read = MembersRead::Known {
                listed: ids.len() as u64,
                ids,
                deactivated: BTreeSet::new(),
                server_date: listed.server_date,
            };
            (group, read)
        });
        let members = members.collect();
        Ok(Some((UsersRead::All(listed), members, Way::OfUsers)))
    }

    fn objects(&self, plan: &ReadPlan, listing: &Listing) -> Result<Objects, ReadError> {
        let few = plan.few.map(|most| self.few(plan, most)).transpose()?;
        if let Some(objects) = few.flatten() {
            return Ok(objects);
        }
        let (users, members) = match plan.users {
            Users::All => {
                let users = UsersRead::All(self.found()?);
                (users, self.members(&plan.members, None))
            }
            Users::ChangedSince(since) => {
                let users = UsersRead::Changed(self.changed(since)?);
                (users, self.members(&plan.members, None))
            }
            Users::OfMembers(since) => {
                let mut listed = match since {
                    Some(since) => self.changed(since)?,
                    None => Listed {
                        server_date: listing.groups.server_date,
                        ..Listed::default()
                    },
                };
                let unidentified = listed.unidentified.take();
                let members = self.members(&plan.members, Some(&mut listed));
                listed.unidentified = unidentified;
                (UsersRead::Members(listed), members)
            }
        };
        Ok((users, members, Way::OfGroups))
    }

    /// What is said of single users: by id Okta answers from what is there.
    fn each(&self, users: &[UserId], with_groups: bool) -> BTreeMap<UserId, Found> {
        let mut world = self.world();
        let mut all = BTreeMap::new();
        for id in users {
            world.request();
            let faults = world.faults.singles;
            let found = if world.one_of(faults) {
                Found::Unknown("okta fails".to_owned())
            } else {
                match world.image().users.get(id) {
                    Some(user) => {
                        let groups = with_groups.then(|| groups_of(world.image(), id));
                        Found::User(Box::new(User::clone(user)), groups)
                    }
                    None => Found::Nobody,
                }
            };
            all.insert(id.clone(), found);
        }
        all
    }

    fn whole(&self, plan: &ReadPlan, listing: Listing) -> Result<Read, ReadError> {
        let single = self.each(&plan.single, plan.with_groups());
        let (users, mut members, way) = self.objects(plan, &listing)?;
        for group in &plan.empty {
            let read = MembersRead::Known {
                ids: BTreeSet::new(),
                deactivated: BTreeSet::new(),
                listed: 0,
                server_date: listing.groups.server_date,
            };
            members.insert(group.clone(), read);
        }
        Ok(Read {
            is_whole: plan.is_whole(),
            scope: plan.scope.clone(),
            way,
            groups: listing.groups,
            users,
            members,
            single,
            log: listing.log,
            limits: BTreeMap::new(),
            began: listing.began,
        })
    }
}

/// The groups of a user.
fn groups_of(image: &Image, user: &UserId) -> BTreeSet<GroupId> {
    let teams = image.teams.iter();
    let teams = teams.filter(|(_, team)| team.members.contains(user));
    teams.map(|(id, _)| id.clone()).collect()
}

impl World {
    /// Puts a record into a list, which may be odd.
    fn take(&mut self, user: &User, listed: &mut Listed<User>) {
        let faults = self.faults.records;
        if self.one_of(faults * 4) {
            listed.unidentified = Some("odd".to_owned());
        } else if self.one_of(faults) {
            let id = user.id.to_string();
            listed.malformed.insert(id, "odd".to_owned());
        } else {
            listed.records.push(user.clone());
        }
    }
}

impl Directory for Okta<'_> {
    fn list<'a>(
        &'a self,
        question: &'a Question,
        _: Instant,
    ) -> BoxFuture<'a, Result<Listing, ReadError>> {
        let log = question.log.as_ref();
        let log = log.map(|place| self.log(place.as_deref()));
        let listing = self.groups(question.counts);
        ready(listing.map(|listing| Listing { log, ..listing })).boxed()
    }

    fn read<'a>(
        &'a self,
        plan: &'a ReadPlan,
        listing: Listing,
        _: Instant,
    ) -> BoxFuture<'a, Result<Read, ReadError>> {
        ready(self.whole(plan, listing)).boxed()
    }

    fn single<'a>(
        &'a self,
        users: &'a [UserId],
        with_groups: bool,
        _: Instant,
    ) -> BoxFuture<'a, Result<BTreeMap<UserId, Found>, ReadError>> {
        ready(Ok(self.each(users, with_groups))).boxed()
    }
}
