//! Manifests as lines: what a TOML reader leaves out, the comments and the line numbers, is what the rules are about.

/// One `key = value # comment`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Entry {
    /// Counted from 1.
    pub(super) line: usize,
    /// `dependencies` for what is under `[dependencies]`.
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) comment: String,
}

impl Entry {
    /// Whether this is a dependency, of whatever kind and target.
    pub(super) fn is_dependency(&self) -> bool {
        let kind = self.section.rsplit('.').next().unwrap_or_default();
        matches!(
            kind,
            "dependencies" | "dev-dependencies" | "build-dependencies"
        )
    }

    /// The key without `.workspace`.
    pub(super) fn name(&self) -> &str {
        self.key.strip_suffix(".workspace").unwrap_or(&self.key)
    }

    /// Whether the value comes from the workspace's manifest.
    pub(super) fn is_inherited(&self) -> bool {
        let value = self.value.replace(' ', "");
        if self.key.ends_with(".workspace") {
            value == "true"
        } else {
            value.starts_with('{') && value.contains("workspace=true")
        }
    }
}

/// The entries of a manifest, in order. A value of several lines is one entry.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut section = String::new();
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = 0;
    for (index, line) in text.lines().enumerate() {
        let (content, comment) = split_comment(line);
        let content = content.trim();
        if open > 0 {
            if let Some(entry) = entries.last_mut() {
                entry.value.push_str(content);
                entry.comment.push_str(comment);
            }
            open += balance(content);
        } else if let Some(header) = content.strip_prefix('[') {
            section = header.trim_matches(['[', ']', ' ']).to_owned();
        } else if let Some((key, value)) = content.split_once('=') {
            open = balance(value);
            entries.push(Entry {
                line: index + 1,
                section: section.clone(),
                key: key.trim().to_owned(),
                value: value.trim().to_owned(),
                comment: comment.to_owned(),
            });
        }
    }
    entries
}

/// The entry of a key, inherited or not.
pub(super) fn entry<'a>(entries: &'a [Entry], section: &str, key: &str) -> Option<&'a Entry> {
    entries
        .iter()
        .find(|entry| entry.section == section && entry.name() == key)
}

fn split_comment(line: &str) -> (&str, &str) {
    let mut quoted = None;
    let mark = line.char_indices().find(|&(_, c)| {
        match (quoted, c) {
            (None, '"' | '\'') => quoted = Some(c),
            (Some(quote), c) if quote == c => quoted = None,
            _ => {}
        }
        c == '#' && quoted.is_none()
    });
    match mark.and_then(|(at, _)| line.split_at_checked(at)) {
        Some((content, comment)) => (content, comment.trim_start_matches('#').trim()),
        None => (line, ""),
    }
}

/// Brackets opened less brackets closed.
fn balance(value: &str) -> i32 {
    value
        .chars()
        .map(|c| match c {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_their_section_line_and_comment() {
        let text = "# top\n[package]\nname = \"a#b\" # why\n\n[target.'cfg(unix)'.dependencies]\nx = { features = [\n  \"y\", # z\n] }\nw.workspace = true\n";
        let entry = |line, section: &str, key: &str, value: &str, comment: &str| Entry {
            line,
            section: section.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            comment: comment.to_owned(),
        };
        let unix = "target.'cfg(unix)'.dependencies";
        assert_eq!(
            entries(text),
            [
                entry(3, "package", "name", "\"a#b\"", "why"),
                entry(6, unix, "x", "{ features = [\"y\",] }", "z"),
                entry(9, unix, "w.workspace", "true", ""),
            ]
        );
        assert!(entries(text).iter().skip(1).all(Entry::is_dependency));
    }

    #[test]
    fn inheriting_has_two_forms() {
        for (line, inherited) in [
            ("a.workspace = true", true),
            ("a = { workspace = true, features = [\"b\"] }", true),
            ("a = { features = [], workspace=true }", true),
            ("a = \"1\"", false),
            ("a = { version = \"1\" }", false),
            ("a.workspace = false", false),
        ] {
            let entries = entries(line);
            let [entry] = entries.as_slice() else {
                panic!("{line}")
            };
            assert_eq!(
                (entry.name(), entry.is_inherited()),
                ("a", inherited),
                "{line}"
            );
        }
    }
}
