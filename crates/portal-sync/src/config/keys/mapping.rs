//! `mapping`: how Okta's records become entities.

use super::table::{Form, Key, Table, key, with_default};

pub(super) const MAPPING_OF_ALL: Key = with_default(
    "mapping",
    Form::Map(&MAPPING),
    "{}",
    "How the users and groups of all tenants become entities.",
);

pub(super) const MAPPING_OF_TENANT: Key = with_default(
    "mapping",
    Form::Map(&MAPPING),
    "{}",
    "How the users and groups of this tenant become entities, laid over the `mapping` of all.",
);

pub(in super::super) static MAPPING: Table = Table::new(
    "mapping",
    &[
        with_default(
            "namespace",
            Form::Text,
            "default",
            "The namespace of all entities.",
        ),
        with_default(
            "userName",
            Form::Items(&Form::OneOf(&[
                Form::Choice(&[
                    "strip-domain-email",
                    "id",
                    "kebab-case-email",
                    "slugify-email",
                    "login",
                ]),
                Form::Map(&NAMED_BY),
            ])),
            "strip-domain-email",
            "What users are called, by the first of these ways that gives a name.",
        ),
        with_default(
            "groupName",
            Form::Items(&Form::OneOf(&[
                Form::Choice(&["kebab-case-name", "id", "profile-name"]),
                Form::Map(&NAMED_BY),
            ])),
            "kebab-case-name",
            "What groups are called, by the first of these ways that gives a name.",
        ),
        with_default(
            "collisions",
            Form::Choice(&["suffix", "namespace", "fail"]),
            "suffix",
            "What becomes of an object whose name another one has.",
        ),
        with_default(
            "renames",
            Form::Choice(&["follow", "keep"]),
            "follow",
            "What becomes of a name when another one would be given today.",
        ),
        with_default(
            "adminConsole",
            Form::OneOf(&[Form::Flag, Form::Address(&["https"])]),
            "false",
            "Whether entities link to their page in the Okta admin console, or its address.",
        ),
        with_default(
            "users",
            Form::Map(&USERS),
            "{}",
            "Which users there are, and what they hold.",
        ),
        with_default(
            "groups",
            Form::Map(&GROUPS),
            "{}",
            "Which groups there are, how they are related, and what they hold.",
        ),
    ],
);

pub(in super::super) static NAMED_BY: Table = Table::one_thing(
    "naming",
    &[
        key(
            "attribute",
            Form::Attribute,
            "The attribute whose value is the name.",
        ),
        key(
            "template",
            Form::Template,
            "A text with attributes in braces that makes the name.",
        ),
    ],
);

const fn sources(name: &'static str, default: &'static str, about: &'static str) -> Key {
    with_default(name, Form::Items(&Form::Source), default, about)
}

pub(in super::super) static USERS: Table = Table::new(
    "users",
    &[
        sources(
            "displayName",
            "['{displayName}', '{firstName} {lastName}', '{firstName ?? lastName ?? login}']",
            "`spec.profile.displayName`.",
        ),
        sources("title", "[]", "`metadata.title`."),
        sources("description", "[]", "`metadata.description`."),
        sources("email", "'{email}'", "`spec.profile.email`."),
        sources(
            "picture",
            "[]",
            "`spec.profile.picture`, an `https:` address.",
        ),
        key(
            "annotations",
            Form::Map(&ATTACHED),
            "`metadata.annotations`, beside those that every user has.",
        ),
        key(
            "labels",
            Form::Map(&ATTACHED),
            "`metadata.labels`; the values become valid names.",
        ),
        with_default(
            "emailCase",
            Form::Choice(&["keep", "lower"]),
            "keep",
            "How `spec.profile.email` is written.",
        ),
        key(
            "statuses",
            Form::Items(&Form::Choice(&[
                "ACTIVE",
                "LOCKED_OUT",
                "PASSWORD_EXPIRED",
                "PROVISIONED",
                "RECOVERY",
                "STAGED",
                "SUSPENDED",
            ])),
            "The statuses of users who are in the catalog; without it all of these.",
        ),
        with_default(
            "exclude",
            RULES,
            "[]",
            "Users who are not in the catalog, by login, e-mail address or Okta id.",
        ),
        with_default(
            "leavers",
            Form::OneOf(&[Form::Choice(&["remove", "mark"]), Form::Map(&LEAVERS)]),
            "remove",
            "What becomes of users who were deactivated, or whom Okta no longer lists.",
        ),
    ],
);

const RULES: Form = Form::Items(&Form::Rule);

pub(in super::super) static LEAVERS: Table = Table::new(
    "leavers",
    &[key(
        "keepDays",
        Form::Whole(1, 36_500),
        "For so many times 24 hours they stay, marked and in no group.",
    )],
);

pub(in super::super) static GROUPS: Table = Table::new(
    "groups",
    &[
        sources("displayName", "'{name}'", "`spec.profile.displayName`."),
        sources(
            "title",
            "'{name}'",
            "`metadata.title`, which searches of Backstage show instead of the name.",
        ),
        sources("description", "'{description}'", "`metadata.description`."),
        sources("email", "[]", "`spec.profile.email`."),
        sources(
            "picture",
            "[]",
            "`spec.profile.picture`, an `https:` address.",
        ),
        key(
            "annotations",
            Form::Map(&ATTACHED),
            "`metadata.annotations`, beside those that every group has.",
        ),
        key(
            "labels",
            Form::Map(&ATTACHED),
            "`metadata.labels`; the values become valid names.",
        ),
        with_default(
            "type",
            Form::OneOf(&[Form::Text, Form::Map(&TYPE)]),
            "group",
            "`spec.type`: the same for all, or what decides it.",
        ),
        with_default(
            "exclude",
            RULES,
            "[]",
            "Groups that are not in the catalog, by name or Okta id.",
        ),
        key(
            "hierarchy",
            Form::Map(&HIERARCHY),
            "Which group is part of which.",
        ),
        key(
            "root",
            Form::Map(&ROOT),
            "A group that all others are part of, and that is not in Okta.",
        ),
        with_default(
            "merge",
            Form::Items(&Form::Map(&MERGE)),
            "[]",
            "Groups that are made one.",
        ),
    ],
);

pub(in super::super) static ATTACHED: Table = Table::new(
    "attached",
    &[
        key(
            "prefix",
            Form::Text,
            "What the keys of `attributes` begin with, such as `acme.com/`.",
        ),
        with_default(
            "attributes",
            Form::Items(&Form::Attribute),
            "[]",
            "Attributes, each under a key made of `prefix` and its name.",
        ),
        with_default(
            "values",
            Form::Keys(&Form::Template),
            "{}",
            "Whole keys, each with a text with attributes in braces.",
        ),
    ],
);

pub(in super::super) static TYPE: Table = Table::new(
    "type",
    &[
        with_default(
            "rules",
            Form::Items(&Form::Map(&TYPE_RULE)),
            "[]",
            "Types by what a group has; the first rule that matches counts.",
        ),
        with_default(
            "attribute",
            Form::Items(&Form::Source),
            "[]",
            "What holds the type of groups that no rule matches.",
        ),
        with_default("default", Form::Text, "group", "The type of all others."),
    ],
);

pub(in super::super) static TYPE_RULE: Table = Table::new(
    "typeRule",
    &[
        key(
            "when",
            Form::Expression,
            "What a group matches that has the type.",
        ),
        key("type", Form::Text, "The type."),
    ],
);

pub(in super::super) static HIERARCHY: Table = Table::one_thing(
    "hierarchy",
    &[
        key(
            "key",
            Form::Attribute,
            "What a group is known by, with `parentKey`; `name` unless written.",
        ),
        key(
            "parentKey",
            Form::Attribute,
            "The `key` of the group that a group is part of.",
        ),
        key(
            "separator",
            Form::Text,
            "What stands between the parts of a name, instead of the other two.",
        ),
    ],
);

pub(in super::super) static ROOT: Table = Table::new(
    "root",
    &[
        key("name", Form::Text, "Its name."),
        key(
            "displayName",
            Form::Text,
            "What people read instead of the name.",
        ),
        key("description", Form::Text, "What it is."),
        with_default("type", Form::Text, "organization", "Its `spec.type`."),
    ],
);

pub(in super::super) static MERGE: Table = Table::new(
    "merge",
    &[
        key(
            "name",
            Form::Text,
            "What the one is called, as if Okta had it under this name.",
        ),
        key(
            "description",
            Form::Text,
            "Its description; without one that on which its parts agree.",
        ),
        key(
            "groups",
            RULES,
            "Which groups it is made of, by name or Okta id.",
        ),
    ],
);
