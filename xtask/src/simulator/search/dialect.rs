//! Which attributes and operators each parameter of each endpoint accepts.

use jiff::Timestamp;

use super::postfix::{Literal, Operator, Step, Test};

/// A parameter that takes an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    UserSearch,
    UserFilter,
    GroupSearch,
    GroupFilter,
}

/// The two things Okta decides that we cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Accept `profile.` attributes no record has.
    pub(crate) unknown_profile: bool,
    /// Accept `co` next to `and` or `or`.
    pub(crate) co_combined: bool,
}

/// What an attribute holds, as far as the operators care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Text,
    Date,
    Profile,
}

impl Dialect {
    pub(crate) fn is_search(self) -> bool {
        matches!(self, Self::UserSearch | Self::GroupSearch)
    }

    /// Whether the dialect accepts every comparison.
    pub(crate) fn accepts(
        self,
        steps: &[Step],
        rules: Rules,
        known: impl Fn(&str) -> bool,
    ) -> bool {
        let alone = steps.len() == 1;
        steps.iter().all(|step| match step {
            Step::And | Step::Or => true,
            Step::Test(test) => {
                let profile = test.attribute.strip_prefix("profile.");
                let unknown = self.is_search()
                    && profile.is_some_and(|name| !rules.unknown_profile && !known(name));
                let crowded = test.operator == Operator::Co && !alone && !rules.co_combined;
                !unknown && !crowded && self.accepts_test(test)
            }
        })
    }

    fn accepts_test(self, test: &Test) -> bool {
        let Some(kind) = self.type_of(&test.attribute) else {
            return false;
        };
        let literal = match &test.literal {
            Literal::Null => false,
            Literal::Text(text) if kind == Type::Date => text.parse::<Timestamp>().is_ok(),
            Literal::Text(text) => !text.is_empty(),
            Literal::Date(_) | Literal::None => true,
            Literal::Number(_) => kind == Type::Profile,
            Literal::Bool(_) => kind == Type::Profile && test.operator == Operator::Eq,
        };
        literal && self.accepts_operator(test, kind)
    }

    fn accepts_operator(self, test: &Test, kind: Type) -> bool {
        match (test.operator, self) {
            (Operator::Ne | Operator::Ew, _) => false,
            (Operator::Eq, _) => true,
            (Operator::Pr, _) => self.is_search(),
            (Operator::Gt | Operator::Ge | Operator::Lt | Operator::Le, _) => {
                self.is_search() || kind == Type::Date
            }
            (Operator::Sw, _) => {
                self.is_search() && kind != Type::Date && matches!(test.literal, Literal::Text(_))
            }
            (Operator::Co, Self::UserSearch) => {
                long_enough(test) && CO_OF_USERS.contains(&test.attribute.as_str())
            }
            (Operator::Co, Self::GroupSearch) => {
                long_enough(test) && CO_OF_GROUPS.contains(&test.attribute.as_str())
            }
            (Operator::Co, _) => false,
        }
    }

    /// The type of an attribute; nothing when it cannot be searched. Names are case-sensitive.
    fn type_of(self, name: &str) -> Option<Type> {
        match (self, name) {
            (Self::UserSearch, "id" | "status" | "type.id") => Some(Type::Text),
            (Self::UserSearch, "created" | "activated" | "statusChanged" | "lastUpdated") => {
                Some(Type::Date)
            }
            (Self::UserFilter, "id" | "status") => Some(Type::Text),
            (Self::UserFilter, "lastUpdated") => Some(Type::Date),
            (
                Self::UserFilter,
                "profile.login" | "profile.email" | "profile.firstName" | "profile.lastName",
            ) => Some(Type::Text),
            (Self::GroupSearch, "id" | "type" | "source.id") => Some(Type::Text),
            (Self::GroupSearch, "created" | "lastUpdated" | "lastMembershipUpdated") => {
                Some(Type::Date)
            }
            (Self::GroupFilter, "id" | "type") => Some(Type::Text),
            (Self::GroupFilter, "lastUpdated" | "lastMembershipUpdated") => Some(Type::Date),
            (Self::UserSearch | Self::GroupSearch, name) => {
                let name = name.strip_prefix("profile.")?;
                (!name.is_empty() && !name.contains('.')).then_some(Type::Profile)
            }
            _ => None,
        }
    }

    /// Reads the texts that are compared with dates as dates.
    pub(crate) fn date_literals(self, steps: &mut [Step]) {
        for step in steps {
            let Step::Test(test) = step else { continue };
            if self.type_of(&test.attribute) == Some(Type::Date)
                && let Literal::Text(text) = &test.literal
                && let Ok(date) = text.parse()
            {
                test.literal = Literal::Date(date);
            }
        }
    }
}

/// Whether the System Log accepts a comparison: the few attributes that matter here, by equality.
pub(crate) fn check_log(test: &Test) -> Result<(), (&'static str, String)> {
    let field = test.attribute.as_str();
    if !LOG_FIELDS.contains(&field) {
        return Err(("E0000053", format!("field is not valid: {field}")));
    }
    if test.operator == Operator::Eq && matches!(test.literal, Literal::Text(_)) {
        return Ok(());
    }
    let operator = format!("{:?}", test.operator).to_lowercase();
    let summary = "The supplied combination of operator and field is not currently supported.";
    Err((
        "E0000031",
        format!("{summary} Operator: {operator}, Field: {field}"),
    ))
}

/// The attributes of events that a filter can name.
const LOG_FIELDS: [&str; 4] = ["eventType", "uuid", "actor.id", "target.id"];

/// The attributes of users that `co` works on.
const CO_OF_USERS: [&str; 4] = [
    "profile.firstName",
    "profile.lastName",
    "profile.email",
    "profile.login",
];

/// The attributes of groups that `co` works on.
const CO_OF_GROUPS: [&str; 2] = ["profile.name", "profile.description"];

/// `co` needs three characters.
fn long_enough(test: &Test) -> bool {
    matches!(&test.literal, Literal::Text(text) if text.chars().count() >= 3)
}
