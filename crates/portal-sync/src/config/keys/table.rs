//! What a table of keys is made of.

/// The keys of a map.
#[derive(Debug)]
pub(in super::super) struct Table {
    /// What the map is called where it is described; no two tables have the same name.
    pub(in super::super) name: &'static str,
    /// The keys, in the order in which they are listed.
    pub(in super::super) keys: &'static [Key],
    /// Whether the keys say one thing together, so that a tenant's map replaces that of all tenants as a whole.
    pub(in super::super) is_one_thing: bool,
}

/// One key.
#[derive(Debug)]
pub(in super::super) struct Key {
    /// The key as it is written.
    pub(in super::super) name: &'static str,
    /// What its value may look like.
    pub(in super::super) form: Form,
    /// The value in force when there is none, as it would be written in YAML. Without one it is empty; `{}` is that of a
    /// map which is always there, with the defaults of its keys.
    pub(in super::super) default: &'static str,
    /// What the key is for, in a sentence.
    pub(in super::super) about: &'static str,
}

/// What a value may look like.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Form {
    /// A text.
    Text,
    /// A text that is not shown.
    Secret,
    /// A private key, or a set of them, as a map, which is not shown.
    Jwk,
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second.
    Whole(u32, u32),
    /// A number that is not negative.
    Number,
    /// A percentage with its sign, of at least so many.
    Percent(u8),
    /// A duration in a text.
    Time,
    /// A cron pattern.
    Cron,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An address with one of these schemes.
    Address(&'static [&'static str]),
    /// An expression of Okta's search language.
    Expression,
    /// The name of an attribute.
    Attribute,
    /// A text with attributes in braces.
    Template,
    /// The name of an attribute, or a text with attributes in braces.
    Source,
    /// A name, or a rule about names.
    Rule,
    /// A list.
    List(&'static Self),
    /// One of these, or a list of them.
    Items(&'static Self),
    /// A map with known keys.
    Map(&'static Table),
    /// A map whose keys are chosen by whoever writes it.
    Keys(&'static Self),
    /// Any of these.
    OneOf(&'static [Self]),
}

impl Table {
    pub(in super::super) const fn new(name: &'static str, keys: &'static [Key]) -> Self {
        Self {
            name,
            keys,
            is_one_thing: false,
        }
    }

    pub(super) const fn one_thing(name: &'static str, keys: &'static [Key]) -> Self {
        Self {
            name,
            keys,
            is_one_thing: true,
        }
    }

    /// The key of this name.
    pub(in super::super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Form {
    /// The tables of the maps that a value may be, or that are in it.
    pub(in super::super) fn tables(&self) -> Vec<&'static Table> {
        match self {
            Self::Map(table) => vec![table],
            Self::List(inner) | Self::Items(inner) | Self::Keys(inner) => inner.tables(),
            Self::OneOf(forms) => forms.iter().flat_map(Self::tables).collect(),
            _ => Vec::new(),
        }
    }
}

/// A key without a default.
pub(super) const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    with_default(name, form, "", about)
}

/// A key with the value that is in force without it.
pub(super) const fn with_default(
    name: &'static str,
    form: Form,
    default: &'static str,
    about: &'static str,
) -> Key {
    Key {
        name,
        form,
        default,
        about,
    }
}
