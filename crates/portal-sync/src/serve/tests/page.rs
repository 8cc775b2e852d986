//! The page.

use super::*;

fn failed(message: &str) -> ProviderStatus {
    let at = |second| Timestamp::from_second(second).unwrap();
    ProviderStatus {
        provider: "default".to_owned(),
        org: "acme.okta.com".to_owned(),
        last_run: Some(Arc::new(Run {
            began: at(NOW - 185),
            ended: at(NOW - 60),
            failure: Some(Failure {
                kind: crate::held::run::FailureKind::Okta,
                message: message.to_owned(),
                fix: None,
                exit_code: 12,
            }),
            ..Run::default()
        })),
        next_run: Some(at(NOW + 600)),
        running: false,
    }
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no `{part}` in\n{text}");
    }
}

#[tokio::test]
async fn it_waits_for_the_first_sync_and_says_what_went_wrong() {
    let stage = Stage::empty();
    stage
        .status
        .send_replace(vec![failed("could not reach `acme.okta.com` <now>")]);
    let page = stage.get("/").await;
    assert_eq!(page.status, 200);
    has(
        page.text(),
        &[
            "<h1>Waiting for the first sync</h1>",
            r#"role="alert""#,
            "could not reach `acme.okta.com` &lt;now&gt;",
            "in 10 minutes",
        ],
    );
    let entity = stage.get("/catalog/default/user/mallory").await;
    assert_eq!(entity.status, 503);
    has(entity.text(), &["Waiting for the first sync"]);
}

#[tokio::test]
async fn it_shows_people_groups_and_runs() {
    let stage = Stage::empty();
    stage.publish(small());
    stage
        .status
        .send_replace(vec![failed("the key was refused")]);
    let page = stage.get("/").await;
    assert_eq!(page.status, 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    has(
        page.text(),
        &[
            "<!DOCTYPE html><html lang=\"en\">",
            "<header>",
            "Generation 12, ",
            "<time datetime=\"2024-01-01T00:00:00Z\" title=\"2024-01-01T00:00:00Z\">5 minutes ago</time>",
            "<main id=\"content\"",
            "<form role=\"search\"",
            "<label for=\"q\">",
            "People <span class=\"count\">2</span>",
            "Groups <span class=\"count\">2</span>",
            "<a href=\"/catalog/default/user/ada.lovelace\"><bdi>Ada Lovelace</bdi></a>",
            "<a href=\"/catalog/default/group/engines\"><bdi>The engines</bdi></a>",
            "<td class=\"number\">1</td>",
            "<th scope=\"row\">default</th>",
            "data-outcome=\"failed\">failed</span>",
            "took 2 min 5 s",
            "the key was refused",
        ],
    );
}

#[tokio::test]
async fn what_okta_says_is_text_and_never_markup() {
    let stage = Stage::empty();
    let hostile = "<script>alert('x')</script>";
    let mut mallory = user("mallory", hostile, &[]);
    mallory["metadata"]["description"] = hostile.into();
    mallory["metadata"]["annotations"]["okta.com/login"] = "\"><img src=x>".into();
    mallory["spec"]["profile"]["email"] = "x@example.com?bcc=all@example.com\"><b>".into();
    stage.publish(vec![mallory]);
    let query = "/?q=%3Cscript%3E";
    for path in ["/", query, "/catalog/default/user/mallory"] {
        let page = stage.get(path).await;
        let text = page.text();
        assert_eq!(page.status, 200);
        has(text, &["&lt;script&gt;"]);
        // The only script is our own file, the only attributes are ours.
        assert_eq!(text.matches("<script").count(), 1, "{text}");
        assert!(!text.contains("<img") && !text.contains("<b>"), "{text}");
        assert!(!text.contains("mailto:"), "{text}");
    }
}

#[tokio::test]
async fn a_person_has_a_profile_annotations_and_groups() {
    let stage = Stage::empty();
    stage.publish(small());
    let page = stage.get("/catalog/default/user/ada.lovelace").await;
    assert_eq!(page.status, 200);
    has(
        page.text(),
        &[
            "<title>Ada Lovelace · portal-sync</title>",
            "<h1><bdi>Ada Lovelace</bdi></h1>",
            "<code>user:default/ada.lovelace</code>",
            "<a href=\"mailto:ada.lovelace@example.com\">",
            "okta.com/id",
            "id-of-ada.lovelace",
            "Groups <span class=\"count\">1</span>",
            "<a href=\"/catalog/default/group/engines\"><bdi>The engines</bdi></a>",
            "/api/catalog/entities/by-name/user/default/ada.lovelace",
        ],
    );
}

#[tokio::test]
async fn a_group_has_members_a_parent_and_children() {
    let stage = Stage::empty();
    stage.publish(small());
    let engines = stage.get("/catalog/Default/GROUP/Engines").await;
    has(
        engines.text(),
        &[
            "Parent <span class=\"count\">1</span>",
            "<a href=\"/catalog/default/group/science\"><bdi>The science</bdi></a>",
            "Children <span class=\"count\">0</span>",
            "Members <span class=\"count\">1</span>",
            "<a href=\"/catalog/default/user/ada.lovelace\"><bdi>Ada Lovelace</bdi></a>",
        ],
    );
    let science = stage.get("/catalog/default/group/science").await;
    has(
        science.text(),
        &["<a href=\"/catalog/default/group/engines\"><bdi>The engines</bdi></a>"],
    );
}

#[tokio::test]
async fn other_addresses_are_not_found() {
    let stage = Stage::empty();
    stage.publish(small());
    for path in [
        "/nowhere",
        "/apicatalog",
        "/assets/style.css",
        "/catalog/default/user/nobody",
        "/catalog/default/robot/mallory",
        "/catalog/default/user/%ff",
    ] {
        let page = stage.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        has(page.text(), &["<h1>Not found</h1>"]);
    }
}

#[tokio::test]
async fn long_lists_come_in_pages() {
    let stage = Stage::empty();
    let names: Vec<_> = (0..450).map(|n| format!("user-{n:03}")).collect();
    let members: Vec<_> = names.iter().map(String::as_str).collect();
    let mut all: Vec<_> = names
        .iter()
        .map(|name| user(name, name, &["all"]))
        .collect();
    all.push(group("all", None, &[], &members));
    stage.publish(all);

    let rows = |text: &str| text.matches("href=\"/catalog/default/user/").count();
    for (path, shown, position) in [
        ("/", 200, "Page 1 of 3"),
        ("/?page=2", 200, "Page 2 of 3"),
        ("/?page=3", 50, "Page 3 of 3"),
        ("/?page=9", 50, "Page 3 of 3"),
        ("/?q=user-4", 50, "50 people and 0 groups match"),
        ("/?q=USER-04", 10, "10 people and 0 groups match"),
        ("/catalog/default/group/all", 200, "Page 1 of 3"),
        ("/catalog/default/group/all?page=3", 50, "Page 3 of 3"),
    ] {
        let page = stage.get(path).await;
        assert_eq!(rows(page.text()), shown, "{path}");
        has(page.text(), &[position]);
    }
    let second = stage.get("/?page=2").await;
    has(
        second.text(),
        &[
            "<nav class=\"pager\" aria-label=\"Pages of people\">",
            "<a rel=\"prev\" href=\"?page=1#people\">Previous</a>",
            "<a rel=\"next\" href=\"?page=3#people\">Next</a>",
        ],
    );
}

#[tokio::test]
async fn a_search_looks_at_names_titles_and_addresses() {
    let stage = Stage::empty();
    stage.publish(small());
    for (search, people, groups) in [
        ("lovelace", 1, 0),
        ("ADA+L", 1, 0),
        ("%40example.com", 2, 0),
        ("the+engines", 0, 1),
        ("science", 0, 1),
        ("+", 2, 2),
        ("zzz", 0, 0),
    ] {
        let page = stage.get(&format!("/?q={search}")).await;
        has(
            page.text(),
            &[
                &format!("People <span class=\"count\">{people}</span>"),
                &format!("Groups <span class=\"count\">{groups}</span>"),
            ],
        );
    }
}

#[tokio::test]
async fn assets_are_kept_by_browsers() {
    let stage = Stage::empty();
    let page = stage.get("/").await;
    for asset in Assets::new().all() {
        has(page.text(), &[asset.path()]);
        let answer = stage.get(asset.path()).await;
        assert_eq!(answer.status, 200);
        let kept = Some("private, max-age=31536000, immutable");
        assert_eq!(answer.header("cache-control"), kept, "{}", asset.path());
    }
}

/// What a text from Okta may be at worst.
fn endless() -> String {
    format!("\u{202e}\u{1b}[1m<i>&\"'{}", "x".repeat(1 << 20))
}

#[tokio::test]
async fn no_page_grows_with_a_text_and_no_text_turns_another() {
    let stage = Stage::empty();
    let endless = endless();
    let mut mallory = user("mallory", &endless, &["all"]);
    mallory["metadata"]["title"] = endless.clone().into();
    mallory["metadata"]["description"] = endless.clone().into();
    mallory["metadata"]["annotations"]["okta.com/login"] = endless.clone().into();
    mallory["spec"]["profile"]["email"] = format!("{}@example.com", "m".repeat(1 << 20)).into();
    mallory["spec"]["profile"]["picture"] = "javascript:alert(1)".into();
    let mut all = group("all", None, &[], &["mallory"]);
    all["metadata"]["title"] = endless.clone().into();
    all["metadata"]["description"] = endless.clone().into();
    all["spec"]["type"] = endless.clone().into();
    stage.publish(vec![mallory, all]);
    stage.status.send_replace(vec![failed(&endless)]);
    for path in [
        "/",
        "/?q=xxx",
        "/?q=%E2%80%AE",
        "/catalog/default/user/mallory",
        "/catalog/default/group/all",
    ] {
        let page = stage.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let text = page.text();
        assert!(text.len() < 100 * 1024, "{path}: {} bytes", text.len());
        let raw = |c: char| c == '\u{202e}' || c == '\u{1b}';
        let inputs = text.matches("value=\"\u{202e}\"").count();
        assert_eq!(text.matches(raw).count(), inputs, "{path}\n{text}");
        assert!(
            !text.contains("javascript:") && !text.contains("mailto:"),
            "{path}"
        );
        // Every long text is isolated, but for the title of the tab.
        let isolated = text
            .matches("<bdi>\\u{202e}\\u{1b}[1m&lt;i&gt;&amp;")
            .count();
        let titles = text.matches("<title>\\u{202e}").count();
        assert!(isolated > 0, "{path}");
        assert_eq!(
            text.matches("\\u{202e}\\u{1b}[1m").count(),
            isolated + titles,
            "{path}"
        );
        assert!(text.contains("xxx…</bdi>"), "{path}");
    }
    let waiting = Stage::empty();
    waiting.status.send_replace(vec![failed(&endless)]);
    for path in ["/", "/catalog/default/user/mallory"] {
        let page = waiting.get(path).await;
        assert!(page.body.len() < 10 * 1024, "{path}");
    }
}

#[tokio::test]
async fn a_page_of_the_worst_names_is_bounded() {
    let stage = Stage::empty();
    let worst = "\u{e0041}".repeat(1_000);
    let names: Vec<_> = (0..250).map(|n| format!("user-{n:03}")).collect();
    let members: Vec<_> = names.iter().map(String::as_str).collect();
    let mut all: Vec<_> = names
        .iter()
        .map(|name| user(name, &worst, &["all"]))
        .collect();
    all.push(group("all", None, &[], &members));
    for person in &mut all[..250] {
        person["spec"]["profile"]["email"] = worst.clone().into();
    }
    stage.publish(all);
    for path in ["/", "/?q=user", "/catalog/default/group/all"] {
        let page = stage.get(path).await;
        assert!(page.body.len() < 1_000_000, "{path}: {}", page.body.len());
    }
}

#[tokio::test]
async fn a_hundred_annotations_are_shown() {
    let stage = Stage::empty();
    let mut ada = user("ada", "Ada", &[]);
    for n in 0..120 {
        ada["metadata"]["annotations"][format!("okta.com/n-{n:03}")] = "value".into();
    }
    stage.publish(vec![ada]);
    let page = stage.get("/catalog/default/user/ada").await;
    assert_eq!(page.text().matches("<bdi>value</bdi>").count(), 99);
    has(page.text(), &["21 more are in the JSON."]);
}

#[tokio::test]
async fn a_search_that_is_too_long_is_refused_with_its_end() {
    let stage = Stage::empty();
    stage.publish(small());
    for (length, status) in [(200, 200), (201, 400), (20_000, 400)] {
        let search = "a".repeat(length);
        for path in ["/", "/catalog/default/user/mallory"] {
            let page = stage.get(&format!("{path}?q={search}")).await;
            assert_eq!(page.status, status, "{path} {length}");
            if status == 400 {
                has(page.text(), &["A search has 200 characters at most."]);
                assert!(!page.text().contains("aaa"));
            }
        }
    }
    has(stage.get("/").await.text(), &["maxlength=\"200\""]);
}

#[tokio::test]
async fn the_way_to_another_page_repeats_only_what_pages_know() {
    let stage = Stage::empty();
    let names: Vec<_> = (0..201).map(|n| format!("user-{n:03}")).collect();
    stage.publish(names.iter().map(|name| user(name, name, &[])).collect());
    let junk = "junk=".repeat(5_000);
    let page = stage.get(&format!("/?x={junk}&q=user&{junk}")).await;
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("junk"));
    has(page.text(), &["href=\"?q=user&amp;page=2#people\""]);
}
