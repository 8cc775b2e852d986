//! Paths of endpoints, as a caller writes them: `/api/v1/apps/{appId}/users`.

use crate::quote::quoted;

/// The longest path that is asked for, its values aside. It is a label of metrics.
const MAX_LENGTH: usize = 200;

/// The longest value.
const MAX_VALUE: usize = 1_000;

/// A path that cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("{} is no path of an endpoint: it begins with one `/`, such as `/api/v1/apps/{{appId}}`", quoted(.0))]
    NoPath(&'static str),
    #[error(
        "{} has the segment {}: segments are of letters, digits, `-`, `_` and `.`, or a name in braces whose value `Get::path` gives",
        quoted(.template),
        quoted(.segment)
    )]
    Segment {
        template: &'static str,
        segment: &'static str,
    },
    #[error("{} has a query: give its pairs to `Get::query`", quoted(.0))]
    Query(&'static str),
    #[error("{} has no value for `{{{name}}}`: give one to `Get::path`", quoted(.template))]
    NoValue {
        template: &'static str,
        name: &'static str,
    },
    #[error("{} has no `{{{name}}}`, for which there is a value", quoted(.template))]
    NoPlace {
        template: &'static str,
        name: &'static str,
    },
    #[error(
        "{} cannot stand for `{{{name}}}` in a path: it is empty, `.` or `..`, has a control character, or is longer than \
         {MAX_VALUE} bytes",
        quoted(.value)
    )]
    Value { name: &'static str, value: String },
}

/// A path, taken apart.
#[derive(Debug)]
pub(crate) struct Template {
    text: &'static str,
    segments: Vec<Segment>,
}

#[derive(Debug)]
enum Segment {
    Literal(&'static str),
    Named(&'static str),
}

impl Template {
    /// Takes a path apart: nothing in it leaves the org, goes up, or is a query.
    pub(crate) fn parse(text: &'static str) -> Result<Self, PathError> {
        let path = text.strip_prefix('/').filter(|path| !path.is_empty());
        let Some(path) = path.filter(|_| text.len() <= MAX_LENGTH) else {
            return Err(PathError::NoPath(text));
        };
        if text.contains(['?', '#']) {
            return Err(PathError::Query(text));
        }
        let segments = path.split('/').map(|segment| {
            let read = Segment::parse(segment);
            read.ok_or(PathError::Segment {
                template: text,
                segment,
            })
        });
        let segments = segments.collect::<Result<_, _>>()?;
        Ok(Self { text, segments })
    }

    /// The segments, with values for names.
    pub(crate) fn fill(&self, values: &[(&'static str, String)]) -> Result<Vec<String>, PathError> {
        let template = self.text;
        for &(name, _) in values {
            let is_name = |it: &Segment| matches!(it, Segment::Named(known) if *known == name);
            if !self.segments.iter().any(is_name) {
                return Err(PathError::NoPlace { template, name });
            }
        }
        let segments = self.segments.iter().map(|segment| match *segment {
            Segment::Literal(text) => Ok(text.to_owned()),
            Segment::Named(name) => {
                let mut known = values.iter();
                let (_, value) = known
                    .find(|(known, _)| *known == name)
                    .ok_or(PathError::NoValue { template, name })?;
                check(name, value)?;
                Ok(value.clone())
            }
        });
        segments.collect()
    }
}

impl Segment {
    fn parse(text: &'static str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let name = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        let word = name.unwrap_or(text);
        let is_word = !word.is_empty() && word.bytes().all(plain);
        if !is_word || matches!(word, "." | "..") {
            return None;
        }
        Some(name.map_or(Self::Literal(text), Self::Named))
    }
}

/// Whether a value can be a segment. URLs have no way to write the first three: a server, or the reading of the URL, takes them
/// for steps on the way. The reading of a URL also drops tabs and line ends before it looks for such steps (WHATWG URL, basic URL
/// parser), and no name that Okta gives has a control character.
fn check(name: &'static str, value: &str) -> Result<(), PathError> {
    let is_step = matches!(value, "" | "." | "..");
    if is_step || value.len() > MAX_VALUE || value.contains(char::is_control) {
        let value = value.to_owned();
        return Err(PathError::Value { name, value });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{PathError, Template};

    #[test]
    fn paths_that_leave_the_org_or_have_a_query_are_refused() {
        for good in [
            "/api/v1/apps",
            "/api/v1/apps/{appId}/users/{userId}",
            "/.well-known/okta-organization",
        ] {
            Template::parse(good).unwrap();
        }
        let long: &'static str = String::leak(format!("/{}", "a".repeat(200)));
        for bad in [
            "",
            "/",
            "api/v1/apps",
            "//evil.example/api",
            "https://evil.example/api/v1/apps",
            "/api//v1",
            "/api/v1/apps/",
            "/api/v1/../../oauth2",
            "/api/./v1",
            "/api/v1/%2e%2e/users",
            "/api/v1/apps?limit=2",
            "/api/v1/apps#top",
            "/api/v1/apps/{}",
            "/api/v1/apps/{..}",
            "/api/v1/apps/a{id}",
            "/api/v1/apps/{id",
            "/api/v1\\apps",
            "/api/v1/a b",
            "/api/v1/a\n",
            "/@evil.example/api",
            "/api:8443/v1",
            long,
        ] {
            let refused = Template::parse(bad).unwrap_err();
            assert!(!refused.to_string().contains('\n'), "{refused}");
        }
        let query = Template::parse("/api/v1/apps?limit=2").unwrap_err();
        assert!(
            query
                .to_string()
                .ends_with("give its pairs to `Get::query`")
        );
    }

    #[test]
    fn names_have_values_and_values_have_names() {
        let template = Template::parse("/api/v1/apps/{appId}/users/{userId}").unwrap();
        let fill = |values: &[(&'static str, &str)]| {
            let values: Vec<_> = values
                .iter()
                .map(|(name, it)| (*name, (*it).to_owned()))
                .collect();
            template.fill(&values)
        };
        assert_eq!(
            fill(&[("userId", "a/../b?c"), ("appId", "0oa1")]).unwrap(),
            ["api", "v1", "apps", "0oa1", "users", "a/../b?c"]
        );
        assert_eq!(
            fill(&[("appId", "0oa1")]).unwrap_err().to_string(),
            "`/api/v1/apps/{appId}/users/{userId}` has no value for `{userId}`: give one to `Get::path`"
        );
        assert!(matches!(
            fill(&[("appId", "1"), ("userId", "2"), ("id", "3")]),
            Err(PathError::NoPlace { name: "id", .. })
        ));
        for value in ["", ".", "..", &"x".repeat(1_001)] {
            let refused = fill(&[("appId", value), ("userId", "1")]);
            assert!(
                matches!(refused, Err(PathError::Value { name: "appId", .. })),
                "{value}"
            );
        }
    }
}
