//! Paths into an entity, as people read them: `metadata.labels["a b"]`, `spec.memberOf[0]`.

use std::fmt;

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
            (root, ""),
            (labels.key("a"), "metadata.labels.a"),
            (labels.key("a b"), r#"metadata.labels["a b"]"#),
            (labels.key(""), r#"metadata.labels[""]"#),
            (labels.key("1"), r#"metadata.labels["1"]"#),
            (root.key("$text"), r#"["$text"]"#),
            (tags.index(2), "metadata.tags[2]"),
        ];
        for (path, text) in table {
            assert_eq!(path.to_string(), text);
        }
    }
}
