//! Expressions of the search language: the input is what somebody typed or pasted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use org_filter::SearchExpr;

fuzz_target!(|text: &str| {
    match text.parse::<SearchExpr>() {
        Ok(expr) => {
            let printed = expr.to_string();
            let again = printed.parse::<SearchExpr>();
            assert_eq!(again.as_ref(), Ok(&expr), "printed as {printed:?}");
            assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        }
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            for problem in errors.problems() {
                assert!(text.get(problem.span()).is_some(), "{problem}");
            }
            assert!(errors.render().ends_with('\n'));
            assert!(!errors.to_string().is_empty());
        }
    }
});
