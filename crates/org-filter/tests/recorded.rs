//! Expressions that real tenants answered: what was accepted is accepted, what was refused is refused.
//!
//! The recordings are read from the folder that `OKTA_RECORDED_DIR` names; without it there is nothing to test.

use std::path::Path;

use org_filter::{Dialect, SearchExpr};

fn dialect(entity: &str, param: &str) -> Option<Dialect> {
    match (entity.split(' ').next()?, param) {
        ("user", "search") => Some(Dialect::USER_SEARCH),
        ("user", "filter") => Some(Dialect::USER_FILTER),
        ("group", "search") => Some(Dialect::GROUP_SEARCH),
        ("group", "filter") => Some(Dialect::GROUP_FILTER),
        _ => None,
    }
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "recordings are where the developer put them"
)]
fn verdicts_agree_with_the_recordings() {
    let Some(folder) = std::env::var_os("OKTA_RECORDED_DIR") else {
        println!("skipped: OKTA_RECORDED_DIR is not set");
        return;
    };
    let table = std::fs::read_to_string(Path::new(&folder).join("search-expressions.tsv")).unwrap();
    let (mut accepted, mut refused, mut malformed) = (0, 0, 0);
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [text, entity, param, form, status, ..] = cells.as_slice() else {
            panic!("{line}")
        };
        let parsed = text.parse::<SearchExpr>();
        if *form == "malformed" {
            assert!(parsed.is_err(), "{text}");
            malformed += 1;
            continue;
        }
        let Some(dialect) = dialect(entity, param).filter(|_| *form == "concrete") else {
            continue;
        };
        let parsed = parsed.unwrap_or_else(|errors| panic!("{}", errors.render()));
        assert_eq!(
            parsed.to_string().parse::<SearchExpr>().as_ref(),
            Ok(&parsed)
        );
        let verdict = parsed.check(&dialect);
        match *status {
            "200" => {
                assert!(verdict.is_ok(), "{dialect}: {text}: {verdict:?}");
                assert!(
                    parsed.split(&dialect).local.is_none(),
                    "{text} is sent whole"
                );
                accepted += 1;
            }
            "400" => {
                assert!(verdict.is_err(), "{dialect}: {text}");
                refused += 1;
            }
            _ => {}
        }
    }
    assert!(
        accepted >= 15 && refused >= 2 && malformed >= 3,
        "{accepted} {refused} {malformed}"
    );
}
