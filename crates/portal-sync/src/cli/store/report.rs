//! What `store check` and `store backup` say of a store.

use std::fmt;

use jiff::Timestamp;
use okta_auth::visible::line;
use serde::{Serialize, Serializer};

use crate::held::mirror::RowCounts;
use crate::store::{Checked, CheckedMirror, CheckedProvider, MirrorFound};
use crate::text::counted::counted;

/// A store that was looked through. It prints as lines and serialises as the object of `--format json`.
#[derive(Debug)]
pub(super) struct StoreReport<'a> {
    /// Where it is.
    pub store: String,
    /// The copy that was made of it.
    pub backup: Option<String>,
    /// The space that it takes.
    pub bytes: u64,
    /// What is in it.
    pub checked: &'a Checked,
    /// What ages are counted by.
    pub now: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    store: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<&'a str>,
    bytes: u64,
    schema: u64,
    generation: Option<u64>,
    providers: Vec<Provider<'a>>,
    mirrors: &'a [CheckedMirror],
    runs: u64,
    changes: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider<'a> {
    #[serde(flatten)]
    checked: &'a CheckedProvider,
    /// How long ago its org was read for what the catalog has of it; never below zero.
    age_seconds: i64,
}

impl StoreReport<'_> {
    /// How long ago that was, in seconds; never below zero.
    fn age(&self, then: Timestamp) -> i64 {
        self.now.duration_since(then).as_secs().max(0)
    }

    fn write_mirror(&self, mirror: &CheckedMirror, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = line(&mirror.provider);
        let (counts, reconciled, users_as_of) = match &mirror.found {
            MirrorFound::Damaged { damage } => {
                return writeln!(
                    f,
                    "  {provider}: warning: what is kept of Okta's answers is not understood: {damage}. The catalog is whole, and \
                     the next run reads everything: `portal-sync sync --full --provider {provider}`"
                );
            }
            MirrorFound::Whole {
                counts,
                reconciled,
                users_as_of,
            } => (counts, reconciled, users_as_of),
        };
        let RowCounts {
            users,
            groups,
            rolls,
        } = *counts;
        write!(
            f,
            "  {provider}: kept of Okta's answers: {}, {}, members of {}",
            number(users, "user", "users"),
            number(groups, "group", "groups"),
            number(rolls, "group", "groups"),
        )?;
        for (what, then) in [("all of it", reconciled), ("users", users_as_of)] {
            match then {
                Some(then) => write!(f, "; {what} as of {then:.0} ({} ago)", Age(self.age(*then)))?,
                None => write!(f, "; {what} never read to the end")?,
            }
        }
        writeln!(f)
    }
}

impl Serialize for StoreReport<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Checked {
            bytes: _,
            schema,
            generation,
            providers,
            mirrors,
            runs,
            changes,
        } = self.checked;
        let providers = providers.iter().map(|checked| Provider {
            checked,
            age_seconds: self.age(checked.taken_at),
        });
        Object {
            store: &self.store,
            backup: self.backup.as_deref(),
            bytes: self.bytes,
            schema: *schema,
            generation: *generation,
            providers: providers.collect(),
            mirrors,
            runs: *runs,
            changes: *changes,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for StoreReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store = line(&self.store);
        match &self.backup {
            Some(backup) => write!(f, "{store} is copied to {}, which is whole", line(backup))?,
            None => write!(f, "{store} is whole")?,
        }
        let Checked {
            bytes: _,
            schema,
            generation,
            providers,
            mirrors,
            runs,
            changes,
        } = self.checked;
        writeln!(f, ": {}", Size(self.bytes))?;
        match generation {
            Some(generation) => write!(f, "  generation {generation}")?,
            None => write!(f, "  no generation yet")?,
        }
        writeln!(
            f,
            ", schema {schema}, {}, {}",
            number(*runs, "run", "runs"),
            number(*changes, "change", "changes")
        )?;
        for provider in providers {
            writeln!(
                f,
                "  {}: {}, {}, as read {:.0} ({} ago), generation {}",
                line(&provider.provider),
                number(provider.users, "user", "users"),
                number(provider.groups, "group", "groups"),
                provider.taken_at,
                Age(self.age(provider.taken_at)),
                provider.generation
            )?;
        }
        for mirror in mirrors {
            self.write_mirror(mirror, f)?;
        }
        Ok(())
    }
}

fn number(number: u64, one: &str, many: &str) -> String {
    counted(usize::try_from(number).unwrap_or(usize::MAX), one, many)
}

/// A number of bytes, in the largest unit of which there is one.
struct Size(u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// One of a unit, in bytes, and the next smaller one.
        const UNITS: [(u64, u64, &str); 3] = [
            (1_000_000_000, 100_000_000, "GB"),
            (1_000_000, 100_000, "MB"),
            (1_000, 100, "kB"),
        ];
        let unit = UNITS.into_iter().find(|(one, _, _)| self.0 >= *one);
        match unit {
            Some((one, tenth, unit)) => {
                write!(f, "{}.{} {unit}", self.0 / one, self.0 % one / tenth)
            }
            None => write!(f, "{} bytes", self.0),
        }
    }
}

/// A number of seconds, in the largest unit of which there are two.
struct Age(i64);

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 3] = [(86_400, "days"), (3_600, "h"), (60, "min")];
        let unit = UNITS.into_iter().find(|(one, _)| self.0 >= 2 * one);
        let (one, unit) = unit.unwrap_or((1, "s"));
        write!(f, "{} {unit}", self.0 / one)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::held::mirror::Misread;

    use super::*;

    #[test]
    fn a_store_is_told_in_lines_and_as_an_object() {
        let checked = Checked {
            bytes: 0,
            schema: 5,
            generation: Some(12),
            providers: vec![CheckedProvider {
                provider: "acme\u{1b}".to_owned(),
                generation: 11,
                taken_at: "2026-01-01T00:00:00.5Z".parse().unwrap(),
                users: 98_000,
                groups: 1,
            }],
            mirrors: Vec::new(),
            runs: 34,
            changes: 1,
        };
        let mut report = StoreReport {
            store: "catalog.db".to_owned(),
            backup: None,
            bytes: 41_290_123,
            checked: &checked,
            now: "2026-01-01T03:05:00Z".parse().unwrap(),
        };
        assert_eq!(
            report.to_string(),
            "catalog.db is whole: 41.2 MB\n  generation 12, schema 5, 34 runs, 1 change\n  \
             acme\\u{1b}: 98000 users, 1 group, as read 2026-01-01T00:00:00Z (3 h ago), generation 11\n"
        );
        report.backup = Some("copy.db".to_owned());
        let text = report.to_string();
        assert!(
            text.starts_with("catalog.db is copied to copy.db, which is whole: "),
            "{text}"
        );
        // A clock that was set back makes nobody older than now.
        report.now = Timestamp::UNIX_EPOCH;
        let expected = json!({
            "store": "catalog.db", "backup": "copy.db", "bytes": 41_290_123, "schema": 5, "generation": 12,
            "providers": [{"provider": "acme\u{1b}", "generation": 11, "takenAt": "2026-01-01T00:00:00.5Z", "users": 98000,
                "groups": 1, "ageSeconds": 0}],
            "mirrors": [],
            "runs": 34, "changes": 1
        });
        assert_eq!(serde_json::to_value(&report).unwrap(), expected);
    }

    #[test]
    fn mirrors_are_told_with_their_age_and_what_is_wrong_with_them() {
        let mirror = |provider: &str, found| CheckedMirror {
            provider: provider.to_owned(),
            found,
        };
        let counts = RowCounts {
            users: 98_000,
            groups: 6_500,
            rolls: 1,
        };
        let whole = |users_as_of| MirrorFound::Whole {
            counts,
            reconciled: Some("2026-01-01T00:00:00.5Z".parse().unwrap()),
            users_as_of,
        };
        let damage = Misread::Altered;
        let checked = Checked {
            schema: 6,
            mirrors: vec![
                mirror("acme", whole(Some("2026-01-01T03:00:00Z".parse().unwrap()))),
                mirror("half", whole(None)),
                mirror("other", MirrorFound::Damaged { damage }),
            ],
            ..Checked::default()
        };
        let report = StoreReport {
            store: "catalog.db".to_owned(),
            backup: None,
            bytes: 1,
            checked: &checked,
            now: "2026-01-01T03:05:00Z".parse().unwrap(),
        };
        assert_eq!(
            report.to_string(),
            "catalog.db is whole: 1 bytes\n  no generation yet, schema 6, 0 runs, 0 changes\n  \
             acme: kept of Okta's answers: 98000 users, 6500 groups, members of 1 group; all of it as of 2026-01-01T00:00:00Z \
             (3 h ago); users as of 2026-01-01T03:00:00Z (5 min ago)\n  \
             half: kept of Okta's answers: 98000 users, 6500 groups, members of 1 group; all of it as of 2026-01-01T00:00:00Z \
             (3 h ago); users never read to the end\n  \
             other: warning: what is kept of Okta's answers is not understood: its rows are not those that were written. The \
             catalog is whole, and the next run reads everything: `portal-sync sync --full --provider other`\n"
        );
        let told = serde_json::to_value(&report).unwrap();
        let expected = json!([
            {"provider": "acme", "users": 98_000, "groups": 6_500, "rolls": 1, "reconciled": "2026-01-01T00:00:00.5Z",
                "usersAsOf": "2026-01-01T03:00:00Z"},
            {"provider": "half", "users": 98_000, "groups": 6_500, "rolls": 1, "reconciled": "2026-01-01T00:00:00.5Z",
                "usersAsOf": null},
            {"provider": "other", "damage": "its rows are not those that were written"},
        ]);
        assert_eq!(told["mirrors"], expected);
    }

    #[test]
    fn sizes_and_ages_have_a_unit_that_fits() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_050, "1.0 kB"),
            (2_199_999_999, "2.1 GB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7_199, "119 min"),
            (172_799, "47 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(Age(seconds).to_string(), text);
        }
    }
}
