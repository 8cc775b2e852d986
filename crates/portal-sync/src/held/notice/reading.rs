//! What is noticed while an org is read.

use std::borrow::Cow;
use std::fmt;

use okta_auth::visible::{message, visible};
use serde::{Deserialize, Serialize};

use crate::held::object::Kind;
use crate::text::counted::{counted, noun};

/// What the read of an org noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum ReadingNotice {
    /// Okta's search does not support all of a filter.
    FilterCheckedHere {
        /// The filter's key.
        key: Cow<'static, str>,
        /// The filter.
        filter: String,
        /// What Okta is asked for; nothing when everything is read.
        asked: Option<String>,
    },
    /// No record has an attribute that the configuration names.
    AttributeMissing {
        /// Of which kind the records are.
        of: Kind,
        /// So many records were read.
        records: usize,
        /// The attribute's name in the profile.
        attribute: String,
        /// Where the configuration names it.
        by: NamedBy,
        /// What may have been meant.
        meant: Option<Meant>,
    },
    /// No record is as a rule of the configuration says.
    RuleUnused {
        /// Of which kind the records are.
        of: Kind,
        /// The rule's key.
        key: Cow<'static, str>,
        /// The rule.
        rule: String,
        /// The name that is nearest to it.
        nearest: Option<String>,
    },
    /// A record has no id that can be read.
    UnidentifiedRecord {
        /// In the list of which kind.
        of: Kind,
        /// Why.
        reason: String,
    },
    /// A read of everything takes longer than the schedule leaves for it.
    ScheduleTooShort {
        /// The key that is too short.
        key: Cow<'static, str>,
        /// What it says, in minutes.
        allowed: u64,
        /// What it takes at the limits of the tenant, in minutes.
        minutes: u64,
        /// The requests of it.
        requests: u64,
    },
    /// No group has a name that the group filter lists.
    NameMissing {
        /// The name.
        name: String,
        /// Whether all records of groups could be read.
        all_read: bool,
    },
    /// Several groups have a name that the group filter lists.
    NameShared {
        /// The name.
        name: String,
        /// So many groups.
        groups: usize,
    },
}

/// Where a configuration names an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum NamedBy {
    /// In the filter with this key.
    Filter(Cow<'static, str>),
    /// Under these keys of the mapping, of which there is one at least.
    Mapping(Vec<Cow<'static, str>>),
}

/// An attribute that may have been meant by another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meant {
    /// Its name in the profile.
    pub attribute: String,
    /// So many records have it, where that was counted.
    pub records: Option<usize>,
}

impl ReadingNotice {
    pub(super) fn subject(&self) -> &str {
        match self {
            Self::FilterCheckedHere { key, .. }
            | Self::RuleUnused { key, .. }
            | Self::ScheduleTooShort { key, .. } => key,
            Self::AttributeMissing { attribute, .. } => attribute,
            Self::UnidentifiedRecord { of, .. } => of.lower(),
            Self::NameMissing { name, .. } | Self::NameShared { name, .. } => name,
        }
    }
}

impl fmt::Display for ReadingNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FilterCheckedHere { key, filter, asked } => {
                write!(
                    f,
                    "Okta's search does not support all of {key} `{filter}`: "
                )?;
                match asked {
                    Some(search) => write!(f, "Okta is asked for `{search}`")?,
                    None => f.write_str("everything is read")?,
                }
                f.write_str(", and the rest is checked here")
            }
            Self::AttributeMissing {
                of,
                records,
                attribute,
                by,
                meant,
            } => {
                let of = of.lower();
                let records = counted(*records, of, &format!("{of}s"));
                write!(f, "of {records} none has ")?;
                by.fmt_missing(f, attribute, meant.as_ref())
            }
            Self::RuleUnused {
                of,
                key,
                rule,
                nearest,
            } => {
                write!(f, "`{key}` `{rule}` matches no {}", of.lower())?;
                match nearest {
                    Some(nearest) => write!(f, " (nearest: `{}`)", visible(nearest)),
                    None => Ok(()),
                }
            }
            Self::UnidentifiedRecord { of, reason } => write!(
                f,
                "okta lists a record among the {}s that may be anybody's: {}; none that is missing is removed",
                of.lower(),
                message(reason)
            ),
            Self::ScheduleTooShort {
                key,
                allowed,
                minutes,
                requests,
            } => fmt_too_short(f, key, [*allowed, *minutes, *requests]),
            Self::NameMissing { name, all_read } => {
                let that_can_be_read = if *all_read { "" } else { " that can be read" };
                write!(
                    f,
                    "groupFilter lists `{name}`, and no group of the org{that_can_be_read} has exactly that name"
                )
            }
            Self::NameShared { name, groups } => write!(
                f,
                "groupFilter lists `{name}`, and {groups} groups of the org have that name: all are taken"
            ),
        }
    }
}

/// Prints that a read of everything takes longer than a key allows it.
fn fmt_too_short(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    [allowed, minutes, requests]: [u64; 3],
) -> fmt::Result {
    write!(
        f,
        "a read of everything takes {requests} requests, some {minutes} min at the limits that Okta tells, and `{key}` is \
         {allowed} min: make it longer, or raise `rateLimit.share` or the tenant's limits"
    )
}

impl NamedBy {
    /// Prints an attribute as the key writes it, what it is named for, and what may have been meant.
    fn fmt_missing(
        &self,
        f: &mut fmt::Formatter<'_>,
        attribute: &str,
        meant: Option<&Meant>,
    ) -> fmt::Result {
        let before = match self {
            Self::Filter(key) => {
                write!(f, "`profile.{attribute}`, by which `{key}` decides")?;
                "profile."
            }
            Self::Mapping(keys) => {
                let is = noun(keys.len(), "is", "are");
                write!(
                    f,
                    "`{attribute}`, which `{}` {is} made of",
                    keys.join("` and `")
                )?;
                ""
            }
        };
        match meant {
            Some(Meant {
                attribute,
                records: Some(records),
            }) => {
                let have = noun(*records, "has", "have");
                write!(
                    f,
                    " (did you mean `{before}{attribute}`, which {records} {have}?)"
                )
            }
            Some(Meant { attribute, .. }) => write!(f, " (did you mean `{before}{attribute}`?)"),
            None => Ok(()),
        }
    }
}
