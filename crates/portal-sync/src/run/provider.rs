//! From a checked configuration to a client of one Okta org: the only file that names the builders.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use http::HeaderValue;
use okta_api::{Client, Observer, RateLimitShare};
use okta_auth::{
    ApiToken, Clock, OrgUrl, PrivateKey, Scope, ServiceApp, TokenCache, TokenSource as _, Transport,
};
use org_filter::SearchExpr;
use org_filter::names::NameRule;

use super::schedule::{Reconcile, Schedule};
use crate::decide::guard::Guard;
use crate::decide::mapping::Mapping;
use crate::decide::plan::Settings;
use crate::decide::roster::Rules;
use crate::decide::rules::MappingRules;
use crate::held::criteria::{Changed, Criteria, GroupCriterion};
use crate::held::mirror::Mirror;
use crate::held::run::Asked;
use crate::read::baseline::Baseline;
use crate::read::directory::{Limits, OktaDirectory, OnProgress};
use crate::read::record::Jitter;
use crate::read::selection::{GroupFilter, Selection};

/// Who asks.
pub(crate) const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("portal-sync/", env!("CARGO_PKG_VERSION")));

/// The path template under which token requests are counted.
const TOKEN_ENDPOINT: &str = "/oauth2/v1/token";

/// One Okta tenant: where it is, what opens it, what is read, and how it is treated.
#[derive(Clone, Debug)]
pub(crate) struct ProviderConfig {
    /// What the tenant is called here; unique.
    pub id: String,
    /// Its address.
    pub org: OrgUrl,
    /// What opens it.
    pub credentials: Credentials,
    /// When it is read.
    pub schedule: Schedule,
    /// Which users are read; all of them unless configured.
    pub user_filter: Option<SearchExpr>,
    /// Which groups are read; all of them unless configured.
    pub group_filter: Option<GroupFilter>,
    /// Whether, with a group filter, only members of a group that it selects are kept; true unless
    /// configured.
    pub users_from_groups: bool,
    /// Whether groups without members are kept; true unless configured.
    pub include_empty_groups: bool,
    /// How much of the tenant's limits may be used.
    pub rate_limit: RateLimit,
    /// When removals are withheld.
    pub guard: Guard,
    /// How much is read of it.
    pub limits: Limits,
    /// When everything is read, beside what changed.
    pub reconcile: Reconcile,
    /// How its records become entities.
    pub mapping: MappingRules,
}

/// What requests to a tenant are authorised with. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    /// An API Services app that signs with a private key.
    ServiceApp {
        /// The app's client id: `0oa…`.
        client_id: String,
        /// The private keys in the order in which they are tried, each under the id (`kid`) by which Okta knows its public
        /// half: that of the JWK unless configured. Several while one takes over from the other.
        keys: Vec<PrivateKey>,
    },
    /// A static API token (`SSWS`).
    ApiToken(ApiToken),
}

/// How much of the tenant's limits may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    /// The share of what the tenant's headers allow; 80 % unless configured.
    pub share: RateLimitShare,
    /// How many requests may be under way at once; 8 unless configured.
    pub max_concurrent: NonZeroU32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            share: RateLimitShare::default(),
            max_concurrent: NonZeroU32::MIN.saturating_add(7),
        }
    }
}

/// One configured Okta org, ready to be read.
#[derive(Debug)]
pub(crate) struct Provider {
    client: Client,
    tokens: Option<Arc<TokenCache<Arc<dyn Transport>>>>,
    selection: Selection,
    parallel: usize,
    limits: Limits,
    reconcile: Reconcile,
    share: RateLimitShare,
    schedule: Schedule,
    settings: Settings,
}

impl Provider {
    /// Makes the client of a provider, which tells `observer` what it asks. Nothing is sent yet. Its tries are spread over time
    /// by `jitter`, at random unless that is given.
    ///
    /// # Errors
    /// When the client id or the key id cannot be used.
    pub(crate) fn new(
        provider: &ProviderConfig,
        transport: Arc<dyn Transport>,
        jitter: Option<Jitter>,
        clock: Arc<dyn Clock>,
        observer: impl Observer,
    ) -> Result<Self, okta_auth::ServiceAppError> {
        let org = provider.org.clone();
        let mut tokens = None;
        let builder = match &provider.credentials {
            Credentials::ServiceApp { client_id, keys } => {
                let scopes = [Scope::USERS_READ, Scope::GROUPS_READ];
                let app = ServiceApp::new(client_id, keys.clone(), scopes)?;
                // With it deletions are seen at once; without it, when everything is read again.
                let app = app.also_asking([Scope::LOGS_READ]);
                let cache = TokenCache::new(org.clone(), app, Arc::clone(&transport));
                let cache = Arc::new(cache.with_clock(clock));
                tokens = Some(Arc::clone(&cache));
                Client::builder(org, cache, transport)
            }
            Credentials::ApiToken(token) => Client::builder(org, token.clone(), transport),
        };
        let builder = match jitter {
            Some(jitter) => builder.jitter(jitter),
            None => builder,
        };
        let client = builder
            .rate_limit_share(provider.rate_limit.share)
            .max_concurrent(provider.rate_limit.max_concurrent)
            .observer(observer)
            .user_agent(USER_AGENT)
            .build();
        Ok(Self {
            tokens,
            ..Self::over(client, provider)
        })
    }

    /// A provider whose org is read through this client.
    pub(crate) fn over(client: Client, provider: &ProviderConfig) -> Self {
        Self {
            client,
            tokens: None,
            selection: selection(provider),
            parallel: provider.rate_limit.max_concurrent.get() as usize,
            limits: provider.limits,
            reconcile: provider.reconcile.clone(),
            share: provider.rate_limit.share,
            schedule: provider.schedule.clone(),
            settings: settings(provider),
        }
    }

    /// The org as the directory of a run.
    #[must_use]
    pub(crate) fn directory(&self, baseline: Baseline, on_progress: OnProgress) -> OktaDirectory {
        OktaDirectory::new(
            self.client.clone(),
            self.selection.clone(),
            baseline,
            self.parallel,
            on_progress,
        )
        .limited(self.limits)
    }

    /// What a plan depends on besides what is read and what is there.
    #[must_use]
    pub(crate) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What asks the org.
    #[must_use]
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// What is wanted of the org.
    #[must_use]
    pub(crate) const fn selection(&self) -> &Selection {
        &self.selection
    }

    /// When everything is read again.
    #[must_use]
    pub(crate) const fn reconcile(&self) -> &Reconcile {
        &self.reconcile
    }

    /// How the System Log is read: on from where it was left, or from now on; not at all where `okta.logs.read` is not granted,
    /// nor with an API token. A token that cannot be had is told of by the first list.
    pub(crate) async fn log_of(&self, held: Option<&Mirror>) -> Option<Option<String>> {
        let tokens = self.tokens.as_ref()?;
        tokens.token().await.ok()?;
        let place = held.and_then(|held| held.account.watermarks.log.clone());
        tokens
            .granted()
            .contains(&Scope::LOGS_READ)
            .then_some(place)
    }

    /// What was last seen of Okta's limits: requests a minute, by endpoint.
    #[must_use]
    pub(crate) fn limits(&self) -> BTreeMap<String, u64> {
        let limits = self.client.limits().endpoints.into_iter();
        limits
            .map(|(endpoint, limit)| (endpoint.to_owned(), limit.limit))
            .collect()
    }

    /// How many of a hundred requests that the tenant allows may be used.
    #[must_use]
    pub(crate) const fn share(&self) -> RateLimitShare {
        self.share
    }

    /// When it is read.
    #[must_use]
    pub(crate) const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What has been asked of the org since the program began.
    #[must_use]
    pub(crate) fn usage(&self) -> Asked {
        let metrics = self.client.metrics();
        let total = metrics.total();
        let mut requests: BTreeMap<String, u64> = metrics
            .endpoints
            .iter()
            .map(|(template, endpoint)| ((*template).to_owned(), endpoint.count))
            .collect();
        if let Some(tokens) = &self.tokens {
            requests.insert(TOKEN_ENDPOINT.to_owned(), tokens.requests());
        }
        requests.retain(|_, count| *count > 0);
        Asked {
            requests,
            throttled: total.throttled,
            waited: metrics.waited_for_limit,
            backed_off: metrics.backed_off,
        }
    }
}

/// What a provider wants of its org.
pub(crate) fn selection(provider: &ProviderConfig) -> Selection {
    let (users, groups) = (&provider.user_filter, &provider.group_filter);
    Selection::new(users.as_ref(), groups.as_ref()).needing(&provider.mapping.needs())
}

/// What a plan of a provider depends on besides what is read and what is there.
pub(crate) fn settings(provider: &ProviderConfig) -> Settings {
    Settings {
        provider: provider.id.clone(),
        rules: Rules {
            users_from_groups: provider.users_from_groups && provider.group_filter.is_some(),
            user_filter: provider.user_filter.is_some(),
            group_filter: provider.group_filter.is_some(),
            include_empty_groups: provider.include_empty_groups,
            leavers: provider.mapping.users.leavers,
            changed: Changed::NOTHING,
        },
        criteria: criteria(provider),
        guard: provider.guard,
        mapping: Mapping::new(&provider.id, &provider.org, provider.mapping.clone()),
    }
}

/// What a provider selects, as it is compared and kept.
pub(crate) fn criteria(provider: &ProviderConfig) -> Criteria {
    let mapping = &provider.mapping;
    let rules = |rules: &[NameRule]| sorted(rules.iter().map(ToString::to_string));
    Criteria {
        org: provider.org.to_string().trim_end_matches('/').to_owned(),
        client: match &provider.credentials {
            Credentials::ServiceApp { client_id, .. } => Some(client_id.clone()),
            Credentials::ApiToken(_) => None,
        },
        user_filter: provider.user_filter.as_ref().map(ToString::to_string),
        group_filter: provider.group_filter.as_ref().map(|filter| match filter {
            GroupFilter::Names(names) => GroupCriterion::Names(sorted(names.iter().cloned())),
            GroupFilter::Search(search) => GroupCriterion::Search(search.to_string()),
        }),
        users_from_groups: provider.users_from_groups && provider.group_filter.is_some(),
        include_empty_groups: provider.include_empty_groups,
        statuses: sorted(mapping.users.statuses.iter().map(ToString::to_string)),
        exclude_users: rules(&mapping.users.exclude),
        exclude_groups: rules(&mapping.groups.exclude),
        merge: mapping
            .groups
            .merge
            .iter()
            .map(|merge| (merge.name.clone(), rules(&merge.groups)))
            .collect(),
        leavers: mapping.users.leavers,
    }
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
