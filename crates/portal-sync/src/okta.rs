//! From a checked configuration to a client of one Okta org: the only file that names the builders.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use okta_api::{Client, Observer, Share};
use okta_auth::{Clock, ReqwestTransport, Scope, ServiceApp, TokenCache};

use crate::config::{self, Credentials, Limits};
use crate::criteria::{Changed, Criteria};
use crate::directory::{OktaDirectory, OnProgress};
use crate::mapping::Mapping;
use crate::plan::Settings;
use crate::roster::Rules;
use crate::selection::Selection;

/// Who asks.
pub const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("portal-sync/", env!("CARGO_PKG_VERSION")));

/// The path template under which token requests are counted.
const TOKEN_ENDPOINT: &str = "/oauth2/v1/token";

/// One configured Okta org, ready to be read.
#[derive(Debug)]
pub struct Okta {
    client: Client,
    tokens: Option<Arc<TokenCache<ReqwestTransport>>>,
    selection: Selection,
    parallel: usize,
    limits: Limits,
    settings: Settings,
}

/// What has been asked of an org.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Requests by path template.
    pub requests: BTreeMap<String, u64>,
    /// Answers with the status 429.
    pub throttled: u64,
    /// The time during which at least one request waited for the rate limit.
    pub waited: Duration,
    /// The time during which at least one request waited for another try after a failure.
    pub backed_off: Duration,
}

impl Okta {
    /// Makes the client of a provider, which tells `observer` what it asks. Nothing is sent yet.
    ///
    /// # Errors
    /// When the client id or the key id cannot be used.
    pub fn new(
        provider: &config::Provider,
        transport: ReqwestTransport,
        clock: Arc<dyn Clock>,
        observer: impl Observer,
    ) -> Result<Self, okta_auth::ServiceAppError> {
        let org = provider.org.clone();
        let mut tokens = None;
        let builder = match &provider.credentials {
            Credentials::ServiceApp { client_id, keys } => {
                let scopes = [Scope::USERS_READ, Scope::GROUPS_READ];
                let app = ServiceApp::new(client_id, keys.clone(), scopes)?;
                let cache = Arc::new(TokenCache::new(org.clone(), app, transport.clone(), clock));
                tokens = Some(Arc::clone(&cache));
                Client::builder(org, cache, transport)
            }
            Credentials::ApiToken(token) => Client::builder(org, token.clone(), transport),
        };
        let parallel = provider.rate_limit.max_concurrent;
        let client = builder
            .share(Share::percent(provider.rate_limit.share_percent).unwrap_or_default())
            .max_concurrent(parallel.try_into().unwrap_or(NonZeroU32::MAX))
            .observer(observer)
            .user_agent(USER_AGENT)
            .build();
        Ok(Self {
            client,
            tokens,
            selection: selection(provider),
            parallel: parallel.get(),
            limits: provider.limits,
            settings: settings(provider),
        })
    }

    /// The org as the directory of a run.
    #[must_use]
    pub fn directory(&self, on_progress: OnProgress) -> OktaDirectory {
        OktaDirectory::new(
            self.client.clone(),
            self.selection.clone(),
            self.parallel,
            on_progress,
        )
        .limited(self.limits)
    }

    /// What a plan depends on besides what is read and what is there.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What has been asked of the org since the program began.
    #[must_use]
    pub fn usage(&self) -> Usage {
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
        Usage {
            requests,
            throttled: total.throttled,
            waited: metrics.waited_for_limit,
            backed_off: metrics.backed_off,
        }
    }
}

/// What a provider wants of its org.
pub(crate) fn selection(provider: &config::Provider) -> Selection {
    let (users, groups) = (&provider.user_filter, &provider.group_filter);
    Selection::new(users.as_ref(), groups.as_ref()).for_mapping(&provider.mapping)
}

/// What a plan of a provider depends on besides what is read and what is there.
pub(crate) fn settings(provider: &config::Provider) -> Settings {
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
        criteria: Criteria::of(provider),
        guard: provider.guard,
        mapping: Mapping::new(
            &provider.id,
            &provider.org.to_string(),
            provider.mapping.clone(),
        ),
    }
}

impl Usage {
    /// Requests of all endpoints.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.requests.values().sum()
    }

    /// What was asked since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut requests = self.requests.clone();
        for (template, count) in &mut requests {
            *count -= earlier.requests.get(template).copied().unwrap_or(0);
        }
        requests.retain(|_, count| *count > 0);
        Self {
            requests,
            throttled: self.throttled - earlier.throttled,
            waited: self.waited.saturating_sub(earlier.waited),
            backed_off: self.backed_off.saturating_sub(earlier.backed_off),
        }
    }
}
