//! What was left out of entities because it is no address of a page or an image.

use org_filter::Record;

use super::Mapping;
use super::urls::{is_https, is_page};
use crate::decide::roster::{Roster, Standing};
use crate::decide::rules::Fields;
use crate::decide::shape::ShapedGroup;
use crate::read::records::{GroupRecord, UserRecord};
use crate::text::counted::counted;
use crate::text::template::Template;

impl Mapping {
    /// How many objects have something else where an address should be, a notice for each field.
    pub(super) fn url_notices(&self, roster: &Roster<'_>) -> Vec<String> {
        let users = roster.users.values().filter_map(fresh);
        let groups = roster.groups.values().filter_map(fresh);
        let groups = groups.filter_map(ShapedGroup::record);
        let mut notices = Vec::new();
        let users = users.map(UserRecord);
        notices.extend(of(
            &self.rules.users.fields,
            users,
            "users",
            "user",
            "users",
        ));
        let groups = groups.map(GroupRecord);
        let fields = &self.rules.groups.fields;
        notices.extend(of(fields, groups, "groups", "group", "groups"));
        notices
    }
}

fn fresh<T: Copy>(standing: &Standing<T>) -> Option<T> {
    match standing {
        Standing::Fresh(object) => Some(*object),
        Standing::Kept(_) | Standing::Left { .. } => None,
    }
}

fn of<R: Record>(
    fields: &Fields,
    records: impl Iterator<Item = R> + Clone,
    section: &str,
    one: &str,
    many: &str,
) -> Vec<String> {
    let refused = |sources: &[Template]| {
        let is_refused = |record: &R| {
            let mut values = sources.iter().filter_map(|source| source.value(record));
            values.any(|value| !is_https(&value))
        };
        match sources {
            [] => 0,
            _ => records.clone().filter(is_refused).count(),
        }
    };
    let told = |key: &str, count: usize| {
        (count > 0).then(|| {
            format!(
                "`mapping.{section}.{key}` makes something of {} that is no `https:` URL: it is left out",
                counted(count, one, many)
            )
        })
    };
    let annotations = fields.annotations.iter().filter(|(key, _)| is_page(key));
    let annotations = annotations.filter_map(|(key, source)| {
        let count = refused(std::slice::from_ref(source));
        told(&format!("annotations` `{key}"), count)
    });
    let pictures = told("picture", refused(&fields.picture));
    pictures.into_iter().chain(annotations).collect()
}
