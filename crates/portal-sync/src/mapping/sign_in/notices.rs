//! What the operator should know of who cannot sign in, and what to do about it.

use catalog_model::EntityRef;

use super::SignIn;

/// How many users a notice names; the JSON of a plan has all of them.
const SHOWN: usize = 3;

impl SignIn {
    /// One notice for each kind of trouble, with its fix.
    pub(crate) fn notices(&self) -> Vec<String> {
        let Self {
            duplicates,
            local_part_of_another,
            not_found,
            outside_default,
            without_email,
        } = self;
        let mut notices = Vec::new();
        if let Some(first) = duplicates.first() {
            let addresses = match duplicates.len() {
                1 => "1 e-mail address belongs".to_owned(),
                count => format!("{count} e-mail addresses belong"),
            };
            notices.push(format!(
                "sign-in: {addresses} to several users, none of whom Backstage signs in by it, such as {}. Give each an address \
                 of their own in Okta, or list the Okta ids of all but one in `mapping.users.exclude`",
                refs(&first.users)
            ));
        }
        if !local_part_of_another.is_empty() {
            let examples = local_part_of_another.iter();
            let examples = examples.map(|it| format!("{} as {}", it.user, it.signed_in_as));
            notices.push(format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` signs {} in as somebody else: {}. Use \
                 `emailMatchingUserEntityAnnotation` without it, or limit it by `allowedDomains` to domains whose local parts are \
                 the names",
                users(local_part_of_another.len()),
                list(examples)
            ));
        }
        if !not_found.is_empty() {
            let examples = not_found.iter();
            let examples = examples.map(|it| format!("{} ({})", it.user, it.why));
            notices.push(format!(
                "sign-in: no resolver finds {} by the e-mail address: {}. Correct the address in Okta",
                users(not_found.len()),
                list(examples)
            ));
        }
        if !outside_default.is_empty() {
            notices.push(format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` does not find {} outside of the namespace \
                 `default`: {}. Use `emailMatchingUserEntityAnnotation`",
                users(outside_default.len()),
                refs(outside_default)
            ));
        }
        if !without_email.is_empty() {
            notices.push(format!(
                "sign-in: no resolver finds {} without an e-mail address: {}. Give them one in Okta",
                users(without_email.len()),
                refs(without_email)
            ));
        }
        notices
    }
}

fn users(count: usize) -> String {
    match count {
        1 => "1 user".to_owned(),
        count => format!("{count} users"),
    }
}

fn refs(refs: &[EntityRef]) -> String {
    list(refs.iter().map(EntityRef::to_string))
}

fn list(mut examples: impl Iterator<Item = String>) -> String {
    let shown: Vec<String> = examples.by_ref().take(SHOWN).collect();
    let more = if examples.next().is_some() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}
