//! Laws, tried on random expressions, records and texts.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod naive;
mod sample;

use naive::{Naive, Rules};
use org_filter::{Dialect, Node, SearchExpr, names::GroupNames};
use proptest::prelude::*;

fn parsed(expr: &Naive) -> SearchExpr {
    expr.to_string().parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases * 4, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back(expr in sample::expression()) {
        let first = parsed(&expr);
        let printed = first.to_string();
        let second: SearchExpr = printed.parse().unwrap();
        prop_assert_eq!(&second, &first);
        prop_assert_eq!(second.to_string(), printed);
    }

    #[test]
    fn evaluation_agrees_with_the_naive_one(expr in sample::expression(), person in sample::record()) {
        let read = parsed(&expr);
        for (dialect, rules) in [
            (Dialect::USER_SEARCH, Rules { ignore_case: true }),
            (Dialect::USER_FILTER, Rules { ignore_case: false }),
        ] {
            let expected = naive::matches(&expr, &person, rules);
            prop_assert_eq!(read.compile(&dialect).matches(&person), expected, "{} in {}", read, dialect);
        }
    }

    #[test]
    fn an_explanation_says_what_evaluation_does(expr in sample::expression(), person in sample::record()) {
        let expr = parsed(&expr);
        for dialect in &Dialect::ALL {
            let matcher = expr.compile(dialect);
            let explanation = matcher.explain(&person);
            prop_assert_eq!(explanation.matches(), matcher.matches(&person));
            prop_assert!(!explanation.clauses().is_empty());
            for clause in explanation.clauses() {
                let alone: SearchExpr = clause.comparison.parse().unwrap();
                prop_assert_eq!(alone.compile(dialect).matches(&person), clause.holds);
                let quoted: SearchExpr = expr.text()[clause.span.clone()].parse().unwrap();
                prop_assert_eq!(quoted, alone);
            }
        }
    }

    #[test]
    fn both_parts_together_are_the_expression(expr in sample::expression(), person in sample::record()) {
        let expr = parsed(&expr);
        for dialect in &Dialect::ALL {
            let split = expr.split(dialect);
            let whole = expr.compile(dialect).matches(&person);
            let server = split.server.as_ref().is_none_or(|part| part.compile(dialect).matches(&person));
            let local = split.local.as_ref().is_none_or(|part| part.matches(&person));
            prop_assert_eq!(whole, server && local);
            if let Some(server) = &split.server {
                prop_assert!(server.check(dialect).is_ok(), "{} in {}", server, dialect);
                let reread: SearchExpr = server.to_string().parse().unwrap();
                prop_assert!(reread.check(dialect).is_ok());
            }
            prop_assert!(split.server.is_some() || split.local.is_some());
        }
    }

    #[test]
    fn refusals_point_into_the_text(expr in sample::expression()) {
        let expr = parsed(&expr);
        for dialect in &Dialect::ALL {
            let Err(errors) = expr.check(dialect) else { continue };
            for problem in errors.problems() {
                prop_assert!(!expr.text()[problem.span()].is_empty());
                if let Some(fix) = problem.fix() {
                    let mut fixed = expr.text().to_owned();
                    fixed.replace_range(problem.span(), fix);
                    prop_assert!(fixed.parse::<SearchExpr>().is_ok(), "{}", fixed);
                }
            }
            prop_assert!(!errors.render().is_empty());
        }
    }

    #[test]
    fn strict_accepts_less(expr in sample::expression()) {
        let expr = parsed(&expr);
        for dialect in Dialect::ALL {
            let strict = dialect.clone().strict();
            prop_assert!(expr.check(&strict).is_err() || expr.check(&dialect).is_ok());
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        look_at(&text)?;
    }

    #[test]
    fn no_mixture_of_parts_panics(text in sample::mixture()) {
        look_at(&text)?;
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn searches_find_every_listed_group(names in proptest::collection::vec(sample::group_name(), 0..60)) {
        let list = GroupNames::new(names.clone());
        let searches = list.searches();
        let unsearchable: Vec<&str> = list.unsearchable().collect();
        for search in &searches {
            let printed = search.to_string();
            prop_assert!(search.check(&Dialect::GROUP_SEARCH).is_ok(), "{}", printed);
            prop_assert!(search.comparisons().len() <= 20);
            let bytes: usize = printed
                .bytes()
                .map(|byte| if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) { 1 } else { 3 })
                .sum();
            prop_assert!(bytes <= 2048, "{} bytes", bytes);
        }
        for name in names.iter().filter(|name| !name.is_empty()) {
            prop_assert!(list.admits(name));
            let group = serde_json::json!({"profile": {"name": name}});
            let matches = |search: &SearchExpr| search.compile(&Dialect::GROUP_SEARCH).matches(&group);
            let found = searches.iter().any(matches);
            prop_assert_eq!(found, !unsearchable.contains(&name.as_str()), "{}", name);
        }
    }
}

/// Reads anything, and looks at whatever comes of it.
fn look_at(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<SearchExpr>() {
        Ok(expr) => {
            prop_assert_eq!(expr.to_string().parse::<SearchExpr>(), Ok(expr.clone()));
            for dialect in &Dialect::ALL {
                let _ = expr.check(dialect).map_err(|errors| errors.render());
            }
        }
        Err(errors) => {
            prop_assert!(!errors.problems().is_empty());
            prop_assert!(!errors.render().is_empty() && !errors.to_string().is_empty());
            for problem in errors.problems() {
                prop_assert!(
                    text.get(problem.span()).is_some(),
                    "{} in {:?}",
                    problem,
                    text
                );
            }
        }
    }
    Ok(())
}

/// The tree below a node, without places.
fn shape(node: Node<'_>) -> String {
    let joined = |word: &str, parts: org_filter::Operands<'_>| {
        let parts: Vec<String> = parts.iter().map(shape).collect();
        format!("({word} {})", parts.join(" "))
    };
    match node {
        Node::And(parts) => joined("and", parts),
        Node::Or(parts) => joined("or", parts),
        Node::Not(inner) => format!("(not {})", shape(inner.node())),
        Node::Comparison(one) => one.to_string(),
        _ => "another".to_owned(),
    }
}

fn each_node<'a>(node: Node<'a>, look: &mut impl FnMut(Node<'a>)) {
    look(node);
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| each_node(part, look)),
        Node::Not(inner) => each_node(inner.node(), look),
        _ => {}
    }
}

proptest! {
    #[test]
    fn what_a_node_was_read_from_reads_as_the_node(expr in sample::expression()) {
        let expr = parsed(&expr);
        each_node(expr.node(), &mut |node| {
            let text = &expr.text()[node.span()];
            let alone: SearchExpr = text.parse().unwrap();
            assert_eq!(shape(alone.node()), shape(node), "{text:?} of {:?}", expr.text());
        });
    }

    #[test]
    fn what_a_part_was_read_from_can_be_read(expr in sample::expression()) {
        let expr = parsed(&expr);
        for dialect in &Dialect::ALL {
            let Some(server) = expr.split(dialect).server else { continue };
            each_node(server.node(), &mut |node| {
                let text = &server.text()[node.span()];
                assert!(text.parse::<SearchExpr>().is_ok(), "{text:?} of {:?}, {:?}", server.text(), expr.text());
            });
        }
    }
}
