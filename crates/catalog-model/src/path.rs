//! Paths into an entity, as people read them: `metadata.labels["a b"]`, `spec.memberOf[0]`.

use std::fmt;

use serde::Serialize;

/// One step of a path into a document. JSON has no third.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Segment {
    /// Into an object, by this key.
    Key(String),
    /// Into a list, to the element at this position, counted from 0.
    Index(usize),
}

/// The steps as a JSON pointer (RFC 6901): `/metadata/labels/a.b~1c`.
pub(crate) fn pointer(segments: &[Segment]) -> String {
    let mut pointer = String::new();
    for segment in segments {
        pointer.push('/');
        match segment {
            Segment::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Index(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

/// The steps as people read them: `metadata.labels["a.b/c"]`.
pub(crate) fn printed(segments: &[Segment]) -> String {
    fn print(segments: &[Segment], at: &Path<'_>) -> String {
        match segments.split_first() {
            None => at.to_string(),
            Some((Segment::Key(key), rest)) => print(rest, &at.key(key)),
            Some((Segment::Index(index), rest)) => print(rest, &at.index(*index)),
        }
    }
    print(segments, &Path::Root)
}

/// A place in a document. It is made on the way down and costs nothing until it is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'a> {
    /// The document itself; it prints as nothing.
    Root,
    Key(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl<'a> Path<'a> {
    /// The path of a key of the object that is here.
    pub(crate) const fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }

    /// The path of an element of the list that is here.
    pub(crate) const fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    /// The steps that lead here from the root.
    pub(crate) fn segments(&self) -> Vec<Segment> {
        let mut segments = Vec::new();
        let mut here = self;
        loop {
            here = match here {
                Self::Root => break,
                Self::Key(parent, key) => {
                    segments.push(Segment::Key((*key).to_owned()));
                    parent
                }
                Self::Index(parent, index) => {
                    segments.push(Segment::Index(*index));
                    parent
                }
            };
        }
        segments.reverse();
        segments
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) if is_word(key) => f.write_str(key),
            Self::Key(parent, key) if is_word(key) => write!(f, "{parent}.{key}"),
            Self::Key(parent, key) => write!(f, "{parent}[{key:?}]"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

fn is_word(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_people_read_them() {
        let root = Path::Root;
        let metadata = root.key("metadata");
        let labels = metadata.key("labels");
        let tags = metadata.key("tags");
        let table = [
            (root, "", ""),
            (labels.key("a"), "metadata.labels.a", "/metadata/labels/a"),
            (
                labels.key("a b"),
                r#"metadata.labels["a b"]"#,
                "/metadata/labels/a b",
            ),
            (
                labels.key("a/~"),
                r#"metadata.labels["a/~"]"#,
                "/metadata/labels/a~1~0",
            ),
            (
                labels.key(""),
                r#"metadata.labels[""]"#,
                "/metadata/labels/",
            ),
            (
                labels.key("1"),
                r#"metadata.labels["1"]"#,
                "/metadata/labels/1",
            ),
            (root.key("$text"), r#"["$text"]"#, "/$text"),
            (tags.index(2), "metadata.tags[2]", "/metadata/tags/2"),
        ];
        for (path, text, as_pointer) in table {
            assert_eq!(path.to_string(), text);
            assert_eq!(printed(&path.segments()), text);
            assert_eq!(pointer(&path.segments()), as_pointer);
        }
    }
}
