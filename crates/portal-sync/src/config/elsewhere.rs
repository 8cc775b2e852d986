//! Keys that other tools have for what is configured here, and keys of ours that are known at another place: for each the
//! key to use, with its place.

/// Keys that mean the same, and what to do instead of writing one of them.
pub(super) struct Elsewhere {
    /// How the keys are written by others; upper and lower case, `_` and `-` do not count.
    keys: &'static [&'static str],
    /// The key that has their value here, when it is one of the same map: it is not missed as well.
    stands_for: Option<&'static str>,
    fix: &'static str,
}

const fn row(keys: &'static [&'static str], fix: &'static str) -> Elsewhere {
    Elsewhere {
        keys,
        stands_for: None,
        fix,
    }
}

const fn same(key: &'static str, keys: &'static [&'static str], fix: &'static str) -> Elsewhere {
    Elsewhere {
        keys,
        stands_for: Some(key),
        fix,
    }
}

/// Names that others give the parts of a service app: Terraform's provider, Okta's SDKs, `baton`.
const KEY_ID: Elsewhere = same(
    "keyId",
    &["kid", "privateKeyId", "jwkId"],
    "the key here is `keyId`",
);
const PRIVATE_KEY: Elsewhere = same(
    "privateKey",
    &[
        "jwk",
        "jwks",
        "jwkSet",
        "pem",
        "key",
        "signingKey",
        "oktaPrivateKey",
    ],
    "the key here is `privateKey`, for PEM, a JWK or a JWK set",
);
const KEY_FILE: Elsewhere = same(
    "privateKey",
    &[
        "privateKeyFile",
        "privateKeyPath",
        "keyFile",
        "keyPath",
        "pemFile",
    ],
    "the key here is `privateKey: { $file: okta.pem }`",
);
const CLIENT_ID: Elsewhere = same(
    "clientId",
    &["oktaClientId", "appId", "applicationId"],
    "the key here is `clientId`",
);
const CLIENT_SECRET: Elsewhere = row(
    &["clientSecret", "oktaClientSecret"],
    "leave it out: an API Services app signs with its `privateKey`",
);
const SCOPES: Elsewhere = row(
    &[
        "scopes",
        "scope",
        "authorizationMode",
        "authMethod",
        "dpop",
        "dpopBoundAccessTokens",
    ],
    "leave it out: `okta.users.read` and `okta.groups.read` are asked for, and DPoP is noticed",
);

/// Under `oauth`.
pub(super) const OAUTH: &[Elsewhere] = &[
    KEY_ID,
    PRIVATE_KEY,
    KEY_FILE,
    CLIENT_ID,
    CLIENT_SECRET,
    SCOPES,
];

const FREQUENCY: &str =
    "the key here is `schedule.frequency`, such as `schedule: { frequency: { minutes: 30 } }`";
const CRON: &str =
    "the key here is `schedule.frequency.cron`: `schedule: { frequency: { cron: '0 */2 * * *' } }`";
const PACED: &str = "leave it out: pages and requests are paced by the tenant's own limits; `rateLimit.share` says how much of them may be used";

/// Under a tenant: what is said elsewhere of it by Roadie's provider for Okta, by other providers of Backstage and by
/// tools that read Okta.
pub(super) const TENANT: &[Elsewhere] = &[
    same(
        "oktaUrl",
        &[
            "url",
            "baseUrl",
            "domain",
            "oktaDomain",
            "oktaOrgUrl",
            "oktaBaseUrl",
            "org",
            "orgName",
            "organizationUrl",
            "organization",
            "host",
            "hostname",
            "tenant",
            "tenantUrl",
            "target",
            "issuer",
            "endpoint",
            "address",
        ],
        "the key here is `oktaUrl`, with the whole address: `oktaUrl: https://acme.okta.com`",
    ),
    same(
        "token",
        &[
            "apiToken",
            "apiKey",
            "oktaApiToken",
            "oktaToken",
            "accessToken",
            "authToken",
            "ssws",
            "sswsToken",
        ],
        "the key here is `token`",
    ),
    KEY_ID,
    PRIVATE_KEY,
    KEY_FILE,
    CLIENT_ID,
    CLIENT_SECRET,
    row(
        &[
            "frequency",
            "interval",
            "refreshInterval",
            "syncInterval",
            "period",
            "every",
        ],
        FREQUENCY,
    ),
    row(&["cron", "cronExpression"], CRON),
    row(
        &["trigger"],
        "the key here is `schedule.frequency.trigger`: `schedule: { frequency: { trigger: manual } }`",
    ),
    row(&["timeout"], "the key here is `schedule.timeout`"),
    row(
        &["initialDelay", "delay"],
        "the key here is `schedule.initialDelay`",
    ),
    row(&["scope"], "the key here is `schedule.scope`"),
    SCOPES,
    row(
        &["userNamingStrategy"],
        "the key here is `portalSync.mapping.userName`; the words for the strategies are the same ones",
    ),
    row(
        &["groupNamingStrategy"],
        "the key here is `portalSync.mapping.groupName`; the words for the strategies are the same ones",
    ),
    row(
        &["namingStrategy"],
        "the keys here are `portalSync.mapping.userName` and `portalSync.mapping.groupName`; the words for the strategies are the same ones",
    ),
    row(
        &[
            "chunkSize",
            "pageSize",
            "batchSize",
            "userQuerySize",
            "groupQuerySize",
            "limit",
            "maxRequests",
        ],
        PACED,
    ),
    row(
        &[
            "maxConcurrency",
            "concurrency",
            "maxConcurrent",
            "parallelism",
        ],
        "the key here is `rateLimit.maxConcurrent`",
    ),
    row(&["share"], "the key here is `rateLimit.share`"),
    row(
        &[
            "maxRetries",
            "retries",
            "retry",
            "requestTimeout",
            "connectionTimeout",
            "backoff",
        ],
        "leave it out: requests are tried again as long as it helps; `schedule.timeout` bounds a whole run",
    ),
    row(
        &["hierarchyConfig", "hierarchy", "parentKey"],
        "the key here is `portalSync.mapping.groups.hierarchy`: `{ key: orgId, parentKey: parentOrgId }`",
    ),
    row(
        &["customAttributesToAnnotationAllowlist", "customAttributes"],
        "the key here is `portalSync.mapping.users.annotations.attributes`, and `portalSync.mapping.groups.annotations.attributes` for groups",
    ),
    row(
        &[
            "userTransformer",
            "groupTransformer",
            "organizationTransformer",
            "transformer",
        ],
        "leave it out: `portalSync.mapping` says how entities are made",
    ),
    row(
        &["users", "userSearch", "userQuery", "usersFilter"],
        "the key here is `userFilter`, with an expression of Okta's search language",
    ),
    row(
        &[
            "groups",
            "groupNames",
            "groupSearch",
            "groupQuery",
            "groupsFilter",
        ],
        "the key here is `groupFilter`, with a list of names or an expression of Okta's search language",
    ),
    row(
        &["filter", "search", "query"],
        "the keys here are `userFilter` and `groupFilter`",
    ),
    row(
        &[
            "excludeGroups",
            "groupExclude",
            "groupDenylist",
            "groupBlocklist",
        ],
        "the key here is `portalSync.mapping.groups.exclude`",
    ),
    row(
        &[
            "excludeUsers",
            "userExclude",
            "userDenylist",
            "userBlocklist",
        ],
        "the key here is `portalSync.mapping.users.exclude`",
    ),
    row(
        &["exclude"],
        "the keys here are `portalSync.mapping.users.exclude` and `portalSync.mapping.groups.exclude`",
    ),
    row(
        &["statuses", "status", "userStatuses"],
        "the key here is `portalSync.mapping.users.statuses`",
    ),
    row(
        &["namespace", "defaultNamespace"],
        "the key here is `mapping.namespace`",
    ),
    row(&["collisions"], "the key here is `mapping.collisions`"),
    row(&["userName"], "the key here is `mapping.userName`"),
    row(&["groupName"], "the key here is `mapping.groupName`"),
    row(&["merge"], "the key here is `mapping.groups.merge`"),
    row(&["root"], "the key here is `mapping.groups.root`"),
    row(
        &["proxy", "httpProxy", "httpsProxy"],
        "set `HTTPS_PROXY` in the environment instead",
    ),
    row(
        &["ca", "caCert", "caFile", "caBundle", "certificate"],
        "set `SSL_CERT_FILE` in the environment instead",
    ),
    row(&["store", "database"], "the key here is `portalSync.store`"),
    row(&["server", "listen"], "the key here is `portalSync.server`"),
    row(
        &["telemetry", "log"],
        "the key here is `portalSync.telemetry`",
    ),
];

/// Under `schedule`.
pub(super) const SCHEDULE: &[Elsewhere] = &[
    row(
        &["cron", "cronExpression"],
        "write `frequency: { cron: '0 */2 * * *' }`",
    ),
    row(&["trigger"], "write `frequency: { trigger: manual }`"),
    row(
        &[
            "interval",
            "every",
            "period",
            "minutes",
            "hours",
            "seconds",
            "days",
            "milliseconds",
        ],
        "the key here is `frequency`, such as `frequency: { minutes: 30 }`",
    ),
];

const OF_A_TENANT: &str = "write it under the tenant: `catalog.providers.okta.default`";

/// Under `portalSync`.
pub(super) const PROGRAM: &[Elsewhere] = &[
    row(
        &[
            "oktaUrl",
            "orgUrl",
            "clientId",
            "keyId",
            "privateKey",
            "token",
            "oauth",
            "schedule",
            "userFilter",
            "groupFilter",
            "url",
            "apiToken",
        ],
        OF_A_TENANT,
    ),
    row(
        &["frequency", "timeout", "initialDelay", "cron"],
        "write it under the tenant: `catalog.providers.okta.default.schedule`",
    ),
    row(
        &["userNamingStrategy", "userName"],
        "the key here is `mapping.userName`; the words for the strategies are the same ones",
    ),
    row(
        &["groupNamingStrategy", "groupName"],
        "the key here is `mapping.groupName`; the words for the strategies are the same ones",
    ),
    row(
        &["hierarchyConfig", "hierarchy"],
        "the key here is `mapping.groups.hierarchy`: `{ key: orgId, parentKey: parentOrgId }`",
    ),
    row(
        &["customAttributesToAnnotationAllowlist"],
        "the key here is `mapping.users.annotations.attributes`, and `mapping.groups.annotations.attributes` for groups",
    ),
    row(&["chunkSize", "pageSize"], PACED),
    row(
        &["maxConcurrent", "maxConcurrency"],
        "the key here is `rateLimit.maxConcurrent`",
    ),
    row(
        &["database", "db", "sqlite", "postgres"],
        "the key here is `store.url`",
    ),
    row(
        &["listen", "port", "address"],
        "the key here is `server.listen`, such as `127.0.0.1:7007`",
    ),
    row(&["tokens", "auth"], "the key here is `server.tokens`"),
    row(
        &["hosts", "host", "allowedHosts"],
        "the key here is `server.hosts`",
    ),
    row(
        &["log", "logging", "logFormat"],
        "the key here is `telemetry.log`",
    ),
    row(
        &["otlpEndpoint", "otlp"],
        "the key here is `telemetry.otlpEndpoint`",
    ),
];

/// Under `mapping`.
pub(super) const MAPPING: &[Elsewhere] = &[
    row(
        &["userNamingStrategy"],
        "the key here is `userName`; the words for the strategies are the same ones",
    ),
    row(
        &["groupNamingStrategy"],
        "the key here is `groupName`; the words for the strategies are the same ones",
    ),
    row(
        &["hierarchyConfig", "hierarchy"],
        "the key here is `groups.hierarchy`: `{ key: orgId, parentKey: parentOrgId }`",
    ),
    row(
        &["customAttributesToAnnotationAllowlist"],
        "the key here is `users.annotations.attributes`, and `groups.annotations.attributes` for groups",
    ),
    row(
        &["exclude"],
        "the keys here are `users.exclude` and `groups.exclude`",
    ),
    row(&["statuses"], "the key here is `users.statuses`"),
    row(&["emailCase"], "the key here is `users.emailCase`"),
    row(&["leavers"], "the key here is `users.leavers`"),
    row(&["merge"], "the key here is `groups.merge`"),
    row(&["root"], "the key here is `groups.root`"),
];

/// What to do instead of writing `key`, where these rows are known.
pub(super) fn fix(rows: &[Elsewhere], key: &str) -> Option<&'static str> {
    rows.iter().find(|row| row.has(key)).map(|row| row.fix)
}

/// Whether `written` is what others call `key`.
pub(super) fn stands_for(rows: &[Elsewhere], written: &str, key: &str) -> bool {
    let row = rows.iter().find(|row| row.has(written));
    row.is_some_and(|row| row.stands_for == Some(key))
}

impl Elsewhere {
    fn has(&self, key: &str) -> bool {
        let plain = |key: &str| key.replace(['_', '-'], "").to_lowercase();
        self.keys.iter().any(|other| plain(other) == plain(key))
    }
}
