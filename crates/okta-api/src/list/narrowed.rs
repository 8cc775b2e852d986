//! What only some lists can be asked for.

use std::fmt::Display;

use super::{List, Searchable};
use crate::endpoint::Endpoint;
use crate::group::Group;
use crate::log_event::LogEvent;
use crate::reader::Keep;
use crate::user::{Member, User};

/// What only some lists can be asked for.
macro_rules! selected {
    ($record:ty: $($method:ident)+) => {
        impl List<$record, Searchable> {
            $(selected!(@$method);)+
        }
    };
    (@search) => {
        /// Only what the expression selects, in Okta's search language: anything that prints. It is
        /// sent as it is; only the encoding of the URL is added. Okta answers searches from a copy of
        /// its data that lags, as a rule by less than a second.
        pub fn search(self, expression: impl Display) -> Self {
            self.with("search", expression.to_string())
        }
    };
    (@sort) => {
        /// Sorted by one property, named as a search names it: `profile.lastName`, `lastUpdated`. Okta sorts what a
        /// [search](Self::search) finds and nothing else, without a word. Capitals count as small letters, and ids decide between
        /// equals.
        ///
        /// Whoever is renamed while a sorted list is read may be missed: leave it out where the list has to be whole.
        pub fn sort_by(self, property: impl Into<String>) -> Self {
            self.with("sortBy", property)
        }

        /// Which way it is sorted, where it is ([`sort_by`](Self::sort_by)): [`SortOrder::Ascending`].
        pub fn sort_order(self, order: SortOrder) -> Self {
            self.with(
                "sortOrder",
                match order {
                    SortOrder::Ascending => "asc",
                    SortOrder::Descending => "desc",
                },
            )
        }
    };
    (@filter) => {
        /// Only what the expression selects, in the narrower language of Okta's `filter`. Okta takes either a search or a
        /// filter, not both.
        pub fn filter(self, expression: impl Display) -> Self {
            self.with("filter", expression.to_string())
        }
    };
}

/// Which way a list is [sorted](List::sort_order).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortOrder {
    /// From A to Z, from the oldest to the newest.
    #[default]
    Ascending,
    /// The other way round.
    Descending,
}

selected!(User: search filter sort);
selected!(Group: search filter sort);
selected!(LogEvent: filter);

/// What only lists of records with a profile can be told.
macro_rules! with_profile {
    ($($record:ty)+) => {
        $(impl<S: 'static> List<$record, S> {
            /// Builds of each record only these attributes of the profile and these of the fields that the type does not name:
            /// named as a search names them, `profile.title` or `type.id`; of a path its first name counts. Fields that the
            /// type names are always read.
            ///
            /// Everything else crosses the wire and is passed over at the speed of the parser: it takes no memory, and
            /// whatever it holds, however deep or large, is no record's trouble. [`Page::skipped`](crate::Page::skipped) has its names.
            ///
            /// ```
            /// # async fn example(client: okta_api::Client) -> Result<(), okta_api::Error> {
            /// let list = client.users().list().keep(["profile.login", "profile.email", "type.id"]);
            /// let users = list.all().await?;
            /// # Ok(())
            /// # }
            /// ```
            pub fn keep<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
                self.keep = Keep::only(names);
                self
            }
        })+
    };
}

with_profile!(User Group);

impl List<User, Searchable> {
    /// Only users whose first name, last name or address begins with this: what a person types into a field. Deactivated
    /// users are left out.
    ///
    /// Okta has no second page of it, and leaves out in silence what is more than 200, or than the
    /// [size](List::page_size) that was asked for. A page that is full is therefore handed out and followed by the error
    /// [`CutShort`](crate::ErrorKind::CutShort): [`pages`](List::pages) gives it to whoever wants no more, and
    /// [`search`](Self::search) is for a list that is whole. What Okta makes of it
    /// besides a search or a filter is not documented (Okta API reference, list all users, `q`).
    pub fn q(self, text: impl Into<String>) -> Self {
        let mut list = self.with("q", text);
        list.one_page = true;
        list
    }

    /// Only these fields of each user, named as a search names them: `status`, `profile.login`; of a path its first name counts.
    /// The id always comes.
    ///
    /// Okta then sends and this crate keeps nothing else: what is left out reads as absent (Okta API reference, list all
    /// users, `fields`). What an org answers that does not take the parameter is not documented: look at the first page before
    /// anything is made of what is absent.
    pub fn fields<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut fields, mut profile) = (vec!["id"], Vec::new());
        for name in names {
            let (known, name) = match name.strip_prefix("profile.") {
                Some(attribute) => (&mut profile, attribute),
                None => (&mut fields, name),
            };
            let name = name.split('.').next().unwrap_or(name);
            // Okta once failed of a name that came twice (release notes of 2025).
            if !known.contains(&name) {
                known.push(name);
            }
        }
        let fields = fields.join(",");
        if profile.is_empty() {
            self.with("fields", fields)
        } else {
            self.with(
                "fields",
                format!("{fields},profile:({})", profile.join(",")),
            )
        }
    }
}

impl List<Group, Searchable> {
    /// Only groups whose name begins with this: what a person types into a field. One of just that name comes first.
    ///
    /// Okta has no second page of it: of more than 200, or of more than a page of the [size](List::page_size) that was asked
    /// for, the rest is left out in silence. Use [`search`](Self::search) for a list that is whole (Okta API reference, list
    /// all groups, `q`).
    pub fn q(self, text: impl Into<String>) -> Self {
        let mut list = self.with("q", text);
        list.one_page = true;
        list
    }

    /// With each group's size, which [`Group::stats`] then returns. Okta takes longer to answer.
    pub fn with_stats(self) -> Self {
        self.with("expand", "stats")
    }
}

impl List<Member> {
    /// Asks for members at `skinny_users`, which leaves out what a membership does not need and has a rate limit of its
    /// own. Okta does not document it and may withdraw it: where it is not there, the list is read in the usual way,
    /// and this client does not ask for it again. A member's [`status`](Member::status) may be missing.
    pub fn skinny(mut self) -> Self {
        self.endpoint = Endpoint::SkinnyMembers;
        self
    }
}
