//! Mirrors in a store, of records that the benchmark makes.

use std::sync::Arc;

use jiff::Timestamp;
use okta_api::{Group, User, UserId};

use super::commits::{PROVIDER, Target};
use super::{End, Failed};
use crate::held::mirror::{Account, HeldGroup, HeldUser, Mirror, Roll};
use crate::held::run::Run;
use crate::store::Ending;

/// What Okta said of an org.
#[derive(Debug, Clone)]
pub struct Answers(Arc<Mirror>);

impl Answers {
    /// Of these users, and groups with their members.
    pub fn of(
        users: impl Iterator<Item = User>,
        groups: impl Iterator<Item = (Group, Vec<UserId>)>,
    ) -> Self {
        let users = users.map(|record| HeldUser {
            record: Arc::new(record),
            by_search: false,
        });
        let (groups, rolls): (Vec<_>, Vec<_>) = groups
            .map(|(group, members)| {
                let roll = (group.id.clone(), roll(members));
                let stamp = Some(Timestamp::UNIX_EPOCH);
                let record = Arc::new(group);
                (HeldGroup { record, stamp }, roll)
            })
            .unzip();
        Self(Arc::new(Mirror::of(
            Account::default(),
            users,
            groups,
            rolls,
        )))
    }

    /// The same, as the store has it, in which one group has other members.
    #[must_use]
    pub fn with_one_roll_changed(&self) -> Self {
        let mut mirror = Mirror::clone(&self.0).kept();
        let first = mirror.rolls().first_key_value();
        if let Some((id, before)) = first.map(|(id, roll)| (id.clone(), roll.clone())) {
            mirror.put_roll(id, roll(before.ids.iter().skip(1).cloned()));
        }
        Self(Arc::new(mirror))
    }

    /// Users, groups, and groups with members.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        let Self(mirror) = self;
        [
            mirror.users().len(),
            mirror.groups().len(),
            mirror.rolls().len(),
        ]
    }
}

fn roll(members: impl IntoIterator<Item = UserId>) -> Roll {
    let ids: std::collections::BTreeSet<_> = members.into_iter().collect();
    let listed = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    Roll {
        ids: Arc::new(ids),
        inactive: Arc::default(),
        as_of: Timestamp::UNIX_EPOCH,
        listed,
        counted: Some(listed),
    }
}

impl End {
    /// Of a run that only keeps what Okta said.
    #[must_use]
    pub fn keeping(Answers(mirror): &Answers) -> Self {
        Self(Ending {
            mirror: Some(Arc::clone(mirror)),
            ..Ending::of(Run::default())
        })
    }
}

impl Target {
    /// What it keeps of Okta's answers.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn answers(&self) -> Result<Option<Answers>, Failed> {
        let mirror = self.0.mirror(PROVIDER).await?;
        Ok(mirror.map(|mirror| Answers(Arc::new(mirror))))
    }

    /// The space that it takes, in bytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn bytes(&self) -> Result<u64, Failed> {
        Ok(self.0.check().await?.bytes)
    }
}
