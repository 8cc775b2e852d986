//! `catalog.providers.okta`: the tenants.

use super::duration::DURATION;
use super::frequency::FREQUENCY_FORM;
use super::mapping::MAPPING_OF_TENANT;
use super::table::{Form, Key, Table, key, with_default};
use super::tuning::{
    GUARD_KEY, INCLUDE_EMPTY_GROUPS, LIMITS_KEY, RATE_LIMIT_KEY, RECONCILE_KEY, USERS_FROM_GROUPS,
};

/// The tenants: a map by id, a list, or a single one.
pub(in super::super) const TENANTS: Form = Form::OneOf(&[
    Form::Map(&TENANT),
    Form::Keys(&Form::Map(&TENANT)),
    Form::List(&Form::Map(&TENANT)),
]);

pub(in super::super) static TENANT: Table = Table::new(
    "tenant",
    &[
        key("oktaUrl", ORG, "The address of the org."),
        key("orgUrl", ORG, "Another name of `oktaUrl`."),
        key(
            "id",
            Form::Text,
            "What the tenant is called here, where it stands under no key: `default` for a single one and the host of its address in a list, unless written.",
        ),
        key(
            "oauth",
            Form::Map(&OAUTH),
            "Another place for `clientId`, `keyId` and `privateKey`.",
        ),
        CLIENT_ID,
        KEY_ID,
        PRIVATE_KEY,
        key(
            "token",
            Form::Secret,
            "The API token of an administrator (SSWS), instead of the keys of an app.",
        ),
        with_default(
            "schedule",
            Form::Map(&SCHEDULE),
            "{}",
            "When the tenant is read.",
        ),
        key(
            "userFilter",
            Form::Expression,
            "Which users are in the catalog; without one all whose status is not `DEPROVISIONED`.",
        ),
        key(
            "groupFilter",
            Form::OneOf(&[
                Form::Expression,
                Form::List(&Form::Text),
                Form::Map(&GROUP_FILTER),
            ]),
            "Which groups are in the catalog, by an expression or by their exact names; without one all of them.",
        ),
        USERS_FROM_GROUPS,
        INCLUDE_EMPTY_GROUPS,
        RATE_LIMIT_KEY,
        GUARD_KEY,
        LIMITS_KEY,
        RECONCILE_KEY,
        MAPPING_OF_TENANT,
    ],
);

const ORG: Form = Form::Address(&["https", "http"]);

const CLIENT_ID: Key = key(
    "clientId",
    Form::Text,
    "The client id of the API Services app, as Okta shows it.",
);

const KEY_ID: Key = key(
    "keyId",
    Form::Text,
    "The id (KID) that Okta shows for the key; a JWK with a `kid` needs none.",
);

const PRIVATE_KEY: Key = key(
    "privateKey",
    Form::OneOf(&[Form::Secret, Form::Jwk]),
    "The private key of the app as PEM, as a JWK, or as a JWK set whose keys are tried in turn.",
);

pub(in super::super) static OAUTH: Table = Table::new("oauth", &[CLIENT_ID, KEY_ID, PRIVATE_KEY]);

pub(in super::super) static SCHEDULE: Table = Table::new(
    "schedule",
    &[
        with_default(
            "frequency",
            FREQUENCY_FORM,
            "{ minutes: 30 }",
            "How often `serve` reads the tenant, from start to start.",
        ),
        with_default(
            "timeout",
            DURATION,
            "{ minutes: 30 }",
            "How long one run may take before its requests are given up.",
        ),
        with_default(
            "initialDelay",
            DURATION,
            "{ seconds: 0 }",
            "How long the first run of a process waits after its start.",
        ),
        with_default(
            "scope",
            Form::Choice(&["global", "local"]),
            "global",
            "Taken because Backstage has it; both words mean the same here.",
        ),
    ],
);

pub(in super::super) static GROUP_FILTER: Table = Table::new(
    "groupFilter",
    &[
        key(
            "names",
            Form::List(&Form::Text),
            "The exact names of the groups.",
        ),
        key(
            "search",
            Form::Expression,
            "An expression that the groups match.",
        ),
    ],
);
