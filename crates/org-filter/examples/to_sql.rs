//! Translates an expression to the `WHERE` clause of a query with parameters, by walking its tree.
//!
//! ```text
//! cargo run --example to_sql -- 'status eq "ACTIVE" and (profile.department sw "Eng" or not (profile.city pr))'
//! ```
//!
//! Values never become a part of the SQL. Columns come from a list, so that an expression names no other; what has no
//! translation is an error with its place. As Okta's search does, texts are compared without regard to case.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for a terminal"
)]

use std::process::ExitCode;

use org_filter::{Comparison, Literal, Node, Operator, Problem, SearchExpr};

/// The columns of a table of users, by the attributes they hold.
const COLUMNS: [(&str, &str); 5] = [
    ("id", "okta_id"),
    ("status", "status"),
    ("profile.email", "email"),
    ("profile.department", "department"),
    ("profile.city", "city"),
];

fn main() -> ExitCode {
    let Some(text) = std::env::args().nth(1) else {
        eprintln!("usage: to_sql EXPRESSION");
        return ExitCode::FAILURE;
    };
    let expr: SearchExpr = match text.parse() {
        Ok(expr) => expr,
        Err(errors) => {
            eprint!("{}", errors.render());
            return ExitCode::FAILURE;
        }
    };
    let mut parameters = Vec::new();
    match clause(expr.node(), &mut parameters) {
        Ok(sql) => {
            println!("SELECT * FROM users WHERE {sql}");
            for (number, value) in parameters.iter().enumerate() {
                println!("  ${} = {value:?}", number + 1);
            }
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprint!("{}", problem.render(expr.text()));
            ExitCode::FAILURE
        }
    }
}

/// The condition that a node is. Each one is never NULL, so that `NOT` means what it means in the expression.
fn clause(node: Node<'_>, parameters: &mut Vec<String>) -> Result<String, Problem> {
    let joined = |parts: org_filter::Operands<'_>, word: &str, parameters: &mut Vec<String>| {
        let parts = parts.iter().map(|part| clause(part, parameters));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        Ok(format!("({})", parts.join(word)))
    };
    match node {
        Node::And(parts) => joined(parts, " AND ", parameters),
        Node::Or(parts) => joined(parts, " OR ", parameters),
        Node::Not(operand) => Ok(format!("NOT {}", clause(operand.node(), parameters)?)),
        Node::Comparison(one) => comparison(one, parameters),
        other => Err(Problem::new(other.span(), "this has no translation to SQL")),
    }
}

fn comparison(one: &Comparison, parameters: &mut Vec<String>) -> Result<String, Problem> {
    let known = COLUMNS
        .iter()
        .find(|(attribute, _)| *attribute == one.path().as_str());
    let Some((_, column)) = known else {
        let message = format!("no column holds `{}`", one.path());
        return Err(Problem::new(one.path_span(), message));
    };
    let Some(literal) = one.literal() else {
        // Present means neither null nor empty.
        return Ok(format!("COALESCE({column}, '') <> ''"));
    };
    let Literal::Text(text) = literal else {
        let span = one.literal_span().unwrap_or_else(|| one.span());
        return Err(Problem::new(span, format!("`{column}` holds texts")));
    };
    let escaped = text
        .replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_");
    let (sign, value) = match one.operator() {
        Operator::Eq => ("=", text.clone()),
        Operator::Ne => ("<>", text.clone()),
        Operator::Gt => (">", text.clone()),
        Operator::Ge => (">=", text.clone()),
        Operator::Lt => ("<", text.clone()),
        Operator::Le => ("<=", text.clone()),
        Operator::Sw => ("LIKE", format!("{escaped}%")),
        Operator::Co => ("LIKE", format!("%{escaped}%")),
        Operator::Ew => ("LIKE", format!("%{escaped}")),
        other => {
            let message = format!("`{other}` has no translation to SQL");
            return Err(Problem::new(one.operator_span(), message));
        }
    };
    parameters.push(value.to_lowercase());
    let number = parameters.len();
    let escape = if sign == "LIKE" { r" ESCAPE '\'" } else { "" };
    // An absent attribute makes every comparison false, and NULL would be neither true nor false.
    Ok(format!(
        "({column} IS NOT NULL AND LOWER({column}) {sign} ${number}{escape})"
    ))
}
