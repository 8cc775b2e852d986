//! Scenarios: orgs as files, for tests and for people.
//!
//! A scenario is a folder with an `org.yaml`: users, groups, memberships, clients and API tokens by hand, or the
//! parameters of a generated org, or both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;

use crate::simulator::{ApiToken, Bucket, Client, Group, Options, Org, User};

/// An org and how its server behaves.
///
/// ```
/// use xtask::Scenario;
///
/// let small = Scenario::named("small")?;
/// assert!(small.org.users.len() >= 8);
/// # anyhow::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it is for.
    pub description: String,
    /// The org.
    pub org: Org,
    /// The behaviour of its server.
    pub options: Options,
}

/// `org.yaml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    description: String,
    /// Users and groups made up by rule, to which those below are added.
    #[serde(default)]
    generate: Option<Generate>,
    /// Requests per window for the whole org, by bucket.
    #[serde(default)]
    limits: BTreeMap<Bucket, u32>,
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    groups: Vec<Group>,
    /// Ids of users by the id of the group.
    #[serde(default)]
    memberships: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    clients: Vec<ClientEntry>,
    #[serde(default)]
    api_tokens: Vec<ApiToken>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Generate {
    users: usize,
    groups: usize,
    /// The most people of a team.
    #[serde(default)]
    team: Option<usize>,
    seed: u64,
}

impl Generate {
    fn org(self) -> Org {
        let Self {
            users,
            groups,
            team,
            seed,
        } = self;
        team.map_or_else(
            || Org::generate(users, groups, seed),
            |team| Org::generate_with_teams(users, groups, team, seed),
        )
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClientEntry {
    client_id: String,
    /// Public JWKs (or JWK sets), relative to the folder.
    key_files: Vec<PathBuf>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default = "yes")]
    admin_role: bool,
    #[serde(default)]
    dpop_required: bool,
}

impl Scenario {
    /// Loads `fixtures/scenarios/<name>` of this checkout.
    ///
    /// # Errors
    ///
    /// As [`Scenario::load`].
    pub fn named(name: &str) -> anyhow::Result<Self> {
        Self::load(
            &Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../fixtures/scenarios")
                .join(name),
        )
    }

    /// Loads the scenario in `folder`.
    ///
    /// # Errors
    ///
    /// When a file is missing or malformed, an id occurs twice, or a membership names nobody.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("org.yaml");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let file: File = serde_saphyr::from_str(&text)
            .with_context(|| format!("cannot parse `{}`", path.display()))?;
        let mut org = file.generate.map(|it| it.org()).unwrap_or_default();
        for user in file.users {
            ensure!(
                !org.users.contains_key(&user.id),
                "two users have the id `{}`",
                user.id
            );
            org.add_user(user);
        }
        for group in file.groups {
            ensure!(
                !org.groups.contains_key(&group.id),
                "two groups have the id `{}`",
                group.id
            );
            org.add_group(group);
        }
        for (group, members) in file.memberships {
            ensure!(
                org.groups.contains_key(&group),
                "memberships name the group `{group}`, which is not there"
            );
            if let Some(nobody) = members.iter().find(|id| !org.users.contains_key(*id)) {
                bail!("group `{group}` has the member `{nobody}`, who is not there");
            }
            org.memberships.insert(group, members);
        }
        for entry in file.clients {
            org.clients.push(entry.into_client(folder)?);
        }
        org.api_tokens = file.api_tokens;
        let options = Options {
            limits: file.limits,
            ..Options::default()
        };
        Ok(Self {
            description: file.description,
            org,
            options,
        })
    }
}

impl ClientEntry {
    fn into_client(self, folder: &Path) -> anyhow::Result<Client> {
        let mut keys = Vec::new();
        for file in &self.key_files {
            keys.extend(public_keys(&folder.join(file))?);
        }
        let client = Client::new(&self.client_id, JwkSet { keys });
        let scopes = self.scopes.unwrap_or_else(|| client.scopes.clone());
        Ok(Client {
            scopes,
            admin_role: self.admin_role,
            dpop_required: self.dpop_required,
            ..client
        })
    }
}

/// A file with one public JWK, or with a set of them.
fn public_keys(path: &Path) -> anyhow::Result<Vec<Jwk>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the key `{}`", path.display()))?;
    let parsed = serde_json::from_str::<JwkSet>(&text).map(|set| set.keys);
    parsed
        .or_else(|_| serde_json::from_str::<Jwk>(&text).map(|key| vec![key]))
        .with_context(|| format!("`{}` is no public JWK", path.display()))
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(yaml: &str) -> anyhow::Result<Scenario> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("org.yaml"), yaml).unwrap();
        Scenario::load(folder.path())
    }

    #[test]
    fn every_scenario_loads_and_its_clients_have_keys() {
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/scenarios");
        let mut loaded = 0;
        for entry in fs::read_dir(all).unwrap() {
            let folder = entry.unwrap().path();
            if folder.is_dir() {
                let scenario = Scenario::load(&folder).unwrap();
                let keyless = |client: &&Client| client.keys.keys.is_empty();
                assert_eq!(
                    scenario.org.clients.iter().find(keyless),
                    None,
                    "{folder:?}"
                );
                loaded += 1;
            }
        }
        assert!(loaded >= 2);
    }

    #[test]
    fn mistakes_are_named() {
        let twice = "description: x\nusers: [{id: 00u1}, {id: 00u1}]";
        let nobody = "description: x\ngroups: [{id: 00g1}]\nmemberships: {00g1: [00u9]}";
        let nowhere = "description: x\nmemberships: {00g9: []}";
        let keyless = "description: x\nclients: [{clientId: 0oa1, keyFiles: [none.json]}]";
        for (yaml, message) in [
            (twice, "two users have the id `00u1`"),
            (
                nobody,
                "group `00g1` has the member `00u9`, who is not there",
            ),
            (
                nowhere,
                "memberships name the group `00g9`, which is not there",
            ),
            (keyless, "cannot read the key `"),
            ("description: x\nuser: []", "cannot parse `"),
        ] {
            let error = load(yaml).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn what_is_left_out_has_defaults() {
        let scenario = load("description: x\nusers: [{id: 00u1}]\ngroups: [{id: 00g1}]").unwrap();
        assert_eq!(scenario.org.users["00u1"].status, "ACTIVE");
        assert_eq!(scenario.org.groups["00g1"].kind, "OKTA_GROUP");
        assert!(scenario.org.groups["00g1"].profile.is_empty());
    }
}
