//! The tables, as every version made them.

use super::migrate::Migration;
use super::settings::{LONGEST_NAME, Schema};

/// The channel on which the commits of a schema are told (PostgreSQL, "NOTIFY"). No name is longer than `LONGEST_NAME`: those who
/// share the beginning of a longer one wake each other.
pub(super) fn channel(schema: &Schema) -> String {
    let mut name = format!("portal_sync_commit_of_{schema}");
    name.truncate(LONGEST_NAME);
    name
}

/// Every step that there ever was; the first one has the number 1.
///
/// What is compared and sorted is so by its bytes, as SQLite does it, whatever the collation of the database.
pub(super) const MIGRATIONS: &[Migration] = &[CATALOG, MIRRORS, FEED];

/// The first version of the schema that has mirrors.
pub(super) const MIRRORS_SINCE: usize = 2;

const CATALOG: Migration = Migration {
    name: "the catalog, turns, the ledger and approvals",
    // `remembered`, `holder`, `account` and `fields` are JSON. A run is under way as long as `ended` is null, and a provider
    // has one such run at most.
    sql: "
    CREATE TABLE catalog (
        id integer NOT NULL PRIMARY KEY CHECK (id = 1),
        run bigint NOT NULL DEFAULT 0,
        generation bigint NOT NULL DEFAULT 0,
        taken_at timestamptz
    );
    INSERT INTO catalog (id) VALUES (1);
    CREATE TABLE provider (
        id text COLLATE \"C\" NOT NULL PRIMARY KEY,
        generation bigint NOT NULL,
        taken_at timestamptz NOT NULL,
        remembered text NOT NULL
    );
    CREATE TABLE entity (
        provider text COLLATE \"C\" NOT NULL,
        kind text COLLATE \"C\" NOT NULL,
        okta_id text COLLATE \"C\" NOT NULL,
        ref text COLLATE \"C\" NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (provider, kind, okta_id),
        CONSTRAINT entity_ref_key UNIQUE (ref)
    );
    CREATE TABLE run (
        number bigint NOT NULL PRIMARY KEY,
        provider text COLLATE \"C\" NOT NULL,
        why text NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL,
        began timestamptz NOT NULL,
        ended timestamptz,
        outcome text,
        plan_id text,
        generation bigint,
        changes bigint NOT NULL DEFAULT 0,
        withheld_in bigint,
        account text
    );
    CREATE UNIQUE INDEX turn ON run (provider) WHERE ended IS NULL;
    CREATE INDEX run_of_provider ON run (provider, number);
    CREATE TABLE change (
        run bigint NOT NULL,
        kind text COLLATE \"C\" NOT NULL,
        okta_id text COLLATE \"C\" NOT NULL,
        change text COLLATE \"C\" NOT NULL,
        ref text NOT NULL,
        was text,
        cause text,
        fields text,
        PRIMARY KEY (run, kind, okta_id, change)
    );
    CREATE TABLE approval (
        provider text NOT NULL,
        plan_id text NOT NULL,
        approved_by text NOT NULL,
        approved_at timestamptz NOT NULL,
        until timestamptz NOT NULL,
        used_in bigint,
        PRIMARY KEY (provider, plan_id)
    );
",
};

const MIRRORS: Migration = Migration {
    name: "what Okta said of an org",
    // `body` is JSON.
    sql: "
    CREATE TABLE mirror (
        provider text COLLATE \"C\" NOT NULL,
        kind text COLLATE \"C\" NOT NULL,
        okta_id text COLLATE \"C\" NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (provider, kind, okta_id)
    );
",
};

const FEED: Migration = Migration {
    name: "how the feed is spread",
    sql: "
    CREATE TABLE feed (
        id integer NOT NULL PRIMARY KEY CHECK (id = 1),
        shards integer NOT NULL,
        renewals bigint NOT NULL
    );
",
};
