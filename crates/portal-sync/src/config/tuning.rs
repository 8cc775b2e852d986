//! How a tenant is treated: `rateLimit`, `guard`, `limits` and what is kept; for all tenants under `portalSync`, for one under its
//! own keys.

use std::num::NonZeroU32;

use figment::value::Value;
use okta_api::Share;

use super::errors::ConfigError;
use super::section::{Entry, Section};
use crate::decide::guard::{Guard, Percent};
use crate::read::directory::Limits;
use crate::run::provider::RateLimit;

/// Everything but the mapping that `portalSync` gives a tenant a default for.
#[derive(Clone, Debug)]
pub(super) struct Tuning {
    pub(super) rate_limit: RateLimit,
    pub(super) guard: Guard,
    pub(super) limits: Limits,
    pub(super) users_from_groups: bool,
    pub(super) include_empty_groups: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            rate_limit: RateLimit::default(),
            guard: Guard::default(),
            limits: Limits::default(),
            users_from_groups: true,
            include_empty_groups: true,
        }
    }
}

/// What `section` says, and `defaults` for everything else.
pub(super) fn read(section: &Section<'_>, defaults: &Tuning) -> Tuning {
    let mut tuning = defaults.clone();
    let flag = |key| section.get(key).and_then(|entry| entry.flag());
    if let Some(flag) = flag("usersFromGroups") {
        tuning.users_from_groups = flag;
    }
    if let Some(flag) = flag("includeEmptyGroups") {
        tuning.include_empty_groups = flag;
    }
    if let Some(section) = section
        .get("rateLimit")
        .and_then(|entry| entry.section("a map with `share` and `maxConcurrent`"))
    {
        rate_limit(&section, &mut tuning.rate_limit);
        section.close();
    }
    if let Some(section) = section
        .get("guard")
        .and_then(|entry| entry.section("a map such as `{ users: 10%, groups: 10% }`"))
    {
        guard(&section, &mut tuning.guard);
        section.close();
    }
    if let Some(section) = section
        .get("limits")
        .and_then(|entry| entry.section("a map such as `{ users: 2000000, groups: 500000 }`"))
    {
        limits(&section, &mut tuning.limits);
        section.close();
    }
    tuning
}

fn rate_limit(section: &Section<'_>, limit: &mut RateLimit) {
    if let Some(share) = section.get("share").and_then(|entry| percent(&entry, 1)) {
        limit.share = Share::percent(share.get()).unwrap_or(limit.share);
    }
    let concurrent = section
        .get("maxConcurrent")
        .and_then(|entry| entry.whole(1..=1_000));
    if let Some(concurrent) = concurrent.and_then(NonZeroU32::new) {
        limit.max_concurrent = concurrent;
    }
}

fn guard(section: &Section<'_>, guard: &mut Guard) {
    let part = |key| section.get(key).and_then(|entry| percent(&entry, 0));
    guard.users = part("users").unwrap_or(guard.users);
    guard.groups = part("groups").unwrap_or(guard.groups);
    guard.members = part("members").unwrap_or(guard.members);
    guard.renames = part("renames").unwrap_or(guard.renames);
    if let Some(minimum) = section
        .get("minimum")
        .and_then(|entry| entry.whole(0..=1_000_000))
    {
        guard.minimum = minimum as usize;
    }
}

fn limits(section: &Section<'_>, limits: &mut Limits) {
    let number = |key| {
        let number = section.get(key)?.whole(1..=u32::MAX)?;
        Some(number as usize)
    };
    limits.users = number("users").unwrap_or(limits.users);
    limits.groups = number("groups").unwrap_or(limits.groups);
    limits.members = number("members").unwrap_or(limits.members);
}

/// A percentage, written with its sign, of at least `least`.
fn percent(entry: &Entry<'_>, least: u8) -> Option<Percent> {
    let expected = format!("a percentage from `{least}%` to `100%`");
    let number = match entry.value() {
        Value::String(_, text) => text.trim().strip_suffix('%').map(str::trim_end),
        _ => None,
    };
    let percent = number
        .and_then(|number| number.parse().ok())
        .filter(|number| *number >= least)
        .and_then(Percent::new);
    if percent.is_some() {
        return percent;
    }
    match entry.value() {
        Value::Num(_, number)
            if number
                .to_i128()
                .is_some_and(|whole| (least.into()..=100).contains(&whole)) =>
        {
            let number = number.to_i128().unwrap_or_default();
            entry.refuse(
                ConfigError::new(format!("`{number}` has no percent sign"))
                    .fix(format!("write `{number}%`")),
            );
        }
        _ => entry.refuse_value(&expected),
    }
    None
}
