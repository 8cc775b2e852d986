//! Which users there are, and what they hold: `mapping.users`.

use figment::value::Value;
use okta_api::UserStatus;

use super::super::errors::ConfigError;
use super::super::keys::LEAVERS;
use super::super::section::{Entry, Section};
use super::fields::{self, set};
use crate::decide::rules::{EmailCase, UserMapping};
use crate::held::leavers::Leavers;
use crate::text::template::RecordKind;

/// Reads `mapping.users`.
pub(super) fn read(section: &Section<'_>, users: &mut UserMapping) {
    fields::read(section, RecordKind::User, &mut users.fields);
    let cases = [("keep", EmailCase::Keep), ("lower", EmailCase::Lower)];
    let get = |key| section.get(key);
    set(
        &mut users.email_case,
        get("emailCase").and_then(|entry| entry.choice(&cases)),
    );
    set(
        &mut users.statuses,
        get("statuses").map(|entry| statuses(&entry)),
    );
    set(
        &mut users.exclude,
        get("exclude")
            .map(|entry| fields::rules(&entry, "a login, an e-mail address or an Okta id")),
    );
    set(
        &mut users.leavers,
        get("leavers").and_then(|entry| leavers(&entry)),
    );
}

/// The statuses of an account that is not given up.
static STATUSES: [(&str, UserStatus); 7] = [
    ("ACTIVE", UserStatus::Active),
    ("LOCKED_OUT", UserStatus::LockedOut),
    ("PASSWORD_EXPIRED", UserStatus::PasswordExpired),
    ("PROVISIONED", UserStatus::Provisioned),
    ("RECOVERY", UserStatus::Recovery),
    ("STAGED", UserStatus::Staged),
    ("SUSPENDED", UserStatus::Suspended),
];

fn statuses(entry: &Entry<'_>) -> Vec<UserStatus> {
    let choices: Vec<(&str, &UserStatus)> = STATUSES
        .iter()
        .map(|(word, status)| (*word, status))
        .collect();
    fields::not_empty(
        entry,
        "the list of statuses is empty",
        "name a status, or leave the key out to take all but `DEPROVISIONED`",
    );
    let one = |item: &Entry<'_>| {
        if matches!(item.value(), Value::String(_, word) if word.trim().eq_ignore_ascii_case("DEPROVISIONED"))
        {
            item.refuse(
                ConfigError::new("users who are `DEPROVISIONED` are never taken from Okta")
                    .fix("to keep people who leave for a while, set `leavers`"),
            );
            return None;
        }
        item.choice(&choices).cloned()
    };
    entry.items().iter().filter_map(one).collect()
}

/// `remove`, `mark`, or `{ keepDays: 30 }`.
fn leavers(entry: &Entry<'_>) -> Option<Leavers> {
    if !matches!(entry.value(), Value::Dict(..)) {
        let words = [("remove", Leavers::Remove), ("mark", Leavers::Mark)];
        return entry.choice_or(&words, &["{ keepDays: 30 }"]);
    }
    let section = entry.section(&LEAVERS, "a map")?;
    section.required("keepDays");
    let days = section.whole("keepDays");
    section.close();
    Some(Leavers::Keep { days: days? })
}
