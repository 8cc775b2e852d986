//! Expressions that real tenants answered: what was accepted is accepted, what was refused is refused.
//!
//! The recordings are read from the folder that `OKTA_RECORDED_DIR` names; without it there is nothing to test.

#![expect(clippy::print_stdout, reason = "a test that has nothing to do says so")]

use std::path::{Path, PathBuf};

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

/// The folder of recordings, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "recordings are where the developer put them"
)]
fn recordings() -> Option<PathBuf> {
    let folder = std::env::var_os("OKTA_RECORDED_DIR");
    if folder.is_none() {
        println!("skipped: OKTA_RECORDED_DIR is not set");
    }
    folder.map(PathBuf::from)
}

/// Whether the verdicts are to be written instead of compared: `FILTER_BLESS=1`.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where this test is told so"
)]
fn is_blessing() -> bool {
    std::env::var_os("FILTER_BLESS").is_some()
}

/// A short name of a text, which is not ours to repeat (FNV-1a).
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// What we say of an expression, in a word or two.
fn verdict(text: &str, dialect: Option<&Dialect>) -> &'static str {
    let expr = match text.parse::<SearchExpr>() {
        Ok(expr) => expr,
        Err(errors)
            if errors
                .problems()
                .iter()
                .any(|problem| problem.fix().is_some()) =>
        {
            return "malformed, with a fix";
        }
        Err(_) => return "malformed",
    };
    assert_eq!(expr.to_string().parse::<SearchExpr>().as_ref(), Ok(&expr));
    let Some(dialect) = dialect else {
        return "reads";
    };
    let split = expr.split(dialect);
    match (expr.check(dialect), split.server, split.local) {
        (Ok(()), Some(_), None) => "accepted",
        // `co` is sent alone.
        (Ok(()), ..) => "accepted, sent in part",
        (Err(_), Some(_), _) => "refused, sent in part",
        (Err(_), None, _) => "refused, evaluated here",
    }
}

/// Every row of the recorded table with our verdict. The texts are not repeated: a row is known by its number and a
/// fingerprint.
#[test]
fn every_row_keeps_its_verdict() {
    let Some(folder) = recordings() else { return };
    let table = std::fs::read_to_string(folder.join("search-expressions.tsv")).unwrap();
    let mut found = String::from("row\ttext\tentity\tparameter\tform\tstatus\tverdict\n");
    for (row, line) in table.lines().enumerate().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [text, entity, param, form, status, ..] = cells.as_slice() else {
            panic!("{line}")
        };
        let dialect = dialect(entity, param);
        let verdict = match *param {
            "q" => "a keyword",
            _ => verdict(text, dialect.as_ref()),
        };
        let print = fingerprint(text);
        let row = row.to_string();
        let cells = [&row, print.as_str(), entity, param, form, status, verdict];
        found.push_str(&cells.join("\t"));
        found.push('\n');
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/search/recorded.tsv");
    if is_blessing() {
        std::fs::write(&golden, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&golden).unwrap();
    let differences: Vec<String> = expected
        .lines()
        .zip(found.lines())
        .filter(|(expected, found)| expected != found)
        .map(|(expected, found)| format!("- {expected}\n+ {found}"))
        .collect();
    assert!(
        differences.is_empty() && expected.lines().count() == found.lines().count(),
        "{}\nafter a look at the differences, FILTER_BLESS=1 accepts them",
        differences.join("\n")
    );
}

#[test]
fn verdicts_agree_with_the_recordings() {
    let Some(folder) = recordings() else { return };
    let table = std::fs::read_to_string(folder.join("search-expressions.tsv")).unwrap();
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
