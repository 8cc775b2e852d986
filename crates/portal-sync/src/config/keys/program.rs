//! `portalSync`: what is about the program, and what all tenants have in common.

use super::duration::DURATION;
use super::mapping::MAPPING_OF_ALL;
use super::table::{Form, Table, key, with_default};
use super::tuning::{
    GUARD_KEY, INCLUDE_EMPTY_GROUPS, LIMITS_KEY, RATE_LIMIT_KEY, RECONCILE_KEY, USERS_FROM_GROUPS,
};

pub(in super::super) static PROGRAM: Table = Table::new(
    "portalSync",
    &[
        USERS_FROM_GROUPS,
        INCLUDE_EMPTY_GROUPS,
        RATE_LIMIT_KEY,
        GUARD_KEY,
        LIMITS_KEY,
        RECONCILE_KEY,
        MAPPING_OF_ALL,
        with_default(
            "store",
            Form::Map(&STORE),
            "{}",
            "Where the catalog is kept.",
        ),
        with_default(
            "retention",
            Form::Map(&RETENTION),
            "{}",
            "How much of the ledger is kept.",
        ),
        with_default(
            "server",
            Form::Map(&SERVER),
            "{}",
            "Where `serve` listens, and whom it answers.",
        ),
        with_default(
            "feed",
            Form::Map(&FEED),
            "{}",
            "How the catalog is fed to a stock Backstage.",
        ),
        with_default(
            "telemetry",
            Form::Map(&TELEMETRY),
            "{}",
            "What is told about the work, and to whom.",
        ),
    ],
);

pub(in super::super) static STORE: Table = Table::new(
    "store",
    &[
        with_default(
            "url",
            Form::Address(&["sqlite", "postgres", "postgresql"]),
            "sqlite:portal-sync.db",
            "The address of the store: `sqlite:` and a file, relative to the working directory; or \
             `postgres://USER:PASSWORD@HOST:PORT/DATABASE` with libpq's parameters, whose password is a secret.",
        ),
        with_default(
            "schema",
            Form::Text,
            "portal_sync",
            "PostgreSQL: the schema that is portal-sync's own; small letters, digits and `_`.",
        ),
        with_default(
            "pool",
            Form::Whole(2, 100),
            "5",
            "PostgreSQL: the most connections of this process.",
        ),
        with_default(
            "statementTimeout",
            DURATION,
            "60s",
            "PostgreSQL: how long one statement may take.",
        ),
    ],
);

pub(in super::super) static RETENTION: Table = Table::new(
    "retention",
    &[
        with_default(
            "runs",
            Form::Whole(1, 1_000_000),
            "1000",
            "So many runs; those that changed nothing go first, and the newest of each tenant stays.",
        ),
        with_default(
            "days",
            Form::Whole(1, 36_500),
            "400",
            "The runs of so many days.",
        ),
    ],
);

pub(in super::super) static SERVER: Table = Table::new(
    "server",
    &[
        with_default(
            "listen",
            Form::Text,
            "127.0.0.1:7007",
            "The address and the port; beyond loopback only with `tokens`.",
        ),
        with_default(
            "tokens",
            Form::List(&Form::OneOf(&[Form::Secret, Form::Map(&TOKEN)])),
            "[]",
            "Who may ask: secrets of at least 16 characters, each a text that may read, or a map.",
        ),
        with_default(
            "hosts",
            Form::List(&Form::Text),
            "[]",
            "The names under which a proxy reaches the server, without scheme and port.",
        ),
        key(
            "url",
            Form::Address(&["https", "http"]),
            "The address of the page for those who read the catalog: entities of the feed link to it, where they do not link \
             to Okta's admin console.",
        ),
    ],
);

pub(in super::super) static FEED: Table = Table::new(
    "feed",
    &[
        key(
            "shards",
            Form::Whole(1, 1_024),
            "Over so many files the entities are spread. The number is kept from first use on; at first it is 32 unless this \
             says otherwise.",
        ),
        key(
            "push",
            Form::Map(&PUSH),
            "A Backstage that is told which of these files changed.",
        ),
    ],
);

pub(in super::super) static PUSH: Table = Table::new(
    "push",
    &[
        key(
            "url",
            Form::Address(&["https", "http"]),
            "The address of its backend, below which `/api/catalog/refresh` is; `http:` on this machine alone.",
        ),
        key(
            "token",
            Form::Secret,
            "A token of its `backend.auth.externalAccess`.",
        ),
    ],
);

pub(in super::super) static TOKEN: Table = Table::new(
    "token",
    &[
        key(
            "name",
            Form::Text,
            "Whose the token is: letters, digits and `-`.",
        ),
        key("token", Form::Secret, "The token."),
        with_default(
            "may",
            Form::Choice(&["read", "operate"]),
            "read",
            "What it is good for.",
        ),
    ],
);

pub(in super::super) static TELEMETRY: Table = Table::new(
    "telemetry",
    &[
        with_default(
            "log",
            Form::Choice(&["text", "json"]),
            "text",
            "How log lines look.",
        ),
        key(
            "otlpEndpoint",
            Form::Address(&["https", "http"]),
            "The OpenTelemetry collector (OTLP over HTTP) that traces and metrics are sent to.",
        ),
    ],
);
