//! Generated orgs: any size, the same for the same seed, and full of what real orgs are full of.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::chance::Chance;
use super::names::{CITIES, DEPARTMENTS, FIRST, LAST, SKILLS, TEAMS, local_part};
use super::org::{DEPROVISIONED, Group, Org, User};

/// Statuses in a hundred users; the rest are active.
const STATUSES: [(&str, usize); 7] = [
    (DEPROVISIONED, 5),
    ("SUSPENDED", 2),
    ("STAGED", 3),
    ("PROVISIONED", 3),
    ("PASSWORD_EXPIRED", 2),
    ("LOCKED_OUT", 1),
    ("RECOVERY", 1),
];

/// The most people of a team, unless it is said.
const TEAM: usize = 20;

/// Everything generated was created in the two years from here on: 2024-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::constant(1_704_067_200, 0);

impl Org {
    /// An invented org of so many users and groups, always the same for the same `seed`.
    ///
    /// It has every user status, names with diacritics and apostrophes, the same local part in two domains, custom
    /// attributes of every type, groups that differ only in case or punctuation, groups without members, `Everyone`,
    /// groups of an app, and deactivated users who are still listed as members. The second group has most of the users.
    ///
    /// ```
    /// use xtask::simulator::Org;
    ///
    /// let org = Org::generate(100, 20, 7);
    /// assert_eq!((org.users.len(), org.groups.len()), (100, 20));
    /// assert_eq!(org, Org::generate(100, 20, 7));
    /// assert_ne!(org, Org::generate(100, 20, 8));
    /// ```
    #[must_use]
    pub fn generate(users: usize, groups: usize, seed: u64) -> Self {
        Self::generate_with_teams(users, groups, TEAM, seed)
    }

    /// The same with teams of up to so many people.
    #[must_use]
    pub fn generate_with_teams(users: usize, groups: usize, team: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut org = Self::default();
        let mut addresses = BTreeSet::new();
        while org.users.len() < users {
            let number = org.users.len();
            let user = user(&mut chance, &mut addresses, number);
            org.add_user(user);
        }
        let ids: Vec<String> = org.users.keys().cloned().collect();
        let apps = [chance.id("0oa"), chance.id("0oa")];
        while org.groups.len() < groups {
            let number = org.groups.len();
            let group = group(&mut chance, number, &apps);
            if number > 0 {
                org.memberships
                    .insert(group.id.clone(), members(&mut chance, number, team, &ids));
            }
            org.add_group(group);
        }
        org
    }
}

fn user(chance: &mut Chance, addresses: &mut BTreeSet<String>, number: usize) -> User {
    let (first, last) = (chance.pick(&FIRST), chance.pick(&LAST));
    let address = address(addresses, &local_part(first, last), chance.once_in(4));
    let mut user = User::new(&chance.id("00u"), first, last, &address);
    status(chance).clone_into(&mut user.status);
    user.created = moment(chance, EPOCH, 365);
    user.last_updated = moment(chance, user.created, 365);
    user.status_changed = Some(user.last_updated);
    user.activated = (user.status != "STAGED").then_some(user.created);
    user.last_login = (user.status == "ACTIVE").then(|| moment(chance, user.created, 365));
    user.password_changed = user.activated;
    if chance.once_in(10) {
        // Signs in with a name of its own that is no address; the mail keeps its capitals.
        user.profile.insert(
            "login".to_owned(),
            format!("{}{number}", local_part(first, "x")).into(),
        );
        let capitals = address.to_uppercase();
        user.profile.insert("email".to_owned(), capitals.into());
    }
    for (name, value) in attributes(chance, number) {
        if !chance.once_in(4) {
            user.profile.insert(name.to_owned(), value);
        }
    }
    if chance.once_in(3) {
        user.profile.insert(
            "displayName".to_owned(),
            format!("{first} “{number}” {last}").into(),
        );
    }
    user
}

/// Attributes of every type Okta has, some of them base ones, some custom.
fn attributes(chance: &mut Chance, number: usize) -> [(&'static str, Value); 8] {
    [
        ("department", chance.pick(&DEPARTMENTS).into()),
        ("city", chance.pick(&CITIES).into()),
        (
            "title",
            if chance.once_in(5) { "" } else { "Engineer" }.into(),
        ),
        ("employeeNumber", format!("{number:06}").into()),
        ("badgeNumber", number.into()),
        (
            "fte",
            json!(f64::from(u32::try_from(chance.below(100)).unwrap_or(0)) / 100.0),
        ),
        ("remote", chance.once_in(2).into()),
        (
            "skills",
            json!([chance.pick(&SKILLS), chance.pick(&SKILLS)]),
        ),
    ]
}

/// An unused address: every fourth tries the other domain first, so that local parts occur in both.
fn address(taken: &mut BTreeSet<String>, local: &str, other_domain: bool) -> String {
    let domains = if other_domain {
        ["example.org", "example.com"]
    } else {
        ["example.com", "example.org"]
    };
    let plain = domains.map(|domain| format!("{local}@{domain}"));
    let [first, second] = &plain;
    let numbered = (2..).map(|number| format!("{local}{number}@example.com"));
    let free = [first.clone(), second.clone()]
        .into_iter()
        .chain(numbered)
        .find(|address| !taken.contains(address));
    let address = free.unwrap_or_default();
    taken.insert(address.clone());
    address
}

fn status(chance: &mut Chance) -> &'static str {
    let mut drawn = chance.below(100);
    for (status, share) in STATUSES {
        if drawn < share {
            return status;
        }
        drawn -= share;
    }
    "ACTIVE"
}

fn group(chance: &mut Chance, number: usize, apps: &[String; 2]) -> Group {
    let mut group = Group::new(&chance.id("00g"), &group_name(number));
    group.created = moment(chance, EPOCH, 365);
    group.last_updated = moment(chance, group.created, 300);
    group.last_membership_updated = moment(chance, group.last_updated, 60);
    match chance.below(3) {
        0 => group.profile.insert("description".to_owned(), "".into()),
        1 => group.profile.insert(
            "description".to_owned(),
            format!("What team {number} does, in a sentence.").into(),
        ),
        _ => None,
    };
    if number == 0 {
        "BUILT_IN".clone_into(&mut group.kind);
    } else if number % 7 == 3 {
        let [directory, other] = apps;
        let samaccount = format!("team{number}");
        "APP_GROUP".clone_into(&mut group.kind);
        group.object_class = vec!["okta:windows_security_principal".to_owned()];
        group.source = Some(if chance.once_in(3) { other } else { directory }.clone());
        group.profile.insert(
            "dn".to_owned(),
            format!("CN={samaccount},OU=Groups,DC=example,DC=com").into(),
        );
        group
            .profile
            .insert("samAccountName".to_owned(), samaccount.into());
    }
    group
}

/// `Everyone`, then teams; every fifth differs from the one before it in case or punctuation only.
fn group_name(number: usize) -> String {
    let team = |number: usize| {
        let name = TEAMS.get(number % TEAMS.len()).copied().unwrap_or("Team");
        let prefix = if number.is_multiple_of(3) {
            "public-"
        } else {
            ""
        };
        format!("{prefix}{name} {}", number / TEAMS.len() + 1)
    };
    match number {
        0 => "Everyone".to_owned(),
        1 => "All Employees".to_owned(),
        _ if number % 10 == 5 => team(number - 1).to_uppercase(),
        _ if number.is_multiple_of(10) => team(number - 1).replace(' ', "_"),
        _ => team(number),
    }
}

/// The second group has three users in four, every ninth none, the others up to `team`.
fn members(chance: &mut Chance, number: usize, team: usize, ids: &[String]) -> BTreeSet<String> {
    if number == 1 {
        return ids.iter().filter(|_| !chance.once_in(4)).cloned().collect();
    }
    if number % 9 == 4 || ids.is_empty() {
        return BTreeSet::new();
    }
    let size = 1 + chance.below(team.max(1));
    (0..size)
        .filter_map(|_| ids.get(chance.below(ids.len())).cloned())
        .collect()
}

fn moment(chance: &mut Chance, after: Timestamp, days: usize) -> Timestamp {
    let seconds = i64::try_from(chance.below(days * 86_400)).unwrap_or(0);
    after
        .saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_org_has_what_real_ones_have() {
        let org = Org::generate(2000, 300, 7);
        for (status, _) in STATUSES {
            assert!(
                org.users.values().any(|user| user.status == status),
                "{status}"
            );
        }
        let locals = |domain: &str| -> BTreeSet<&str> {
            let emails = org
                .users
                .values()
                .filter_map(|user| user.profile["email"].as_str());
            emails
                .filter_map(|email| email.strip_suffix(domain))
                .collect()
        };
        assert!(
            locals("@example.com")
                .intersection(&locals("@example.org"))
                .count()
                > 10
        );
        let biggest = org
            .groups
            .values()
            .map(|group| org.members(group, None).count())
            .max()
            .unwrap();
        assert!(biggest > 1000, "{biggest}");
        assert!(
            org.groups
                .values()
                .any(|group| org.members(group, None).next().is_none()),
            "an empty group"
        );
        assert!(
            org.groups
                .values()
                .any(|group| group.kind == "APP_GROUP" && group.source.is_some())
        );
        let names: BTreeSet<&str> = org.groups.values().map(Group::name).collect();
        let folded: BTreeSet<String> = names
            .iter()
            .map(|name| name.to_lowercase().replace('_', " "))
            .collect();
        assert!(
            folded.len() < names.len(),
            "names that differ in case or punctuation only"
        );
        let deactivated = |user: &&User| user.status == DEPROVISIONED;
        let listed = org
            .groups
            .values()
            .any(|group| org.members(group, None).any(|user| deactivated(&user)));
        assert!(listed, "deactivated users are still members somewhere");
    }
}
