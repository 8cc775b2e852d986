//! Evaluation: the first line of the input is an expression, the rest a record in JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use org_filter::{Dialect, SearchExpr};
use serde_json::Value;

fuzz_target!(|input: &str| {
    let Some((text, record)) = input.split_once('\n') else {
        return;
    };
    let Ok(expr) = text.parse::<SearchExpr>() else {
        return;
    };
    let record: Value = serde_json::from_str(record).unwrap_or_default();
    for dialect in Dialect::ALL {
        holds(&expr, &dialect, &record);
        holds(&expr, &dialect.strict(), &record);
    }
});

/// What holds of an expression, wherever it is sent and whatever it is evaluated on.
fn holds(expr: &SearchExpr, dialect: &Dialect, record: &Value) {
    let checked = expr.check(dialect);
    if let Err(errors) = &checked {
        for problem in errors.problems() {
            assert!(expr.text().get(problem.span()).is_some(), "{problem}");
        }
        assert!(errors.render().ends_with('\n'));
    }
    let matcher = expr.compile(dialect);
    let whole = matcher.matches(record);
    assert_eq!(whole, matcher.clone().matches(record));
    assert_eq!(whole, matcher.explain(record).matches());

    let split = expr.split(dialect);
    if checked.is_ok() && split.local.is_none() {
        assert_eq!(split.server.as_ref(), Some(expr));
    }
    let server = split.server.as_ref().is_none_or(|server| {
        assert!(server.check(dialect).is_ok(), "{server} in {dialect}");
        server.compile(dialect).matches(record)
    });
    let local = split.local.is_none_or(|local| local.matches(record));
    assert_eq!(whole, server && local, "{expr} in {dialect}");
}
