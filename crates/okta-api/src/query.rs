//! Which query a link to a page was made for: a cursor goes on with its own, whatever the list asks for.

use std::fmt;

use okta_auth::visible::visible;
use url::Url;

/// What decides which records a list has, and in which order.
const SELECTING: &[&str] = &["search", "filter", "q", "sortBy", "sortOrder", "until"];

/// The most characters of a query that are quoted.
const QUOTED: usize = 1_000;

/// A cursor that was made for another query than the list has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the cursor goes on with {} and the list asks for {}",
    Part(.name, .held.as_deref()),
    Part(.name, .asked.as_deref())
)]
pub(crate) struct OtherQuery {
    name: &'static str,
    held: Option<String>,
    asked: Option<String>,
}

/// Checks that a cursor goes on with what is asked for: a list that has `asked`, parameters by their names.
///
/// Orders that are the default are the same as none, and white space makes no difference: Okta may write either otherwise.
///
/// # Errors
///
/// When it goes on with something else, which Okta would not tell.
pub(crate) fn check<'a>(
    cursor: &Url,
    asked: impl Fn(&str) -> Option<&'a str>,
) -> Result<(), OtherQuery> {
    for &name in SELECTING {
        let mut pairs = cursor.query_pairs();
        let held = pairs.find(|(held, _)| held == name).map(|(_, value)| value);
        let (held, asked) = (held.as_deref(), asked(name));
        if !is_same(name, held, asked) {
            return Err(OtherQuery {
                name,
                held: held.map(str::to_owned),
                asked: asked.map(str::to_owned),
            });
        }
    }
    Ok(())
}

fn is_same(name: &str, held: Option<&str>, asked: Option<&str>) -> bool {
    let (held, asked) = (held.unwrap_or_default(), asked.unwrap_or_default());
    if name == "sortOrder" {
        let is_descending = |order: &str| {
            order
                .get(..4)
                .is_some_and(|it| it.eq_ignore_ascii_case("desc"))
        };
        return is_descending(held) == is_descending(asked);
    }
    held.split_whitespace().eq(asked.split_whitespace())
}

/// A parameter in words.
struct Part<'a>(&'a str, Option<&'a str>);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, value) = self;
        match value {
            Some(value) => write!(f, "the `{name}` `{}`", visible(value).at_most(QUOTED)),
            None => write!(f, "no `{name}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::check;

    fn refusal(query: &str, asked: &[(&str, &str)]) -> Option<String> {
        let cursor = Url::parse(&format!(
            "https://acme.okta.com/api/v1/logs?after=1&limit=2{query}"
        ));
        let of = |name: &str| {
            asked
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, it)| *it)
        };
        check(&cursor.unwrap(), of)
            .err()
            .map(|error| error.to_string())
    }

    #[test]
    fn the_same_query_is_told_from_another() {
        let same: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("&filter=", &[]),
            (
                "&filter=eventType+eq+%22a%22",
                &[("filter", r#"eventType eq "a""#)],
            ),
            (
                "&filter=eventType%20eq%20%22a%22",
                &[("filter", " eventType  eq \"a\"\n")],
            ),
            ("&sortOrder=ASCENDING", &[]),
            (
                "&sortOrder=DESCENDING&q=x",
                &[("q", "x"), ("sortOrder", "descending")],
            ),
            ("&since=2026-01-01", &[("limit", "9")]),
        ];
        for (query, asked) in same {
            assert_eq!(refusal(query, asked), None, "{query}");
        }
        let filter = [("filter", r#"eventType eq "b""#)];
        let other: &[(&str, &[(&str, &str)], &str)] = &[
            (
                "&filter=eventType%20eq%20%22a%22",
                &filter,
                r#"the cursor goes on with the `filter` `eventType eq "a"` and the list asks for the `filter` `eventType eq "b"`"#,
            ),
            (
                "",
                &filter,
                r#"the cursor goes on with no `filter` and the list asks for the `filter` `eventType eq "b"`"#,
            ),
            (
                "&q=a%0Ab",
                &[],
                "the cursor goes on with the `q` `a\\nb` and the list asks for no `q`",
            ),
            (
                "&sortOrder=DESCENDING",
                &[],
                "the cursor goes on with the `sortOrder` `DESCENDING` and the list asks for no `sortOrder`",
            ),
            (
                "&until=2026-01-01",
                &[],
                "the cursor goes on with the `until` `2026-01-01` and the list asks for no `until`",
            ),
        ];
        for (query, asked, expected) in other {
            assert_eq!(refusal(query, asked).as_deref(), Some(*expected), "{query}");
        }
    }
}
