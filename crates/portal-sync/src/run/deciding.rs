//! A plan, made of what is known and of the few texts that it takes besides.

use crate::decide::plan::{Draft, Known, Plan, Settings, kept, plan};
use crate::held::document::Written;
use crate::held::object::Key;
use crate::read::apart::apart;
use crate::run::error::RunError;
use crate::store::CatalogStore;

/// Of so many objects at once the store is asked what they were.
const TEXTS: usize = 1_000;

/// Decides what to do, beside the threads that wait: an org of a hundred thousand people takes seconds. What is known is
/// given back.
///
/// There is no plan when the org shows nobody and the catalog has nobody of it either, when no entities can be made of it, and
/// when another run commits meanwhile.
pub(crate) async fn decided(
    known: Known,
    store: &dyn CatalogStore,
    settings: &Settings,
) -> (Known, Result<Plan, RunError>) {
    let known = match with_texts(known, store, settings).await {
        (known, Ok(())) => known,
        (known, Err(error)) => return (known, Err(error)),
    };
    let base = known.state().generation();
    let settings_of_plan = settings.clone();
    let (known, draft) = apart(move || {
        let draft = plan(&known, &settings_of_plan);
        (known, draft)
    })
    .await;
    let plan = match (draft, base) {
        (Ok(draft), Some(base)) => explained(draft, store, settings, base).await,
        (Ok(draft), None) => Ok(draft.finish()),
        (Err(error), _) => Err(error.into()),
    };
    (known, plan)
}

/// With the texts of whatever may stay as it is in the catalog.
async fn with_texts(
    known: Known,
    store: &dyn CatalogStore,
    settings: &Settings,
) -> (Known, Result<(), RunError>) {
    let Some(base) = known.state().generation() else {
        return (known, Ok(()));
    };
    let settings_of_roster = settings.clone();
    let (known, wanted) = apart(move || {
        let kept = kept(&known, &settings_of_roster);
        (known, kept)
    })
    .await;
    match texts(store, settings, base, &wanted).await {
        Ok(texts) => (apart(|| known.with_texts(texts)).await, Ok(())),
        Err(error) => (known, Err(error)),
    }
}

/// Says in what entities change, of so many at a time.
async fn explained(
    mut draft: Draft,
    store: &dyn CatalogStore,
    settings: &Settings,
    base: u64,
) -> Result<Plan, RunError> {
    loop {
        let next = draft.unexplained(TEXTS);
        if next.is_empty() {
            return Ok(apart(|| draft.finish()).await);
        }
        let were = texts(store, settings, base, &next).await?;
        draft = apart(move || draft.explain(next.len(), were)).await?;
    }
}

/// What the store has of these objects of a provider since it committed in `base`.
async fn texts(
    store: &dyn CatalogStore,
    settings: &Settings,
    base: u64,
    keys: &[Key],
) -> Result<Vec<Written>, RunError> {
    let mut texts = Vec::new();
    for some in keys.chunks(TEXTS) {
        let some = store.documents(&settings.provider, base, some.to_vec());
        texts.extend(some.await?);
    }
    Ok(texts)
}
