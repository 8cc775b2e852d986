//! An explanation as a value: the object of `explain --format json`, and its lines.

use std::fmt;

use jiff::Timestamp;
use okta_auth::visible::message;
use serde::{Serialize, Serializer};

use crate::decide::plan::name;
use crate::held::object::Kind;
use crate::run::history::PastChange;
use crate::store::Change;

/// Which part of the way into the catalog a step is. The words are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Whether the account is in use.
    Status,
    /// `userFilter` or `groupFilter`.
    Filter,
    /// Of a user, the groups he is in.
    Groups,
    /// `exclude`.
    Exclusion,
    /// Of a group, those it is made of, or that it is a part of.
    Merge,
    /// Of a group, who is in it.
    Members,
    /// Of a group, what it is part of.
    Hierarchy,
    /// What the entity is called.
    Name,
    /// Whether the guard holds something back.
    Guard,
    /// Whether its record can be read and named.
    Quarantine,
    /// Whether somebody asked by id before it goes.
    Confirmation,
    /// What becomes of who left.
    Leavers,
}

impl Part {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Filter => "filter",
            Self::Groups => "groups",
            Self::Exclusion => "exclusion",
            Self::Merge => "merge",
            Self::Members => "members",
            Self::Hierarchy => "hierarchy",
            Self::Name => "name",
            Self::Guard => "guard",
            Self::Quarantine => "quarantine",
            Self::Confirmation => "confirmation",
            Self::Leavers => "leavers",
        }
    }
}

/// What a step comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It lets the object in.
    Passed,
    /// It leaves the object out.
    Refused,
    /// It leaves in the catalog, as it was, what would go or change otherwise.
    Kept,
    /// It cannot be told from what is held.
    Unknown,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Kept => "kept",
            Self::Unknown => "unknown",
        }
    }
}

/// One step of the way into the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which one.
    pub part: Part,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why.
    pub detail: String,
}

impl Step {
    /// A step that lets the object in.
    pub(super) fn passed(part: Part, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Passed, detail)
    }

    /// A step that leaves the object out.
    pub(super) fn refused(part: Part, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Refused, detail)
    }

    /// A step that leaves the object as it was.
    pub(super) fn kept(part: Part, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Kept, detail)
    }

    /// A step that cannot be told.
    pub(super) fn unknown(part: Part, detail: impl Into<String>) -> Self {
        Self::new(part, Verdict::Unknown, detail)
    }

    pub(super) fn new(part: Part, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self {
            part,
            verdict,
            detail: detail.into(),
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Object<'a> {
            step: &'static str,
            verdict: &'static str,
            detail: &'a str,
        }
        Object {
            step: self.part.as_str(),
            verdict: self.verdict.as_str(),
            detail: &self.detail,
        }
        .serialize(serializer)
    }
}

/// What the next run does with an object, if nothing changes in Okta until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Next {
    /// `added`, `removed`, `renamed` or `none`; `unknown` where no run can be foretold.
    pub change: &'static str,
    /// What the entity is called then; none when it is not there.
    pub entity_ref: Option<String>,
    /// Why it goes.
    pub cause: Option<&'static str>,
    /// The same for people.
    #[serde(skip)]
    pub why: String,
}

/// One change of the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// The number of the run.
    pub run: u64,
    /// When it began.
    pub began: Timestamp,
    /// What it changed.
    pub change: Change,
}

impl Past {
    const fn line(&self) -> PastChange<'_> {
        PastChange {
            run: self.run,
            began: self.began,
            change: &self.change,
        }
    }
}

impl Serialize for Past {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.line().serialize(serializer)
    }
}

/// Why one object is in the catalog, or is not.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Explained {
    /// The tenant.
    pub provider: String,
    /// The kind of the object.
    #[serde(serialize_with = "as_word")]
    pub kind: Kind,
    /// Whether Okta, the catalog or the ledger has it.
    pub found: bool,
    /// Whether the catalog has it.
    #[serde(rename = "in")]
    pub is_in: bool,
    /// Its Okta id, or the key of a group that the configuration makes.
    pub okta_id: String,
    /// What people call it.
    #[serde(skip)]
    pub label: String,
    /// The entity that the catalog has of it.
    pub entity_ref: Option<String>,
    /// What the next run does.
    pub next: Next,
    /// The steps.
    pub steps: Vec<Step>,
    /// As of when, by Okta's clock; none when nothing is held.
    pub as_of: Option<Timestamp>,
    /// Whether Okta was asked for it.
    pub live: bool,
    /// Its latest changes, the newest first.
    pub changes: Vec<Past>,
}

fn as_word<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

impl Explained {
    /// Whom only the ledger knows is called as he was last.
    pub(super) fn label_by_changes(&mut self) {
        let last = self.changes.first().map(|past| &past.change.entity_ref);
        if let Some(last) = last.filter(|_| self.label == self.okta_id) {
            self.label.clone_from(last);
        }
    }

    /// The step that decides that it is not there.
    fn decisive(&self) -> Option<&Step> {
        let first = |verdict| self.steps.iter().find(|step| step.verdict == verdict);
        first(Verdict::Refused).or_else(|| first(Verdict::Unknown))
    }

    /// The answer in a sentence.
    fn answer(&self) -> String {
        let label = name(&self.label);
        let Next {
            change,
            entity_ref,
            why,
            ..
        } = &self.next;
        let next = entity_ref.as_deref().unwrap_or_default();
        match (&self.entity_ref, *change) {
            (Some(entity_ref), "removed") => {
                format!(
                    "{label} is in the catalog as {entity_ref}, and the next run removes it: {why}"
                )
            }
            (Some(entity_ref), "renamed") => format!(
                "{label} is in the catalog as {entity_ref}, and is called {next} from the next run on"
            ),
            (Some(entity_ref), _) => format!("{label} is in the catalog as {entity_ref}"),
            (None, "added") => {
                format!("{label} is not in the catalog yet: the next run adds it as {next}")
            }
            (None, _) => {
                let why = self.decisive().map(|step| step.detail.as_str());
                let why =
                    why.unwrap_or("nothing leaves it out that could be told from what is held");
                format!("{label} is not in the catalog: {why}")
            }
        }
    }
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", message(&self.answer()))?;
        write!(f, "  {} of {}", name(&self.okta_id), name(&self.provider))?;
        match (self.as_of, self.live) {
            (Some(at), true) => writeln!(f, ", asked for at {at:.0}")?,
            (Some(at), false) => writeln!(f, ", as of {at:.0}")?,
            (None, _) => f.write_str("\n")?,
        }
        for step in &self.steps {
            let (part, verdict) = (step.part.as_str(), step.verdict.as_str());
            writeln!(f, "  {part:<12} {verdict:<8} {}", message(&step.detail))?;
        }
        if self.changes.is_empty() {
            return f.write_str("  the ledger has no change of it\n");
        }
        writeln!(f, "  latest changes:")?;
        for past in &self.changes {
            for line in past.line().to_string().lines() {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

/// That nothing fits, as an object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Nothing {
    provider: Option<String>,
    #[serde(serialize_with = "as_word")]
    kind: Kind,
    found: bool,
    #[serde(rename = "in")]
    is_in: bool,
    okta_id: Option<String>,
    entity_ref: Option<String>,
    next: Option<Next>,
    steps: Vec<Step>,
    as_of: Option<Timestamp>,
    live: bool,
    changes: Vec<Past>,
}

impl Nothing {
    /// Of this kind, as of then.
    #[must_use]
    pub(crate) const fn of(kind: Kind, as_of: Option<Timestamp>, live: bool) -> Self {
        Self {
            provider: None,
            kind,
            found: false,
            is_in: false,
            okta_id: None,
            entity_ref: None,
            next: None,
            steps: Vec::new(),
            as_of,
            live,
            changes: Vec::new(),
        }
    }
}
