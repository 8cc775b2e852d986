//! Trying expressions from the command line, without Okta.

use crate::{says, small};

const PEOPLE: &str = r#"{"id":"00u1","status":"ACTIVE","profile":{"email":"Ada@Example.com","level":3}}
{"id":"00u2","status":"STAGED","profile":{"email":"bob@example.org"}}
"#;

#[tokio::test]
async fn an_expression_is_accepted_or_told_what_is_wrong() -> anyhow::Result<()> {
    let small = small().await?;
    let check = async |kind: &str, text: &str, code: i32| {
        let arguments = ["filter", "check", "--kind", kind, text];
        small.run(&arguments).await?.exited(code)
    };
    for (kind, text) in [
        ("user", r#"status eq "ACTIVE" and profile.anything sw "x""#),
        (
            "group",
            r#"type eq "APP_GROUP" or profile.name sw "public-""#,
        ),
    ] {
        let said = check(kind, text, 0).await?;
        assert_eq!((said.stdout.lines().count(), said.stderr.as_str()), (1, ""));
    }
    let said = check("user", r#"status = "ACTIVE""#, 10).await?;
    says(
        &said.stderr,
        &["^", "fix: write `eq`", "cannot be evaluated here"],
    );
    let text = r#"status eq "ACTIVE" and profile.email ew "@example.com""#;
    let said = check("user", text, 10).await?;
    says(
        &said.stderr,
        &["^^", "no `ew`", r#"Okta is asked for `status eq "ACTIVE"`"#],
    );
    assert_eq!(said.stdout, "");
    assert!(small.simulator.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn objects_are_filtered_by_the_rules_of_the_server() -> anyhow::Result<()> {
    let small = small().await?;
    small.write("people.ndjson", PEOPLE)?;
    let array = format!("[{}]", PEOPLE.trim().replace('\n', ","));
    small.write("people.json", &array)?;
    for file in ["people.ndjson", "people.json"] {
        let expression = r#"profile.email ew "@EXAMPLE.com" and not (profile.level lt 3)"#;
        let arguments = ["filter", "eval", "--kind", "user", expression, file];
        let matching = small.run(&arguments).await?.exited(0)?.stdout;
        assert_eq!(matching, PEOPLE.lines().next().unwrap().to_owned() + "\n");
    }
    let nothing = ["filter", "eval", "--kind", "user", "id pr"];
    assert_eq!(small.run(&nothing).await?.exited(0)?.stdout, "");
    small.write("broken.ndjson", "{}\n{\"id\":")?;
    let broken = ["filter", "eval", "--kind", "user", "id pr", "broken.ndjson"];
    let said = small.run(&broken).await?.exited(10)?;
    says(
        &said.stderr,
        &["`broken.ndjson` is not JSON", "line 2", "fix:"],
    );
    Ok(())
}
