//! What `portalSync` says for all tenants and a tenant for itself.

use super::frequency::FREQUENCY_FORM;
use super::table::{Form, Key, Table, with_default};

pub(super) const USERS_FROM_GROUPS: Key = with_default(
    "usersFromGroups",
    Form::Flag,
    "true",
    "Whether, with a `groupFilter`, only users in at least one of these groups are in the catalog.",
);

pub(super) const INCLUDE_EMPTY_GROUPS: Key = with_default(
    "includeEmptyGroups",
    Form::Flag,
    "true",
    "Whether groups without members are in the catalog.",
);

pub(super) const RATE_LIMIT_KEY: Key = with_default(
    "rateLimit",
    Form::Map(&RATE_LIMIT),
    "{}",
    "How much of the tenant's limits may be used.",
);

pub(super) const GUARD_KEY: Key = with_default(
    "guard",
    Form::Map(&GUARD),
    "{}",
    "How much may go, or get another name, in one run without anybody's approval.",
);

pub(super) const LIMITS_KEY: Key = with_default(
    "limits",
    Form::Map(&LIMITS),
    "{}",
    "How much is read of one org; a list that reaches its limit counts as not read to its end.",
);

pub(super) const RECONCILE_KEY: Key = with_default(
    "reconcile",
    Form::Map(&RECONCILE),
    "{}",
    "When everything is read of the org, beside the runs that read what changed.",
);

pub(in super::super) static RECONCILE: Table = Table::new(
    "reconcile",
    &[with_default(
        "frequency",
        FREQUENCY_FORM,
        "{ hours: 24 }",
        "How often; the first run after that reads everything. With `manual` only `--full` does, and a run to which what \
         changed is not enough.",
    )],
);

pub(in super::super) static RATE_LIMIT: Table = Table::new(
    "rateLimit",
    &[
        with_default(
            "share",
            Form::Percent(1),
            "80%",
            "The part of what the tenant's rate-limit headers allow that is used.",
        ),
        with_default(
            "maxConcurrent",
            Form::Whole(1, 1_000),
            "8",
            "How many requests to the org are under way at a time.",
        ),
    ],
);

pub(in super::super) static GUARD: Table = Table::new(
    "guard",
    &[
        part(
            "users",
            "10%",
            "The part of all users that may go without evidence.",
        ),
        part(
            "groups",
            "10%",
            "The part of all groups that may go without evidence.",
        ),
        part(
            "members",
            "50%",
            "The part of the members of one group that may go without evidence.",
        ),
        part(
            "renames",
            "20%",
            "The part of all users, and of all groups, that may get another name.",
        ),
        with_default(
            "minimum",
            Form::Whole(0, 1_000_000),
            "5",
            "So many pass whatever part they are.",
        ),
    ],
);

pub(in super::super) static LIMITS: Table = Table::new(
    "limits",
    &[
        limit("users", "2000000", "The most users."),
        limit("groups", "500000", "The most groups."),
        limit("members", "20000000", "The most memberships."),
    ],
);

const fn part(name: &'static str, default: &'static str, about: &'static str) -> Key {
    with_default(name, Form::Percent(0), default, about)
}

const fn limit(name: &'static str, default: &'static str, about: &'static str) -> Key {
    with_default(name, Form::Whole(1, u32::MAX), default, about)
}
