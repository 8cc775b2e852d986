//! Which query a link to a page was made for: a cursor goes on with its own, whatever the list asks for.

use std::fmt;

use jiff::Timestamp;
use okta_auth::visible::visible;
use url::Url;

/// What decides which records a list has, and in which order.
const SELECTING: &[&str] = &["search", "filter", "q", "sortBy", "sortOrder", "until"];

/// What decides how much of each record a list has.
const FIELDS: &str = "fields";

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

/// Checks that a cursor goes on with what the first page of a list asks for.
///
/// Orders that are the default are the same as none, and neither white space nor the way an instant is written makes a
/// difference: Okta may write them otherwise.
///
/// # Errors
///
/// When it goes on with something else, which Okta would not tell.
pub(crate) fn check(cursor: &Url, first: &Url) -> Result<(), OtherQuery> {
    for &name in SELECTING {
        let (held, asked) = (parameter(cursor, name), parameter(first, name));
        if !is_same(name, held.as_deref(), asked.as_deref()) {
            return Err(OtherQuery { name, held, asked });
        }
    }
    // What a page does not have of its records reads as absent. The other way round there is more than was asked for.
    let (held, asked) = (parameter(cursor, FIELDS), parameter(first, FIELDS));
    if held.is_some() && asked.is_none() {
        let name = FIELDS;
        return Err(OtherQuery { name, held, asked });
    }
    Ok(())
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    Some(value.into_owned())
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
    if let ("until", Ok(held), Ok(asked)) = (name, held.parse(), asked.parse::<Timestamp>()) {
        return asked == held;
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

    /// Names and values of what is asked for.
    type Asked<'a> = &'a [(&'a str, &'a str)];

    fn refusal(query: &str, asked: Asked<'_>) -> Option<String> {
        let log = "https://acme.okta.com/api/v1/logs?limit=2";
        let cursor = Url::parse(&format!("{log}&after=1{query}")).unwrap();
        let mut first = Url::parse(&format!("{log}&since=2026-01-01")).unwrap();
        first.query_pairs_mut().extend_pairs(asked);
        check(&cursor, &first).err().map(|error| error.to_string())
    }

    #[test]
    fn the_same_query_is_told_from_another() {
        let same: &[(&str, Asked<'_>)] = &[
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
            // What Okta's documentation of 2017 shows: each parameter, empty ones too, and instants written anew.
            (
                "&q=&sortOrder=ASCENDING&until=2026-03-01T12%3A00%3A00%2B00%3A00&filter=",
                &[("until", "2026-03-01T12:00:00.000Z")],
            ),
            ("", &[("fields", "id")]),
            (
                "&fields=profile:(login),id",
                &[("fields", "id,profile:(login)")],
            ),
        ];
        for (query, asked) in same {
            assert_eq!(refusal(query, asked), None, "{query}");
        }
        let filter = [("filter", r#"eventType eq "b""#)];
        let other: &[(&str, Asked<'_>, &str)] = &[
            (
                "&fields=id",
                &[],
                "the cursor goes on with the `fields` `id` and the list asks for no `fields`",
            ),
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
                "the cursor goes on with the `q` `a\\u{a}b` and the list asks for no `q`",
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
