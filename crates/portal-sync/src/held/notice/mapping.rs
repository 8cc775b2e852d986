//! What is noticed while entities are made of records.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::held::object::Kind;
use crate::text::counted::counted;

/// What the mapping noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum MappingNotice {
    /// A group is to be made of several, none of which is there.
    MergeOfNothing {
        /// The name of that group.
        name: String,
    },
    /// Several groups are known by the same key of the hierarchy.
    HierarchyKeyShared {
        /// So many.
        groups: usize,
        /// Some of the keys, as they are shown.
        examples: Vec<String>,
    },
    /// Groups name a parent that is not there.
    ParentMissing {
        /// So many.
        groups: usize,
        /// Some of those parents, as they are shown.
        examples: Vec<String>,
    },
    /// Groups are their own ancestors.
    OwnAncestor {
        /// So many.
        groups: usize,
        /// The entity ref of the first.
        first: String,
    },
    /// Something is made of records that has to be an address and is none.
    NoAddress {
        /// Of which kind the records are.
        of: Kind,
        /// So many.
        records: usize,
        /// The key that makes it.
        key: Cow<'static, str>,
        /// The annotation under that key.
        annotation: Option<String>,
    },
}

impl MappingNotice {
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Self::MergeOfNothing { name } => Some(name),
            Self::HierarchyKeyShared { examples, .. } | Self::ParentMissing { examples, .. } => {
                examples.first().map(String::as_str)
            }
            Self::OwnAncestor { first, .. } => Some(first),
            Self::NoAddress { key, .. } => Some(key),
        }
    }
}

impl fmt::Display for MappingNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let such_as = |groups: &usize, examples: &[String]| {
            format!("{groups} in all, such as `{}`", examples.join("`, `"))
        };
        match self {
            Self::MergeOfNothing { name } => write!(
                f,
                "mapping.groups.merge makes `{name}` of no group: none of those it names is there"
            ),
            Self::HierarchyKeyShared { groups, examples } => write!(
                f,
                "several groups are known by the same key of the hierarchy, and the one with the smallest id is taken: {}",
                such_as(groups, examples)
            ),
            Self::ParentMissing { groups, examples } => write!(
                f,
                "groups name a parent that is not there, and are at the top: {}",
                such_as(groups, examples)
            ),
            Self::OwnAncestor { groups, first } => write!(
                f,
                "{} their own ancestors, such as {first}: they are at the top",
                counted(*groups, "group is", "groups are")
            ),
            Self::NoAddress {
                of,
                records,
                key,
                annotation,
            } => {
                write!(f, "`{key}`")?;
                if let Some(annotation) = annotation {
                    write!(f, " `{annotation}`")?;
                }
                let of = of.lower();
                let records = counted(*records, of, &format!("{of}s"));
                write!(
                    f,
                    " makes something of {records} that is no `https:` URL: it is left out"
                )
            }
        }
    }
}
