//! A plan of what is known, made beside the threads that wait: of an org of a hundred thousand people it takes seconds.

use catalog_model::Kind;

use crate::decide::plan::{Known, Plan, Settings, kept, plan};
use crate::held::document::Written;
use crate::read::apart::apart;
use crate::run::error::RunError;
use crate::store::CatalogStore;

/// Of so many objects at once the store is asked what they were.
const TEXTS: usize = 1_000;

/// Decides what to do, and gives back what is known. `approved` is the id of an earlier plan whose withheld changes may be made.
///
/// # Errors
/// When there is no plan, the store cannot be read, or another run commits meanwhile.
pub(crate) async fn decided(
    mut known: Known,
    store: &dyn CatalogStore,
    settings: &Settings,
    approved: Option<&str>,
) -> Result<(Known, Plan), RunError> {
    let base = known.state().generation();
    if let Some(base) = base {
        let wanted;
        (known, wanted) = work_out(known, settings, kept).await;
        if !wanted.is_empty() {
            known = known.with_texts(texts(store, settings, base, wanted).await?);
        }
    }
    let approved = approved.map(str::to_owned);
    let draft;
    (known, draft) = work_out(known, settings, move |known, settings| {
        plan(known, settings, approved.as_deref())
    })
    .await;
    let mut draft = draft?;
    while let Some(base) = base {
        let next = draft.unexplained(TEXTS);
        if next.is_empty() {
            break;
        }
        let were = texts(store, settings, base, next).await?;
        draft = apart(move || draft.explain(were).map(|()| draft)).await?;
    }
    Ok((known, apart(|| draft.finish()).await))
}

/// Works something out of what is known.
async fn work_out<T: Send + 'static>(
    known: Known,
    settings: &Settings,
    work: impl FnOnce(&Known, &Settings) -> T + Send + 'static,
) -> (Known, T) {
    let settings = settings.clone();
    apart(move || {
        let done = work(&known, &settings);
        (known, done)
    })
    .await
}

/// What the store has of these objects of a provider since it committed in `base`.
async fn texts(
    store: &dyn CatalogStore,
    settings: &Settings,
    base: u64,
    keys: Vec<(Kind, String)>,
) -> Result<Vec<Written>, RunError> {
    let mut texts = Vec::new();
    for some in keys.chunks(TEXTS) {
        let some = store.documents(&settings.provider, base, some.to_vec());
        texts.extend(some.await?);
    }
    Ok(texts)
}
