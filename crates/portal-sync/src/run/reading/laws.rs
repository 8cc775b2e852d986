//! What is true of every history of an org, whatever mixture of reads followed it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jiff::SignedDuration;
use okta_api::{GroupId, User, UserId, UserStatus};
use org_filter::names::GroupNames;
use org_filter::{Dialect, SearchExpr};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;
use crate::decide::guard::{Guard, Percent};
use crate::decide::plan::tests::{committed, plan};
use crate::held::mirror::{MirrorReader, OVERLAP, RowKind};
use crate::held::object::{GroupKey, Key};
use crate::read::selection::GroupFilter;
use crate::read::trim::trimmed;
use crate::run::provider::{ProviderConfig, selection, settings};

mod world;

mod okta;

use okta::Okta;
use world::{EVERYONE, Faults, Image, World};

/// What is configured, as numbers that shrink towards nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Config {
    users: u8,
    groups: u8,
    from_groups: bool,
    excludes: bool,
}

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    Join(u8, u8),
    Leave(u8, u8),
    Move(u8, u8, u8),
    Edit(u8, u8),
    Status(u8, u8),
    Make(u8),
    DeleteUser(u8),
    MakeTeam(u8),
    RenameTeam(u8, u8),
    DeleteTeam(u8),
    Wait(u16),
    Configure(Config),
    LoseLog,
    Run { full: bool, faults: bool, seed: u16 },
    Reconcile(u16),
}

fn any_config() -> impl Strategy<Value = Config> {
    (0..4_u8, 0..5_u8, any::<bool>(), any::<bool>()).prop_map(
        |(users, groups, from_groups, excludes)| Config {
            users,
            groups,
            from_groups,
            excludes,
        },
    )
}

fn any_step() -> impl Strategy<Value = Step> {
    let n = any::<u8>;
    prop_oneof![
        3 => (n(), n()).prop_map(|(user, team)| Step::Join(user, team)),
        3 => (n(), n()).prop_map(|(user, team)| Step::Leave(user, team)),
        2 => (n(), n(), n()).prop_map(|(user, from, to)| Step::Move(user, from, to)),
        3 => (n(), 0..5_u8).prop_map(|(user, what)| Step::Edit(user, what)),
        3 => (n(), 0..4_u8).prop_map(|(user, status)| Step::Status(user, status)),
        1 => (0..2_u8).prop_map(Step::Make),
        1 => n().prop_map(Step::DeleteUser),
        1 => n().prop_map(Step::MakeTeam),
        2 => (n(), 0..4_u8).prop_map(|(team, name)| Step::RenameTeam(team, name)),
        1 => n().prop_map(Step::DeleteTeam),
        5 => (0..900_u16).prop_map(Step::Wait),
        1 => any_config().prop_map(Step::Configure),
        1 => Just(Step::LoseLog),
        8 => (prop::bool::weighted(0.15), any::<bool>(), any::<u16>())
            .prop_map(|(full, faults, seed)| Step::Run { full, faults, seed }),
        1 => any::<u16>().prop_map(Step::Reconcile),
    ]
}

#[derive(Debug, Clone)]
struct History {
    many_teams: bool,
    lists_deactivated: bool,
    reads_log: bool,
    config: Config,
    steps: Vec<Step>,
}

fn any_history(steps: std::ops::Range<usize>) -> impl Strategy<Value = History> {
    let steps = prop::collection::vec(any_step(), steps);
    (any::<[bool; 3]>(), any_config(), steps).prop_map(|(is, config, steps)| History {
        many_teams: is[0],
        lists_deactivated: is[1],
        reads_log: is[2],
        config,
        steps,
    })
}

/// The configuration of a provider, and which groups it wants as Okta and it decide together.
struct Configured {
    selection: Selection,
    settings: Settings,
    names: Option<GroupNames>,
    search: Option<SearchExpr>,
    excludes: bool,
}

impl Configured {
    fn of(config: Config) -> Self {
        let users = [
            None,
            Some(r#"status eq "ACTIVE""#),
            Some(r#"profile.department eq "eng""#),
            Some(r#"status eq "ACTIVE" and profile.department ew "ng""#),
        ];
        let names = ["team-0", "team-2", "other-1", "team-1"].map(str::to_owned);
        let search = [
            r#"profile.name sw "team""#,
            r#"profile.name ew "0" or profile.name ew "1""#,
        ];
        let search = |n: usize| Some(search[n].parse::<SearchExpr>().unwrap());
        let (names, search) = match config.groups {
            0 | 1 => (None, None),
            2 => (Some(names), None),
            n => (None, search(usize::from(n) - 3)),
        };
        let filter = match (&names, &search) {
            (Some(names), _) => Some(GroupFilter::Names(names.to_vec())),
            (_, Some(search)) => Some(GroupFilter::Search(search.clone())),
            _ => None,
        };
        let whole = Percent::new(100).unwrap();
        let mut provider = ProviderConfig {
            user_filter: users[usize::from(config.users)].map(|it| it.parse().unwrap()),
            group_filter: filter,
            users_from_groups: config.from_groups,
            ..crate::run::once::tests::acme(Guard {
                users: whole,
                groups: whole,
                members: whole,
                renames: whole,
                minimum: usize::MAX,
            })
        };
        if config.excludes {
            provider.mapping.groups.exclude = vec!["prefix:team-2".parse().unwrap()];
        }
        Self {
            selection: selection(&provider),
            settings: settings(&provider),
            names: names.map(GroupNames::new),
            search,
            excludes: config.excludes,
        }
    }

    fn wants_user(&self, image: &Image, user: &UserId) -> bool {
        let user = image.users.get(user);
        user.is_some_and(|user| {
            user.status != UserStatus::Deprovisioned
                && self.selection.refuses_user(user, false).is_none()
        })
    }

    fn wants_team(&self, image: &Image, group: &GroupId) -> bool {
        let Some(team) = image.teams.get(group) else {
            return false;
        };
        let name = team.record.profile.name().unwrap();
        let search = self.search.as_ref();
        let search = search.map(|it| it.compile(&Dialect::GROUP_SEARCH));
        self.names.as_ref().is_none_or(|names| names.admits(name))
            && search.is_none_or(|search| search.matches(&*team.record))
            && !(self.excludes && name.starts_with("team-2"))
    }

    /// The memberships of which both sides are wanted.
    fn memberships(&self, image: &Image) -> BTreeSet<(GroupId, UserId)> {
        let teams = image.teams.iter();
        let teams = teams.filter(|(group, _)| self.wants_team(image, group));
        teams
            .flat_map(|(group, team)| team.members.iter().map(move |user| (group, user)))
            .filter(|(_, user)| self.wants_user(image, user))
            .map(|(group, user)| (group.clone(), user.clone()))
            .collect()
    }

    /// The users that are wanted.
    fn users(&self, image: &Image) -> BTreeSet<UserId> {
        let users = image.users.keys();
        let users = users.filter(|user| self.wants_user(image, user));
        if self.settings.rules.users_from_groups {
            let memberships = self.memberships(image).into_iter();
            return memberships.map(|(_, user)| user).collect();
        }
        users.cloned().collect()
    }
}

/// What a portal keeps of an org.
struct Keeper {
    world: Mutex<World>,
    configured: Configured,
    reads_log: bool,
    state: State,
    rows: BTreeMap<(RowKind, String), String>,
    runtime: tokio::runtime::Runtime,
}

impl Keeper {
    fn new(history: &History) -> Self {
        let teams = if history.many_teams { 25 } else { 5 };
        let world = World::new(9, teams, history.lists_deactivated);
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            world: Mutex::new(world),
            configured: Configured::of(history.config),
            reads_log: history.reads_log,
            state: State::default(),
            rows: BTreeMap::new(),
            runtime: { runtime }.enable_time().build().unwrap(),
        }
    }

    /// What the store would give back.
    fn mirror(&self) -> Option<Mirror> {
        let mut reader = MirrorReader::default();
        for ((kind, id), body) in &self.rows {
            reader.row(kind.as_str(), id, body).unwrap();
        }
        reader.finish().unwrap()
    }

    fn keep(&mut self, mirror: &Mirror) {
        if mirror.is_new() {
            self.rows.clear();
        }
        for row in mirror.rows().map(Result::unwrap) {
            let key = (row.kind, row.id);
            match row.body {
                Some(body) => drop(self.rows.insert(key, body)),
                None => drop(self.rows.remove(&key)),
            }
        }
    }

    fn read(&self, state: State, mirror: Option<Mirror>, full: bool) -> Result<WasRead, RunError> {
        let Configured {
            selection,
            settings,
            ..
        } = &self.configured;
        let world = &self.world;
        let okta = Okta { world, selection };
        let baseline = Baseline::of(&state.remembered().criteria, &settings.criteria);
        let place = mirror.as_ref();
        let place = place.and_then(|held| held.account.watermarks.log.clone());
        self.runtime.block_on(async {
            let steps = Steps {
                directory: &okta,
                selection,
                settings,
                baseline: &baseline,
                asked: &|| 0,
                limits: &BTreeMap::new,
                notice: &|_, _| None,
                began: Timestamp::UNIX_EPOCH,
                until: Instant::now() + std::time::Duration::from_secs(60),
            };
            let log = self.reads_log.then_some(place);
            let wish = Wish { full, due: false };
            steps.read(state, mirror, wish, log).await
        })
    }

    /// A run. What it reads is laid down, if it was read.
    fn run(&mut self, full: bool) -> Result<Option<WasRead>, TestCaseError> {
        let began = self.world.lock().unwrap().now;
        let held = self.mirror();
        let Ok(read) = self.read(self.state.without_texts(), held.clone(), full) else {
            return Ok(None);
        };
        let org = read.known.org();
        let planned = plan(org, &self.state, &self.configured.settings, None);
        // A first run of which nobody could be read is one that failed.
        let Ok(planned) = planned else {
            prop_assert!(!self.state.synced());
            return Ok(None);
        };
        let after = committed(&planned, &self.state);
        self.keep(&read.mirror);
        let kept = self.mirror().unwrap();
        prop_assert_eq!(kept.users(), read.mirror.users());
        prop_assert_eq!(kept.groups(), read.mirror.groups());
        prop_assert_eq!(kept.rolls(), read.mirror.rolls());
        prop_assert_eq!(&kept.account, &read.mirror.account);
        if let Some(held) = &held {
            time_goes_on(held, &kept)?;
        }
        self.nothing_is_missing(began, &read)?;
        self.nothing_is_lost(began, &read, &after)?;
        self.state = after;
        Ok(Some(read))
    }

    /// What was so in each of the images since before the overlap of a run that began then.
    fn lasting<T: Ord>(&self, began: Timestamp, of: impl Fn(&Image) -> BTreeSet<T>) -> BTreeSet<T> {
        let since = began - OVERLAP - SignedDuration::from_secs(3);
        let world = self.world.lock().unwrap();
        let images = world.since(since).iter();
        let sets = images.map(|(_, image)| of(image));
        let both =
            |a: BTreeSet<T>, b: BTreeSet<T>| a.into_iter().filter(|it| b.contains(it)).collect();
        sets.reduce(both).unwrap_or_default()
    }

    /// What could be seen for an overlap is in the org.
    fn nothing_is_missing(&self, began: Timestamp, read: &WasRead) -> TestCaseResult {
        let (org, account) = (read.known.org(), &read.mirror.account);
        if account.unidentified_user.is_some() || account.unidentified_group.is_some() {
            return Ok(());
        }
        for (group, user) in self.lasting(began, |image| self.configured.memberships(image)) {
            let odd_user = account.malformed_users.contains_key(&user);
            if odd_user || account.malformed_groups.contains_key(&group) {
                continue;
            }
            let members = org.members.get(&group);
            let is_unknown = matches!(members, Some(Members::Unknown(_)));
            let is_there = members
                .and_then(Members::known)
                .is_some_and(|it| it.contains(&user));
            prop_assert!(
                is_unknown || is_there,
                "{user} is missing in {group}: {:?}",
                read.reads
            );
            prop_assert!(
                org.users.contains_key(&user) || is_unknown,
                "{user} of {group} is missing: {:?}",
                read.reads
            );
        }
        Ok(())
    }

    /// What is there and wanted is not removed.
    fn nothing_is_lost(&self, began: Timestamp, read: &WasRead, after: &State) -> TestCaseResult {
        let configured = &self.configured;
        let from_groups = configured.settings.rules.users_from_groups;
        let teams = self.lasting(began, |image| {
            let teams = image.teams.keys();
            let wanted = teams.filter(|group| configured.wants_team(image, group));
            wanted.cloned().collect()
        });
        for team in &teams {
            let key = GroupKey::from(team.clone());
            let was = self.state.groups().contains_key(&key);
            prop_assert!(
                !was || after.groups().contains_key(&key),
                "{team} is lost: {:?}",
                read.reads
            );
        }
        let mut users = if from_groups {
            let members = self.lasting(began, |image| configured.memberships(image));
            members.into_iter().map(|(_, user)| user).collect()
        } else {
            self.lasting(began, |image| configured.users(image))
        };
        // What a delta removes it has asked for by id, unless it goes for a reason of ours.
        let criteria = &self.state.remembered().criteria;
        let is_as_ever = *criteria == [configured.settings.criteria.clone()];
        if read.reads.mode == Mode::Delta && is_as_ever {
            let world = self.world.lock().unwrap();
            let now = world.image();
            let members = configured.memberships(now).into_iter();
            let members = members.filter(|(team, _)| teams.contains(team));
            if from_groups {
                users.extend(members.map(|(_, user)| user));
            } else {
                users.extend(configured.users(now));
            }
        }
        for user in users {
            let was = self.state.users().contains_key(&user);
            prop_assert!(
                !was || after.users().contains_key(&user),
                "{user} is lost: {:?}",
                read.reads
            );
        }
        Ok(())
    }

    /// Everything is read, when nothing has happened for a while: that is as if nothing had been held.
    fn reconcile(&mut self) -> TestCaseResult {
        {
            let mut world = self.world.lock().unwrap();
            world.faults = Faults::default();
            world.wait(1_200);
        }
        let read = self.run(true)?;
        let read = read.ok_or_else(|| TestCaseError::fail("a list broke off"))?;
        let first = self.read(State::default(), None, true);
        let first = first.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let settings = &self.configured.settings;
        let (read, fresh) = (self.seen(&read), self.seen(&first));
        prop_assert!(read == fresh, "not as fresh: {}", read.unlike(&fresh));
        let planned = plan(first.known.org(), &State::default(), settings, None);
        let planned = planned.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let first = committed(&planned, &State::default()).documents();
        let texts = |documents: BTreeMap<Key, crate::held::document::Document>| {
            let texts = documents.into_iter();
            let texts = texts.map(|(key, document)| (key, document.body().to_owned()));
            texts.collect::<BTreeMap<Key, String>>()
        };
        let (kept, first) = (texts(self.state.documents()), texts(first));
        let keys = kept.keys().chain(first.keys());
        for key in keys {
            prop_assert_eq!(kept.get(key), first.get(key), "{:?}", key);
        }
        Ok(())
    }

    /// Of an org what is wanted.
    fn seen(&self, read: &WasRead) -> Seen {
        let org = read.known.org();
        let names = self.configured.selection.attributes([]);
        let known = org.members.values().filter_map(Members::known);
        let members: BTreeSet<&UserId> = known.flatten().collect();
        let users = org.users.iter();
        let users = users.filter(|(id, _)| !org.users_are_members || members.contains(id));
        let users = users.map(|(id, user)| {
            let user = User::clone(user);
            let user = names.iter().fold(user, trimmed);
            (id.clone(), user)
        });
        let groups = org.groups.iter();
        let groups =
            groups.map(|(id, group)| (id.clone(), group.profile.name().map(str::to_owned)));
        // As the groups of a few users the lists have nobody else.
        let wanted = org.members.iter().map(|(id, members)| {
            let members = match members {
                Members::Known(ids) => {
                    let ids = ids.iter().filter(|id| org.users.contains_key(*id));
                    Members::of(ids.cloned())
                }
                Members::Unknown(reason) => Members::Unknown(reason.clone()),
            };
            (id.clone(), members)
        });
        Seen {
            users: users.collect(),
            groups: groups.collect(),
            members: wanted.collect(),
        }
    }

    fn step(&mut self, step: &Step) -> TestCaseResult {
        let world = self.world.get_mut().unwrap();
        let user = |n: u8| {
            let all: Vec<&UserId> = world.image().users.keys().skip(1).collect();
            let one = all.get(usize::from(n) % all.len().max(1));
            one.map_or_else(|| UserId::from("00unobody"), |id| (*id).clone())
        };
        let team = |n: u8| {
            let all = world.image().teams.keys();
            let all: Vec<&GroupId> = all
                .filter(|id| !["00g0", EVERYONE].contains(&id.as_str()))
                .collect();
            let one = all.get(usize::from(n) % all.len().max(1));
            one.map_or_else(|| GroupId::from("00gnone"), |id| (*id).clone())
        };
        match *step {
            Step::Join(one, to) => {
                let (user, team) = (user(one), team(to));
                world.member(&user, &team, true);
            }
            Step::Leave(one, from) => {
                let (user, team) = (user(one), team(from));
                world.member(&user, &team, false);
            }
            Step::Move(one, from, to) => {
                let (user, from, to) = (user(one), team(from), team(to));
                world.member(&user, &from, false);
                world.member(&user, &to, true);
            }
            Step::Edit(one, what) => {
                let user = user(one);
                let (key, value) = [
                    ("department", "eng".to_owned()),
                    ("department", "ops".to_owned()),
                    ("displayName", "Jane".to_owned()),
                    ("email", format!("{user}@example.com")),
                    ("email", format!("{user}x@acme.com")),
                ][usize::from(what)]
                .clone();
                world.edit_user(&user, key, &value);
            }
            Step::Status(one, status) => {
                let all = ["ACTIVE", "SUSPENDED", "DEPROVISIONED", "LOCKED_OUT"];
                world.edit_user(&user(one), "status", all[usize::from(status)]);
            }
            Step::Make(department) => world.make_user(["eng", "ops"][usize::from(department)]),
            Step::DeleteUser(one) => world.delete_user(&user(one)),
            Step::MakeTeam(n) => {
                let id = format!("00g{}", n % 40 + 1);
                if !world.image().teams.contains_key(&GroupId::from(&*id)) {
                    world.make_team(&id, &format!("team-{}", n % 40 + 1), "OKTA_GROUP");
                }
            }
            Step::RenameTeam(one, name) => {
                let team = team(one);
                let n = team.as_str().trim_start_matches("00g").to_owned();
                let prefix = ["team", "other"][usize::from(name % 2)];
                let suffix = ["", "-new"][usize::from(name / 2)];
                world.rename_team(&team, &format!("{prefix}-{n}{suffix}"));
            }
            Step::DeleteTeam(one) => world.delete_team(&team(one)),
            Step::Wait(seconds) => world.wait(i64::from(seconds)),
            Step::Configure(config) => self.configured = Configured::of(config),
            Step::LoseLog => world.is_log_lost = true,
            Step::Run { full, faults, seed } => {
                world.seed(u64::from(seed));
                world.faults = if faults {
                    Faults {
                        lists: 8,
                        members: 4,
                        singles: 3,
                        records: 12,
                    }
                } else {
                    Faults::default()
                };
                self.run(full)?;
            }
            Step::Reconcile(seed) => {
                world.seed(u64::from(seed));
                self.reconcile()?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
struct Seen {
    users: BTreeMap<UserId, User>,
    groups: BTreeMap<GroupId, Option<String>>,
    members: BTreeMap<GroupId, Members>,
}

impl Seen {
    /// In what it differs.
    fn unlike(&self, other: &Self) -> String {
        fn odd<K: Ord + Clone, V: PartialEq>(
            a: &BTreeMap<K, V>,
            b: &BTreeMap<K, V>,
        ) -> BTreeSet<K> {
            let keys = a.keys().chain(b.keys());
            keys.filter(|key| a.get(*key) != b.get(*key))
                .cloned()
                .collect()
        }
        let users = odd(&self.users, &other.users);
        let groups = odd(&self.groups, &other.groups);
        format!(
            "{users:?} {groups:?} {:?}",
            odd(&self.members, &other.members)
        )
    }
}

/// No stamp of what is held is older than it was.
fn time_goes_on(before: &Mirror, after: &Mirror) -> TestCaseResult {
    let marks = |mirror: &Mirror| {
        let marks = &mirror.account.watermarks;
        (marks.users, marks.reconciled)
    };
    prop_assert!(marks(before).0 <= marks(after).0 && marks(before).1 <= marks(after).1);
    for (id, group) in before.groups() {
        let later = after.groups().get(id);
        prop_assert!(later.is_none_or(|later| group.stamp <= later.stamp));
        prop_assert!(
            later.is_none_or(|later| group.record.last_updated <= later.record.last_updated)
        );
    }
    // What is needed by now is worth more than what is newest: a copy that is late may have it.
    if before.account.scope.attributes != after.account.scope.attributes {
        return Ok(());
    }
    for (id, user) in before.users() {
        let later = after.users().get(id);
        prop_assert!(
            later.is_none_or(|later| user.record.last_updated <= later.record.last_updated)
        );
    }
    Ok(())
}

fn holds(history: &History) -> TestCaseResult {
    let mut keeper = Keeper::new(history);
    for step in &history.steps {
        keeper.step(step)?;
    }
    keeper.reconcile()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]

    #[test]
    fn reading_what_changed_is_a_cheaper_way_to_the_same_org(history in any_history(0..60)) {
        holds(&history)?;
    }
}

proptest! {
    /// Minutes: for whoever changes how an org is read.
    #[test]
    #[ignore = "takes minutes"]
    fn the_same_is_true_of_long_histories(history in any_history(500..501)) {
        holds(&history)?;
    }
}
