//! What a mapping needs of the records of an org: what it makes something of, and what it leaves out.

use super::{Fields, GroupNaming, Hierarchy, MappingRules, UserNaming};
use crate::read::selection::{Need, Needs};
use crate::text::template::Template;

impl MappingRules {
    /// What these rules need of the records of an org.
    #[must_use]
    pub(crate) fn needs(&self) -> Needs {
        let merged = self.groups.merge.iter().flat_map(|merge| &merge.groups);
        let types = self.groups.types.rules.iter().map(|(when, _)| when);
        Needs {
            statuses: self.users.statuses.clone(),
            no_users: self.users.exclude.clone(),
            no_groups: self.groups.exclude.clone(),
            merged: merged.cloned().collect(),
            types: types.cloned().collect(),
            of_users: needs(of_users(self), self.user_templates()),
            of_groups: needs(of_groups(self), self.group_templates()),
        }
    }
}

/// The attributes that are written somewhere, with their keys, and those of all templates.
fn needs<'t>(written: Vec<Source<'t>>, all: impl Iterator<Item = &'t Template>) -> Vec<Need> {
    let written = written.into_iter().map(|(key, it)| (Some(key), it));
    let all = written.chain(all.map(|it| (None, it)));
    let needs = all.flat_map(|(key, template)| {
        template.paths().map(move |path| Need {
            path: path.clone(),
            key: key.clone(),
        })
    });
    needs.collect()
}

/// A key of the configuration and a template that stands there.
type Source<'t> = (String, &'t Template);

fn of_users(rules: &MappingRules) -> Vec<Source<'_>> {
    let default = MappingRules::default();
    let names = rules.user_name.iter().filter_map(|naming| match naming {
        UserNaming::Attribute(template) | UserNaming::Template(template) => {
            Some(("mapping.userName".to_owned(), template))
        }
        _ => None,
    });
    let mut sources: Vec<_> = names.collect();
    sources.extend(of_fields(
        "users",
        &rules.users.fields,
        &default.users.fields,
    ));
    sources
}

fn of_groups(rules: &MappingRules) -> Vec<Source<'_>> {
    let default = MappingRules::default();
    let names = rules.group_name.iter().filter_map(|naming| match naming {
        GroupNaming::Attribute(template) | GroupNaming::Template(template) => {
            Some(("mapping.groupName".to_owned(), template))
        }
        _ => None,
    });
    let mut sources: Vec<_> = names.collect();
    sources.extend(of_fields(
        "groups",
        &rules.groups.fields,
        &default.groups.fields,
    ));
    let types = &rules.groups.types.attribute;
    if *types != default.groups.types.attribute {
        sources.extend(
            types
                .iter()
                .map(|it| ("mapping.groups.type.attribute".to_owned(), it)),
        );
    }
    if let Some(Hierarchy::ByAttribute { key, parent }) = &rules.groups.hierarchy {
        sources.push(("mapping.groups.hierarchy.key".to_owned(), key));
        sources.push(("mapping.groups.hierarchy.parentKey".to_owned(), parent));
    }
    sources
}

/// The sources of fields that are not what they are by default.
fn of_fields<'t>(
    section: &'t str,
    fields: &'t Fields,
    default: &Fields,
) -> impl Iterator<Item = Source<'t>> {
    let Fields {
        display_name,
        title,
        description,
        email,
        picture,
        annotations,
        labels,
    } = fields;
    let lists = [
        ("displayName", display_name, &default.display_name),
        ("title", title, &default.title),
        ("description", description, &default.description),
        ("email", email, &default.email),
        ("picture", picture, &default.picture),
    ];
    let lists = lists
        .into_iter()
        .filter(|(_, list, default)| list != default);
    let lists = lists.flat_map(|(key, list, _)| list.iter().map(move |it| (key, it)));
    let attached = [("annotations", annotations), ("labels", labels)].into_iter();
    let attached = attached.flat_map(|(key, map)| map.iter().map(move |(_, it)| (key, it)));
    lists
        .chain(attached)
        .map(move |(key, template)| (format!("mapping.{section}.{key}"), template))
}
