//! What the operator should know of who cannot sign in, and what to do about it.

use catalog_model::EntityRef;

use super::{Mistaken, NotFound, SignIn};
use crate::text::counted::counted;

/// How many users a notice names; the JSON of a plan has all of them.
const SHOWN: usize = 3;

/// Who reads a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Somebody who asked: examples are named.
    Person,
    /// The log, which is kept and passed on: it counts people and names none.
    Log,
}

impl SignIn {
    /// One notice for each kind of trouble, with examples and its fix.
    pub(crate) fn notices(&self) -> Vec<String> {
        self.told(Reader::Person)
    }

    /// The same without the names of people.
    pub(crate) fn notices_without_names(&self) -> Vec<String> {
        self.told(Reader::Log)
    }

    fn told(&self, reader: Reader) -> Vec<String> {
        let Self {
            duplicates,
            local_part_of_another,
            not_found,
            outside_default,
            without_email,
        } = self;
        let such_as = |before: &str, examples: &dyn Fn() -> String| match reader {
            Reader::Person => format!("{before}{}", examples()),
            Reader::Log => " (`portal-sync plan` names them)".to_owned(),
        };
        let mut notices = Vec::new();
        if let Some(first) = duplicates.first() {
            let addresses = counted(
                duplicates.len(),
                "e-mail address belongs",
                "e-mail addresses belong",
            );
            notices.push(format!(
                "sign-in: {addresses} to several users, none of whom Backstage signs in by it{}. Give each an address of their \
                 own in Okta, or list the Okta ids of all but one in `mapping.users.exclude`",
                such_as(", such as ", &|| refs(&first.users))
            ));
        }
        if !local_part_of_another.is_empty() {
            let examples = || mistaken(local_part_of_another);
            notices.push(format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` signs {} in as somebody else{}. Use \
                 `emailMatchingUserEntityAnnotation` without it, or limit it by `allowedDomains` to domains whose local parts are \
                 the names",
                users(local_part_of_another.len()),
                such_as(": ", &examples)
            ));
        }
        if !not_found.is_empty() {
            let examples = || unfindable(not_found);
            notices.push(format!(
                "sign-in: no resolver finds {} by the e-mail address{}. Correct the address in Okta",
                users(not_found.len()),
                such_as(": ", &examples)
            ));
        }
        if !outside_default.is_empty() {
            notices.push(format!(
                "sign-in: the resolver `emailLocalPartMatchingUserEntityName` does not find {} outside of the namespace \
                 `default`{}. Use `emailMatchingUserEntityAnnotation`",
                users(outside_default.len()),
                such_as(": ", &|| refs(outside_default))
            ));
        }
        if !without_email.is_empty() {
            notices.push(format!(
                "sign-in: no resolver finds {} without an e-mail address{}. Give them one in Okta",
                users(without_email.len()),
                such_as(": ", &|| refs(without_email))
            ));
        }
        notices
    }
}

fn users(count: usize) -> String {
    counted(count, "user", "users")
}

fn mistaken(users: &[Mistaken]) -> String {
    let users = users.iter();
    list(users.map(|it| format!("{} as {}", it.user, it.signed_in_as)))
}

fn unfindable(users: &[NotFound]) -> String {
    let users = users.iter();
    list(users.map(|it| format!("{} ({})", it.user, it.why)))
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
