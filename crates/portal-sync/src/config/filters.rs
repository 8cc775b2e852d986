//! Who and what is read: `userFilter` and `groupFilter`.

use figment::value::Value;
use org_filter::{RecordKind, SearchExpr};

use super::errors::ConfigError;
use super::section::Entry;

/// Which groups are read.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupFilter {
    /// Those with one of these names, compared exactly; there is at least one.
    Names(Vec<String>),
    /// Those that a search expression matches.
    Search(SearchExpr),
}

/// Reads `userFilter`.
pub(super) fn users(entry: &Entry<'_>) -> Option<SearchExpr> {
    let expression = search(entry, RecordKind::User, |_| None)?;
    if asks_for_deprovisioned(&expression) {
        entry.notice(
            "asks for users who are `DEPROVISIONED`; these are never kept in the catalog, so this \
             part selects nobody",
        );
    }
    Some(expression)
}

/// Whether some part of the expression is there to select deprovisioned users.
fn asks_for_deprovisioned(expression: &SearchExpr) -> bool {
    let text = expression.to_string().to_lowercase();
    let part = r#"status eq "deprovisioned""#;
    // Neither `profile.status` nor a negated part asks for them.
    !text.contains("not (")
        && text
            .match_indices(part)
            .any(|(at, _)| at == 0 || matches!(text.as_bytes().get(at - 1), Some(b' ' | b'(')))
}

/// Reads `groupFilter`: an expression, a list of names, or either in a map that says which.
pub(super) fn groups(entry: &Entry<'_>) -> Option<GroupFilter> {
    match entry.value() {
        Value::String(..) => search(entry, RecordKind::Group, list_of_one).map(GroupFilter::Search),
        Value::Array(..) => names(entry).map(GroupFilter::Names),
        _ => {
            let section = entry.section(
                "a search expression, a list of group names, `{ names: […] }` or `{ search: … }`",
            )?;
            let choose = "keep one of them; `profile.name eq` in `search` selects by name too";
            let filter = match section.one_of(["names", "search"], choose) {
                [Some(entry), _] => names(&entry).map(GroupFilter::Names),
                [_, Some(entry)] => {
                    search(&entry, RecordKind::Group, |_| None).map(GroupFilter::Search)
                }
                _ => None,
            };
            section.close();
            filter
        }
    }
}

fn names(entry: &Entry<'_>) -> Option<Vec<String>> {
    let items = entry.list("a list of group names")?;
    if items.is_empty() {
        entry.refuse(
            ConfigError::new("the list of group names is empty")
                .fix("name a group, or leave the filter out to read every group"),
        );
        return None;
    }
    // Every name is looked at before the first bad one decides.
    let names: Vec<Option<&str>> = items
        .iter()
        .map(|item| item.text("the name of a group"))
        .collect();
    names
        .into_iter()
        .map(|name| name.map(str::to_owned))
        .collect()
}

/// Reads a search expression over what users or groups can have.
pub(super) fn search(
    entry: &Entry<'_>,
    kind: RecordKind,
    fix: fn(&str) -> Option<String>,
) -> Option<SearchExpr> {
    let text = entry.text("a search expression")?;
    match text.parse::<SearchExpr>() {
        Ok(expression) => match expression.check_names(kind) {
            Ok(()) => Some(expression),
            Err(errors) => {
                let message = format!("asks for what {kind} cannot have");
                entry.refuse(ConfigError::new(message).excerpt(errors.render()));
                None
            }
        },
        Err(errors) => {
            let error = ConfigError::new("not a search expression").excerpt(errors.render());
            entry.refuse(match fix(text) {
                Some(fix) => error.fix(fix),
                None => error,
            });
            None
        }
    }
}

/// Whoever writes a name where an expression belongs meant a list of names.
fn list_of_one(text: &str) -> Option<String> {
    let name = text.len() <= 255
        && !text.contains(['"', '(', ')', '='])
        && !text
            .split_whitespace()
            .any(|word| OPERATORS.contains(&word));
    name.then(|| format!("to select groups by name, write a list: `[{text:?}]`"))
}

const OPERATORS: [&str; 10] = ["eq", "ne", "gt", "ge", "lt", "le", "sw", "co", "ew", "pr"];
