//! `filter`: Okta's search language without Okta.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use org_filter::{Dialect, Matcher, ParseErrors, RecordKind, SearchExpr};
use serde_json::Value;

use super::{failure, output};
use crate::exit::Exit;
use crate::text::json::nothing_hidden;

#[derive(Debug, Subcommand)]
pub(super) enum FilterCommand {
    /// Would Okta's `search` accept this expression?
    Check(Expression),
    /// Print the objects that match: Okta's JSON in, one object a line out
    Eval(EvalArgs),
}

#[derive(Debug, Args)]
pub(super) struct Expression {
    /// What is searched for
    #[arg(long, value_enum)]
    kind: Kind,
    /// The expression, such as 'status eq "ACTIVE"'
    #[arg(value_name = "EXPR")]
    text: String,
}

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    #[command(flatten)]
    expression: Expression,
    /// Users or groups as Okta sends them, one object a line or an array [default: standard input]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Users
    User,
    /// Groups
    Group,
}

impl Kind {
    fn records(self) -> RecordKind {
        match self {
            Self::User => RecordKind::User,
            Self::Group => RecordKind::Group,
        }
    }

    fn dialect(self) -> Dialect {
        match self {
            Self::User => Dialect::USER_SEARCH,
            Self::Group => Dialect::GROUP_SEARCH,
        }
    }
}

pub(super) fn run(command: &FilterCommand) -> Exit {
    match command {
        FilterCommand::Check(expression) => check(expression),
        FilterCommand::Eval(arguments) => eval(arguments),
    }
}

fn check(Expression { kind, text }: &Expression) -> Exit {
    let expr = match parse(text) {
        Ok(expr) => expr,
        Err(exit) => return exit,
    };
    let dialect = kind.dialect();
    let Err(refused) = expr.check(&dialect) else {
        return match output::lines(format_args!("accepted by {dialect}\n")) {
            Ok(()) => Exit::Done,
            Err(error) => failure::of_output(&error),
        };
    };
    output::message(refused.render().trim_end());
    // The configuration refuses what no record can have: here, it would select nobody, or everybody.
    if expr.check_attributes(kind.records()).is_err() {
        return Exit::Usage;
    }
    let split = expr.split(&dialect);
    let sent = match &split.server {
        Some(server) => format!("Okta is asked for `{server}`"),
        None => "everything is listed".to_owned(),
    };
    output::message(format_args!(
        "note: as a filter in the configuration it works all the same: {sent}, and the rest is evaluated here"
    ));
    Exit::Usage
}

fn parse(text: &str) -> Result<SearchExpr, Exit> {
    text.parse().map_err(|errors: ParseErrors| {
        output::message(errors.render().trim_end());
        output::message("note: it cannot be evaluated here either");
        Exit::Usage
    })
}

fn eval(EvalArgs { expression, file }: &EvalArgs) -> Exit {
    let Expression { kind, text } = expression;
    let matcher = match parse(text) {
        Ok(expr) => expr.compile(&kind.dialect()),
        Err(exit) => return exit,
    };
    let done = match (output::stdout(), file) {
        (Err(error), _) => Err(Failure::Write(error)),
        (Ok(stdout), Some(path)) => File::open(path)
            .map_err(Failure::Read)
            .and_then(|file| filter(&matcher, BufReader::new(file), stdout)),
        (Ok(stdout), None) => filter(&matcher, io::stdin().lock(), stdout),
    };
    match done {
        Ok(()) => Exit::Done,
        // A reader that went away has what it wanted.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(failure) => {
            output::message(failure.told(file.as_deref()));
            failure.exit()
        }
    }
}

/// Why the objects could not be filtered.
#[derive(Debug)]
enum Failure {
    Read(io::Error),
    Json(serde_json::Error),
    Utf16,
    /// A value that is not an object, counted from 1.
    NotAnObject(usize),
    Write(io::Error),
}

impl Failure {
    fn told(&self, file: Option<&Path>) -> String {
        let input = file.map_or("standard input".to_owned(), |path| {
            format!("`{}`", path.display())
        });
        match self {
            Self::Read(error) => format!("error: {input} cannot be read\n  because: {error}"),
            Self::Json(error) if error.is_io() => {
                format!("error: {input} cannot be read\n  because: {error}")
            }
            Self::Json(error) => format!(
                "error: {input} is not JSON\n  because: {error}\n  fix: give one object a line, or an array of objects"
            ),
            Self::Utf16 => format!(
                "error: {input} is UTF-16, not UTF-8\n  fix: save it as UTF-8; in PowerShell: Get-Content IN | Set-Content -Encoding utf8 OUT; elsewhere: iconv -f UTF-16 -t UTF-8 IN > OUT"
            ),
            Self::NotAnObject(number) => format!(
                "error: value {number} of {input} is not an object\n  fix: give users or groups as Okta sends them, one object a line or an array of objects"
            ),
            Self::Write(error) => {
                format!("error: the matching objects cannot be written\n  because: {error}")
            }
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Read(_) | Self::Json(_) | Self::Utf16 | Self::NotAnObject(_) => Exit::Usage,
            Self::Write(_) => Exit::Store,
        }
    }
}

/// Writes the objects that match, in their order. Of lines, what stands before a fault is written; of an array with a
/// fault in it nothing is.
fn filter(matcher: &Matcher, input: impl BufRead, mut output: impl Write) -> Result<(), Failure> {
    let mut input = decoded(input)?;
    let outcome = if begins_with_bracket(&mut input).map_err(Failure::Read)? {
        let mut array = serde_json::Deserializer::from_reader(input);
        let objects: Vec<Value> =
            serde::Deserialize::deserialize(&mut array).map_err(Failure::Json)?;
        array.end().map_err(Failure::Json)?;
        let objects = objects.into_iter().map(Ok);
        write_matching(matcher, objects, &mut output)
    } else {
        let objects = serde_json::Deserializer::from_reader(input).into_iter();
        write_matching(matcher, objects, &mut output)
    };
    output.flush().map_err(Failure::Write)?;
    outcome
}

fn write_matching(
    matcher: &Matcher,
    objects: impl Iterator<Item = serde_json::Result<Value>>,
    output: &mut impl Write,
) -> Result<(), Failure> {
    for (number, object) in objects.enumerate() {
        let object = object.map_err(Failure::Json)?;
        if !object.is_object() {
            return Err(Failure::NotAnObject(number + 1));
        }
        if matcher.matches(&object) {
            writeln!(output, "{}", nothing_hidden(&object.to_string())).map_err(Failure::Write)?;
        }
    }
    Ok(())
}

/// The input without the mark that some editors put before UTF-8.
fn decoded(mut input: impl BufRead) -> Result<impl BufRead, Failure> {
    let mut start = Vec::new();
    let mut first = input.by_ref().take(3);
    first.read_to_end(&mut start).map_err(Failure::Read)?;
    match *start.as_slice() {
        // Its mark, and a character of ASCII as it begins in either order of bytes.
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [0, _, ..] | [_, 0, ..] => {
            return Err(Failure::Utf16);
        }
        [0xEF, 0xBB, 0xBF] => start.clear(),
        _ => {}
    }
    Ok(io::Cursor::new(start).chain(input))
}

/// Whether the first character that counts is a `[`.
fn begins_with_bracket(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let buffer = input.fill_buf()?;
        let blank = buffer.iter().take_while(|byte| byte.is_ascii_whitespace());
        let blank = blank.count();
        if let Some(first) = buffer.get(blank) {
            return Ok(*first == b'[');
        }
        if buffer.is_empty() {
            return Ok(false);
        }
        input.consume(blank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out, and the failure if there is one.
    fn filtered(expression: &str, input: impl AsRef<[u8]>) -> (String, Option<Failure>) {
        let matcher = expression.parse::<SearchExpr>().unwrap();
        let matcher = matcher.compile(&Dialect::USER_SEARCH);
        let mut output = Vec::new();
        let done = filter(&matcher, input.as_ref(), &mut output);
        (String::from_utf8(output).unwrap(), done.err())
    }

    const ADA: &str = r#"{"id":"00u1","status":"ACTIVE","profile":{"b":1,"a":2}}"#;
    const BOB: &str = r#"{"id":"00u2","status":"STAGED"}"#;

    #[test]
    fn lines_and_arrays_are_read_alike_and_order_is_kept() {
        let pretty = format!(" \n[\n  {ADA},\n {BOB} , {ADA}]\n");
        let lines = format!("{ADA}\n{BOB}\r\n\n{ADA}");
        let joined = format!("{ADA}{BOB}{ADA}");
        for input in [pretty, lines, joined] {
            let (output, failure) = filtered(r#"status eq "active""#, &input);
            assert_eq!(output, format!("{ADA}\n{ADA}\n"));
            assert!(failure.is_none(), "{failure:?}");
        }
        for input in ["", " \n", "[]"] {
            let (output, failure) = filtered("id pr", input);
            assert!(output.is_empty() && failure.is_none(), "{input:?}");
        }
    }

    #[test]
    fn a_mark_of_the_encoding_is_read_past_or_named() {
        for text in [
            format!("{ADA}\n{BOB}"),
            format!("[{ADA},{BOB}]"),
            String::new(),
        ] {
            let plain = filtered("id pr", &text).0;
            let (output, failure) = filtered("id pr", format!("\u{feff}{text}"));
            assert_eq!((output, failure.is_none()), (plain, true), "{text}");
            let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let marked = format!("\u{feff}{text}");
            let mut encoded: Vec<Vec<u8>> = vec![little(&marked), big(&marked)];
            if !text.is_empty() {
                encoded.extend([little(&text), big(&text)]);
            }
            for input in encoded {
                let (output, failure) = filtered("id pr", &input);
                let told = failure.unwrap().told(None);
                assert!(output.is_empty() && told.contains("UTF-16"), "{told}");
            }
        }
        // Fewer bytes than a mark has.
        assert!(filtered("id pr", "{}").1.is_none());
    }

    #[test]
    fn what_stands_before_a_fault_is_written() {
        let (output, failure) = filtered("id pr", format!("{ADA}\n{BOB}\n{{"));
        assert_eq!(output, format!("{ADA}\n{BOB}\n"));
        let told = failure.unwrap().told(None);
        assert!(
            told.contains("standard input") && told.contains("line 3"),
            "{told}"
        );

        let (_, failure) = filtered("id pr", format!("{ADA}\n7\n"));
        let told = failure.unwrap().told(Some(Path::new("users.json")));
        assert!(told.contains("value 2 of `users.json`"), "{told}");
        let (_, failure) = filtered("id pr", "[{}] x");
        assert!(matches!(failure, Some(Failure::Json(_))));
    }

    #[test]
    fn what_cannot_be_written_is_no_success() {
        let matcher = "id pr".parse::<SearchExpr>().unwrap();
        let matcher = matcher.compile(&Dialect::USER_SEARCH);
        // Room for less than one object.
        let mut room = [0_u8; 5];
        let failure = filter(&matcher, ADA.as_bytes(), room.as_mut_slice()).unwrap_err();
        assert_eq!(failure.exit(), Exit::Store);
        assert!(failure.told(None).contains("cannot be written"));
    }
}
