//! How a tenant is treated: `rateLimit`, `guard`, `limits` and what is kept; for all tenants under `portalSync`, for one under its
//! own keys.

use std::num::NonZeroU32;

use okta_api::RateLimitShare;

use super::keys::{GUARD, LIMITS, RATE_LIMIT, RECONCILE};
use super::schedule;
use super::section::Section;
use crate::decide::guard::Guard;
use crate::read::directory::Limits;
use crate::run::provider::RateLimit;
use crate::run::schedule::Reconcile;

/// Everything but the mapping that `portalSync` gives a tenant a default for.
#[derive(Clone, Debug)]
pub(super) struct Tuning {
    pub(super) rate_limit: RateLimit,
    pub(super) guard: Guard,
    pub(super) limits: Limits,
    pub(super) reconcile: Reconcile,
    pub(super) users_from_groups: bool,
    pub(super) include_empty_groups: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            rate_limit: RateLimit::default(),
            guard: Guard::default(),
            limits: Limits::default(),
            reconcile: Reconcile::default(),
            users_from_groups: true,
            include_empty_groups: true,
        }
    }
}

/// What `section` says, and `defaults` for everything else.
pub(super) fn read(section: &Section<'_>, defaults: &Tuning) -> Tuning {
    let mut tuning = defaults.clone();
    if let Some(flag) = section.flag("usersFromGroups") {
        tuning.users_from_groups = flag;
    }
    if let Some(flag) = section.flag("includeEmptyGroups") {
        tuning.include_empty_groups = flag;
    }
    if let Some(section) = section
        .get("rateLimit")
        .and_then(|entry| entry.section(&RATE_LIMIT, "a map with `share` and `maxConcurrent`"))
    {
        rate_limit(&section, &mut tuning.rate_limit);
        section.close();
    }
    if let Some(section) = section
        .get("guard")
        .and_then(|entry| entry.section(&GUARD, "a map such as `{ users: 10%, groups: 10% }`"))
    {
        guard(&section, &mut tuning.guard);
        section.close();
    }
    if let Some(section) = section.get("limits").and_then(|entry| {
        entry.section(
            &LIMITS,
            "a map such as `{ users: 2000000, groups: 500000 }`",
        )
    }) {
        limits(&section, &mut tuning.limits);
        section.close();
    }
    if let Some(section) = section
        .get("reconcile")
        .and_then(|entry| entry.section(&RECONCILE, "a map such as `{ frequency: { hours: 24 } }`"))
    {
        let frequency = section.get("frequency");
        if let Some(frequency) = frequency.and_then(|entry| schedule::frequency(&entry)) {
            tuning.reconcile.frequency = frequency;
        }
        section.close();
    }
    tuning
}

fn rate_limit(section: &Section<'_>, limit: &mut RateLimit) {
    if let Some(share) = section.percent("share") {
        limit.share = RateLimitShare::percent(share.get()).unwrap_or(limit.share);
    }
    if let Some(concurrent) = section.whole("maxConcurrent").and_then(NonZeroU32::new) {
        limit.max_concurrent = concurrent;
    }
}

fn guard(section: &Section<'_>, guard: &mut Guard) {
    let part = |key| section.percent(key);
    guard.users = part("users").unwrap_or(guard.users);
    guard.groups = part("groups").unwrap_or(guard.groups);
    guard.members = part("members").unwrap_or(guard.members);
    guard.renames = part("renames").unwrap_or(guard.renames);
    if let Some(minimum) = section.whole("minimum") {
        guard.minimum = minimum as usize;
    }
}

fn limits(section: &Section<'_>, limits: &mut Limits) {
    let number = |key| section.whole(key).map(|number| number as usize);
    limits.users = number("users").unwrap_or(limits.users);
    limits.groups = number("groups").unwrap_or(limits.groups);
    limits.members = number("members").unwrap_or(limits.members);
}
