//! People who leave: removed, marked, or kept for a while.

use jiff::{SignedDuration, Timestamp};

use super::*;

fn staff(users: std::ops::Range<usize>) -> Org {
    let users: Vec<(String, Value)> = users
        .map(|n| {
            (
                format!("00u{n:02}"),
                json!({"email": format!("u{n}@example.com")}),
            )
        })
        .collect();
    let all: Vec<&str> = users.iter().map(|(id, _)| id.as_str()).collect();
    let listed: Vec<(&str, Value)> = users.iter().map(|(id, it)| (&**id, it.clone())).collect();
    org(&listed, &[("00g1", json!({"name": "all"}), &all)])
}

fn on_day(mut org: Org, day: i64) -> Org {
    org.taken_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
    org
}

#[test]
fn leavers_are_marked_and_kept_for_so_many_days() {
    let settings = with("users: { leavers: { keepDays: 30 } }");
    let (_, mut state) = after(&on_day(staff(0..4), 0), &State::default(), &settings);
    let mut gone = staff(1..4);
    gone.deactivated.insert("00u00".into());
    for day in [1, 2, 30] {
        let plan;
        (plan, state) = after(&on_day(gone.clone(), day), &state, &settings);
        assert_eq!(
            plan.tally(),
            (0, if day == 1 { 2 } else { 0 }, 0),
            "day {day}: {plan}"
        );
        let leaver = serde_json::to_value(&catalog(&state)["00u00"]).unwrap();
        assert_eq!(
            leaver["metadata"]["labels"],
            json!({"okta.com/left": "true"})
        );
        assert_eq!(
            leaver["metadata"]["annotations"]["okta.com/left-at"],
            "1970-01-02T00:00:00Z"
        );
        assert_eq!(leaver["spec"]["memberOf"], json!([]));
    }
    // Also when Okta has forgotten the account altogether meanwhile.
    let (plan, state) = after(&on_day(staff(1..4), 31), &state, &settings);
    assert_eq!(
        plan.to_string(),
        "- user:default/u0: left earlier, and is not kept any longer\n"
    );
    assert_eq!(state.users().len(), 3);
}

#[test]
fn whoever_comes_back_is_as_before() {
    let settings = with("users: { leavers: mark }");
    let (_, first) = after(&staff(0..3), &State::default(), &settings);
    let mut gone = staff(1..3);
    gone.deactivated.insert("00u00".into());
    let (_, marked) = after(&gone, &first, &settings);
    let (_, back) = after(&staff(0..3), &marked, &settings);
    assert_eq!(catalog(&back), catalog(&first));
    // The name of a leaver is not given to somebody else.
    let mut new = staff(1..3);
    let newcomer = user("00u000", json!({"email": "u0@example.org"}));
    new.users.insert("00u000".into(), newcomer.into());
    let (_, state) = after(&new, &marked, &settings);
    let users = refs(&state, Kind::User);
    assert_eq!(users[0], "00u00=user:default/u0");
    assert!(users[1].starts_with("00u000=user:default/u0-"), "{users:?}");
}

#[test]
fn absence_without_a_reason_is_still_for_the_guard_to_judge() {
    let settings = with("users: { leavers: mark }");
    let (_, state) = after(&staff(0..20), &State::default(), &settings);
    let (plan, held) = after(&staff(10..20), &state, &settings);
    assert_eq!(plan.withheld.len(), 10, "{plan}");
    assert_eq!(held.members(&"00g1".into()).len(), 20);
    let approved =
        crate::decide::plan::tests::plan(&staff(10..20), &held, &settings, Some(&plan.id)).unwrap();
    assert_eq!(approved.tally(), (0, 11, 0), "marked: {approved}");
    // To mark them was approved, not to remove them.
    let removing =
        crate::decide::plan::tests::plan(&staff(10..20), &held, &with("{}"), Some(&plan.id))
            .unwrap();
    assert_eq!(removing.withheld.len(), 10);
    let state = committed(&approved, &held);
    // Whoever left is not counted again, and goes when nobody wants leavers any more.
    let (plan, _) = after(&staff(10..20), &state, &settings);
    assert!(plan.is_empty() && plan.withheld.is_empty(), "{plan}");
    let (plan, _) = after(&staff(10..20), &state, &with("{}"));
    assert_eq!((plan.tally().2, plan.withheld.len()), (10, 0), "{plan}");
}

#[test]
fn whoever_is_refused_by_a_rule_is_no_leaver() {
    let settings = with("users: { leavers: mark }");
    let (_, state) = after(&staff(0..3), &State::default(), &settings);
    let mut now = staff(1..3);
    now.filtered_out
        .insert("00u00".into(), crate::held::org::Refusal::Excluded);
    let (plan, _) = after(&now, &state, &settings);
    assert!(
        plan.to_string()
            .contains("- user:default/u0: excluded by the configuration"),
        "{plan}"
    );
}
