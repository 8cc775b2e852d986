//! What each endpoint of Okta accepts: which attributes, which operators, and how it compares.

use std::fmt;
use std::sync::Arc;

use crate::expr::Operator;
use crate::path::AttributePath;
use crate::record_kind::RecordKind;
use crate::schema::Schema;
use crate::text::Case;

mod tables;

/// The part of the language that one parameter of one endpoint accepts, and its rule for upper and lower case.
///
/// A dialect is a table, and every row of it names the document or the recorded answer it rests on. By default a
/// dialect is lenient: what Okta documents, and every form that was seen to be accepted. [`strict`](Self::strict)
/// keeps to the documents.
///
/// ```
/// use org_filter::{Dialect, SearchExpr};
///
/// let expr: SearchExpr = r#"profile.name eq "Sales""#.parse()?;
/// assert!(expr.check(&Dialect::GROUP_SEARCH).is_ok());
/// assert!(expr.check(&Dialect::GROUP_FILTER).is_err());
/// # Ok::<(), org_filter::ParseErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    name: &'static str,
    source: &'static str,
    case: Case,
    /// Whose attributes a search may name; anything else is no attribute of theirs.
    records: Option<RecordKind>,
    /// Whether `not` and `co` are taken without reservation.
    whole: bool,
    rows: &'static [Row],
    strict: bool,
    /// The attributes of profiles, where they are known.
    schema: Option<Arc<Schema>>,
}

/// What may be asked of one attribute, or of all those below one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The attribute; ending in `.*`, all the attributes below it. The first row that fits counts.
    pub(crate) pattern: &'static str,
    pub(crate) kind: ValueKind,
    /// The operators Okta documents; none when the attribute exists and cannot be asked for.
    pub(crate) documented: &'static [Operator],
    /// More operators that were seen to be accepted.
    pub(crate) seen: &'static [Operator],
    /// Whether a comparison of this attribute must be the whole expression.
    pub(crate) alone: bool,
    pub(crate) source: &'static str,
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    Text,
    Date,
    /// Attributes of a profile have the type the tenant's schema gives them.
    Any,
}

impl Dialect {
    /// `GET /api/v1/users?search=…`: compares without regard to case, on an index that lags by seconds.
    pub const USER_SEARCH: Self = Self {
        name: "user search",
        source: tables::USER_SEARCH_SOURCE,
        case: Case::Insensitive,
        records: Some(RecordKind::User),
        whole: false,
        rows: tables::USER_SEARCH,
        strict: false,
        schema: None,
    };

    /// `GET /api/v1/users?filter=…`: few attributes, compares exactly.
    pub const USER_FILTER: Self = Self {
        name: "user filter",
        source: tables::USER_FILTER_SOURCE,
        case: Case::Sensitive,
        records: None,
        whole: false,
        rows: tables::USER_FILTER,
        strict: false,
        schema: None,
    };

    /// `GET /api/v1/groups?search=…`: compares without regard to case.
    pub const GROUP_SEARCH: Self = Self {
        name: "group search",
        source: tables::GROUP_SEARCH_SOURCE,
        case: Case::Insensitive,
        records: Some(RecordKind::Group),
        whole: false,
        rows: tables::GROUP_SEARCH,
        strict: false,
        schema: None,
    };

    /// `GET /api/v1/groups?filter=…`: ids, types and dates only, compares exactly.
    pub const GROUP_FILTER: Self = Self {
        name: "group filter",
        source: tables::GROUP_FILTER_SOURCE,
        case: Case::Sensitive,
        records: None,
        whole: false,
        rows: tables::GROUP_FILTER,
        strict: false,
        schema: None,
    };

    /// `GET /api/v1/logs?filter=…`: the whole language. Compares exactly here; Okta compares some fields of
    /// an event without regard to case and does not say which.
    pub const LOG_FILTER: Self = Self {
        name: "log filter",
        source: tables::LOG_FILTER_SOURCE,
        case: Case::Sensitive,
        records: None,
        whole: true,
        rows: tables::LOG_FILTER,
        strict: false,
        schema: None,
    };

    /// All of them, lenient.
    pub const ALL: [Self; 5] = [
        Self::USER_SEARCH,
        Self::USER_FILTER,
        Self::GROUP_SEARCH,
        Self::GROUP_FILTER,
        Self::LOG_FILTER,
    ];

    /// The same dialect, keeping to what Okta documents: no operator that was only seen to work, `co` alone, and dates
    /// with milliseconds.
    #[must_use]
    pub fn strict(self) -> Self {
        Self {
            strict: true,
            ..self
        }
    }

    /// The same dialect at a tenant whose profiles have these attributes and no others. Without a schema any attribute is
    /// accepted below `profile`.
    #[must_use]
    pub fn with_schema(self, schema: Schema) -> Self {
        Self {
            schema: Some(Arc::new(schema)),
            ..self
        }
    }

    /// Such as `user search`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the dialect keeps to what Okta documents.
    pub const fn is_strict(&self) -> bool {
        self.strict
    }

    /// The document the dialect rests on.
    pub(crate) fn source(&self) -> &'static str {
        self.source
    }

    pub(crate) fn records(&self) -> Option<RecordKind> {
        self.records
    }

    pub(crate) fn case(&self) -> Case {
        self.case
    }

    pub(crate) fn takes_whole_language(&self) -> bool {
        self.whole
    }

    pub(crate) fn schema(&self) -> Option<&Schema> {
        self.schema.as_deref()
    }

    pub(crate) fn row(&self, path: &AttributePath) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.covers(path.as_str()))
    }

    /// The operators that `row` has in this dialect.
    pub(crate) fn operators(&self, row: &'static Row) -> impl Iterator<Item = Operator> {
        let seen = if self.strict { &[] } else { row.seen };
        row.documented.iter().chain(seen).copied()
    }

    pub(crate) fn accepts(&self, row: &'static Row, operator: Operator) -> bool {
        self.operators(row).any(|accepted| accepted == operator)
    }

    /// The attributes that are named one by one and can be asked for.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = &'static str> {
        let named = |row: &&Row| !row.documented.is_empty() && !row.pattern.ends_with(".*");
        self.rows.iter().filter(named).map(|row| row.pattern)
    }

    /// Whether the attribute is a date, also where the endpoint cannot be asked for it.
    pub(crate) fn is_date(&self, path: &AttributePath) -> bool {
        self.row(path)
            .is_some_and(|row| row.kind == ValueKind::Date)
    }
}

impl Row {
    fn covers(&self, path: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(above) => path.len() > above.len() && path.starts_with(above),
            None => path == self.pattern,
        }
    }
}

/// The name of the dialect.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
