//! Which entities are meant: one language for the parameter `filter` and for the predicates of POST.

/// A condition on the search terms of an entity.
///
/// A search term is a key and a value, both in lower case, that Backstage keeps of every field of an entity, such as
/// `spec.profile.email` and `ada@example.com`. Keys and values of a filter are in lower case, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// Each of these holds; of none of them, everything.
    Every(Vec<Self>),
    /// One of these holds; of none of them, nothing.
    Any(Vec<Self>),
    /// This does not hold.
    Not(Box<Self>),
    /// There is a term of this key, whatever its value.
    Has(String),
    /// There is a term of this key with one of these values.
    Is(String, Vec<String>),
    /// There is a term of this key whose value begins so.
    Begins(String, String),
}

impl Filter {
    /// What every entity fulfils.
    pub(crate) const ALL: Self = Self::Every(Vec::new());
}
