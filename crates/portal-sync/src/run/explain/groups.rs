//! The steps of a group.

use okta_api::{Group, GroupId};

use super::steps::{Naming, clauses};
use super::told::{Explained, Part, Step};
use super::view::{View, at, some};
use crate::held::criteria::GroupCriterion;
use crate::held::object::{GroupKey, Key, Kind};
use crate::text::counted::counted;
use crate::text::nearest::nearest;

/// Explains a group.
pub(super) fn explain(view: &View<'_>, key: &GroupKey) -> Explained {
    match key {
        GroupKey::Okta(id) => okta(view, id),
        GroupKey::Merged(name) => made(view, key, name, whole(view, key)),
        GroupKey::Root => {
            let root = view.rules().groups.root.as_ref();
            let name = root.map_or("root", |root| root.name.as_str());
            let step = match root {
                Some(_) => Step::passed(Part::Merge, "is made by `mapping.groups.root`"),
                None => Step::refused(Part::Merge, "`mapping.groups.root` does not ask for it"),
            };
            made(view, key, name, step)
        }
    }
}

/// A group that the configuration makes.
fn made(view: &View<'_>, key: &GroupKey, name: &str, of: Step) -> Explained {
    let shaped = view.shaped.as_ref().and_then(|shaped| shaped.group(key));
    let record = shaped.and_then(|group| group.record());
    let naming = match (key, record) {
        (GroupKey::Root, _) => view.rules().groups.root.as_ref().map(|root| {
            let way = Some("`mapping.groups.root`".to_owned());
            Ok((root.name.clone(), way))
        }),
        (_, record) => record.map(|record| naming(view, record)),
    };
    let object = Key::Group(key.clone());
    let next = view.next(&object);
    let mut steps = vec![of];
    if *key != GroupKey::Root {
        steps.push(hierarchy(view, key));
    }
    steps.extend([
        view.name_step(&object, naming, &next),
        view.guard_step(&object, &next),
        view.quarantine_step(&object, None),
    ]);
    view.explained(&object, Some(name.to_owned()), next, steps)
}

/// What a group is made of.
fn whole(view: &View<'_>, key: &GroupKey) -> Step {
    let merges = &view.rules().groups.merge;
    let is_asked = merges.iter().any(|merge| merge.key() == *key);
    let now = view.shaped.as_ref().and_then(|it| it.merged.get(key));
    let parts = now.or_else(|| view.held.state.merged().get(key));
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|id| format!("`{}`", called(view, id)))
        .collect();
    match (is_asked, parts.is_empty()) {
        (false, _) => Step::refused(Part::Merge, "`mapping.groups.merge` does not ask for it"),
        (true, true) => Step::refused(
            Part::Merge,
            "none of the groups that `mapping.groups.merge` makes it of is there",
        ),
        (true, false) => Step::passed(Part::Merge, format!("is made of {}", some(parts))),
    }
}

/// A group of Okta's.
fn okta(view: &View<'_>, id: &GroupId) -> Explained {
    let mirror = &view.held.mirror;
    let key = GroupKey::Okta(id.clone());
    let object = Key::Group(key.clone());
    let record = mirror.groups().get(id).map(|held| &*held.record);
    let record = record.or_else(|| view.seen.and_then(|seen| seen.group.as_ref()));
    let next = view.next(&object);
    let since = mirror.account.malformed_groups.get(id);
    let whole = view.whole_of(id);
    let mut steps = vec![
        filter(view, id, record),
        exclusion(view, record),
        members(view, id, record),
    ];
    match whole {
        Some(whole) => steps.push(part(view, &whole)),
        None => {
            steps.push(hierarchy(view, &key));
            let naming = record.map(|record| naming(view, record));
            steps.push(view.name_step(&object, naming, &next));
        }
    }
    steps.push(view.guard_step(&object, &next));
    steps.push(view.quarantine_step(&object, since.map(|unread| unread.since)));
    let label = record.and_then(|record| record.profile.name());
    view.explained(&object, label.map(str::to_owned), next, steps)
}

fn naming(view: &View<'_>, record: &Group) -> Naming {
    let naming = view.rules().naming_of_group(record);
    naming.map(|(name, way)| (name, way.map(|way| format!("`{way}` of `groupName`"))))
}

/// What `groupFilter` says.
fn filter(view: &View<'_>, id: &GroupId, record: Option<&Group>) -> Step {
    let selection = &view.tenant.selection;
    let criterion = view.tenant.settings.criteria.group_filter.as_ref();
    if let Some(unread) = view.held.mirror.account.malformed_groups.get(id) {
        let since = at(unread.since);
        let why = format!("the record cannot be read since {since}");
        return Step::unknown(Part::Filter, why);
    }
    let Some(record) = record else {
        if view.seen.is_some() {
            return Step::refused(Part::Filter, "Okta has no such group");
        }
        return Step::refused(Part::Filter, view.no_record(Kind::Group));
    };
    match criterion {
        None => Step::passed(Part::Filter, "no `groupFilter` is configured"),
        Some(GroupCriterion::Names(names)) => {
            let name = record.profile.name().unwrap_or_default();
            if names.iter().any(|it| it == name) {
                let why = format!("`{name}` is one of the names that `groupFilter` lists");
                return Step::passed(Part::Filter, why);
            }
            let near = nearest(name, names.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| {
                format!(", and names compare exactly: `{near}` is another one")
            });
            let all = counted(names.len(), "name", "names");
            let why = format!("`{name}` is none of the {all} that `groupFilter` lists{near}");
            Step::refused(Part::Filter, why)
        }
        Some(GroupCriterion::Search(_)) => {
            // What Okta listed it found by its own part of the filter.
            let by_search = view.seen.is_none();
            match selection.clauses_of_group(record, by_search) {
                Some(said) => clauses("groupFilter", &said),
                None => Step::passed(Part::Filter, "no `groupFilter` is configured"),
            }
        }
    }
}

/// Which rule excludes it.
fn exclusion(view: &View<'_>, record: Option<&Group>) -> Step {
    let selection = &view.tenant.selection;
    if !selection.excludes_groups() {
        return Step::passed(Part::Exclusion, "`mapping.groups.exclude` names none");
    }
    let Some(record) = record else {
        return Step::unknown(Part::Exclusion, "no record is held to judge");
    };
    match selection.rule_against_group(record) {
        Some(rule) => Step::refused(
            Part::Exclusion,
            format!("excluded by `{rule}` of `mapping.groups.exclude`"),
        ),
        None => Step::passed(Part::Exclusion, "no rule of `mapping.groups.exclude` fits"),
    }
}

/// Who is in it, as of when.
fn members(view: &View<'_>, id: &GroupId, record: Option<&Group>) -> Step {
    let mirror = &view.held.mirror;
    let roll = mirror.rolls().get(id);
    if let Some(unread) = mirror.account.unread.get(id) {
        let since = at(unread.since);
        let why = format!("could not be read since {since}: {}", unread.reason);
        let key = GroupKey::Okta(id.clone());
        return match (view.held.state.groups().contains_key(&key), roll) {
            (true, Some(roll)) => Step::kept(
                Part::Members,
                format!("{why}; keeps those it had, as of {}", at(roll.as_of)),
            ),
            (true, None) => Step::kept(Part::Members, format!("{why}; keeps those it had")),
            (false, _) => Step::unknown(
                Part::Members,
                format!("{why}; it is added once they are known"),
            ),
        };
    }
    let Some(roll) = roll else {
        let org = view.held.org.as_ref();
        let known = org.and_then(|org| org.members.get(id));
        return match (known.and_then(|members| members.known()), record) {
            (Some(all), _) => Step::passed(
                Part::Members,
                format!(
                    "everybody who is listed: {}",
                    counted(all.len(), "user", "users")
                ),
            ),
            (None, Some(_)) => Step::unknown(Part::Members, "were not read yet"),
            (None, None) => Step::unknown(Part::Members, "are not held"),
        };
    };
    let listed = counted(roll.ids.len(), "member", "members");
    let in_use = format!("{listed} as of {}", at(roll.as_of));
    let miscounted = mirror.account.miscounted.contains_key(id);
    let counted = roll
        .counted
        .filter(|counted| miscounted && *counted != roll.listed);
    let counted = counted.map_or_else(String::new, |counted| {
        format!("; Okta counts {counted} and lists {}", roll.listed)
    });
    let includes = view.tenant.settings.rules.include_empty_groups;
    match roll.ids.is_empty() && !includes {
        true => Step::refused(
            Part::Members,
            format!("{in_use}{counted}: empty groups are left out (`includeEmptyGroups: false`)"),
        ),
        false => Step::passed(Part::Members, format!("{in_use}{counted}")),
    }
}

/// That it is a part of another group.
fn part(view: &View<'_>, whole: &GroupKey) -> Step {
    let entry = view.entry(&Key::Group(whole.clone()));
    let name = match (entry, whole) {
        (Some(entry), _) => entry.entity_ref().to_string(),
        (None, GroupKey::Merged(name)) => format!("`{name}`"),
        (None, key) => key.to_string(),
    };
    Step::passed(
        Part::Merge,
        format!("is a part of {name} by `mapping.groups.merge`, and no group of its own"),
    )
}

/// What it is part of.
fn hierarchy(view: &View<'_>, key: &GroupKey) -> Step {
    let groups = &view.rules().groups;
    let stated = view.shaped.as_ref().and_then(|it| it.parents.get(key));
    let now = view.held.state.parent(key);
    let named = |key: &GroupKey| {
        let entry = view.entry(&Key::Group(key.clone()));
        match (entry, key) {
            (Some(entry), _) => entry.entity_ref().to_string(),
            (None, GroupKey::Okta(id)) => format!("`{}`", called(view, id)),
            (None, key) => format!("`{key}`"),
        }
    };
    let root = groups.root.as_ref();
    let detail = match (stated, now, &groups.hierarchy, root) {
        (Some(parent), ..) => {
            format!(
                "is part of {}, as `mapping.groups.hierarchy` says",
                named(parent)
            )
        }
        (None, Some(parent), ..) => format!("is part of {} in the catalog", named(parent)),
        (None, None, _, Some(root)) => format!("is part of the root `{}`", root.name),
        (None, None, Some(_), None) => "is at the top".to_owned(),
        (None, None, None, None) => "no hierarchy is configured".to_owned(),
    };
    Step::passed(Part::Hierarchy, detail)
}

/// The name of a group of Okta's, or its id.
fn called(view: &View<'_>, id: &GroupId) -> String {
    let group = view.held.mirror.groups().get(id);
    let name = group.and_then(|group| group.record.profile.name());
    name.unwrap_or(id.as_str()).to_owned()
}
