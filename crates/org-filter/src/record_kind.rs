//! Which attributes a record can have at all: the fields that Okta gives every user and every group, and its profile.

use std::fmt;

use crate::expr::{Comparison, Operator, SearchExpr};
use crate::path::AttributePath;
use crate::problem::{AttributeErrors, Problem, Problems, quoted};
use crate::{schema, suggestion};

/// Whose attributes an expression names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// A user of Okta.
    User,
    /// A group of Okta.
    Group,
}

/// The fields beside the profile that a user can have (Okta API reference, Users, the user object), `classification`
/// among them, which is in early access.
const USER: [&str; 20] = [
    "id",
    "status",
    "created",
    "activated",
    "statusChanged",
    "lastLogin",
    "lastUpdated",
    "passwordChanged",
    "transitioningToStatus",
    "realmId",
    "type.id",
    "credentials.provider.type",
    "credentials.provider.name",
    "credentials.password",
    "credentials.recovery_question.question",
    "credentials.emails.value",
    "credentials.emails.status",
    "credentials.emails.type",
    "classification.type",
    "classification.lastUpdated",
];

/// The fields beside the profile that a group can have (Okta API reference, Groups, the group object).
const GROUP: [&str; 7] = [
    "id",
    "type",
    "created",
    "lastUpdated",
    "lastMembershipUpdated",
    "objectClass",
    "source.id",
];

const USER_SOURCE: &str = "Okta API reference, Users: the user object";
const GROUP_SOURCE: &str = "Okta API reference, Groups: the group object";

/// Names that stand in Okta's answers and in no profile: with `profile.` in front they would still name nothing.
const NEVER_IN_PROFILE: [&str; 4] = ["_links", "_embedded", "credentials", "profile"];

impl RecordKind {
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::User => Self::Group,
            Self::Group => Self::User,
        }
    }

    /// The attributes of the profile whose names Okta fixes.
    fn base(self) -> &'static [&'static str] {
        match self {
            Self::User => &schema::USER,
            Self::Group => &schema::GROUP,
        }
    }

    const fn source(self) -> &'static str {
        match self {
            Self::User => USER_SOURCE,
            Self::Group => GROUP_SOURCE,
        }
    }

    /// The word that expressions of other places put in front, such as `user.department`.
    const fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// The fields below the object `path`.
    fn below(self, path: &str) -> impl Iterator<Item = &'static str> {
        let is_below = move |field: &&str| {
            let rest = field.strip_prefix(path);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        self.fields().iter().copied().filter(is_below)
    }
}

/// Users or groups.
impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "users",
            Self::Group => "groups",
        })
    }
}

impl SearchExpr {
    /// Whether every attribute that the expression names is one that a user, or a group, can have.
    ///
    /// An expression that names another one is never what was meant, whoever evaluates it: a comparison with an attribute
    /// that no record has holds for nobody, and its negation for everybody. Any name below `profile` is one that a tenant
    /// may have, unless it differs from an attribute that every tenant has in upper and lower case only.
    ///
    /// This is not whether Okta's search takes the expression ([`check`](Self::check)): it cannot be asked for `lastLogin`,
    /// which users have all the same.
    ///
    /// ```
    /// use org_filter::{RecordKind, SearchExpr};
    ///
    /// let expr: SearchExpr = r#"not (department eq "Sales") and profile.Email ew "@acme.com""#.parse()?;
    /// let errors = expr.check_attributes(RecordKind::User).unwrap_err();
    /// assert_eq!(errors.problems()[0].span(), 5..15);
    /// assert_eq!(errors.problems()[0].fix(), Some("profile.department"));
    /// assert_eq!(errors.problems()[1].fix(), Some("profile.email"));
    ///
    /// let expr: SearchExpr = r#"lastLogin pr and credentials.provider.type eq "OKTA" and profile.squad pr"#.parse()?;
    /// assert!(expr.check_attributes(RecordKind::User).is_ok());
    /// # Ok::<(), org_filter::ParseErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// All the names that no such record has, each with its place in the text, and with what was meant where that is known.
    pub fn check_attributes(&self, kind: RecordKind) -> Result<(), AttributeErrors> {
        let comparisons = self.comparisons().into_iter();
        let problems: Vec<Problem> = comparisons.filter_map(|one| problem(one, kind)).collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(AttributeErrors(Problems::new(self.shared_text(), problems)))
        }
    }
}

/// What is wrong with the name in a comparison.
pub(crate) fn problem(comparison: &Comparison, kind: RecordKind) -> Option<Problem> {
    let path = comparison.path();
    if let Some(in_profile) = path.in_profile() {
        let (name, parts) = split(in_profile);
        let base = base(name, kind)?;
        let message = if base != name {
            format!("the attribute is called `profile.{base}`")
        } else if parts.is_some() {
            format!("`profile.{base}` has no parts")
        } else {
            return None;
        };
        let problem = Problem::new(comparison.places().path, message);
        return Some(
            problem
                .fixed_by(format!("profile.{base}"))
                .resting_on(schema::SOURCE),
        );
    }
    if kind.fields().contains(&path.as_str()) {
        return None;
    }
    let mut below = kind.below(path.as_str()).peekable();
    if path.as_str() == "profile" || below.peek().is_some() {
        if comparison.operator() == Operator::Pr {
            return None;
        }
        let message = format!("{} is an object", quoted(path.as_str()));
        let problem = Problem::new(comparison.places().path, message).resting_on(kind.source());
        let fields: Vec<&str> = below.collect();
        return Some(match fields.as_slice() {
            [] => problem.expecting("one of its attributes, as `profile.…`"),
            [field] => problem.fixed_by((*field).to_owned()),
            fields => problem.expecting(suggestion::alternatives(fields)),
        });
    }
    let message = format!("{kind} have no attribute {}", quoted(path.as_str()));
    let problem = Problem::new(comparison.places().path, message).resting_on(kind.source());
    Some(match meant(path, kind) {
        Some(fix) => problem.fixed_by(fix),
        None => problem.expecting(expected(kind)),
    })
}

/// The names that can stand there, in words.
pub(crate) fn expected(kind: RecordKind) -> String {
    let fields = kind.fields().iter().copied();
    let all: Vec<&str> = fields.chain(["profile.…"]).collect();
    suggestion::alternatives(&all)
}

/// The attribute that somebody meant who wrote one that no record has.
pub(crate) fn meant(path: &AttributePath, kind: RecordKind) -> Option<String> {
    meant_by(path.as_str(), kind)
}

fn meant_by(path: &str, kind: RecordKind) -> Option<String> {
    let (first, rest) = split(path);
    if let Some(rest) = rest {
        if first.eq_ignore_ascii_case(kind.noun()) {
            let known = kind.fields().contains(&rest) || rest.starts_with("profile.");
            return if known {
                Some(in_base_letters(rest, kind))
            } else {
                meant_by(rest, kind)
            };
        }
        if suggestion::nearest(first, ["profile"]).is_some() {
            return Some(in_base_letters(&format!("profile.{rest}"), kind));
        }
    }
    let fields = || kind.fields().iter().copied();
    if let Some(field) = fields().find(|field| field.eq_ignore_ascii_case(path)) {
        return Some(field.to_owned());
    }
    let in_profile = |name: &str| format!("profile.{name}");
    if let Some(base) = base(path, kind) {
        return Some(in_profile(base));
    }
    if let Some(field) = suggestion::nearest(path, fields()) {
        return Some(field.to_owned());
    }
    if rest.is_some() {
        return None;
    }
    let objects = fields().filter_map(|field| field.split_once('.').map(|(object, _)| object));
    if let Some(object) = suggestion::nearest(path, objects) {
        let mut below = kind.below(object);
        return below
            .next()
            .filter(|_| below.next().is_none())
            .map(str::to_owned);
    }
    // What the other kind has is not missing from this one's profile; but a group may well have a status of its own.
    let mut elsewhere = NEVER_IN_PROFILE.iter().chain(kind.other().fields());
    if path != "status" && elsewhere.any(|field| split(field).0 == path) {
        return None;
    }
    let near = suggestion::nearest(path, kind.base().iter().copied());
    Some(in_profile(near.unwrap_or(path)))
}

/// A path whose first name in the profile is written as Okta writes it.
fn in_base_letters(path: &str, kind: RecordKind) -> String {
    let in_profile = path.strip_prefix("profile.");
    in_profile
        .and_then(|name| base(name, kind))
        .map_or_else(|| path.to_owned(), |base| format!("profile.{base}"))
}

/// The attribute of every profile that is called `name` but for upper and lower case.
fn base(name: &str, kind: RecordKind) -> Option<&'static str> {
    let mut base = kind.base().iter().copied();
    base.find(|base| base.eq_ignore_ascii_case(name))
}

/// The first name of a path, and what follows it.
fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(first, rest)| (first, Some(rest)))
}
