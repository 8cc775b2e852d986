//! Who cannot sign in, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::counted::counted;

/// How many users a notice names; the JSON of a plan has all of them.
const SHOWN: usize = 3;

/// A kind of trouble that users have to sign in, each told once with examples and its fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum SignInNotice {
    /// Addresses belong to several users each.
    AddressShared {
        /// So many addresses.
        addresses: usize,
        /// The users of the first of them.
        users: Examples,
    },
    /// A resolver takes users for somebody else.
    SignedInAsAnother {
        /// So many.
        users: usize,
        /// Some of them, each with whom they are taken for.
        examples: Examples,
    },
    /// Users have an address that cannot be looked for.
    AddressNotFound {
        /// So many.
        users: usize,
        /// Some of them, each with what is wrong.
        examples: Examples,
    },
    /// A resolver does not look into the namespace of users.
    OutsideDefault {
        /// So many.
        users: usize,
        /// Some of them.
        examples: Examples,
    },
    /// Users have no address.
    WithoutEmail {
        /// So many.
        users: usize,
        /// Some of them.
        examples: Examples,
    },
}

/// A few of many users, by their entity refs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Examples {
    shown: Vec<String>,
    /// Whether there are more.
    more: bool,
}

impl Examples {
    /// The first few.
    pub(crate) fn of(mut all: impl Iterator<Item = String>) -> Self {
        Self {
            shown: all.by_ref().take(SHOWN).collect(),
            more: all.next().is_some(),
        }
    }
}

impl fmt::Display for Examples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.more { ", …" } else { "" };
        write!(f, "{}{more}", self.shown.join(", "))
    }
}

impl SignInNotice {
    /// The text without the names of people.
    pub(super) fn logged(&self) -> String {
        self.told(|_, _| " (`portal-sync plan` names them)".to_owned())
    }

    /// The text, with what is told of examples after what stands before them.
    fn told(&self, such_as: impl Fn(&str, &Examples) -> String) -> String {
        let users = |count: &usize| counted(*count, "user", "users");
        match self {
            Self::AddressShared {
                addresses,
                users: of_first,
            } => format!(
                "sign-in: {} to several users, none of whom Backstage signs in by it{}. Give each an address of their own in \
                 Okta, or list the Okta ids of all but one in `mapping.users.exclude`",
                counted(
                    *addresses,
                    "e-mail address belongs",
                    "e-mail addresses belong"
                ),
                such_as(", such as ", of_first)
            ),
            Self::SignedInAsAnother {
                users: count,
                examples,
            } => format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` signs {} in as somebody else{}. Use \
                 `emailMatchingUserEntityAnnotation` without it, or limit it by `allowedDomains` to domains whose local parts \
                 are the names",
                users(count),
                such_as(": ", examples)
            ),
            Self::AddressNotFound {
                users: count,
                examples,
            } => format!(
                "sign-in: no resolver finds {} by the e-mail address{}. Correct the address in Okta",
                users(count),
                such_as(": ", examples)
            ),
            Self::OutsideDefault {
                users: count,
                examples,
            } => format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` does not find {} outside of the namespace \
                 `default`{}. Use `emailMatchingUserEntityAnnotation`",
                users(count),
                such_as(": ", examples)
            ),
            Self::WithoutEmail {
                users: count,
                examples,
            } => format!(
                "sign-in: no resolver finds {} without an e-mail address{}. Give them one in Okta",
                users(count),
                such_as(": ", examples)
            ),
        }
    }
}

impl fmt::Display for SignInNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(|before, examples| format!("{before}{examples}")))
    }
}
