//! A plan as a person reads it.

use std::fmt;

use super::{Plan, PlannedChange};
use crate::counted::counted;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        for withheld in &self.withheld {
            match withheld.cause {
                Some(cause) => {
                    writeln!(
                        f,
                        "! {} stays, removal withheld: {cause}",
                        withheld.entity_ref
                    )?;
                }
                None => writeln!(
                    f,
                    "! {} keeps {}, their removal withheld",
                    withheld.entity_ref,
                    counted(withheld.members.len(), "member", "members")
                )?,
            }
        }
        for rename in &self.withheld_renames {
            writeln!(
                f,
                "! {} keeps its name, rename withheld: it would be {}",
                rename.entity_ref, rename.to
            )?;
        }
        for unknown in &self.unknown {
            let what = if unknown.kept {
                "keeps the members it had"
            } else {
                "is not added yet"
            };
            writeln!(
                f,
                "? group `{}` ({}) {what}: {}",
                unknown.name.escape_debug(),
                unknown.okta_id,
                unknown.reason
            )?;
        }
        for (id, reason) in &self.quarantined {
            writeln!(
                f,
                "? record {id} is quarantined; an entity made of it earlier stays as it was: {reason}"
            )?;
        }
        for collision in &self.collisions {
            writeln!(
                f,
                "= {collision}, and is called {} instead",
                collision.given
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for PlannedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = match self {
            Self::Added { entity_ref, .. } => return write!(f, "+ {entity_ref}"),
            Self::Removed {
                entity_ref, cause, ..
            } => return write!(f, "- {entity_ref}: {cause}"),
            Self::Updated {
                entity_ref, fields, ..
            } => {
                write!(f, "~ {entity_ref}")?;
                fields
            }
            Self::Renamed {
                from,
                entity_ref,
                fields,
                ..
            } => {
                write!(f, "~ {from} is renamed to {entity_ref}")?;
                fields
            }
        };
        fields
            .iter()
            .try_for_each(|field| write!(f, "\n    {field}"))
    }
}
