//! Whether the schedule of a provider leaves time for a read of everything.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::held::mirror::{Listed, Mirror, Scope, UserScope};
use crate::held::notice::ReadingNotice;
use crate::read::read_plan::{Chooser, ReadPlan, Wish, time};
use crate::run::provider::{ProviderConfig, criteria, selection};
use crate::run::schedule::{Frequency, Schedule};

/// What does not fit, judged by what is held of the org.
#[must_use]
pub(crate) fn of_held(provider: &ProviderConfig, held: &Mirror) -> Option<ReadingNotice> {
    let (selection, criteria) = (selection(provider), criteria(provider));
    let scope = Scope {
        org: criteria.org,
        client: criteria.client,
        users: UserScope::All,
        attributes: selection.attributes([]),
    };
    let chooser = Chooser {
        selection: &selection,
        scope: &scope,
        users_from_groups: provider.users_from_groups && provider.group_filter.is_some(),
        held: Some(held),
        wish: Wish {
            full: true,
            due: false,
        },
    };
    let groups = held.groups().values();
    let listed = Listed {
        records: groups.map(|it| (*it.record).clone()).collect(),
        ..Listed::default()
    };
    let plan = chooser.choose(&listed, None, 0);
    let share = provider.rate_limit.share.get();
    let limits = &held.account.limits;
    of_plan(&plan, limits, share, &provider.schedule, held.users().len())
}

/// What does not fit of a plan that reads everything, of at least so many users.
#[must_use]
pub(crate) fn of_plan(
    plan: &ReadPlan,
    limits: &BTreeMap<String, u64>,
    share: u8,
    schedule: &Schedule,
    users: usize,
) -> Option<ReadingNotice> {
    let requests = plan.by_endpoint(users as u64);
    let took = time(&requests, limits, share.into())?;
    let (key, allowed) = too_short(schedule, took)?;
    let in_minutes = |it: Duration| it.as_secs().div_ceil(60);
    Some(ReadingNotice::ScheduleTooShort {
        key: key.into(),
        allowed: in_minutes(allowed),
        minutes: in_minutes(took),
        requests: requests.values().sum(),
    })
}

fn too_short(schedule: &Schedule, took: Duration) -> Option<(&'static str, Duration)> {
    if took > schedule.timeout {
        return Some(("schedule.timeout", schedule.timeout));
    }
    match schedule.frequency {
        Frequency::Every(period) if took > period => Some(("schedule.frequency", period)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_timeout_is_named_before_the_frequency() {
        let of = |timeout: u64, period: u64, took: u64| {
            let minutes = |it: u64| Duration::from_secs(it * 60);
            let schedule = Schedule {
                frequency: Frequency::Every(minutes(period)),
                timeout: minutes(timeout),
                ..Schedule::default()
            };
            too_short(&schedule, minutes(took)).map(|(key, _)| key)
        };
        assert_eq!(of(30, 30, 30), None);
        assert_eq!(of(30, 20, 25), Some("schedule.frequency"));
        assert_eq!(of(30, 20, 31), Some("schedule.timeout"));
    }
}
