//! What the operator should know of who cannot sign in.

use catalog_model::EntityRef;

use super::SignIn;
use crate::held::notice::{Examples, SignInNotice};

impl SignIn {
    /// One notice for each kind of trouble.
    pub(crate) fn notices(&self) -> Vec<SignInNotice> {
        let Self {
            duplicates,
            local_part_of_another,
            not_found,
            outside_default,
            without_email,
        } = self;
        let mut notices = Vec::new();
        if let Some(first) = duplicates.first() {
            notices.push(SignInNotice::AddressShared {
                addresses: duplicates.len(),
                users: refs(&first.users),
            });
        }
        if !local_part_of_another.is_empty() {
            let examples = local_part_of_another.iter();
            let examples = examples.map(|it| format!("{} as {}", it.user, it.signed_in_as));
            notices.push(SignInNotice::SignedInAsAnother {
                users: local_part_of_another.len(),
                examples: Examples::of(examples),
            });
        }
        if !not_found.is_empty() {
            let examples = not_found.iter();
            let examples = examples.map(|it| format!("{} ({})", it.user, it.why));
            notices.push(SignInNotice::AddressNotFound {
                users: not_found.len(),
                examples: Examples::of(examples),
            });
        }
        if !outside_default.is_empty() {
            notices.push(SignInNotice::OutsideDefault {
                users: outside_default.len(),
                examples: refs(outside_default),
            });
        }
        if !without_email.is_empty() {
            notices.push(SignInNotice::WithoutEmail {
                users: without_email.len(),
                examples: refs(without_email),
            });
        }
        notices
    }
}

fn refs(refs: &[EntityRef]) -> Examples {
    Examples::of(refs.iter().map(EntityRef::to_string))
}
