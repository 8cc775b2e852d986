//! What was left out of entities because it is no address of a page or an image.

use org_filter::Record;

use super::Mapping;
use super::urls::{is_https, is_page};
use crate::decide::roster::{Roster, Standing};
use crate::decide::rules::Fields;
use crate::decide::shape::ShapedGroup;
use crate::held::notice::MappingNotice;
use crate::held::object::Kind;
use crate::text::template::Template;

impl Mapping {
    /// How many objects have something else where an address should be, a notice for each field.
    pub(super) fn url_notices(&self, roster: &Roster<'_>) -> Vec<MappingNotice> {
        let users = roster.users.values().filter_map(fresh);
        let groups = roster.groups.values().filter_map(fresh);
        let groups = groups.filter_map(ShapedGroup::record);
        let mut notices = of(Kind::User, &self.rules.users.fields, users);
        notices.extend(of(Kind::Group, &self.rules.groups.fields, groups));
        notices
    }
}

fn fresh<T: Copy>(standing: &Standing<T>) -> Option<T> {
    match standing {
        Standing::Fresh(object) => Some(*object),
        Standing::Kept(_) | Standing::Left { .. } => None,
    }
}

fn of<'a, R: Record + 'a>(
    of: Kind,
    fields: &Fields,
    records: impl Iterator<Item = &'a R> + Clone,
) -> Vec<MappingNotice> {
    let refused = |sources: &[Template]| {
        let is_refused = |record: &&R| {
            let mut values = sources.iter().filter_map(|source| source.value(*record));
            values.any(|value| !is_https(&value))
        };
        match sources {
            [] => 0,
            _ => records.clone().filter(is_refused).count(),
        }
    };
    let told = |field: &str, annotation: Option<&str>, records: usize| {
        (records > 0).then(|| MappingNotice::NoAddress {
            of,
            records,
            key: format!("mapping.{}s.{field}", of.lower()).into(),
            annotation: annotation.map(str::to_owned),
        })
    };
    let annotations = fields.annotations.iter().filter(|(key, _)| is_page(key));
    let annotations = annotations.filter_map(|(key, source)| {
        let records = refused(std::slice::from_ref(source));
        told("annotations", Some(key), records)
    });
    let pictures = told("picture", None, refused(&fields.picture));
    pictures.into_iter().chain(annotations).collect()
}
