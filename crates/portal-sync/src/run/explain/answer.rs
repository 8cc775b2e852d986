//! From a question to explanations: of every object that fits, with its latest changes.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::held::{Held, Tenant};
use super::live::{Asking, Seen};
use super::seek::Sought;
use super::told::{Explained, Past};
use super::view::View;
use super::{groups, users};
use crate::held::object::{Key, Kind};
use crate::read::directory::ReadError;
use crate::run::error::RunError;
use crate::store::{CatalogStore, Runs, StoreError};

/// So many changes of an object are told.
const CHANGES: u32 = 10;

/// What there is to say of one tenant.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The objects that fit.
    pub found: Vec<Explained>,
    /// Whether something is held of the tenant.
    pub was_read: bool,
    /// As of when Okta's answers are held.
    pub as_of: Option<Timestamp>,
}

/// Explains every object of a tenant that fits, by what is held, and by what Okta says if it is asked.
///
/// # Errors
/// When the store cannot be read, or Okta cannot be asked.
pub(crate) async fn answers(
    tenant: &Tenant,
    store: &dyn CatalogStore,
    sought: &Sought,
    asking: Option<&Asking<'_>>,
) -> Result<Answers, RunError> {
    let mut held = Held::of(tenant, store).await?;
    let mut keys = sought.fits(tenant, &held);
    keys.extend(in_ledger(tenant, store, sought).await?);
    let mut answers = Answers {
        found: Vec::new(),
        was_read: held.was_read(),
        as_of: held.as_of(),
    };
    let mut seen: Vec<(Key, Option<Seen>)> = Vec::new();
    match asking {
        None => seen.extend(keys.into_iter().map(|key| (key, None))),
        Some(asking) if keys.is_empty() => {
            let found = asking.find(sought.kind, &sought.text).await;
            let found = found.map_err(|error| unasked(sought.kind, error))?;
            seen.extend(found.into_iter().map(|(key, seen)| (key, Some(seen))));
        }
        Some(asking) => {
            for key in keys {
                let asked = asking.see(&key).await;
                let asked = asked.map_err(|error| unasked(sought.kind, error))?;
                seen.push((key, asked));
            }
        }
    }
    for (key, seen) in seen {
        if let Some(seen) = &seen {
            held = held.seeing(tenant, store, &key, seen).await;
        }
        let mut explained = explain(tenant, &held, &key, seen.as_ref());
        let changes = store.changes_of(&key.text(), CHANGES).await?.into_iter();
        let changes = changes.filter(|(.., change)| change.kind == key.kind().as_str());
        let changes = changes.map(|(run, began, change)| Past { run, began, change });
        explained.changes = changes.collect();
        explained.label_by_changes();
        answers.found.push(explained);
    }
    Ok(answers)
}

/// Explains one object of a tenant, by what is held of it and by what Okta says of it at this moment, if it was asked.
#[must_use]
pub(crate) fn explain(tenant: &Tenant, held: &Held, key: &Key, seen: Option<&Seen>) -> Explained {
    let view = View::new(tenant, held, seen);
    match key {
        Key::User(id) => users::explain(&view, id),
        Key::Group(key) => groups::explain(&view, key),
    }
}

/// The objects of a tenant that only the ledger may know any more.
async fn in_ledger(
    tenant: &Tenant,
    store: &dyn CatalogStore,
    sought: &Sought,
) -> Result<BTreeSet<Key>, StoreError> {
    let mut keys = BTreeSet::new();
    for object in sought.in_ledger(tenant) {
        for (run, _, change) in store.changes_of(&object, CHANGES).await? {
            let key = Key::parse(sought.kind, &change.okta_id);
            if change.kind != sought.kind.as_str() || keys.contains(&key) {
                continue;
            }
            // The tenant is told by the run.
            let one = Runs {
                provider: None,
                before: run.checked_add(1),
                limit: 1,
            };
            let of = store.runs(one).await?;
            let is_own = |it: &crate::store::Entry| {
                it.number == run && it.provider == tenant.settings.provider
            };
            if of.iter().any(is_own) {
                keys.insert(key);
            }
        }
    }
    Ok(keys)
}

/// That Okta could not be asked for one object.
fn unasked(kind: Kind, error: okta_api::Error) -> RunError {
    RunError::Read(ReadError::Okta {
        reading: match kind {
            Kind::User => "that user",
            Kind::Group => "that group",
        },
        source: Box::new(error),
    })
}
