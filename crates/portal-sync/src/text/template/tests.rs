//! Templates that are read, printed, rendered and refused.

use jiff::Timestamp;
use org_filter::{Attribute, Problem};
use serde_json::{Value, json};

use super::*;

fn user(text: &str) -> Template {
    Template::parse(text, RecordKind::User).unwrap()
}

fn jane() -> Value {
    json!({
        "id": "00u1",
        "status": "ACTIVE",
        "type": {"id": "oty1"},
        "profile": {
            "login": "Jane.Doe@a@Example.com",
            "firstName": "Jane",
            "lastName": "Doe",
            "nickName": "",
            "title": null,
            "status": "busy",
            "department": "R&D \u{dc}bersee ",
            "level": 3,
            "rate": 0.5,
            "remote": true,
            "squads": ["red", "", null, "blue", 7, {"a": 1}],
            "none": [],
            "empty": ["", null],
            "office": {"city": "Kyiv"},
            "and": "reserved",
        },
    })
}

#[test]
fn values_become_text() {
    for (template, text) in [
        ("", ""),
        ("plain", "plain"),
        ("{{}}", "{}"),
        ("{{firstName}}", "{firstName}"),
        ("{{{firstName}}}", "{Jane}"),
        ("{firstName}", "Jane"),
        ("{ firstName }", "Jane"),
        ("{profile.firstName} {lastName}", "Jane Doe"),
        (
            "{id}/{status}/{profile.status}/{type.id}",
            "00u1/ACTIVE/busy/oty1",
        ),
        ("{profile.office.city ?? \"\"}", "Kyiv"),
        ("{level} {rate} {remote}", "3 0.5 true"),
        ("{squads}", "red, blue, 7"),
        ("{and}", "reserved"),
        ("{nickName ?? title ?? firstName}", "Jane"),
        ("{nickName??title??firstName|upper}", "JANE"),
        (
            "{none ?? empty ?? office ?? absent ?? \"nobody\"}",
            "nobody",
        ),
        ("<{title ?? \"\"}>", "<>"),
        ("{\"\\\"{}\\\\\"}", "\"{}\\"),
        ("{login | local}", "Jane.Doe"),
        ("{login | domain | lower}", "example.com"),
        ("<{firstName | domain}>", "<>"),
        ("{firstName | local}", "Jane"),
        ("<{department | trim}>", "<R&D \u{dc}bersee>"),
        ("{department | kebab}", "r-d-ubersee"),
        ("{department | slug}", "randd-ubersee"),
        ("{firstName | upper | lower}", "jane"),
    ] {
        assert_eq!(user(template).render(&jane()).unwrap(), text, "{template}");
    }
}

#[test]
fn what_has_no_value_is_named() {
    for (template, message) in [
        ("{title}", "`profile.title` has no value"),
        ("{nickName}", "`profile.nickName` has no value"),
        ("{office}", "`profile.office` has no value"),
        ("{none}", "`profile.none` has no value"),
        ("{empty}", "`profile.empty` has no value"),
        ("{lastLogin}", "`lastLogin` has no value"),
        ("{firstName} {profile.x.y}", "`profile.x.y` has no value"),
        (
            "{a ?? b | lower}",
            "neither `profile.a` nor `profile.b` has a value",
        ),
        ("{a} {b}", "`profile.a` has no value"),
        (
            "{a ?? b ?? c}",
            "none of `profile.a`, `profile.b`, `profile.c` has a value",
        ),
    ] {
        let missing = user(template).render(&jane()).unwrap_err();
        assert_eq!(missing.to_string(), message, "{template}");
    }
}

#[test]
fn instants_are_written_in_utc() {
    struct Created(Timestamp);
    impl Record for Created {
        fn attribute<'a>(&'a self, _: &'a AttributePath) -> Attribute<'a> {
            self.0.into()
        }
    }
    let created = Created("2026-01-02T03:04:05+01:00".parse().unwrap());
    assert_eq!(
        user("{created}").render(&created).unwrap(),
        "2026-01-02T02:04:05Z"
    );
}

#[test]
fn names_alone_are_of_the_profile_unless_the_object_has_them() {
    for (kind, path, printed) in [
        (RecordKind::User, "title", "{profile.title}"),
        (RecordKind::User, "status", "{status}"),
        (RecordKind::User, "type.id", "{type.id}"),
        (RecordKind::User, "source", "{profile.source}"),
        (RecordKind::User, "objectClass", "{profile.objectClass}"),
        (RecordKind::Group, "type", "{type}"),
        (RecordKind::Group, "status", "{profile.status}"),
        (RecordKind::Group, "source.id", "{source.id}"),
        (RecordKind::Group, "profile.type", "{profile.type}"),
        (RecordKind::Group, "profile.a.b", "{profile.a.b}"),
    ] {
        let template = Template::attribute(path, kind).unwrap();
        assert_eq!(template.to_string(), printed);
        let parsed = Template::parse(&format!("{{{path}}}"), kind).unwrap();
        assert_eq!(parsed, template);
    }
}

#[test]
fn plain_templates_look_at_nothing() {
    assert!(user("").is_plain() && user("a {{b}}").is_plain() && user("{\"a\"}").is_plain());
    assert!(!user("{a}").is_plain() && !user("{a ?? \"b\"}").is_plain());
}

/// One line for each problem: the text under the carets, what is wrong, how to put it right.
fn problems(error: &TemplateError) -> String {
    let lines = error.problems.iter().map(|problem| {
        let part = error.text.get(problem.span()).unwrap();
        let fix = problem.help().unwrap_or_default();
        format!("[{part}] {}: {fix}", problem.message())
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_wrong_is_named_with_what_to_write() {
    const NAMES: &str =
        "use letters, digits, `_`, `-` and `$`, joined by dots; a text stands in double quotes";
    const FILTERS: &str = "use one of `lower`, `upper`, `trim`, `local`, `domain`, `kebab`, `slug`";
    const UNCLOSED: &str =
        "[{] this brace is not closed: close it with `}`, or write `{{` for a brace that is text";
    const ATTRIBUTE: &str = "[] an attribute is missing here: name one, such as `login`, or write a text in double quotes";
    for (text, expected) in [
        ("{", UNCLOSED.to_owned()),
        ("a {b", UNCLOSED.to_owned()),
        ("{a ??", UNCLOSED.to_owned()),
        ("{a | ", UNCLOSED.to_owned()),
        ("{a | lower", UNCLOSED.to_owned()),
        ("{a {b}", UNCLOSED.to_owned()),
        ("{{{", UNCLOSED.to_owned()),
        ("a}", "[}] this brace closes nothing: write `}}` for a brace that is text".to_owned()),
        (
            "{ }",
            "[{ }] this placeholder is empty: name an attribute, as in `{login}`, or write `{{` and `}}` for braces that are text".to_owned(),
        ),
        ("{a ?? }", ATTRIBUTE.to_owned()),
        ("{| lower}", ATTRIBUTE.to_owned()),
        ("{?? a}", ATTRIBUTE.to_owned()),
        ("{a ?? ?? b}", ATTRIBUTE.to_owned()),
        ("{a ? b}", "[?] a single `?` means nothing: write `??`".to_owned()),
        ("{a || b}", "[||] `||` means nothing: write `??` before another attribute or a text".to_owned()),
        ("{a |}", format!("[] the name of a filter is missing here: {FILTERS}")),
        ("{a | \"b\"}", format!("[] the name of a filter is missing here: {FILTERS}")),
        ("{a | lowr}", "[lowr] no filter is called `lowr`: write `lower`".to_owned()),
        ("{a | snake}", format!("[snake] no filter is called `snake`: {FILTERS}")),
        (
            "{a b}",
            "[b] `b` is not expected here: write `??` before another attribute and `|` before a filter".to_owned(),
        ),
        (
            "{a \"b\"}",
            "[\"b\"] a text is not expected here: write `??` before a text that stands in for a missing value".to_owned(),
        ),
        (
            "{a | lower ?? b}",
            "[??] `??` follows a filter: write filters last: they apply to the value that was found".to_owned(),
        ),
        (
            "{\"a\" ?? b}",
            "[??] what follows `??` is never used here: remove it: a text always has a value".to_owned(),
        ),
        ("{a ?? \"b}", "[\"] this quote is not closed: close it with `\"`".to_owned()),
        (
            "{a ?? \"\\n}\"} }",
            "[\\] this backslash escapes nothing: write `\\\\` for a backslash: only it and `\"` are escaped\n\
             [}] this brace closes nothing: write `}}` for a brace that is text"
                .to_owned(),
        ),
        ("{'a'}", format!("['a'] `'a'` is not the name of an attribute: {NAMES}")),
        ("{1a}", format!("[1a] `1a` is not the name of an attribute: {NAMES}")),
        ("{a..b}", format!("[a..b] `a..b` is not the name of an attribute: {NAMES}")),
        ("{id.}", format!("[id.] `id.` is not the name of an attribute: {NAMES}")),
        ("{größe}", format!("[größe] `größe` is not the name of an attribute: {NAMES}")),
        ("{profil.name}", "[profil.name] a user has no field `profil`: write `profile.name`".to_owned()),
        (
            "{manager.name}",
            "[manager.name] a user has no field `manager`: write `profile.manager.name` for an attribute of the profile".to_owned(),
        ),
        ("{id.x}", "[id.x] `id` of a user has no parts: write `id`".to_owned()),
        (
            "{type}",
            "[type] `type` of a user is an object: write `type.id`, or `profile.type` for an attribute of the profile".to_owned(),
        ),
        (
            "{profile}",
            "[profile] `profile` of a user is an object: name an attribute of it, such as `profile.login`".to_owned(),
        ),
        (
            "{lastlogin}",
            "[lastlogin] the field is called `lastLogin`, not `lastlogin`: write `lastLogin`, or `profile.lastlogin` for an attribute of the profile".to_owned(),
        ),
        (
            "{x.y | uper} {z w} }",
            "[x.y] a user has no field `x`: write `profile.x.y` for an attribute of the profile\n\
             [uper] no filter is called `uper`: write `upper`\n\
             [w] `w` is not expected here: write `??` before another attribute and `|` before a filter\n\
             [}] this brace closes nothing: write `}}` for a brace that is text"
                .to_owned(),
        ),
    ] {
        let error = Template::parse(text, RecordKind::User).unwrap_err();
        assert_eq!(problems(&error), expected, "{text}");
    }
}

#[test]
fn a_text_is_no_attribute() {
    for text in ["", "Head of Sales", "{title}"] {
        let error = Template::attribute(text, RecordKind::User).unwrap_err();
        let fix = error.problems.first().and_then(Problem::help);
        assert!(fix.is_some_and(|fix| fix.contains("`{\"…\"}`")), "{error}");
    }
}

#[test]
fn carets_stand_under_what_is_wrong() {
    let error = Template::parse("größe {größe}", RecordKind::User).unwrap_err();
    let shown = error.render();
    let lines: Vec<&str> = shown.lines().skip(1).take(2).collect();
    assert_eq!(lines, ["  | größe {größe}", "  |        ^^^^^"]);

    let long = format!("{}\n{{profil.x}}{}", "a".repeat(200), "b".repeat(200));
    let error = Template::parse(&long, RecordKind::User).unwrap_err();
    let shown = error.render();
    let lines: Vec<&str> = shown.lines().collect();
    let (text, carets) = (lines[1], lines[2]);
    assert!(text.chars().count() < 130 && text.contains("…a") && text.ends_with("b…"));
    let column = carets.chars().position(|c| c == '^').unwrap();
    let under: String = text.chars().skip(column).take(8).collect();
    assert_eq!(
        (under.as_str(), carets.ends_with("  ^^^^^^^^")),
        ("profil.x", true)
    );
    assert!(error.to_string().starts_with("in `aaa"), "{error}");
}

mod laws {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn operand() -> impl Strategy<Value = Operand> {
        prop_oneof![
            3 => "(profile\\.[a-z]{1,3}(\\.[a-z$_-]{1,2}){0,2}|id|lastLogin|type\\.id)"
                .prop_filter_map("a path", |path| path.parse().ok().map(Operand::Attribute)),
            1 => "[a\"\\\\{}|? ?é\n]{0,4}".prop_map(Operand::Text),
        ]
    }

    fn placeholder() -> impl Strategy<Value = Part> {
        let operands = proptest::collection::vec(operand(), 1..4).prop_map(|mut operands| {
            // Nothing follows a text.
            let text = operands.iter().position(|o| matches!(o, Operand::Text(_)));
            operands.truncate(text.map_or(operands.len(), |at| at + 1));
            operands
        });
        let filters = proptest::collection::vec(select(Filter::ALL.to_vec()), 0..3);
        (operands, filters)
            .prop_map(|(operands, filters)| Part::Placeholder(Placeholder { operands, filters }))
    }

    fn template() -> impl Strategy<Value = Template> {
        let part = prop_oneof!["[a{}\"\\\\ é$\n]{1,5}".prop_map(Part::Text), placeholder()];
        proptest::collection::vec(part, 0..6).prop_map(|mut parts| {
            parts.dedup_by(|second, first| {
                matches!((first, second), (Part::Text(_), Part::Text(_)))
            });
            Template { parts }
        })
    }

    /// Texts of the tokens of the language, most of them wrong.
    fn soup() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            select(vec![
                "{",
                "}",
                "{{",
                "}}",
                "??",
                "?",
                "|",
                "\"",
                "\\",
                "\\\"",
                " ",
                "a",
                "profile.b",
                "id",
                "lower",
                "kebab",
                "ü",
                "'",
                ".",
                "\n",
                "{a}",
                "\"x\"",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(token, 0..16).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(template in template()) {
            prop_assert_eq!(Template::parse(&template.to_string(), RecordKind::User), Ok(template));
        }

        #[test]
        fn any_text_is_read_or_refused_in_its_place(text in soup()) {
            for kind in [RecordKind::User, RecordKind::Group] {
                let attribute = Template::attribute(&text, kind);
                for read in [Template::parse(&text, kind), attribute] {
                    match read {
                        Ok(template) => {
                            prop_assert_eq!(Template::parse(&template.to_string(), kind), Ok(template));
                        }
                        Err(error) => {
                            prop_assert!(!error.problems.is_empty() && !error.render().is_empty());
                            let spans: Vec<_> = error.problems.iter().map(Problem::span).collect();
                            prop_assert!(spans.iter().all(|span| text.get(span.clone()).is_some()));
                            prop_assert!(error.problems.iter().all(|problem| problem.help().is_some()));
                        }
                    }
                }
            }
        }

        #[test]
        fn text_without_braces_is_itself(text in "[^{}]*") {
            prop_assert_eq!(user(&text).render(&Value::Null), Ok(text));
        }

        #[test]
        fn text_with_doubled_braces_is_itself(text in ".*") {
            let escaped = text.replace('{', "{{").replace('}', "}}");
            prop_assert_eq!(user(&escaped).render(&Value::Null), Ok(text));
        }

        #[test]
        fn rendering_fails_only_for_missing_values(template in template()) {
            match template.render(&Value::Null) {
                Ok(_) => {}
                Err(missing) => {
                    prop_assert!(!missing.0.is_empty());
                    prop_assert!(missing.0.iter().all(|path| template.paths().any(|p| p == path)));
                }
            }
        }
    }
}

#[test]
fn the_example_of_module() -> Result<(), Box<dyn std::error::Error>> {
    use crate::text::template::{RecordKind, Template};
    use serde_json::json;

    let template = Template::parse(
        "{nickName ?? firstName} of {department | upper}",
        RecordKind::User,
    )?;
    let jane = json!({"profile": {"firstName": "Jane", "department": "Sales"}});
    assert_eq!(template.render(&jane)?, "Jane of SALES");
    Ok(())
}

#[test]
fn the_example_of_parse() -> Result<(), Box<dyn std::error::Error>> {
    use crate::text::template::{RecordKind, Template};

    let template = Template::parse("Team {name} {{beta}}", RecordKind::Group)?;
    assert_eq!(template.to_string(), "Team {profile.name} {{beta}}");

    let error = Template::parse("Team {profil.name | lowr}", RecordKind::Group).unwrap_err();
    assert_eq!(error.problems.len(), 2);
    Ok(())
}

#[test]
fn the_example_of_attribute() -> Result<(), Box<dyn std::error::Error>> {
    use crate::text::template::{RecordKind, Template};

    let title = Template::attribute("title", RecordKind::User)?;
    assert_eq!(title.to_string(), "{profile.title}");
    Ok(())
}

#[test]
fn the_example_of_render() -> Result<(), Box<dyn std::error::Error>> {
    use crate::text::template::{RecordKind, Template};
    use serde_json::json;

    let template = Template::parse("{email | local}", RecordKind::User)?;
    assert_eq!(
        template.render(&json!({"profile": {"email": "jane@example.com"}}))?,
        "jane"
    );

    let missing = template.render(&json!({"profile": {}})).unwrap_err();
    assert_eq!(missing.to_string(), "`profile.email` has no value");
    Ok(())
}

#[test]
fn the_example_of_paths() -> Result<(), Box<dyn std::error::Error>> {
    use crate::text::template::{RecordKind, Template};

    let template = Template::parse("{nickName ?? login} ({status})", RecordKind::User)?;
    let paths: Vec<&str> = template.paths().map(|path| path.as_str()).collect();
    assert_eq!(paths, ["profile.nickName", "profile.login", "status"]);
    Ok(())
}
