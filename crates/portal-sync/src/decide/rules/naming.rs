//! What an object would be called if it were alone.

use std::fmt;

use catalog_model::EntityName;
use okta_api::{Group, User};
use org_filter::Record;

use super::{GroupNaming, MappingRules, UserNaming};
use crate::held::object::Kind;
use crate::text::is_blank;
use crate::text::naming;
use crate::text::template::{Missing, Template};

impl MappingRules {
    /// What a user would be called alone.
    ///
    /// # Errors
    /// When it is for a template to say, and the user lacks an attribute of it.
    pub(crate) fn name_of_user(&self, user: &User) -> Result<EntityName, Missing> {
        self.naming_of_user(user).map(|(name, _)| name)
    }

    /// What a user would be called alone, and which way of `userName` gives that name; none does where it is the Okta id.
    ///
    /// # Errors
    /// As [`MappingRules::name_of_user`].
    pub(crate) fn naming_of_user(
        &self,
        user: &User,
    ) -> Result<(EntityName, Option<&UserNaming>), Missing> {
        let (login, email) = addresses(user);
        let mut missing = None;
        for strategy in &self.user_name {
            missing = None;
            // Whoever has no address is called by the login, which has the form of one.
            let by_address = |name: fn(&str) -> Option<String>| {
                email
                    .and_then(name)
                    .or_else(|| login.and_then(naming::strip_domain_name))
            };
            let name = match strategy {
                UserNaming::Id => Some(user.id.as_str().to_owned()),
                UserNaming::StripDomainEmail => by_address(naming::strip_domain_name),
                UserNaming::KebabCaseEmail => by_address(naming::kebab_case_name),
                UserNaming::SlugifyEmail => by_address(naming::slugify_email_name),
                UserNaming::Login => login.and_then(naming::valid),
                UserNaming::Attribute(template) => rendered(template, user, &mut None),
                UserNaming::Template(template) => rendered(template, user, &mut missing),
            };
            if let Some(name) = name.and_then(|name| EntityName::parse(&name).ok()) {
                return Ok((name, Some(strategy)));
            }
        }
        missing.map_or_else(|| Ok((name_of_id(user.id.as_str()), None)), Err)
    }

    /// What a group would be called alone.
    ///
    /// # Errors
    /// When it is for a template to say, and the group lacks an attribute of it.
    pub(crate) fn name_of_group(&self, group: &Group) -> Result<EntityName, Missing> {
        self.naming_of_group(group).map(|(name, _)| name)
    }

    /// What a group would be called alone, and which way of `groupName` gives that name; none does where it is the Okta id.
    ///
    /// # Errors
    /// As [`MappingRules::name_of_group`].
    pub(crate) fn naming_of_group(
        &self,
        group: &Group,
    ) -> Result<(EntityName, Option<&GroupNaming>), Missing> {
        let name = group.profile.name();
        let mut missing = None;
        for strategy in &self.group_name {
            missing = None;
            let name = match strategy {
                GroupNaming::Id => Some(group.id.as_str().to_owned()),
                GroupNaming::KebabCaseName => name.and_then(naming::kebab_case_name),
                GroupNaming::ProfileName => name.and_then(naming::valid),
                GroupNaming::Attribute(template) => rendered(template, group, &mut None),
                GroupNaming::Template(template) => rendered(template, group, &mut missing),
            };
            if let Some(name) = name.and_then(|name| EntityName::parse(&name).ok()) {
                return Ok((name, Some(strategy)));
            }
        }
        missing.map_or_else(|| Ok((name_of_id(group.id.as_str()), None)), Err)
    }

    /// Whether a record can lack what its name is made of.
    pub(crate) fn naming_can_fail(&self, kind: Kind) -> bool {
        match kind {
            Kind::User => matches!(self.user_name.last(), Some(UserNaming::Template(_))),
            _ => matches!(self.group_name.last(), Some(GroupNaming::Template(_))),
        }
    }
}

/// As the configuration has it.
impl fmt::Display for UserNaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StripDomainEmail => f.write_str("strip-domain-email"),
            Self::Id => f.write_str("id"),
            Self::KebabCaseEmail => f.write_str("kebab-case-email"),
            Self::SlugifyEmail => f.write_str("slugify-email"),
            Self::Login => f.write_str("login"),
            Self::Attribute(template) => write!(f, "attribute: {template}"),
            Self::Template(template) => write!(f, "template: {template}"),
        }
    }
}

/// As the configuration has it.
impl fmt::Display for GroupNaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KebabCaseName => f.write_str("kebab-case-name"),
            Self::Id => f.write_str("id"),
            Self::ProfileName => f.write_str("profile-name"),
            Self::Attribute(template) => write!(f, "attribute: {template}"),
            Self::Template(template) => write!(f, "template: {template}"),
        }
    }
}

/// The login and the e-mail address by which people sign in; blank ones are none.
pub(crate) fn addresses(user: &User) -> (Option<&str>, Option<&str>) {
    let [login, email] = [user.profile.login(), user.profile.email()]
        .map(|address| address.filter(|address| !is_blank(address)));
    (login, email)
}

fn rendered(
    template: &Template,
    record: &impl Record,
    missing: &mut Option<Missing>,
) -> Option<String> {
    match template.render(record) {
        Ok(text) => naming::valid(&text),
        Err(error) => {
            *missing = Some(error);
            None
        }
    }
}

/// The name of an object of which nothing else gives one. Okta's ids are letters and digits.
pub(crate) fn name_of_id(id: &str) -> EntityName {
    naming::valid(id)
        .and_then(|name| EntityName::parse(&name).ok())
        .unwrap_or_else(|| unnamed(id))
}

/// An id without a letter or a digit has never been seen; its hash has some.
fn unnamed(id: &str) -> EntityName {
    let name = naming::with_suffix("unnamed", id);
    EntityName::parse(&name).unwrap_or_else(|_| unnamed("0"))
}
