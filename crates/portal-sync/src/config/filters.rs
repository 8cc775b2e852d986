//! Who and what is read: `userFilter` and `groupFilter`.

use figment::value::Value;
use org_filter::{RecordKind, SearchExpr};

use super::errors::{ConfigError, quoted};
use super::keys::GROUP_FILTER;
use super::section::Entry;
use crate::read::selection::GroupFilter;

/// Reads `userFilter`.
pub(super) fn users(entry: &Entry<'_>) -> Option<SearchExpr> {
    let expression = search(entry, RecordKind::User, users_like)?;
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
                &GROUP_FILTER,
                "a search expression, a list of group names, `{ names: […] }` or `{ search: … }`",
            )?;
            let choose = "keep one of them; `profile.name eq` in `search` selects by name too";
            let filter = match section.one_of(["names", "search"], choose) {
                [Some(entry), _] => names(&entry).map(GroupFilter::Names),
                [_, Some(entry)] => {
                    search(&entry, RecordKind::Group, list_of_one).map(GroupFilter::Search)
                }
                _ => None,
            };
            section.close();
            filter
        }
    }
}

fn names(entry: &Entry<'_>) -> Option<Vec<String>> {
    let items = entry.list_of_names("a list of group names")?;
    if items.is_empty() {
        entry.refuse(
            ConfigError::new("the list of group names is empty")
                .fix("name a group, or leave the filter out to read every group"),
        );
        return None;
    }
    // Every name is looked at before the first bad one decides.
    let names: Vec<Option<&str>> = items.iter().map(name).collect();
    names
        .into_iter()
        .map(|name| name.map(str::to_owned))
        .collect()
}

/// The name of a group, which is compared exactly. Rules are for lists that exclude or merge: no group is called
/// `prefix:app-` by accident, and one that is can be selected by an expression.
fn name<'a>(entry: &Entry<'a>) -> Option<&'a str> {
    let name = entry.name("the name of a group")?;
    let rule = RULES.iter().find_map(|(rule, operator)| {
        let text = name.strip_prefix(rule)?;
        Some((*rule, *operator, text))
    });
    let Some((rule, operator, text)) = rule else {
        if let Some(search) = pattern(name) {
            entry.notice(format!(
                "{} is compared as it is; for a pattern write an expression instead of the list: {}",
                quoted(name),
                groups_like(&search)
            ));
        }
        return Some(name);
    };
    let expression = match operator {
        Some(operator) => Some(comparison(operator, text)),
        None if rule == "glob:" => pattern(text).and_then(|search| match search {
            Pattern::Everything => None,
            Pattern::Search(search) => Some(search),
        }),
        None => None,
    };
    let error = ConfigError::new(format!(
        "names in a `groupFilter` compare exactly, `{rule}` is no rule here"
    ));
    entry.refuse(error.fix(match expression {
        Some(search) => format!(
            "write an expression instead of the list: {}",
            written(&search)
        ),
        None => format!(
            "write an expression instead of the list, such as {}",
            written(&comparison("sw", "eng-"))
        ),
    }));
    None
}

/// The rules of other lists, and the operator that says the same.
const RULES: [(&str, Option<&str>); 4] = [
    ("prefix:", Some("sw")),
    ("exact:", Some("eq")),
    ("glob:", None),
    ("regex:", None),
];

/// What a text with `*` in it is meant to select.
enum Pattern {
    Everything,
    /// What this expression selects.
    Search(String),
}

/// What `eng-*` means to whoever writes it, as an expression about the names of groups.
fn pattern(text: &str) -> Option<Pattern> {
    // A regular expression has a dot before its star.
    let text = text.trim().replace(".*", "*");
    if matches!(text.as_str(), "*" | "**" | "%") {
        return Some(Pattern::Everything);
    }
    if text.contains(['?', '[', '{', '\\']) {
        return None;
    }
    let (first, rest) = text.split_once('*')?;
    let rest = rest.trim_start_matches('*');
    let parts: Vec<&str> = rest.split('*').filter(|part| !part.is_empty()).collect();
    let begins = (!first.is_empty()).then(|| comparison("sw", first));
    let (last, middle) = match parts.split_last() {
        Some((last, middle)) if !rest.ends_with('*') => (Some(*last), middle),
        _ => (None, parts.as_slice()),
    };
    let contains = middle.iter().map(|part| comparison("co", part));
    let ends = last.map(|part| comparison("ew", part));
    let all: Vec<String> = begins.into_iter().chain(contains).chain(ends).collect();
    Some(Pattern::Search(all.join(" and ")))
}

/// A comparison with the name of a group.
fn comparison(operator: &str, text: &str) -> String {
    format!("profile.name {operator} {}", serde_json::Value::from(text))
}

/// A filter as it is to be written into the file.
fn written(search: &str) -> String {
    format!("`groupFilter: '{}'`", search.replace('\'', "''"))
}

/// What to write instead of a pattern.
fn groups_like(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Everything => "leave `groupFilter` out, and every group is read".to_owned(),
        Pattern::Search(search) => written(search),
    }
}

/// Reads a search expression over what users or groups can have.
pub(super) fn search(
    entry: &Entry<'_>,
    kind: RecordKind,
    fix: fn(&str) -> Option<String>,
) -> Option<SearchExpr> {
    let text = entry.text("a search expression")?;
    match text.parse::<SearchExpr>() {
        Ok(expression) => match expression.check_attributes(kind) {
            Ok(()) => Some(expression),
            Err(errors) => {
                let message = format!("asks for what {kind} cannot have");
                entry.refuse(ConfigError::new(message).excerpt(errors.render()));
                None
            }
        },
        Err(errors) => {
            entry.refuse(cut_short(entry, text).unwrap_or_else(|| {
                let error = ConfigError::new("not a search expression").excerpt(errors.render());
                match marked(entry).or_else(|| fix(text)) {
                    Some(fix) => error.fix(fix),
                    None => error,
                }
            }));
            None
        }
    }
}

/// What is wrong with an expression in whose middle YAML saw a comment begin: a fix of what is left of it would select
/// something else than was meant.
fn cut_short(entry: &Entry<'_>, text: &str) -> Option<ConfigError> {
    let comment = entry.written()?.comment.as_deref()?;
    // A string that is left open; a remark behind a whole expression is one.
    let unescaped = text.replace(r"\\", "").replace(r#"\""#, "");
    if unescaped.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let whole = format!("{text}{}", comment.trim_end());
    let at = text.chars().count();
    let error = ConfigError::new("YAML ended this expression at ` #`, where a comment begins")
        .excerpt(format!("{whole}\n{:at$}^^", ""));
    Some(error.fix(format!(
        "put single quotes around the whole: `'{}'`",
        whole.replace('\'', "''")
    )))
}

/// The fix where YAML took the start of an expression for an anchor or a tag.
fn marked(entry: &Entry<'_>) -> Option<String> {
    let mark = entry.written()?.mark?;
    Some(format!(
        "YAML does not read what begins with `{mark}` as text: put single quotes around the whole value"
    ))
}

/// Whoever writes a name where an expression belongs meant a list of names, or a pattern.
fn list_of_one(text: &str) -> Option<String> {
    let is_name = text.len() <= 255
        && !text.contains(['"', '(', ')', '='])
        && !text
            .split_whitespace()
            .any(|word| OPERATORS.contains(&word));
    if !is_name {
        return None;
    }
    let rule = RULES.iter().find_map(|(rule, operator)| {
        let text = text.trim().strip_prefix(rule)?;
        match operator {
            Some(operator) => Some(Pattern::Search(comparison(operator, text))),
            None => pattern(text),
        }
    });
    Some(match rule.or_else(|| pattern(text)) {
        Some(Pattern::Everything) => "leave it out, and every group is read".to_owned(),
        Some(Pattern::Search(search)) => format!("for a pattern write {}", written(&search)),
        None => format!(
            "to select groups by name, write a list: `[{}]`",
            serde_json::Value::from(text.trim())
        ),
    })
}

/// What a pattern over users means: everybody, or those whose e-mail address fits.
fn users_like(text: &str) -> Option<String> {
    let search = match pattern(text)? {
        Pattern::Everything => return Some("leave it out, and every user is read".to_owned()),
        Pattern::Search(search) if text.contains('@') => {
            search.replace("profile.name", "profile.email")
        }
        Pattern::Search(_) => return None,
    };
    let is_expression = search.parse::<SearchExpr>().is_ok() && !text.contains(['"', ' ']);
    is_expression.then(|| {
        format!(
            "for a pattern write `userFilter: '{}'`",
            search.replace('\'', "''")
        )
    })
}

const OPERATORS: [&str; 10] = ["eq", "ne", "gt", "ge", "lt", "le", "sw", "co", "ew", "pr"];
