//! What entities hold.

use super::*;

#[test]
fn texts_come_from_the_first_source_that_has_a_value() {
    let org = org(
        &[
            (
                "00u1",
                json!({
                    "login": "jane", "email": "Jane.Doe@Example.com", "firstName": "Jane", "lastName": "Doe",
                    "displayName": " ", "title": "Engineer", "department": "R&D", "photo": "https://img.example/1.png",
                    "costCenter": 4711, "skills": ["rust", "sql"], "remote": true, "manager": {"id": "00u9"}, "nick": "j+d",
                }),
            ),
            (
                "00u2",
                json!({"login": "li", "email": null, "costCenter": ""}),
            ),
        ],
        &[(
            "00g1",
            json!({"name": "Platform", "mail": "platform@example.com", "description": ""}),
            &[],
        )],
    );
    let yaml = "\
adminConsole: true
users:
  displayName: [displayName, '{lastName}, {firstName}', login]
  title: title
  description: '{title ?? \"Guest\"} of {department ?? \"nowhere\"}'
  picture: photo
  emailCase: lower
  annotations:
    prefix: acme.com/
    attributes: [costCenter, skills, manager, profile.department]
    values: { acme.com/slack: '@{nick}', acme.com/source: okta }
  labels:
    prefix: acme.com/
    attributes: [remote, department, nick]
    values: { acme.com/team: eng }
groups:
  email: mail
  title: '{name} Team'
  displayName: []
";
    let entities = entities(&org, yaml);
    let jane = &entities["00u1"];
    assert_eq!(
        jane["spec"]["profile"],
        json!({
            "displayName": "Doe, Jane",
            "email": "jane.doe@example.com",
            "picture": "https://img.example/1.png",
        })
    );
    assert_eq!(
        jane["metadata"],
        json!({
            "name": "Jane.Doe",
            "namespace": "default",
            "title": "Engineer",
            "description": "Engineer of R&D",
            "labels": {
                "acme.com/department": "R-D",
                "acme.com/nick": "j-d",
                "acme.com/remote": "true",
                "acme.com/team": "eng",
            },
            "annotations": {
                "acme.com/costCenter": "4711",
                "acme.com/department": "R&D",
                "acme.com/skills": "rust, sql",
                "acme.com/slack": "@j+d",
                "acme.com/source": "okta",
                "backstage.io/edit-url": "https://acme-admin.okta.com/admin/user/profile/view/00u1",
                "backstage.io/managed-by-location": "okta:https://acme.okta.com/api/v1/users/00u1",
                "backstage.io/managed-by-origin-location": "okta:https://acme.okta.com/api/v1/users/00u1",
                "backstage.io/view-url": "https://acme-admin.okta.com/admin/user/profile/view/00u1",
                "okta.com/email": "Jane.Doe@Example.com",
                "okta.com/id": "00u1",
                "okta.com/login": "jane",
                "okta.com/org": "acme.okta.com",
                "okta.com/provider": "acme",
            },
            "links": [{
                "url": "https://acme-admin.okta.com/admin/user/profile/view/00u1",
                "title": "Okta admin console",
                "type": "admin-console",
            }],
        })
    );
    let li = &entities["00u2"];
    assert_eq!(li["spec"]["profile"], json!({"displayName": "li"}));
    assert_eq!(li["metadata"]["description"], "Guest of nowhere");
    assert_eq!(li["metadata"]["labels"], json!({"acme.com/team": "eng"}));
    let platform = &entities["00g1"];
    assert_eq!(
        platform["spec"]["profile"],
        json!({"email": "platform@example.com"})
    );
    assert_eq!(platform["metadata"]["title"], "Platform Team");
    assert_eq!(
        platform["metadata"]["links"][0]["url"],
        "https://acme-admin.okta.com/admin/group/00g1"
    );
}

/// Who edits a profile does not decide what a browser runs.
#[test]
fn addresses_of_pages_and_images_are_https_or_left_out() {
    let yaml = "\
users:
  picture: [photo, avatar]
  annotations: { values: { backstage.io/view-url: '{home}', acme.com/home: '{home}' } }
groups: { picture: logo }";
    let script = "javascript:alert(1)";
    let read = org(
        &[
            (
                "00u1",
                json!({"login": "a", "photo": script, "avatar": "https://x.io/1", "home": script}),
            ),
            (
                "00u2",
                json!({"login": "b", "photo": "https://x.io/2", "home": "https://x.io/b"}),
            ),
            ("00u3", json!({"login": "c", "photo": "http://x.io/3"})),
            ("00u4", json!({"login": "d", "photo": " "})),
        ],
        &[(
            "00g1",
            json!({"name": "g", "logo": "data:image/png;base64,AA=="}),
            &[],
        )],
    );
    let (plan, _) = after(&read, &State::default(), &with(yaml));
    let entities = entities(&read, yaml);
    let picture = |id: &str| entities[id]["spec"]["profile"]["picture"].clone();
    assert_eq!(
        ["00u1", "00u2", "00u3", "00u4", "00g1"].map(picture),
        [
            json!("https://x.io/1"),
            json!("https://x.io/2"),
            Value::Null,
            Value::Null,
            Value::Null
        ]
    );
    let annotation = |id: &str, key: &str| entities[id]["metadata"]["annotations"][key].clone();
    let view = "backstage.io/view-url";
    assert_eq!(annotation("00u1", view), Value::Null);
    assert_eq!(annotation("00u2", view), "https://x.io/b");
    assert_eq!(annotation("00u1", "acme.com/home"), script, "it is no link");
    let told = plan.notices.iter().map(ToString::to_string);
    let told = told.filter(|it| it.contains("`https:` URL"));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "`mapping.users.picture` makes something of 2 users that is no `https:` URL: it is left out",
            "`mapping.users.annotations` `backstage.io/view-url` makes something of 1 user that is no `https:` URL: it is left out",
            "`mapping.groups.picture` makes something of 1 group that is no `https:` URL: it is left out",
        ]
    );
}

#[test]
fn what_nobody_sees_is_no_value() {
    for (profile, display_name) in [
        (
            json!({"displayName": "   ", "firstName": " ", "lastName": " "}),
            "jane@x.io",
        ),
        (json!({"firstName": " ", "lastName": "Lee"}), "Lee"),
        (json!({"firstName": "Ann", "lastName": "\u{200b}"}), "Ann"),
        (
            json!({"firstName": "\u{ad}", "lastName": "\u{0}"}),
            "jane@x.io",
        ),
        (
            json!({"displayName": "\u{feff}", "firstName": "Ann", "lastName": "Lee"}),
            "Ann Lee",
        ),
        (json!({"displayName": "\u{0} A\u{0}nn "}), " Ann "),
        (json!({"displayName": ["\t", "Ann"]}), "Ann"),
        (
            json!({"displayName": ["\t", ""], "firstName": "Ann"}),
            "Ann",
        ),
    ] {
        let mut with_login = profile.clone();
        with_login["login"] = "jane@x.io".into();
        let group = ("00g1", json!({"name": "x"}), &[][..]);
        let org = org(&[("00u1", with_login)], &[group]);
        let entities = entities(&org, "{}");
        let found = &entities["00u1"]["spec"]["profile"]["displayName"];
        assert_eq!(found, display_name, "{profile}");
    }
}

#[test]
fn blank_annotations_labels_and_addresses_are_absent() {
    let yaml = "\
users:
  annotations: { values: { x.io/a: '{team}', x.io/b: '{team ?? \"\"}', x.io/c: '{email | domain}', x.io/d: '{nick}' } }
  labels: { values: { x.io/a: '{team}', x.io/b: '{team ?? \" \"}', x.io/c: '{nick}' } }
  description: ['{team}', '{team ?? \" \"}', nick]
groups:
  type: { attribute: kind, default: team }
  hierarchy: { key: key, parentKey: above }
";
    let org = org(
        &[
            (
                "00u1",
                json!({"login": "jane", "email": "\u{200b}", "team": " \u{0}", "nick": "j\u{0}d"}),
            ),
            (
                "00u2",
                json!({"login": "\u{a0}", "email": "l\u{0}i@x.io", "team": "\u{2060}"}),
            ),
        ],
        &[
            (
                "00g1",
                json!({"name": "a", "kind": " ", "key": " ", "above": "\u{feff}"}),
                &[],
            ),
            (
                "00g2",
                json!({"name": " ", "kind": "squ\u{0}ad", "key": "\u{feff}", "above": " "}),
                &[],
            ),
        ],
    );
    let (plan, _) = after(&org, &State::default(), &with(yaml));
    let entities = entities(&org, yaml);
    let jane = &entities["00u1"];
    assert_eq!(jane["metadata"]["name"], "jane");
    assert_eq!(jane["metadata"]["description"], "jd");
    assert_eq!(jane["metadata"]["labels"], json!({"x.io/c": "jd"}));
    assert_eq!(jane["spec"]["profile"], json!({"displayName": "jane"}));
    let annotations = &jane["metadata"]["annotations"];
    assert_eq!(annotations["okta.com/login"], "jane");
    assert_eq!(annotations["x.io/d"], "jd");
    for key in ["okta.com/email", "x.io/a", "x.io/b", "x.io/c"] {
        assert!(annotations.get(key).is_none(), "{key}");
    }
    let li = &entities["00u2"]["metadata"];
    assert!(li["annotations"].get("okta.com/login").is_none());
    assert_eq!(li["annotations"]["okta.com/email"], "li@x.io");
    assert_eq!(entities["00g1"]["spec"]["type"], "team");
    assert_eq!(entities["00g2"]["spec"]["type"], "squad");
    assert_eq!(entities["00g2"]["metadata"]["name"], "00g2");
    let without = plan.sign_in.without_email.iter().map(ToString::to_string);
    assert_eq!(without.collect::<Vec<_>>(), ["user:default/jane"]);
    let told = plan
        .notices
        .iter()
        .map(ToString::to_string)
        .find(|it| it.contains("hierarchy") || it.contains("parent"));
    assert_eq!(told, None);
}

#[test]
fn who_cannot_sign_in_is_reported() {
    let group = ("00g1", json!({"name": "x"}), &[][..]);
    let before = org(
        &[
            ("00u0", json!({"login": "kim", "email": "Kim@x.io"})),
            ("00u1", json!({"login": "lou", "email": "lou@x.io"})),
        ],
        std::slice::from_ref(&group),
    );
    let settings = with("users: { leavers: mark }");
    let (_, state) = after(&before, &State::default(), &settings);
    let mut now = org(
        &[
            (
                "00u2",
                json!({"login": "A@example.com", "email": "a@example.com"}),
            ),
            ("00u3", json!({"login": "kim", "email": "kim@y.io"})),
            ("00u4", json!({"login": "c", "email": "\u{200b}"})),
            ("00u5", json!({"login": "d", "email": "kim@X.io"})),
            ("00u6", json!({"login": "lou.new", "email": "lou@x.io"})),
        ],
        &[group],
    );
    // Whose record cannot be read is still there, and so is the one who left.
    now.malformed_users.insert("00u0".into(), "odd".to_owned());
    now.deactivated.insert("00u1".into());
    let (plan, _) = after(&now, &state, &settings);
    let report = serde_json::to_value(&plan.sign_in).unwrap();
    let refs = |list: &Value| -> Vec<String> {
        let users = list.as_array().unwrap().iter();
        let users = users.map(|user| user.as_str().unwrap().to_owned());
        users.collect()
    };
    let kim = refs(&report["duplicates"][0]["users"]);
    assert_eq!((kim.len(), &*kim[0]), (2, "user:default/kim"), "{report}");
    let lou = refs(&report["duplicates"][1]["users"]);
    assert_eq!((lou.len(), &*lou[0]), (2, "user:default/lou"), "{report}");
    let mistaken = report["localPartOfAnother"].as_array().unwrap();
    let mistaken = mistaken.iter().map(|it| it["signedInAs"].clone());
    assert_eq!(
        mistaken.collect::<Vec<_>>(),
        ["user:default/kim", "user:default/kim", "user:default/lou"]
    );
    assert_eq!(report["withoutEmail"], json!(["user:default/c"]));
    let told = plan.sign_in.notices();
    assert!(
        told.iter()
            .all(|it| it.to_string().starts_with("sign-in: "))
    );
    assert_eq!(told.len(), 3);
}
