//! What can be done to a value.

use std::borrow::Cow;

use crate::text::naming::{composed, kebab_case, slugify};

/// A change of a text, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Lower,
    Upper,
    Trim,
    Local,
    Domain,
    Kebab,
    Slug,
}

impl Filter {
    pub(super) const ALL: [Self; 7] = [
        Self::Lower,
        Self::Upper,
        Self::Trim,
        Self::Local,
        Self::Domain,
        Self::Kebab,
        Self::Slug,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Trim => "trim",
            Self::Local => "local",
            Self::Domain => "domain",
            Self::Kebab => "kebab",
            Self::Slug => "slug",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.name() == name)
    }

    pub(super) fn apply(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            Self::Lower => text.to_lowercase().into(),
            Self::Upper => text.to_uppercase().into(),
            // As `slugify` does; else letters and the same letters in two characters would be told apart.
            Self::Kebab => kebab_case(&composed(&text)).into(),
            Self::Slug => slugify(&text).into(),
            Self::Trim => cut(text, str::trim),
            Self::Local => cut(text, |text| text.split('@').next().unwrap_or(text)),
            Self::Domain => cut(text, |text| {
                text.rsplit_once('@').map_or("", |(_, domain)| domain)
            }),
        }
    }
}

/// A part of a text, copied only when the whole was.
fn cut(text: Cow<'_, str>, part: fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => part(text).into(),
        Cow::Owned(text) => part(&text).to_owned().into(),
    }
}
