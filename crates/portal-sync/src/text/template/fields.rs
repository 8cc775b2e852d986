//! The attributes that users and groups have beside their profile, and how a path is read.

use org_filter::{AttributePath, Problem};

use crate::text::nearest::nearest;

/// Whose attributes a template names.
///
/// Users have the fields `id`, `status`, `created`, `activated`, `statusChanged`, `lastLogin`, `lastUpdated` and what is
/// below `type`; groups have `id`, `type`, `created`, `lastUpdated`, `lastMembershipUpdated`, `objectClass` and what is
/// below `source`. Everything else is in the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordKind {
    /// A user.
    User,
    /// A group.
    Group,
}

impl RecordKind {
    /// Fields with a value or a list of values.
    const fn values(self) -> &'static [&'static str] {
        match self {
            Self::User => &[
                "id",
                "status",
                "created",
                "activated",
                "statusChanged",
                "lastLogin",
                "lastUpdated",
            ],
            Self::Group => &[
                "id",
                "type",
                "created",
                "lastUpdated",
                "lastMembershipUpdated",
                "objectClass",
            ],
        }
    }

    /// Fields that are objects.
    const fn objects(self) -> &'static [&'static str] {
        match self {
            Self::User => &["profile", "type"],
            Self::Group => &["profile", "source"],
        }
    }

    const fn noun(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::Group => "a group",
        }
    }

    /// An attribute of the profile that everyone of the kind has, for examples.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::User => "login",
            Self::Group => "name",
        }
    }

    /// The attribute that a word of a template names, which begins at `start`.
    pub(super) fn attribute(self, word: &str, start: usize) -> Result<AttributePath, Problem> {
        self.path(word).map_err(|Misnamed { message, fix }| {
            Problem::new(start..start + word.len(), message).with_help(fix)
        })
    }

    fn path(self, word: &str) -> Result<AttributePath, Misnamed> {
        let Ok(in_profile) = format!("profile.{word}").parse::<AttributePath>() else {
            return Err(Misnamed::no_path(word));
        };
        let own = || word.parse().map_err(|_| Misnamed::no_path(word));
        let is_value = |name: &str| self.values().contains(&name);
        let is_object = |name: &str| self.objects().contains(&name);
        match word.split_once('.') {
            None if is_value(word) => own(),
            None if is_object(word) => Err(self.object(word)),
            None => match self.cased_otherwise(word) {
                Some(field) => Err(Misnamed {
                    message: format!("the field is called `{field}`, not `{word}`"),
                    fix: format!(
                        "write `{field}`, or `{in_profile}` for an attribute of the profile"
                    ),
                }),
                None => Ok(in_profile),
            },
            Some((field, _)) if is_object(field) => own(),
            Some((field, _)) if is_value(field) => Err(Misnamed {
                message: format!("`{field}` of {} has no parts", self.noun()),
                fix: format!("write `{field}`"),
            }),
            Some((field, below)) => Err(Misnamed {
                message: format!("{} has no field `{field}`", self.noun()),
                fix: match nearest(field, self.objects().iter().copied()) {
                    Some(meant) => format!("write `{meant}.{below}`"),
                    None => format!("write `{in_profile}` for an attribute of the profile"),
                },
            }),
        }
    }

    fn object(self, field: &str) -> Misnamed {
        Misnamed {
            message: format!("`{field}` of {} is an object", self.noun()),
            fix: if field == "profile" {
                format!(
                    "name an attribute of it, such as `profile.{}`",
                    self.example()
                )
            } else {
                format!("write `{field}.id`, or `profile.{field}` for an attribute of the profile")
            },
        }
    }

    fn cased_otherwise(self, name: &str) -> Option<&'static str> {
        let mut fields = self.values().iter().chain(self.objects()).copied();
        fields.find(|field| field.eq_ignore_ascii_case(name))
    }
}

/// Why a word names no attribute.
struct Misnamed {
    message: String,
    fix: String,
}

impl Misnamed {
    fn no_path(word: &str) -> Self {
        Self {
            message: format!("`{word}` is not the name of an attribute"),
            fix: "use letters, digits, `_`, `-` and `$`, joined by dots; a text stands in double quotes"
                .to_owned(),
        }
    }
}
