//! Errors as diagnostics of miette: the text, a label at each fault, the fixes.

use miette::{Diagnostic, LabeledSpan, SourceCode};

use crate::problem::{AttributeErrors, DialectErrors, ParseErrors, Problem};

/// The faults as labels.
fn labels(problems: &[Problem]) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
    let label = |problem: &Problem| {
        let text = match problem.expected() {
            Some(expected) => format!("{}, expected {expected}", problem.message()),
            None => problem.message().to_owned(),
        };
        LabeledSpan::new_with_span(Some(text), problem.span())
    };
    Some(Box::new(problems.iter().map(label)))
}

/// The fixes that are known, a line each.
fn help(problems: &[Problem]) -> Option<Box<dyn std::fmt::Display + '_>> {
    let fixes: Vec<_> = problems.iter().filter_map(Problem::help).collect();
    (!fixes.is_empty()).then(|| Box::new(fixes.join("\n")) as Box<dyn std::fmt::Display>)
}

macro_rules! diagnostic {
    ($errors:ty, $code:literal) => {
        impl Diagnostic for $errors {
            fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
                Some(Box::new($code))
            }

            fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
                help(self.problems())
            }

            fn source_code(&self) -> Option<&dyn SourceCode> {
                Some(self.shared_text())
            }

            fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
                labels(self.problems())
            }
        }
    };
}

diagnostic!(ParseErrors, "org_filter::parse");
diagnostic!(DialectErrors, "org_filter::dialect");
diagnostic!(AttributeErrors, "org_filter::attributes");

#[cfg(test)]
mod tests {
    use miette::NarratableReportHandler;

    use crate::{Dialect, SearchExpr};

    fn told(error: &dyn miette::Diagnostic) -> String {
        let mut told = String::new();
        let reported = NarratableReportHandler::new().render_report(&mut told, error);
        assert!(reported.is_ok());
        told
    }

    #[test]
    fn a_report_has_the_text_the_places_and_the_fixes() {
        let errors = "status = 'ACTIVE'".parse::<SearchExpr>().unwrap_err();
        let told = told(&errors);
        for part in [
            "status = 'ACTIVE'",
            "write `eq`",
            "label at line 1, column 8",
        ] {
            assert!(told.contains(part), "`{part}` is not in:\n{told}");
        }
    }

    #[test]
    fn a_refusal_too() {
        let expr: SearchExpr = r#"status ne "STAGED""#.parse().unwrap();
        let refused = expr.check(&Dialect::USER_SEARCH).unwrap_err();
        let told = told(&refused);
        assert!(told.contains("has no `ne`"), "{told}");
        assert!(told.contains(r#"lt "STAGED" or"#), "{told}");
    }
}
