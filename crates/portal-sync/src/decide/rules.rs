//! The rules of the mapping: what users and groups are called, which there are, how they are related, and what their entities
//! hold. A configuration fills them in, and everything that decides reads them.

use catalog_model::{EntityName, Namespace};
use okta_api::UserStatus;
use org_filter::SearchExpr;
use org_filter::names::NameRule;
use url::Url;

use crate::held::leavers::Leavers;
use crate::text::template::{RecordKind, Template};

mod naming;
mod needs;

pub(crate) use naming::{addresses, name_of_id};

/// How Okta's records become entities.
#[derive(Clone, Debug)]
pub(crate) struct MappingRules {
    /// `namespace`: that of all entities.
    pub namespace: Namespace,
    /// `userName`: what users are called, by the first of these that gives a name; the Okta id when none does.
    pub user_name: Vec<UserNaming>,
    /// `groupName`: what groups are called, by the first of these that gives a name; the Okta id when none does.
    pub group_name: Vec<GroupNaming>,
    /// `collisions`: what becomes of objects whose name another one has.
    pub collisions: Collisions,
    /// `renames`: what becomes of the name of an object that would be named differently today.
    pub renames: Renames,
    /// `adminConsole`: whether entities link to the Okta admin console.
    pub admin_console: AdminConsole,
    /// `users`: which users there are, and what their entities hold.
    pub users: UserMapping,
    /// `groups`: which groups there are, how they are related, and what their entities hold.
    pub groups: GroupMapping,
}

/// One way to name a user. The words are those of other tools for Okta, and give the names that they give where Backstage
/// takes those.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UserNaming {
    /// `strip-domain-email`: what stands before the `@` of the e-mail address.
    StripDomainEmail,
    /// `id`: the Okta id.
    Id,
    /// `kebab-case-email`: the e-mail address in kebab case.
    KebabCaseEmail,
    /// `slugify-email`: the e-mail address as a slug.
    SlugifyEmail,
    /// `login`: the login.
    Login,
    /// `{ attribute: … }`: an attribute, such as `employeeNumber`. A user who lacks it is named by the next way.
    Attribute(Template),
    /// `{ template: … }`: a text with attributes in it, such as `{firstName}.{lastName}`. A user who lacks one of them is
    /// named by the next way, and quarantined when this is the last one.
    Template(Template),
}

/// One way to name a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum GroupNaming {
    /// `kebab-case-name`: the name in kebab case.
    KebabCaseName,
    /// `id`: the Okta id.
    Id,
    /// `profile-name`: the name as it is.
    ProfileName,
    /// `{ attribute: … }`: an attribute, such as `orgId`. A group that lacks it is named by the next way.
    Attribute(Template),
    /// `{ template: … }`: a text with attributes in it, such as `team-{orgId}`. A group that lacks one of them is named by
    /// the next way, and quarantined when this is the last one.
    Template(Template),
}

/// What becomes of an object whose name another one has: the one with the smaller Okta id keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Collisions {
    /// `suffix`: it gets a suffix made from its own Okta id.
    #[default]
    Suffix,
    /// `namespace`: it keeps the name in a namespace called as the tenant is; when that is taken too, it gets a suffix.
    Namespace,
    /// `fail`: the run ends, and nothing is changed.
    Fail,
}

/// What becomes of the name of an object that would be named differently today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Renames {
    /// `follow`: it is renamed.
    #[default]
    Follow,
    /// `keep`: it keeps the name it has.
    Keep,
}

/// Whether entities link to the Okta admin console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum AdminConsole {
    /// `false`: they do not.
    #[default]
    No,
    /// `true`: they do, at the address that follows from the org's (see [`admin_console_of`]).
    OfOrg,
    /// They do, at this `https:` address, which has neither a path nor credentials.
    At(Url),
}

/// What a user's entity holds, and which users there are.
#[derive(Clone, Debug)]
pub(crate) struct UserMapping {
    /// What the entity holds.
    pub fields: Fields,
    /// `emailCase`: how e-mail addresses are written.
    pub email_case: EmailCase,
    /// `statuses`: those that are wanted; when it is empty, all but `DEPROVISIONED`.
    pub statuses: Vec<UserStatus>,
    /// `exclude`: users that are not wanted, by login, e-mail address or Okta id.
    pub exclude: Vec<NameRule>,
    /// `leavers`: what becomes of users whose account is no longer in use.
    pub leavers: Leavers,
}

/// What a group's entity holds, which groups there are, and how they are related.
#[derive(Clone, Debug)]
pub(crate) struct GroupMapping {
    /// What the entity holds.
    pub fields: Fields,
    /// `type`: what `spec.type` is.
    pub types: GroupTypes,
    /// `exclude`: groups that are not wanted, by name or Okta id.
    pub exclude: Vec<NameRule>,
    /// `hierarchy`: which group is part of which.
    pub hierarchy: Option<Hierarchy>,
    /// `root`: a group that all others are part of, and that is not in Okta.
    pub root: Option<Root>,
    /// `merge`: groups that are made one, no two under the same name.
    pub merge: Vec<Merge>,
}

/// What an entity holds. Of several sources the first one that has a value counts; without one the field is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields {
    /// `displayName`: `spec.profile.displayName`.
    pub display_name: Vec<Template>,
    /// `title`: `metadata.title`.
    pub title: Vec<Template>,
    /// `description`: `metadata.description`.
    pub description: Vec<Template>,
    /// `email`: `spec.profile.email`.
    pub email: Vec<Template>,
    /// `picture`: `spec.profile.picture`.
    pub picture: Vec<Template>,
    /// `annotations`: `metadata.annotations` besides those that every entity has, by key. Keys differ in more than case.
    pub annotations: Vec<(String, Template)>,
    /// `labels`: `metadata.labels`, as `annotations`.
    pub labels: Vec<(String, Template)>,
}

/// How the e-mail addresses of `spec.profile.email` are written. The annotation `okta.com/email` is always Okta's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum EmailCase {
    /// `keep`: as Okta has them.
    #[default]
    Keep,
    /// `lower`: in lower case.
    Lower,
}

/// What `spec.type` of a group is: that of the first rule that matches, else the attribute, else the default.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GroupTypes {
    /// `rules`: expressions of Okta's search language, and the type of the groups that they match.
    pub rules: Vec<(SearchExpr, String)>,
    /// `attribute`: attributes that hold it, or texts made of them.
    pub attribute: Vec<Template>,
    /// `default`: the type of all other groups, `group` unless configured.
    pub default: String,
}

/// Which group is part of which.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hierarchy {
    /// `{ key: …, parentKey: … }`: a group says which one it is part of.
    ByAttribute {
        /// What a group is known by: the name unless configured.
        key: Template,
        /// What the group is known by that it is part of.
        parent: Template,
    },
    /// `{ separator: … }`: the name says it. With `.`, `eng.platform.sre` is part of `eng.platform`, or of `eng` when there
    /// is no such group.
    ByName {
        /// What stands between the parts of a name.
        separator: String,
    },
}

/// A group that all others are part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    /// Its name.
    pub name: EntityName,
    /// What people read instead of the name.
    pub display_name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its `spec.type`: `organization` unless configured.
    pub r#type: String,
}

/// Groups that are made one.
#[derive(Clone, Debug)]
pub(crate) struct Merge {
    /// What the one is called, as if Okta had it under this name.
    pub name: String,
    /// Its description; without one, that of its parts if they all have the same.
    pub description: Option<String>,
    /// Which groups it is made of.
    pub groups: Vec<NameRule>,
}

impl MappingRules {
    /// Everything that is made of a user's attributes.
    pub(crate) fn user_templates(&self) -> impl Iterator<Item = &Template> {
        let names = self.user_name.iter().filter_map(|naming| match naming {
            UserNaming::Attribute(template) | UserNaming::Template(template) => Some(template),
            _ => None,
        });
        names.chain(self.users.fields.templates())
    }

    /// Everything that is made of a group's attributes, but its place in a hierarchy.
    pub(crate) fn group_templates(&self) -> impl Iterator<Item = &Template> {
        let names = self.group_name.iter().filter_map(|naming| match naming {
            GroupNaming::Attribute(template) | GroupNaming::Template(template) => Some(template),
            _ => None,
        });
        names
            .chain(self.groups.fields.templates())
            .chain(&self.groups.types.attribute)
    }
}

impl Fields {
    /// What the fields are made of.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let Self {
            display_name,
            title,
            description,
            email,
            picture,
            annotations,
            labels,
        } = self;
        let texts = [display_name, title, description, email, picture];
        let attached = annotations.iter().chain(labels);
        let texts = texts.into_iter().flatten();
        texts.chain(attached.map(|(_, template)| template))
    }
}

/// The namespace that is called as a tenant is, for `collisions: namespace`; none when nothing of its id can be one.
pub(crate) fn namespace_of(tenant: &str) -> Option<Namespace> {
    let label: String = tenant
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    Namespace::parse(label.trim_matches('-')).ok()
}

impl Default for MappingRules {
    fn default() -> Self {
        Self {
            namespace: Namespace::default(),
            user_name: vec![UserNaming::StripDomainEmail],
            group_name: vec![GroupNaming::KebabCaseName],
            collisions: Collisions::default(),
            renames: Renames::default(),
            admin_console: AdminConsole::default(),
            users: UserMapping::default(),
            groups: GroupMapping::default(),
        }
    }
}

impl Default for UserMapping {
    fn default() -> Self {
        let sources = |texts: &[&str]| built_in(texts, RecordKind::User);
        Self {
            fields: Fields {
                display_name: sources(&[
                    "{displayName}",
                    "{firstName} {lastName}",
                    "{firstName ?? lastName ?? login}",
                ]),
                email: sources(&["{email}"]),
                ..Fields::default()
            },
            email_case: EmailCase::default(),
            statuses: Vec::new(),
            exclude: Vec::new(),
            leavers: Leavers::default(),
        }
    }
}

impl Default for GroupMapping {
    fn default() -> Self {
        let sources = |texts: &[&str]| built_in(texts, RecordKind::Group);
        Self {
            fields: Fields {
                display_name: sources(&["{name}"]),
                // The search of a stock Backstage shows the title or the name, and no display name.
                title: sources(&["{name}"]),
                description: sources(&["{description}"]),
                ..Fields::default()
            },
            types: GroupTypes {
                rules: Vec::new(),
                attribute: Vec::new(),
                default: "group".to_owned(),
            },
            exclude: Vec::new(),
            hierarchy: None,
            root: None,
            merge: Vec::new(),
        }
    }
}

/// Templates of this program.
fn built_in(texts: &[&str], record: RecordKind) -> Vec<Template> {
    texts
        .iter()
        .filter_map(|text| Template::parse(text, record).ok())
        .collect()
}

/// The address of the admin console of an org, by its host: that of `acme.okta.com` is `https://acme-admin.okta.com`. None
/// for an address of the org's own, from which it does not follow.
///
/// Source: the hosts that Okta's own clients refuse as admin addresses (`config_validator.py` of its Python SDK).
#[must_use]
pub(crate) fn admin_console_of(host: &str) -> Option<String> {
    const DOMAINS: [&str; 7] = [
        "okta.com",
        "oktapreview.com",
        "okta-emea.com",
        "okta-gov.com",
        "okta.mil",
        "okta-miltest.com",
        "trex-govcloud.com",
    ];
    let (org, domain) = host.split_once('.')?;
    DOMAINS
        .contains(&domain)
        .then(|| format!("https://{org}-admin.{domain}"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_admin_console_of() {
        use super::admin_console_of;

        let console = admin_console_of("acme.oktapreview.com");
        assert_eq!(
            console.as_deref(),
            Some("https://acme-admin.oktapreview.com")
        );
        assert_eq!(admin_console_of("login.acme.com"), None);
    }
}
