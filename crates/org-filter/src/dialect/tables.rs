//! The tables of the dialects. Each row says where it comes from.

use super::{Row, ValueKind};
use crate::expr::Operator::{self, Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Pr, Sw};

pub(super) const USER_SEARCH_SOURCE: &str = "Okta API reference, Users, List all users, `search`";
pub(super) const USER_FILTER_SOURCE: &str = "Okta API reference, Users, List all users, `filter`";
pub(super) const GROUP_SEARCH_SOURCE: &str =
    "Okta API reference, Groups, List all groups, `search`";
pub(super) const GROUP_FILTER_SOURCE: &str =
    "Okta API reference, Groups, List all groups, `filter`";
pub(super) const LOG_FILTER_SOURCE: &str = "Okta developer documentation, System Log query";

/// `co` came to `search` in 2025, for four attributes of users and two of groups.
const USER_CONTAINS: &str = "Okta API reference, Users, List all users: `co` on `profile.firstName`, \
     `profile.lastName`, `profile.email` and `profile.login` only";
const GROUP_CONTAINS: &str = "Okta API reference, Groups, List all groups: `co` on `profile.name` and \
     `profile.description` only";
const LITE_USERS: &str =
    "Okta API reference, Users, List all users: `classification.type` is searched alone";
const UNSEARCHED_DATES: &str =
    "Okta Workflows knowledge base: `lastLogin` is unavailable when searching";
const LOG_URL: &str = "System Log API reference, errors: operator `co` is not supported for \
     `debugContext.debugData.url`";

/// Texts in `search`. `pr` is in the table of operators that all endpoints share, and recorded answers accept it.
const SEARCH: &[Operator] = &[Eq, Gt, Ge, Lt, Le, Sw, Pr];
const SEARCH_CO: &[Operator] = &[Eq, Gt, Ge, Lt, Le, Sw, Co, Pr];
/// Dates have no beginning to compare.
const DATES: &[Operator] = &[Eq, Gt, Ge, Lt, Le, Pr];
/// What the examples of the groups page show; the others are accepted in recorded answers (`ge` in 2022) or belong to
/// the shared table.
const GROUP_TEXTS: &[Operator] = &[Eq, Gt, Lt, Sw];
const GROUP_TEXTS_CO: &[Operator] = &[Eq, Gt, Lt, Sw, Co];
const GROUP_DATES: &[Operator] = &[Eq, Gt, Lt];
const GROUP_SEEN: &[Operator] = &[Ge, Le, Pr];
const ONLY_EQ: &[Operator] = &[Eq];
const FILTER_DATES: &[Operator] = &[Eq, Gt, Ge, Lt, Le];
const LOGS: &[Operator] = &[Eq, Ne, Gt, Ge, Lt, Le, Sw, Co, Ew, Pr];
const LOGS_WITHOUT_CO: &[Operator] = &[Eq, Ne, Gt, Ge, Lt, Le, Sw, Ew, Pr];
const NONE: &[Operator] = &[];

const fn row(
    pattern: &'static str,
    kind: ValueKind,
    documented: &'static [Operator],
    source: &'static str,
) -> Row {
    Row {
        pattern,
        kind,
        documented,
        seen: NONE,
        alone: false,
        source,
    }
}

const fn user(pattern: &'static str, kind: ValueKind, documented: &'static [Operator]) -> Row {
    row(pattern, kind, documented, USER_SEARCH_SOURCE)
}

const fn user_filter(
    pattern: &'static str,
    kind: ValueKind,
    documented: &'static [Operator],
) -> Row {
    row(pattern, kind, documented, USER_FILTER_SOURCE)
}

const fn group(pattern: &'static str, kind: ValueKind, documented: &'static [Operator]) -> Row {
    Row {
        seen: GROUP_SEEN,
        ..row(pattern, kind, documented, GROUP_SEARCH_SOURCE)
    }
}

const fn log(pattern: &'static str) -> Row {
    row(pattern, ValueKind::Any, LOGS, LOG_FILTER_SOURCE)
}

pub(super) static USER_SEARCH: &[Row] = &[
    user("id", ValueKind::Text, SEARCH),
    user("status", ValueKind::Text, SEARCH),
    user("type.id", ValueKind::Text, SEARCH),
    user("created", ValueKind::Date, DATES),
    user("activated", ValueKind::Date, DATES),
    user("statusChanged", ValueKind::Date, DATES),
    user("lastUpdated", ValueKind::Date, DATES),
    row(
        "profile.firstName",
        ValueKind::Any,
        SEARCH_CO,
        USER_CONTAINS,
    ),
    row("profile.lastName", ValueKind::Any, SEARCH_CO, USER_CONTAINS),
    row("profile.email", ValueKind::Any, SEARCH_CO, USER_CONTAINS),
    row("profile.login", ValueKind::Any, SEARCH_CO, USER_CONTAINS),
    user("profile.*", ValueKind::Any, SEARCH),
    Row {
        alone: true,
        ..row("classification.type", ValueKind::Text, ONLY_EQ, LITE_USERS)
    },
    row("lastLogin", ValueKind::Date, NONE, UNSEARCHED_DATES),
    user("passwordChanged", ValueKind::Date, NONE),
];

pub(super) static USER_FILTER: &[Row] = &[
    user_filter("id", ValueKind::Text, ONLY_EQ),
    user_filter("status", ValueKind::Text, ONLY_EQ),
    user_filter("lastUpdated", ValueKind::Date, FILTER_DATES),
    user_filter("profile.login", ValueKind::Text, ONLY_EQ),
    user_filter("profile.email", ValueKind::Text, ONLY_EQ),
    user_filter("profile.firstName", ValueKind::Text, ONLY_EQ),
    user_filter("profile.lastName", ValueKind::Text, ONLY_EQ),
    user_filter("created", ValueKind::Date, NONE),
    user_filter("activated", ValueKind::Date, NONE),
    user_filter("statusChanged", ValueKind::Date, NONE),
    user_filter("lastLogin", ValueKind::Date, NONE),
    user_filter("passwordChanged", ValueKind::Date, NONE),
];

pub(super) static GROUP_SEARCH: &[Row] = &[
    group("id", ValueKind::Text, GROUP_TEXTS),
    group("type", ValueKind::Text, GROUP_TEXTS),
    group("source.id", ValueKind::Text, GROUP_TEXTS),
    group("created", ValueKind::Date, GROUP_DATES),
    group("lastUpdated", ValueKind::Date, GROUP_DATES),
    group("lastMembershipUpdated", ValueKind::Date, GROUP_DATES),
    Row {
        source: GROUP_CONTAINS,
        ..group("profile.name", ValueKind::Any, GROUP_TEXTS_CO)
    },
    Row {
        source: GROUP_CONTAINS,
        ..group("profile.description", ValueKind::Any, GROUP_TEXTS_CO)
    },
    group("profile.*", ValueKind::Any, GROUP_TEXTS),
];

pub(super) static GROUP_FILTER: &[Row] = &[
    row("id", ValueKind::Text, ONLY_EQ, GROUP_FILTER_SOURCE),
    row("type", ValueKind::Text, ONLY_EQ, GROUP_FILTER_SOURCE),
    // `lastMembershipUpdated ge "…"` was answered with 200 in 2022, as a user of Okta's .NET SDK showed.
    Row {
        seen: &[Ge, Le],
        ..row(
            "lastUpdated",
            ValueKind::Date,
            GROUP_DATES,
            GROUP_FILTER_SOURCE,
        )
    },
    Row {
        seen: &[Ge, Le],
        ..row(
            "lastMembershipUpdated",
            ValueKind::Date,
            GROUP_DATES,
            GROUP_FILTER_SOURCE,
        )
    },
    row("created", ValueKind::Date, NONE, GROUP_FILTER_SOURCE),
];

pub(super) static LOG_FILTER: &[Row] = &[
    row("published", ValueKind::Date, LOGS, LOG_FILTER_SOURCE),
    row(
        "debugContext.debugData.url",
        ValueKind::Any,
        LOGS_WITHOUT_CO,
        LOG_URL,
    ),
    log("uuid"),
    log("version"),
    log("severity"),
    log("eventType"),
    log("legacyEventType"),
    log("displayMessage"),
    log("actor.*"),
    log("client.*"),
    log("device.*"),
    log("authenticationContext.*"),
    log("securityContext.*"),
    log("outcome.*"),
    log("target.*"),
    log("transaction.*"),
    log("debugContext.*"),
    log("request.*"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_reached_and_says_where_it_comes_from() {
        for table in [
            USER_SEARCH,
            USER_FILTER,
            GROUP_SEARCH,
            GROUP_FILTER,
            LOG_FILTER,
        ] {
            for (index, row) in table.iter().enumerate() {
                let path = row.pattern.replace('*', "x");
                let first = table.iter().position(|earlier| earlier.covers(&path));
                assert_eq!(first, Some(index), "{} is hidden", row.pattern);
                assert!(row.source.len() > 20, "{} has no source", row.pattern);
                let twice = row
                    .seen
                    .iter()
                    .any(|operator| row.documented.contains(operator));
                assert!(!twice, "{} lists an operator twice", row.pattern);
            }
        }
    }
}
