//! The laws that every store keeps, a function each.
//!
//! A store is put under all of them by one line in its tests:
//!
//! ```text
//! keeps_the_laws!(sqlite, Some(Sqlite::new()));
//! ```
//!
//! where the second part is an expression for a [`Place`] of its own, which each law gets anew; none where the machine has no
//! such store. A law that is not in the
//! list of [`keeps_the_laws!`] is used by nobody, which the compiler says.

use std::collections::BTreeSet;

use catalog_model::Spec;
use futures::join;

use super::*;
use crate::held::criteria::Criteria;
use crate::held::object::{Key, Kind};
use crate::held::run::Run;
use crate::testing::{Writing, claim, group_entity, user_entity, writing};

mod approvals;
mod feed;
mod ledger;
mod mirrors;
mod turns;

pub(super) use approvals::*;
pub(super) use feed::*;
pub(super) use ledger::*;
pub(super) use mirrors::*;
pub(super) use turns::*;

/// Where one store is kept, which is empty at first.
pub(super) trait Place {
    /// Opens it, as every process does on its own.
    fn open(&self) -> BoxFuture<'_, Box<dyn CatalogStore>>;

    /// Does something to what the store keeps, behind its back.
    fn execute<'a>(&'a self, sql: &'a str) -> BoxFuture<'a, ()>;

    /// Leaves nothing behind.
    fn close(self) -> impl Future<Output = ()> + Send
    where
        Self: Sized,
    {
        async {}
    }
}

/// Makes a test of each law for one store, in a module of this name.
macro_rules! keeps_the_laws {
    ($store:ident, $place:expr) => {
        mod $store {
            use super::*;

            $crate::store::suite::keeps_the_laws! { each of $place =>
                nothing_is_there_at_first
                what_is_committed_is_read_back
                the_state_is_what_the_provider_committed
                texts_are_those_of_the_asked_and_of_their_base
                a_commit_replaces_removes_and_leaves_the_rest
                names_can_be_swapped
                every_commit_makes_a_generation
                a_commit_is_seen_whole
                a_provider_has_one_turn_at_a_time
                a_turn_that_ran_out_is_given_to_the_next_and_fences_the_one_before
                a_turn_that_is_renewed_lasts
                a_holder_that_ended_on_this_machine_gives_way_at_once
                a_turn_that_is_ended_is_given_back
                turns_of_all_providers_are_numbered_in_one_row
                two_who_ask_at_once_are_not_both_given_a_turn
                what_a_process_holds_is_given_back_when_it_ends
                providers_commit_side_by_side
                providers_have_objects_of_their_own
                names_of_others_are_known
                a_name_of_another_provider_is_refused_with_the_whole_commit
                a_provider_is_known_by_its_org
                a_commit_keeps_what_its_run_learned
                what_is_remembered_is_the_providers_own_and_makes_no_generation
                every_run_is_in_the_ledger
                an_unchanged_run_makes_no_generation
                changes_are_in_the_ledger_with_their_causes_and_fields
                what_is_withheld_again_is_kept_once
                the_changes_of_one_object_are_found_by_its_id_and_its_names
                runs_are_pruned_by_age_and_number
                an_approval_is_used_once
                an_approval_runs_out_and_can_be_taken_back
                a_provider_can_be_forgotten
                the_number_of_a_generation_is_never_given_again
                what_is_checked_is_counted
                a_mirror_comes_back_as_it_was_written
                a_mirror_is_written_whatever_else_is
                of_a_mirror_only_what_changed_is_written
                a_new_mirror_takes_the_place_of_all_of_the_one_before
                whoever_lost_the_turn_writes_no_mirror
                an_end_that_fails_writes_no_mirror
                a_mirror_goes_with_its_provider
                providers_have_mirrors_of_their_own
                an_end_without_a_mirror_leaves_the_one_there_is
                a_mirror_that_is_not_understood_is_none
                changes_of_a_mirror_that_is_not_there_are_not_written
                mirrors_are_counted_when_the_store_is_checked
                the_feed_keeps_its_first_number_of_files
                renewals_of_the_feed_are_counted
                commits_of_another_process_are_seen
                a_catalog_survives_its_process
            }
        }
    };
    (each of $place:expr => $($law:ident)+) => {
        $(
            #[tokio::test]
            async fn $law() {
                let Some(place) = $place else { return };
                $crate::store::suite::$law(&place).await;
                // Whatever was done to it, a store finds no damage in what it wrote itself.
                place.open().await.check().await.unwrap();
                place.close().await;
            }
        )+
    };
}
pub(super) use keeps_the_laws;

/// A user of `acme`.
pub(super) fn user(okta_id: &str, name: &str) -> Record {
    record(okta_id, user_entity(name))
}

/// A user of `acme` who is in a group.
fn member(okta_id: &str, name: &str, group: &str) -> Record {
    let mut entity = user_entity(name);
    if let Spec::User(spec) = &mut entity.spec {
        spec.member_of = vec![group.into()];
    }
    record(okta_id, entity)
}

/// A group of `acme` with members by name.
pub(super) fn group(okta_id: &str, name: &str, members: &[&str]) -> Record {
    record(okta_id, group_entity(name, members))
}

fn record(okta_id: &str, entity: Entity) -> Record {
    Record {
        provider: "acme".into(),
        key: Key::parse(Kind::of(&entity.entity_ref()).unwrap(), okta_id),
        entity,
    }
}

/// The same run, in which these objects leave.
fn removing(mut writing: Writing, gone: &[Record]) -> Writing {
    writing.commit.removed = gone.iter().map(|it| it.key.clone()).collect();
    writing
}

/// The refs of the catalog, sorted.
pub(super) async fn names(store: &dyn CatalogStore) -> Vec<String> {
    let catalog = store.catalog().await.unwrap();
    let records = catalog.map(|it| it.records).unwrap_or_default();
    let records = records.iter().map(|it| it.entity.entity_ref().to_string());
    let mut names: Vec<String> = records.collect();
    names.sort_unstable();
    names
}

/// What a run learned that was configured with this `userFilter`.
fn learned(user_filter: &str) -> Remembered {
    Remembered {
        criteria: vec![Criteria {
            user_filter: Some(user_filter.to_owned()),
            merge: vec![("Eng".to_owned(), vec!["prefix:eng-".to_owned()])],
            ..Criteria::default()
        }],
        unknown_since: [("00g1".to_owned(), Timestamp::UNIX_EPOCH)].into(),
    }
}

async fn remembered(store: &dyn CatalogStore, provider: &str) -> Remembered {
    store.state(provider).await.unwrap().remembered().clone()
}

/// Jane and Bob, who are the team: what `acme` commits first.
fn team() -> Vec<Record> {
    vec![
        group("00g1", "team", &["bob", "jane"]),
        member("00u1", "jane", "team"),
        member("00u2", "bob", "team"),
    ]
}

/// A store in which `acme` has committed its [`team`] in generation 1.
async fn with_team(place: &dyn Place) -> Box<dyn CatalogStore> {
    let store = place.open().await;
    assert_eq!(writing("acme", team()).run(&*store).await.unwrap(), 1);
    store
}

/// Asserts that something was refused for this reason, and that nothing was written.
async fn assert_refused<T: fmt::Debug>(
    place: &dyn Place,
    before: &Option<Catalog>,
    result: Result<T, StoreError>,
    reason: StoreErrorKind,
) {
    assert_eq!(result.unwrap_err().kind(), reason);
    assert_eq!(&place.open().await.catalog().await.unwrap(), before);
}

pub(super) async fn nothing_is_there_at_first(place: &dyn Place) {
    let store = place.open().await;
    assert_eq!(store.generation().await.unwrap(), None);
    assert_eq!(store.catalog().await.unwrap(), None);
    assert_eq!(store.providers().await.unwrap(), []);
    assert!(!store.state("acme").await.unwrap().synced());
    store.check().await.unwrap();
}

pub(super) async fn what_is_committed_is_read_back(place: &dyn Place) {
    let store = with_team(place).await;
    assert_eq!(store.generation().await.unwrap(), Some(1));
    let catalog = store.catalog().await.unwrap().unwrap();
    let expected = Catalog {
        generation: 1,
        taken_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        providers: vec!["acme".to_owned()],
        records: team(),
    };
    assert_eq!(catalog, expected);
}

pub(super) async fn the_state_is_what_the_provider_committed(place: &dyn Place) {
    let store = with_team(place).await;
    let state = store.state("acme").await.unwrap();
    assert!(state.synced());
    assert_eq!(state.generation(), Some(1));
    assert_eq!(state.users().len(), 2);
    assert_eq!(
        state.users()[&"00u1".into()].entity_ref().to_string(),
        "user:default/jane"
    );
    assert_eq!(
        state.members(&"00g1".into()).to_set(),
        ["00u1".into(), "00u2".into()].into()
    );
}

pub(super) async fn texts_are_those_of_the_asked_and_of_their_base(place: &dyn Place) {
    let store = with_team(place).await;
    let bob = || Key::User("00u2".into());
    let nobody = Key::User("00g1".into());
    let asked = || vec![bob(), nobody.clone()];
    let texts = store.documents("acme", 1, asked()).await.unwrap();
    assert_eq!(texts, [Written::from(member("00u2", "bob", "team"))]);
    let text = texts[0].document.body().to_owned();
    let state = store.state("acme").await.unwrap();
    assert!(state.users()[&"00u2".into()].is_written(&text));
    assert!(!state.users()[&"00u1".into()].is_written(&text));
    let state = state.with_texts(texts);
    let document = state.text(&bob()).unwrap();
    assert_eq!(document.body(), text);

    let again = writing("acme", vec![user("00u3", "zoe")]);
    again.run(&*store).await.unwrap();
    for (provider, base) in [("acme", 1), ("other", 1)] {
        let late = store.documents(provider, base, asked()).await;
        assert_eq!(late.unwrap_err().kind(), StoreErrorKind::Conflict);
    }
    assert_eq!(store.documents("acme", 2, asked()).await.unwrap().len(), 1);
}

pub(super) async fn a_commit_replaces_removes_and_leaves_the_rest(place: &dyn Place) {
    let store = with_team(place).await;
    let written = vec![user("00u1", "jane.doe"), user("00u4", "li")];
    let gone = group("00g1", "team", &[]);
    let second = removing(writing("acme", written), &[gone]);
    assert_eq!(second.run(&*store).await.unwrap(), 2);
    assert_eq!(
        names(&*store).await,
        [
            "user:default/bob",
            "user:default/jane.doe",
            "user:default/li"
        ]
    );
}

pub(super) async fn names_can_be_swapped(place: &dyn Place) {
    let store = with_team(place).await;
    let swapped = vec![user("00u1", "bob"), user("00u2", "jane")];
    writing("acme", swapped).run(&*store).await.unwrap();
    let state = store.state("acme").await.unwrap();
    for (id, name) in [("00u1", "bob"), ("00u2", "jane")] {
        assert_eq!(state.users()[&id.into()].entity_ref().name(), name);
    }
}

pub(super) async fn every_commit_makes_a_generation(place: &dyn Place) {
    let store = with_team(place).await;
    // Also one that writes nothing, and the first of a provider that has nothing.
    for (provider, generation) in [("acme", 2), ("empty", 3)] {
        let commit = writing(provider, Vec::new());
        assert_eq!(commit.run(&*store).await.unwrap(), generation);
        assert_eq!(store.generation().await.unwrap(), Some(generation));
        let state = store.state(provider).await.unwrap();
        assert_eq!(state.generation(), Some(generation));
    }
    assert_eq!(names(&*store).await.len(), 3);
}

/// Whoever reads while another process commits sees one generation, never parts of two.
pub(super) async fn a_commit_is_seen_whole(place: &dyn Place) {
    const LAST: u64 = 20;
    let written = |generation: u64| {
        let people = (0..10).map(|id| user(&format!("00u{id}"), &format!("{id}-in-{generation}")));
        people.collect::<Vec<_>>()
    };
    let (writer, reader) = (place.open().await, place.open().await);
    let writing = async {
        for generation in 1..=LAST {
            let commit = writing("acme", written(generation));
            assert_eq!(commit.run(&*writer).await.unwrap(), generation);
        }
    };
    let reading = async {
        let mut seen = 0;
        while seen < LAST {
            if let Some(catalog) = reader.catalog().await.unwrap() {
                assert_eq!(catalog.records, written(catalog.generation));
                assert!(catalog.generation >= seen, "nobody reads backwards");
                seen = catalog.generation;
            }
            let state = reader.state("acme").await.unwrap();
            let names = state.users().values().map(|it| it.entity_ref().name());
            if let Some(generation) = state.generation() {
                let expected = (0..10).map(|id| format!("{id}-in-{generation}"));
                assert!(names.eq(expected), "{generation}");
            }
        }
    };
    join!(writing, reading);
}

pub(super) async fn providers_commit_side_by_side(place: &dyn Place) {
    let (one, two) = (place.open().await, place.open().await);
    let (acme, other) = join!(
        writing("acme", team()).run(&*one),
        writing("other", vec![user("00u1", "ann")]).run(&*two),
    );
    let generations: BTreeSet<u64> = [acme.unwrap(), other.unwrap()].into();
    assert_eq!(generations, [1, 2].into());
    assert_eq!(names(&*one).await.len(), 4);
}

pub(super) async fn providers_have_objects_of_their_own(place: &dyn Place) {
    let store = with_team(place).await;
    // The Okta id is the same, and the generations are counted together.
    let other = writing("other", vec![user("00u1", "ann")]);
    assert_eq!(other.run(&*store).await.unwrap(), 2);
    for (provider, generation, name) in [("acme", 1, "jane"), ("other", 2, "ann")] {
        let state = store.state(provider).await.unwrap();
        assert_eq!(state.generation(), Some(generation));
        assert_eq!(state.users()[&"00u1".into()].entity_ref().name(), name);
    }
    let nobody = writing("other", Vec::new());
    let nobody = removing(nobody, &[user("00u1", "ann")]);
    nobody.run(&*store).await.unwrap();
    let expected = [
        "group:default/team",
        "user:default/bob",
        "user:default/jane",
    ];
    assert_eq!(names(&*store).await, expected);
    let catalog = store.catalog().await.unwrap().unwrap();
    assert_eq!(catalog.providers, ["acme", "other"]);
}

pub(super) async fn names_of_others_are_known(place: &dyn Place) {
    let store = with_team(place).await;
    for state in ["other", "third"].map(|provider| store.state(provider)) {
        let state = state.await.unwrap();
        let taken: Vec<String> = state.taken().iter().map(ToString::to_string).collect();
        let expected = [
            "group:default/team",
            "user:default/bob",
            "user:default/jane",
        ];
        assert_eq!(taken, expected);
    }
    assert_eq!(store.state("acme").await.unwrap().taken().len(), 0);
}

/// A commit that fails half-way leaves nothing behind.
pub(super) async fn a_name_of_another_provider_is_refused_with_the_whole_commit(place: &dyn Place) {
    let store = with_team(place).await;
    let first = writing("other", vec![user("00u1", "ann")]);
    first.run(&*store).await.unwrap();
    let before = store.catalog().await.unwrap();
    let written = vec![user("00u5", "eve"), user("00u6", "ann")];
    let gone = group("00g1", "team", &[]);
    let clash = removing(writing("acme", written), &[gone]);
    let clash = clash.run(&*store).await;
    assert_refused(place, &before, clash, StoreErrorKind::NameTaken).await;
    let state = store.state("acme").await.unwrap();
    assert_eq!(state.generation(), Some(1), "and its base is what it was");
}

pub(super) async fn a_provider_is_known_by_its_org(place: &dyn Place) {
    let store = place.open().await;
    let mut jane = user("00u1", "jane");
    jane.entity.metadata.annotations.insert(
        "backstage.io/managed-by-location".parse().unwrap(),
        "okta:https://acme.okta.com/api/v1/users/00u1".to_owned(),
    );
    for (provider, written) in [("acme", vec![jane]), ("empty", Vec::new())] {
        let commit = writing(provider, written);
        commit.run(&*store).await.unwrap();
    }
    let known = store.providers().await.unwrap();
    let known = known.iter().map(|it| (it.id.as_str(), it.org.as_deref()));
    let expected = [("acme", Some("https://acme.okta.com")), ("empty", None)];
    assert_eq!(known.collect::<Vec<_>>(), expected);
}

pub(super) async fn a_commit_keeps_what_its_run_learned(place: &dyn Place) {
    let store = with_team(place).await;
    for remembered in [learned("one"), learned("another")] {
        let mut commit = writing("acme", Vec::new());
        commit.commit.remembered = remembered.clone();
        commit.run(&*store).await.unwrap();
        assert_eq!(self::remembered(&*store, "acme").await, remembered);
    }
}

pub(super) async fn what_is_remembered_is_the_providers_own_and_makes_no_generation(
    place: &dyn Place,
) {
    let store = with_team(place).await;
    let other = writing("other", vec![user("00u1", "ann")]);
    other.run(&*store).await.unwrap();
    let before = store.catalog().await.unwrap();
    let active = learned(r#"status eq "ACTIVE""#);
    let turn = store.begin(claim("acme")).await.unwrap();
    let ending = Ending {
        work: Work::Remembered(active.clone()),
        ..Ending::of(Run::default())
    };
    assert_eq!(store.end(&turn, ending).await.unwrap(), None);
    assert_eq!(remembered(&*store, "acme").await, active);
    assert_eq!(remembered(&*store, "other").await, Remembered::default());
    let known = store.providers().await.unwrap();
    let known: Vec<_> = known.into_iter().map(|it| (it.id, it.remembered)).collect();
    let none = Remembered::default();
    assert_eq!(
        known,
        [("acme".to_owned(), active), ("other".to_owned(), none)]
    );
    assert_eq!(store.catalog().await.unwrap(), before);
}

pub(super) async fn commits_of_another_process_are_seen(place: &dyn Place) {
    let (one, two) = (place.open().await, place.open().await);
    writing("acme", team()).run(&*one).await.unwrap();
    assert_eq!(two.generation().await.unwrap(), Some(1));
    let second = writing("acme", vec![user("00u3", "zoe")]);
    assert_eq!(second.run(&*two).await.unwrap(), 2);
    assert_eq!(names(&*one).await.len(), 4);
    assert_eq!(one.state("acme").await.unwrap().generation(), Some(2));
}

pub(super) async fn a_catalog_survives_its_process(place: &dyn Place) {
    let store = with_team(place).await;
    let before = store.catalog().await.unwrap();
    drop(store);
    assert_eq!(place.open().await.catalog().await.unwrap(), before);
}
