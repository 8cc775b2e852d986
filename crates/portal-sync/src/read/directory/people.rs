//! Users who come as the members of groups.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use okta_api::{Page, User, UserId};

use crate::held::mirror::Listed;

/// Those who came by now: most come several times, once for each of their groups.
#[derive(Debug, Default)]
pub(super) struct People(Mutex<Came>);

#[derive(Debug, Default)]
struct Came {
    ids: HashSet<UserId>,
    users: Vec<User>,
    malformed: BTreeMap<String, String>,
    skipped: BTreeMap<String, usize>,
}

impl People {
    /// Takes whoever is new on a page of members.
    pub(super) fn take(&self, page: Page<User>) {
        let mut came = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for user in page.items {
            if came.ids.insert(user.id.clone()) {
                came.users.push(user);
            }
        }
        for (name, count) in page.skipped {
            *came.skipped.entry(name).or_default() += count;
        }
        let bad = page.malformed.into_iter();
        let bad = bad.filter_map(|it| Some((it.id?, it.reason)));
        came.malformed.extend(bad);
    }

    /// All of them, with those who changed besides. They may have changed since `date`, when the first was asked for.
    pub(super) fn listed(
        self,
        changed: Option<Listed<User>>,
        date: Option<Timestamp>,
    ) -> Listed<User> {
        let came = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut listed = changed.unwrap_or_else(|| Listed {
            server_date: date,
            ..Listed::default()
        });
        listed.records.extend(came.users);
        listed.malformed.extend(came.malformed);
        for (name, count) in came.skipped {
            *listed.skipped.entry(name).or_default() += count;
        }
        listed
    }
}
