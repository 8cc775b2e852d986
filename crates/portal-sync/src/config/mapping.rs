//! How Okta's records become entities: `mapping`, for all tenants under `portalSync`, for one under its own keys.

use catalog_model::{EntityName, Namespace};
use okta_api::UserStatus;
use org_filter::{NameRule, SearchExpr};
use url::Url;

use super::errors::{ConfigError, quoted};
use super::section::{Entry, Section};
use crate::leavers::Leavers;
use crate::template::{RecordKind, Template};

// Leaf first: a module uses only modules listed above it.
mod fields;
mod groups;
mod naming;

/// How Okta's records become entities.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The namespace of all entities.
    pub namespace: Namespace,
    /// What users are called: the first of these that gives a name.
    pub user_name: Vec<UserNaming>,
    /// What groups are called: the first of these that gives a name.
    pub group_name: Vec<GroupNaming>,
    /// What becomes of objects whose name another one has.
    pub collisions: Collisions,
    /// What becomes of the name of an object that would be named differently today.
    pub renames: Renames,
    /// Whether entities link to the Okta admin console.
    pub admin_console: AdminConsole,
    /// What a user's entity holds.
    pub users: UserMapping,
    /// What a group's entity holds.
    pub groups: GroupMapping,
}

/// One way to name a user. The names of the first six are those of other tools for Okta, and give the names that they
/// give where Backstage takes those.
#[derive(Clone, Debug, PartialEq)]
pub enum UserNaming {
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
    /// `{ attribute: … }`: an attribute.
    Attribute(Template),
    /// `{ template: … }`: a text with attributes in it. A user who lacks one of them is quarantined.
    Template(Template),
}

/// One way to name a group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupNaming {
    /// `kebab-case-name`: the name in kebab case.
    KebabCaseName,
    /// `id`: the Okta id.
    Id,
    /// `profile-name`: the name as it is.
    ProfileName,
    /// `{ attribute: … }`: an attribute.
    Attribute(Template),
    /// `{ template: … }`: a text with attributes in it. A group that lacks one of them is quarantined.
    Template(Template),
}

/// What becomes of an object whose name another one has: the one with the smaller Okta id keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Collisions {
    /// It gets a suffix made from its own Okta id.
    #[default]
    Suffix,
    /// It keeps the name in a namespace called as the tenant is; when that is taken too, it gets a suffix.
    Namespace,
    /// The run ends, and nothing is changed.
    Fail,
}

/// What becomes of the name of an object that would be named differently today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renames {
    /// It is renamed.
    #[default]
    Follow,
    /// It keeps the name it has.
    Keep,
}

/// Whether entities link to the Okta admin console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdminConsole {
    /// They do not.
    #[default]
    No,
    /// They do, at the address that belongs to the org's.
    OfOrg,
    /// They do, at this address.
    At(Url),
}

/// What a user's entity holds, and which users there are.
#[derive(Clone, Debug)]
pub struct UserMapping {
    /// What the entity holds.
    pub fields: Fields,
    /// How e-mail addresses are written.
    pub email_case: EmailCase,
    /// The statuses that are wanted; none: all but `DEPROVISIONED`.
    pub statuses: Vec<UserStatus>,
    /// Users that are not wanted, by login, e-mail address or Okta id.
    pub exclude: Vec<NameRule>,
    /// What becomes of users whose account is no longer in use.
    pub leavers: Leavers,
}

/// What a group's entity holds, which groups there are, and how they are related.
#[derive(Clone, Debug)]
pub struct GroupMapping {
    /// What the entity holds.
    pub fields: Fields,
    /// What `spec.type` is.
    pub types: GroupTypes,
    /// Groups that are not wanted, by name or Okta id.
    pub exclude: Vec<NameRule>,
    /// Which group is part of which.
    pub hierarchy: Option<Hierarchy>,
    /// A group that all others are part of.
    pub root: Option<Root>,
    /// Groups that are made one.
    pub merge: Vec<Merge>,
}

/// What an entity holds. Of several sources the first one that has a value counts; without one the field is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// `spec.profile.displayName`.
    pub display_name: Vec<Template>,
    /// `metadata.title`.
    pub title: Vec<Template>,
    /// `metadata.description`.
    pub description: Vec<Template>,
    /// `spec.profile.email`.
    pub email: Vec<Template>,
    /// `spec.profile.picture`.
    pub picture: Vec<Template>,
    /// `metadata.annotations`, besides those that every entity has.
    pub annotations: Vec<(String, Template)>,
    /// `metadata.labels`.
    pub labels: Vec<(String, Template)>,
}

/// How the e-mail addresses of `spec.profile.email` are written. The annotation `okta.com/email` is always Okta's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmailCase {
    /// As Okta has them.
    #[default]
    Keep,
    /// In lower case.
    Lower,
}

/// What `spec.type` of a group is: that of the first rule that matches, else the attribute, else the default.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTypes {
    /// Expressions of Okta's search language, and the type of the groups that they match.
    pub rules: Vec<(SearchExpr, String)>,
    /// Attributes that hold it.
    pub attribute: Vec<Template>,
    /// The type of all other groups.
    pub default: String,
}

/// Which group is part of which.
#[derive(Clone, Debug, PartialEq)]
pub enum Hierarchy {
    /// A group says which one it is part of.
    ByAttribute {
        /// What a group is known by.
        key: Template,
        /// What the group is known by that it is part of.
        parent: Template,
    },
    /// The name says it: `eng.platform.sre` is part of `eng.platform`, or of `eng` when there is no such group.
    ByName {
        /// What stands between the parts of a name.
        separator: String,
    },
}

/// A group that all others are part of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Its name.
    pub name: EntityName,
    /// What people read instead.
    pub display_name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its `spec.type`.
    pub r#type: String,
}

/// Groups that are made one.
#[derive(Clone, Debug)]
pub struct Merge {
    /// What the one is called, as if Okta had it under this name.
    pub name: String,
    /// Its description; without one, that of its parts if they all have the same.
    pub description: Option<String>,
    /// Which groups it is made of.
    pub groups: Vec<NameRule>,
}

impl Mapping {
    /// Everything that is made of a user's attributes.
    pub(crate) fn user_templates(&self) -> impl Iterator<Item = &Template> {
        let names = self.user_name.iter().filter_map(|naming| match naming {
            UserNaming::Attribute(template) | UserNaming::Template(template) => Some(template),
            _ => None,
        });
        let Fields {
            display_name,
            title,
            description,
            email,
            picture,
            annotations,
            labels,
        } = &self.users.fields;
        let texts = [display_name, title, description, email, picture];
        let attached = annotations.iter().chain(labels);
        names
            .chain(texts.into_iter().flatten())
            .chain(attached.map(|(_, template)| template))
    }
}

/// The address of the admin console of an org, by its host: that of `acme.okta.com` is `https://acme-admin.okta.com`. None
/// for an address of the org's own, from which it does not follow.
///
/// ```
/// use portal_sync::config::admin_console_of;
///
/// let console = admin_console_of("acme.oktapreview.com");
/// assert_eq!(console.as_deref(), Some("https://acme-admin.oktapreview.com"));
/// assert_eq!(admin_console_of("login.acme.com"), None);
/// ```
///
/// Source: the hosts that Okta's own clients refuse as admin addresses (`config_validator.py` of its Python SDK).
#[must_use]
pub fn admin_console_of(host: &str) -> Option<String> {
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

impl Default for Mapping {
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
        let sources = |texts: &[&str]| fields::built_in(texts, RecordKind::User);
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
        let sources = |texts: &[&str]| fields::built_in(texts, RecordKind::Group);
        Self {
            fields: Fields {
                display_name: sources(&["{name}"]),
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

/// Reads `mapping`; what it does not say stays as it is.
pub(super) fn read(section: &Section<'_>, mapping: &mut Mapping) {
    if let Some(namespace) = section.get("namespace").and_then(|entry| namespace(&entry)) {
        mapping.namespace = namespace;
    }
    if let Some(entry) = section.get("userName") {
        mapping.user_name = naming::users(&entry);
    }
    if let Some(entry) = section.get("groupName") {
        mapping.group_name = naming::groups(&entry);
    }
    let collisions = [
        ("suffix", Collisions::Suffix),
        ("namespace", Collisions::Namespace),
        ("fail", Collisions::Fail),
    ];
    if let Some(choice) = section
        .get("collisions")
        .and_then(|entry| entry.choice(&collisions))
    {
        mapping.collisions = choice;
    }
    let renames = [("follow", Renames::Follow), ("keep", Renames::Keep)];
    if let Some(choice) = section
        .get("renames")
        .and_then(|entry| entry.choice(&renames))
    {
        mapping.renames = choice;
    }
    if let Some(console) = section
        .get("adminConsole")
        .and_then(|entry| admin_console(&entry))
    {
        mapping.admin_console = console;
    }
    if let Some(users) = section
        .get("users")
        .and_then(|entry| entry.section("a map such as `{ emailCase: lower }`"))
    {
        read_users(&users, &mut mapping.users);
        users.close();
    }
    if let Some(groups) = section
        .get("groups")
        .and_then(|entry| entry.section("a map such as `{ type: team }`"))
    {
        groups::read(&groups, &mut mapping.groups);
        groups.close();
    }
}

fn read_users(section: &Section<'_>, users: &mut UserMapping) {
    fields::read(section, RecordKind::User, &mut users.fields);
    let cases = [("keep", EmailCase::Keep), ("lower", EmailCase::Lower)];
    if let Some(case) = section
        .get("emailCase")
        .and_then(|entry| entry.choice(&cases))
    {
        users.email_case = case;
    }
    if let Some(entry) = section.get("statuses") {
        users.statuses = statuses(&entry);
    }
    if let Some(entry) = section.get("exclude") {
        users.exclude = fields::rules(&entry, "a login, an e-mail address or an Okta id");
    }
    if let Some(leavers) = section.get("leavers").and_then(|entry| leavers(&entry)) {
        users.leavers = leavers;
    }
}

fn namespace(entry: &Entry<'_>) -> Option<Namespace> {
    let text = entry.text("a namespace, such as `default`")?;
    match Namespace::parse(text) {
        Ok(namespace) => Some(namespace),
        Err(error) => {
            entry.refuse(
                ConfigError::new(error.to_string())
                    .fix("use up to 63 lower-case letters, digits and `-`"),
            );
            None
        }
    }
}

/// The statuses a user can have while the account is in use.
const STATUSES: [(&str, UserStatus); 7] = [
    ("ACTIVE", UserStatus::Active),
    ("LOCKED_OUT", UserStatus::LockedOut),
    ("PASSWORD_EXPIRED", UserStatus::PasswordExpired),
    ("PROVISIONED", UserStatus::Provisioned),
    ("RECOVERY", UserStatus::Recovery),
    ("STAGED", UserStatus::Staged),
    ("SUSPENDED", UserStatus::Suspended),
];

fn statuses(entry: &Entry<'_>) -> Vec<UserStatus> {
    let items = entry.list("a list of statuses, such as `[ACTIVE]`");
    let items = items.unwrap_or_default();
    if items.is_empty() {
        entry.refuse(
            ConfigError::new("the list of statuses is empty")
                .fix("name a status, or leave the key out to take all but `DEPROVISIONED`"),
        );
    }
    let one = |item: &Entry<'_>| {
        if matches!(item.value(), figment::value::Value::String(_, word) if word == "DEPROVISIONED")
        {
            item.refuse(
                ConfigError::new("users who are `DEPROVISIONED` are never taken from Okta")
                    .fix("to keep people who leave for a while, set `leavers`"),
            );
            return None;
        }
        let choices: Vec<(&str, usize)> = STATUSES
            .iter()
            .enumerate()
            .map(|(at, (word, _))| (*word, at))
            .collect();
        let at = item.choice(&choices)?;
        STATUSES.get(at).map(|(_, status)| status.clone())
    };
    items.iter().filter_map(one).collect()
}

/// `remove`, `mark`, or `{ keep: 30 }`.
fn leavers(entry: &Entry<'_>) -> Option<Leavers> {
    const EXPECTED: &str = "`remove`, `mark` or `{ keepDays: 30 }`";
    match entry.value() {
        figment::value::Value::Dict(..) => {
            let section = entry.section(EXPECTED)?;
            let days = section.get("keepDays");
            let found = days.is_some();
            let days = days.and_then(|entry| entry.whole(1..=36_500));
            if !found {
                section.refuse(ConfigError::new(format!("expected {EXPECTED}")));
            }
            section.close();
            Some(Leavers::Keep { days: days? })
        }
        _ => entry.choice(&[("remove", Leavers::Remove), ("mark", Leavers::Mark)]),
    }
}

fn admin_console(entry: &Entry<'_>) -> Option<AdminConsole> {
    let text = match entry.value() {
        figment::value::Value::String(_, text) if text.trim().starts_with("http") => text.trim(),
        _ => {
            return entry.flag().map(|flag| {
                if flag {
                    AdminConsole::OfOrg
                } else {
                    AdminConsole::No
                }
            });
        }
    };
    match Url::parse(text) {
        Ok(url)
            if url.scheme() == "https"
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Some(AdminConsole::At(url))
        }
        _ => {
            entry.refuse(
                ConfigError::new(format!(
                    "{} is not the address of an admin console",
                    quoted(text)
                ))
                .fix("write something like `https://acme-admin.okta.com`, or `true`"),
            );
            None
        }
    }
}
