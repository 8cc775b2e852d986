//! From Okta's users and groups to the entities of the catalog.
//!
//! ```text
//! org ─► shape (merged, quarantined, parents) ─► roster ─► names ─► relations ─► entities
//! ```
//!
//! Names are derived last, over everything that will be in the catalog, so that collisions are seen and resolved
//! before anything is written. Who is a member of what is joined by Okta id, never by name. Entities are made one at a
//! time, when somebody asks for the next: a catalog of a million is never held twice.

use catalog_model::EntityRef;
use okta_api::Group;
use okta_auth::OrgUrl;
use org_filter::{Dialect, Matcher};

use crate::decide::roster::Roster;
use crate::decide::rules::{AdminConsole, MappingRules, admin_console_of};
use crate::decide::shape::Shaped;
use crate::held::org::Org;
use crate::held::state::State;

// Leaf first: a module uses only modules listed above it.
mod names;
mod urls;

mod describe;
mod lists;
mod sign_in;

mod hierarchy;
mod left_out;

mod entities;

pub(crate) use entities::{Mapped, MappedEntity};
pub(crate) use names::{Collision, KeptNames, Rename};
pub(crate) use sign_in::SignIn;

/// The annotation that holds the Okta id.
pub(crate) const OKTA_ID: &str = "okta.com/id";
/// The annotation that holds the host of the org.
pub(crate) const OKTA_ORG: &str = "okta.com/org";
/// The annotation that holds the tenant's id in the configuration.
pub(crate) const OKTA_PROVIDER: &str = "okta.com/provider";
/// The annotation that holds a user's login.
pub(crate) const OKTA_LOGIN: &str = "okta.com/login";
/// The annotation that holds a user's e-mail; the stock sign-in resolver of Backstage looks it up.
pub(crate) const OKTA_EMAIL: &str = "okta.com/email";
/// How one provider's objects become entities.
#[derive(Debug, Clone)]
pub(crate) struct Mapping {
    provider: String,
    org_url: String,
    org_host: String,
    admin_console: Option<String>,
    rules: MappingRules,
    types: Vec<(Matcher, String)>,
}

impl Mapping {
    /// The mapping of the tenant `provider`, whose org is `org`, by `rules`.
    #[must_use]
    pub(crate) fn new(provider: &str, org: &OrgUrl, rules: MappingRules) -> Self {
        // Without the port, which only an org on this machine has.
        let org_host = org.host();
        let admin_console = match &rules.admin_console {
            AdminConsole::No => None,
            AdminConsole::At(url) => Some(url.as_str().trim_end_matches('/').to_owned()),
            AdminConsole::OfOrg => admin_console_of(org_host),
        };
        let types = rules.groups.types.rules.iter();
        let types = types
            .map(|(when, r#type)| (when.compile(&Dialect::GROUP_SEARCH), r#type.clone()))
            .collect();
        Self {
            provider: provider.to_owned(),
            org_url: org.to_string().trim_end_matches('/').to_owned(),
            org_host: org_host.to_owned(),
            admin_console,
            types,
            rules,
        }
    }

    /// The org's host, as in `acme.okta.com`.
    #[must_use]
    pub(crate) fn org_host(&self) -> &str {
        &self.org_host
    }

    /// The rules.
    #[must_use]
    pub(crate) const fn rules(&self) -> &MappingRules {
        &self.rules
    }

    /// What the rules make of an org over what the catalog holds.
    #[must_use]
    pub(crate) fn shape<'a>(&'a self, org: &'a Org, catalog: &State) -> Shaped<'a> {
        self.rules.shape(org, catalog)
    }

    /// Names everything that is in a roster and relates it; whatever is of a kind whose names are `kept` and has one keeps
    /// it. Entities are then made one by one.
    ///
    /// # Errors
    /// When names collide and the configuration wants none of it, or the store has a text that is no entity.
    pub(crate) fn map<'a>(
        &'a self,
        shaped: &'a Shaped<'a>,
        roster: &'a Roster<'a>,
        state: &'a State,
        kept: KeptNames,
    ) -> Result<Mapped<'a>, MappingError> {
        Mapped::new(self, shaped, roster, state, kept)
    }

    fn group_type(&self, group: &Group) -> String {
        let rule = self.types.iter().find(|(when, _)| when.matches(group));
        if let Some((_, r#type)) = rule {
            return r#type.clone();
        }
        let types = &self.rules.groups.types;
        describe::first(&types.attribute, group).unwrap_or_else(|| types.default.clone())
    }
}

/// A roster of which no entities can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum MappingError {
    /// Names collide, and the configuration says that this ends the run.
    #[error("names are wanted by several: {}", listed(.0))]
    Collisions(Vec<Collision>),
    /// The text that the store has of an entity cannot be read.
    #[error("what the store has of {entity_ref} is no entity")]
    Damaged {
        /// The entity.
        entity_ref: EntityRef,
        /// Why.
        source: serde_json::Error,
    },
}

impl MappingError {
    /// What to do about it.
    #[must_use]
    pub(crate) const fn fix(&self) -> &'static str {
        match self {
            Self::Collisions(_) => {
                "choose a `userName` or `groupName` that keeps them apart, or set `mapping.collisions` to `suffix`"
            }
            Self::Damaged { .. } => {
                "restore the store from a backup, or remove its file: the next run fills it again"
            }
        }
    }
}

/// The first few collisions in a sentence.
fn listed(collisions: &[Collision]) -> String {
    const SHOWN: usize = 5;
    let shown = collisions.iter().take(SHOWN).map(ToString::to_string);
    let more = collisions.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("and {more} more"));
    shown.chain(more).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
pub(crate) mod tests;
