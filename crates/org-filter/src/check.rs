//! Would the server accept this? All the reasons why not.

use crate::dialect::{Dialect, Row, ValueKind};
use crate::expr::{Comparison, Node, Operator, SearchExpr};
use crate::literal::{Literal, is_json_number};
use crate::path::AttributePath;
use crate::problem::{DialectErrors, Problem, Problems, quoted};
use crate::schema::{AttributeType, Schema};
use crate::timestamp::{self, DateForm};
use crate::{record_kind, suggestion};

/// `co` needs a value of three characters (Okta release notes, 2025).
const SHORTEST_CONTAINED: usize = 3;

const BLANK: &str = "Okta knowledge base: null or blank attributes cannot be searched via API";
const CONTAINS: &str = "Okta release notes 2025: `co` takes three characters or more, and not every other operator beside it";
const PLANE: &str =
    "Okta developer documentation, special characters: up to three bytes of UTF-8 a character";
const DATE: &str = "Okta error E0000030: dates must be of the form yyyy-MM-dd'T'HH:mm:ss.SSSZZ";
const NOT_EQUAL: &str = "Okta developer documentation, core API, filter: where `ne` isn't supported, use `lt … or … gt`";
const ENDS_WITH: &str =
    "Okta developer documentation, core API, filter: `ew` is only usable with the System Log API";
const SCHEMA: &str = "the schema that was given";
const SHARED: &str = "Okta developer documentation, core API, filter: operators and literals";

impl SearchExpr {
    /// Whether the server accepts the whole expression where `dialect` is spoken.
    ///
    /// An expression that is refused can still be evaluated: see [`compile`](Self::compile) and
    /// [`split`](Self::split).
    ///
    /// # Errors
    ///
    /// All the reasons why the server would refuse it, each with its place in the text, and with what to write
    /// instead where that is known.
    ///
    /// ```
    /// use org_filter::{Dialect, SearchExpr};
    ///
    /// let expr: SearchExpr = r#"status ne "STAGED""#.parse()?;
    /// let refused = expr.check(&Dialect::USER_SEARCH).unwrap_err();
    /// assert_eq!(refused.problems()[0].fix(), Some(r#"(status lt "STAGED" or status gt "STAGED")"#));
    /// # Ok::<(), org_filter::ParseErrors>(())
    /// ```
    pub fn check(&self, dialect: &Dialect) -> Result<(), DialectErrors> {
        let problems = problems(self.root(), dialect);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(DialectErrors(Problems::new(self.shared_text(), problems)))
        }
    }
}

/// All the reasons why `dialect` refuses `root` as a whole expression.
pub(crate) fn problems(root: &Node, dialect: &Dialect) -> Vec<Problem> {
    let mut check = Check {
        dialect,
        whole: matches!(root, Node::Test(_)),
        problems: Vec::new(),
    };
    check.node(root);
    check.problems
}

/// Whether a comparison must not be joined to others, or is better not.
///
/// Okta says that `co` beside some other operators is an error, and not beside which: so we send it alone.
pub(crate) fn stands_alone(comparison: &Comparison, dialect: &Dialect) -> bool {
    let alone = dialect.row(comparison.path()).is_some_and(|row| row.alone);
    alone || (comparison.operator() == Operator::Co && !dialect.takes_whole_language())
}

struct Check<'d> {
    dialect: &'d Dialect,
    /// Whether the expression is a single comparison.
    whole: bool,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn node(&mut self, node: &Node) {
        match node {
            Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| self.node(part)),
            Node::Not(inner, place) => {
                if !self.dialect.takes_whole_language() {
                    let message = format!("{} has no `not`", self.dialect);
                    self.problems
                        .push(Problem::new(*place, message).resting_on(self.dialect.source()));
                }
                self.node(inner);
            }
            Node::Test(comparison) => self.comparison(comparison),
        }
    }

    fn comparison(&mut self, comparison: &Comparison) {
        let Some(row) = self.dialect.row(comparison.path()) else {
            return self.unknown_attribute(comparison);
        };
        if let Some(problem) = self
            .dialect
            .records()
            .and_then(|kind| record_kind::problem(comparison, kind))
        {
            return self.problems.push(problem);
        }
        let in_profile = comparison.path().in_profile();
        if let (Some(schema), Some(name)) = (self.dialect.schema(), in_profile) {
            let Some(kind) = schema.get(name) else {
                return self.not_in_schema(comparison, schema, name);
            };
            let literal = comparison.literal();
            if let Some(literal) = literal.filter(|literal| !is_of(literal, kind)) {
                return self.of_another_type(comparison, literal, kind);
            }
        }
        if !self.dialect.accepts(row, comparison.operator()) {
            return self.unsupported_operator(comparison, row);
        }
        let combined_contains = self.dialect.is_strict() && stands_alone(comparison, self.dialect);
        if (row.alone || combined_contains) && !self.whole {
            let source = if row.alone { row.source } else { CONTAINS };
            let message = format!(
                "{} must be the whole expression",
                quoted(&comparison.to_string())
            );
            self.problems
                .push(Problem::new(comparison.place(), message).resting_on(source));
        }
        if let Some(literal) = comparison.literal() {
            self.literal(comparison, literal, row);
        }
    }

    fn unknown_attribute(&mut self, comparison: &Comparison) {
        let path = comparison.path();
        let message = format!(
            "{} has no attribute {}",
            self.dialect,
            quoted(path.as_str())
        );
        let mut problem = Problem::new(comparison.places().path, message)
            .fixed_by(self.meant_attribute(path))
            .resting_on(self.dialect.source());
        if problem.fix().is_none() {
            problem = problem.expecting(self.attributes());
        }
        self.problems.push(problem);
    }

    fn not_in_schema(&mut self, comparison: &Comparison, schema: &Schema, name: &str) {
        let path = quoted(comparison.path().as_str());
        let message = format!("the schema has no attribute {path}");
        let nearest = suggestion::nearest(name, schema.names());
        let problem = Problem::new(comparison.places().path, message)
            .fixed_by(nearest.map(|name| format!("profile.{name}")))
            .resting_on(SCHEMA);
        self.problems.push(problem);
    }

    fn of_another_type(&mut self, comparison: &Comparison, literal: &Literal, kind: AttributeType) {
        let path = quoted(comparison.path().as_str());
        let message = format!("{path} is {kind}, which `{literal}` is not");
        let fix = match (literal, kind) {
            (Literal::Text(text), AttributeType::Number) => {
                is_json_number(text).then(|| text.clone())
            }
            (Literal::Text(text), AttributeType::Boolean) => ["true", "false"]
                .into_iter()
                .find(|word| text.eq_ignore_ascii_case(word))
                .map(str::to_owned),
            (Literal::Number(_) | Literal::Bool(_), AttributeType::Text) => {
                Some(format!("\"{literal}\""))
            }
            _ => None,
        };
        let problem = Problem::new(comparison.places().literal, message)
            .fixed_by(fix)
            .resting_on(SCHEMA);
        self.problems.push(problem);
    }

    /// The attributes that can be asked for, in words.
    fn attributes(&self) -> String {
        let any_profile = self.takes_any_profile();
        let mut known: Vec<_> = self.dialect.attributes().collect();
        if any_profile {
            known.retain(|attribute| !attribute.starts_with("profile."));
            known.push("profile.…");
        }
        suggestion::alternatives(&known)
    }

    fn takes_any_profile(&self) -> bool {
        let any: Result<AttributePath, _> = "profile.anything".parse();
        any.is_ok_and(|path| self.dialect.row(&path).is_some())
    }

    /// The attribute that was meant: a misspelt one, or one of the profile without `profile.`.
    fn meant_attribute(&self, path: &AttributePath) -> Option<String> {
        if let Some(kind) = self.dialect.records() {
            let is_asked_for = |meant: &String| {
                let path: Result<AttributePath, _> = meant.parse();
                path.is_ok_and(|path| self.dialect.row(&path).is_some())
            };
            return record_kind::meant(path, kind).filter(is_asked_for);
        }
        let last = path.names().last()?;
        let of_profile = |known: &&str| known.strip_prefix("profile.") == Some(last);
        if let Some(known) = self.dialect.attributes().find(of_profile) {
            return Some(known.to_owned());
        }
        suggestion::nearest(path.as_str(), self.dialect.attributes()).map(str::to_owned)
    }

    fn unsupported_operator(&mut self, comparison: &Comparison, row: &'static Row) {
        let (path, operator) = (quoted(comparison.path().as_str()), comparison.operator());
        let operators: Vec<_> = self.dialect.operators(row).map(Operator::as_str).collect();
        if operators.is_empty() {
            let message = format!("{} cannot ask for {path}", self.dialect);
            let problem = Problem::new(comparison.places().path, message).resting_on(row.source);
            return self.problems.push(problem);
        }
        let message = format!("{} has no `{operator}` for {path}", self.dialect);
        let rewritten = self.without_ne(comparison, row);
        let place = if rewritten.is_some() {
            comparison.place()
        } else {
            comparison.places().operator
        };
        self.problems.push(
            Problem::new(place, message)
                .expecting(suggestion::alternatives(&operators))
                .fixed_by(rewritten)
                .resting_on(match operator {
                    Operator::Ne => NOT_EQUAL,
                    Operator::Ew => ENDS_WITH,
                    _ => row.source,
                }),
        );
    }

    /// `ne` in the form that Okta documents for it; `pr` for what is not null and not blank.
    fn without_ne(&self, comparison: &Comparison, row: &'static Row) -> Option<String> {
        let accepts = |operator| self.dialect.accepts(row, operator);
        let path = comparison.path();
        match comparison
            .literal()
            .filter(|_| comparison.operator() == Operator::Ne)?
        {
            literal if is_blank(literal) => accepts(Operator::Pr).then(|| format!("{path} pr")),
            Literal::Bool(_) => None,
            literal => (accepts(Operator::Lt) && accepts(Operator::Gt))
                .then(|| format!("({path} lt {literal} or {path} gt {literal})")),
        }
    }

    fn literal(&mut self, comparison: &Comparison, literal: &Literal, row: &'static Row) {
        let operator = comparison.operator();
        let place = comparison.places().literal;
        let path = quoted(comparison.path().as_str());
        let problem = match literal {
            blank if is_blank(blank) => {
                let here = format!("not ({} pr)", comparison.path());
                Problem::new(place, "Okta does not search for null or blank values")
                    .expecting(format!("a value; `{here}` can be evaluated here"))
                    .resting_on(BLANK)
            }
            Literal::Text(text) if text.chars().any(|character| character > '\u{ffff}') => {
                let message = "Okta does not search for characters beyond U+FFFF, such as emoji";
                Problem::new(place, message).resting_on(PLANE)
            }
            Literal::Text(text) if row.kind == ValueKind::Date => match self.date(text) {
                Ok(()) => return,
                Err(fix) => Problem::new(place, format!("{} is no date Okta reads", quoted(text)))
                    .expecting("a date such as `\"2026-01-31T00:00:00.000Z\"`")
                    .fixed_by(fix)
                    .resting_on(DATE),
            },
            Literal::Text(text)
                if operator == Operator::Co
                    && text.chars().count() < SHORTEST_CONTAINED
                    && !self.dialect.takes_whole_language() =>
            {
                let message = format!("`co` takes {SHORTEST_CONTAINED} characters or more");
                Problem::new(place, message).resting_on(CONTAINS)
            }
            Literal::Text(_) => return,
            other if row.kind == ValueKind::Date => {
                Problem::new(place, format!("{path} is a date, `{other}` is not"))
                    .expecting("a date such as `\"2026-01-31T00:00:00.000Z\"`")
                    .resting_on(DATE)
            }
            other if row.kind == ValueKind::Text || operator.is_textual() => {
                let message = format!("`{other}` is no text to compare {path} with");
                Problem::new(place, message)
                    .expecting("a string in double quotes")
                    .fixed_by(Some(format!("\"{other}\"")))
                    .resting_on(SHARED)
            }
            Literal::Bool(value) if operator.is_ordering() => {
                let message = format!("`{operator}` has no order to compare `{value}` by");
                Problem::new(place, message).resting_on(SHARED)
            }
            Literal::Bool(_) | Literal::Number(_) | Literal::Null => return,
        };
        self.problems.push(problem);
    }

    /// Whether Okta reads `text` as a date; if not, the date in the form it reads.
    fn date(&self, text: &str) -> Result<(), Option<String>> {
        let form = timestamp::read(text).and_then(|_| timestamp::form(text));
        match form {
            Some(DateForm::Documented) => Ok(()),
            Some(DateForm::OtherPrecision) if !self.dialect.is_strict() => Ok(()),
            _ => Err(timestamp::documented_form(text).map(|date| format!("\"{date}\""))),
        }
    }
}

/// Whether a value can be that of an attribute of this type. Blank values are another matter.
fn is_of(literal: &Literal, kind: AttributeType) -> bool {
    match literal {
        Literal::Null => true,
        Literal::Text(text) => text.is_empty() || kind == AttributeType::Text,
        Literal::Number(_) => kind == AttributeType::Number,
        Literal::Bool(_) => kind == AttributeType::Boolean,
    }
}

fn is_blank(literal: &Literal) -> bool {
    match literal {
        Literal::Null => true,
        Literal::Text(text) => text.is_empty(),
        Literal::Number(_) | Literal::Bool(_) => false,
    }
}
