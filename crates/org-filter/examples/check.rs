//! Would Okta take it? Checks an expression against a parameter of Okta's API, without asking Okta.
//!
//! ```text
//! cargo run --example check -- user-search 'status eq "ACTIVE" and profile.email ew "@example.com"'
//! ```
//!
//! Shows each problem with its place, what to write instead and the document it rests on, and then what of the expression
//! can be sent all the same.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

use std::process::ExitCode;

use org_filter::{Dialect, RecordKind, SearchExpr};

const USAGE: &str =
    "usage: check user-search|user-filter|group-search|group-filter|log-filter EXPRESSION";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dialect, text] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let (dialect, kind) = match dialect.as_str() {
        "user-search" => (Dialect::USER_SEARCH, Some(RecordKind::User)),
        "user-filter" => (Dialect::USER_FILTER, Some(RecordKind::User)),
        "group-search" => (Dialect::GROUP_SEARCH, Some(RecordKind::Group)),
        "group-filter" => (Dialect::GROUP_FILTER, Some(RecordKind::Group)),
        "log-filter" => (Dialect::LOG_FILTER, None),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let expr: SearchExpr = match text.parse() {
        Ok(expr) => expr,
        Err(errors) => {
            print!("{}", errors.render());
            return ExitCode::FAILURE;
        }
    };
    let Err(refused) = expr.check(&dialect) else {
        println!("accepted by {dialect}");
        return ExitCode::SUCCESS;
    };
    print!("{}", refused.render());

    // An attribute that no record has is a mistake whoever evaluates the expression.
    if kind.is_some_and(|kind| expr.check_attributes(kind).is_err()) {
        return ExitCode::FAILURE;
    }
    let split = expr.split(&dialect);
    match split.server {
        Some(server) => println!("can be sent: {server}"),
        None => println!("nothing of it can be sent: list everything"),
    }
    if let Some(local) = split.local {
        println!("can be evaluated on the answer: {local}");
    }
    ExitCode::FAILURE
}
