//! `Link` headers, RFC 8288: `<https://…>; rel="next"`.
//!
//! Okta sends two header lines, `self` and then `next`, and proxies join them with a comma. Both
//! forms are read. Text that is no link header is an error and never "no next page": a page whose
//! end can not be told would make a list short in silence.

use std::fmt;

use okta_auth::visible::visible;

/// One link of a header: where to, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    /// The target as it was written, possibly relative.
    pub(crate) target: String,
    /// The relation types, lower case.
    pub(crate) rels: Vec<String>,
}

impl Link {
    /// Whether the link has this relation type.
    pub(crate) fn is(&self, rel: &str) -> bool {
        self.rels.iter().any(|own| own == rel)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>; rel=\"{}\"", self.target, self.rels.join(" "))
    }
}

/// Text that is no link header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link header can not be read at `{}`", visible(.rest))]
pub(crate) struct LinkError {
    /// What is left of the header where reading stopped.
    rest: String,
}

/// The links of one header line.
///
/// # Errors
///
/// When the line is not a list of links.
pub(crate) fn parse(line: &str) -> Result<Vec<Link>, LinkError> {
    let mut links = Vec::new();
    let mut rest = skip_separators(line);
    while !rest.is_empty() {
        let (link, left) = parse_link(rest).ok_or_else(|| LinkError {
            rest: rest.chars().take(80).collect(),
        })?;
        links.push(link);
        rest = skip_separators(left);
    }
    Ok(links)
}

/// A `<target>` with its parameters, and what follows it.
fn parse_link(text: &str) -> Option<(Link, &str)> {
    let (target, mut rest) = text.strip_prefix('<')?.split_once('>')?;
    let mut rels = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with(',') {
            break;
        }
        let (parameter, left) = parameter(rest.strip_prefix(';')?.trim_start())?;
        // The first `rel` counts, later ones are ignored (RFC 8288, section 3.3).
        if parameter.name.eq_ignore_ascii_case("rel") && rels.is_empty() {
            rels = parameter
                .value
                .split_ascii_whitespace()
                .map(str::to_ascii_lowercase)
                .collect();
        }
        rest = left;
    }
    let target = target.trim().to_owned();
    Some((Link { target, rels }, rest))
}

/// A `name=value` of a header, as links and authentication challenges have them.
#[derive(Debug)]
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    /// Without its quotes and escapes; empty when there was none.
    pub(crate) value: String,
}

/// The parameter at the start of the text, and what follows it. `None` when the text starts with
/// none.
pub(crate) fn parameter(text: &str) -> Option<(Parameter<'_>, &str)> {
    let end = text.find([';', ',', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let name = name.trim();
    let Some(rest) = rest.strip_prefix('=') else {
        return Some((
            Parameter {
                name,
                value: String::new(),
            },
            rest,
        ));
    };
    if name.is_empty() {
        return None;
    }
    let rest = rest.trim_start();
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => {
            let end = rest.find([';', ',']).unwrap_or(rest.len());
            let (value, rest) = rest.split_at_checked(end)?;
            (value.trim().to_owned(), rest)
        }
    };
    Some((Parameter { name, value }, rest))
}

/// The text up to the closing quote, with `\x` read as `x`, and what follows the quote.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((value, chars.as_str())),
            '\\' => value.push(chars.next()?),
            char => value.push(char),
        }
    }
}

/// Drops what may stand between links. Empty elements of a list are allowed (RFC 9110, section
/// 5.6.1).
fn skip_separators(text: &str) -> &str {
    text.trim_start_matches([',', ' ', '\t'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, proptest};

    use super::{Link, parse};

    fn link(target: &str, rels: &[&str]) -> Link {
        Link {
            target: target.to_owned(),
            rels: rels.iter().map(|&rel| rel.to_owned()).collect(),
        }
    }

    #[test]
    fn lines_are_read_as_links() {
        let table: &[(&str, Vec<Link>)] = &[
            ("", vec![]),
            (
                r#"<https://a.okta.com/x?after=1&limit=2>; rel="next""#,
                vec![link("https://a.okta.com/x?after=1&limit=2", &["next"])],
            ),
            (
                r#"<a>; rel="self", <b>; rel="next""#,
                vec![link("a", &["self"]), link("b", &["next"])],
            ),
            (
                "<a>;rel=self,<b>;rel=next",
                vec![link("a", &["self"]), link("b", &["next"])],
            ),
            (
                r#"<a,b;c>; title="x, y; z=\"q\""; rel="next""#,
                vec![link("a,b;c", &["next"])],
            ),
            (
                r#"<a>; REL="Next last""#,
                vec![link("a", &["next", "last"])],
            ),
            (r#"<a>; rel="prev"; rel="next""#, vec![link("a", &["prev"])]),
            (
                "<a>; rel = next ; crossorigin , , <b>",
                vec![link("a", &["next"]), link("b", &[])],
            ),
        ];
        for (line, expected) in table {
            assert_eq!(parse(line).as_ref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_link_is_an_error() {
        for line in [
            "https://a",
            "<a",
            r#"<a>; rel="next"#,
            "<a> <b>",
            "<a>; =x",
            r#"<a>; rel="next" x"#,
        ] {
            parse(line).unwrap_err();
        }
        assert!(
            parse("<a>, nonsense")
                .unwrap_err()
                .to_string()
                .ends_with("`nonsense`")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(line in any::<String>()) {
            let _links_or_error = parse(&line);
        }

        #[test]
        fn what_is_written_is_read_back(links in proptest::collection::vec(
            ("[^<> \t][^<>]{0,20}[^<> \t]", proptest::collection::vec("[a-z][a-z0-9.-]{0,6}", 1..3)).prop_map(|(target, rels)| Link {
                target: target.trim().to_owned(),
                rels,
            }),
            0..4,
        )) {
            let line = links.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            assert_eq!(parse(&line), Ok(links));
        }
    }
}
