//! Filters a dump of users, offline: prints those that match, or explains one.
//!
//! ```text
//! cargo run --example filter_dump -- 'status eq "ACTIVE" and profile.email ew "@example.com"' users.json
//! cargo run --example filter_dump -- 'profile.department sw "Eng"' users.json --explain 00u1
//! ```
//!
//! The dump is an array of users as Okta's API sends them; without a file it is read from standard input.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

use std::error::Error;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::process::ExitCode;

use org_filter::{Dialect, Matcher, ParseErrors, SearchExpr};
use serde_json::Value;

const USAGE: &str = "usage: filter_dump EXPRESSION [FILE] [--explain ID]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The faults of an expression are shown with carets and fixes.
            match error.downcast_ref::<ParseErrors>() {
                Some(errors) => eprint!("{}", errors.render()),
                None => eprintln!("error: {error}"),
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut words = Vec::new();
    let mut explained = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--explain" {
            explained = Some(arguments.next().ok_or(USAGE)?);
        } else {
            words.push(argument);
        }
    }
    let mut words = words.into_iter();
    let expr: SearchExpr = words.next().ok_or(USAGE)?.parse()?;
    let matcher = expr.compile(&Dialect::USER_SEARCH);
    let users = match words.next() {
        Some(path) => read(File::open(&path).map_err(|error| format!("`{path}`: {error}"))?)?,
        None => read(io::stdin())?,
    };
    match explained {
        Some(id) => explain(&matcher, &users, &id),
        None => {
            for user in users.iter().filter(|user| matcher.matches(user)) {
                println!("{user}");
            }
            Ok(())
        }
    }
}

fn read(input: impl Read) -> Result<Vec<Value>, Box<dyn Error>> {
    let users = serde_json::from_reader(BufReader::new(input));
    users.map_err(|error| format!("not an array of users in JSON: {error}").into())
}

fn explain(matcher: &Matcher, users: &[Value], id: &str) -> Result<(), Box<dyn Error>> {
    let mut with_id = users.iter().filter(|user| user["id"] == id);
    let user = with_id
        .next()
        .ok_or_else(|| format!("no user has the id `{id}`"))?;
    println!("{}", matcher.explain(user));
    Ok(())
}
