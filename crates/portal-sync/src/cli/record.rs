//! `sync --record`: a run that is kept.

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use jiff::Timestamp;

use super::recording::Folder;
use super::session::{Asked, Session};
use super::{PlanArgs, failure, output};
use crate::config::Effective;
use crate::exit::Exit;
use crate::held::run::Run;
use crate::read::baseline::Baseline;
use crate::read::record::Record;
use crate::read::selection::Kept;
use crate::run::provider::{ProviderConfig, criteria, selection};
use crate::store::{CatalogStore, StoreError, copy};
use crate::text::chain;

/// A recording under way.
#[derive(Debug)]
pub(super) struct Recorded {
    folder: Folder,
    record: Record,
    provider: ProviderConfig,
    /// Where it is, for people.
    shown: String,
    quiet: bool,
    /// Why it has not what the run began with.
    not_copied: OnceLock<String>,
}

/// Makes the folder of a recording, and lets the session record the one tenant that is read. `parts` are the parts that
/// tenants have of the configuration.
pub(super) fn begin(
    session: &mut Session,
    arguments: &PlanArgs,
    folder: &Path,
    parts: &[(String, Effective)],
) -> Result<Recorded, Exit> {
    let provider = match session.chosen(&arguments.providers)?.as_slice() {
        [provider] => (*provider).clone(),
        providers => {
            let first = providers.first().map_or("ID", |it| it.id.as_str());
            output::message(format_args!(
                "error: a recording is of one tenant, and {} are to be read\n  fix: name one: `--provider {first}`",
                providers.len()
            ));
            return Err(Exit::Usage);
        }
    };
    let part = parts.iter().find(|(id, _)| *id == provider.id);
    let Some((_, part)) = part else {
        output::message("error: the configuration changed while it was read\n  fix: run it again");
        return Err(Exit::Usage);
    };
    if !is_replayable(part, &provider) {
        output::message(format_args!(
            "error: {}: the configuration without its secrets is another one: a secret stands in a filter, a template or a name\n  \
             fix: write it nowhere but under the key that it is for; `portal-sync config print` shows where it is",
            provider.id
        ));
        return Err(Exit::Usage);
    }
    let now = session.clock.now();
    let made = Folder::make(folder, &provider.id, now, arguments.full, part);
    let (made, exchanges) = made.map_err(|error| failure::of_recording(&error))?;
    let shown = folder.display().to_string();
    if !session.quiet {
        output::message(format_args!(
            "{}: recording into `{shown}`, which will hold personal data: people's names, addresses and groups",
            provider.id
        ));
    }
    let kept = selection(&provider).kept().cloned().unwrap_or_default();
    let record = Record::new(exchanges, kept);
    session.asked = Asked::OktaRecorded(record.clone());
    Ok(Recorded {
        folder: made,
        record,
        provider,
        shown,
        quiet: session.quiet,
        not_copied: OnceLock::new(),
    })
}

/// Whether a replay will select and map by the configuration that the run has.
fn is_replayable(part: &Effective, provider: &ProviderConfig) -> bool {
    let Ok(mut file) = tempfile::NamedTempFile::new() else {
        // Then the folder of the recording will not be made either.
        return true;
    };
    if write!(file, "{part}").is_err() {
        return true;
    }
    let all = |it: &ProviderConfig| (criteria(it), format!("{:?}", it.mapping));
    let read = crate::config::recorded(file.path(), Path::new("."));
    read.is_ok_and(|read| read.providers.iter().any(|it| all(it) == all(provider)))
}

impl Recorded {
    /// Copies what the run begins with. Nothing was asked of Okta yet. A run is not ended by what becomes of its recording.
    pub(super) async fn copy(&self, store: &dyn CatalogStore, began: Timestamp) {
        if let Err(error) = self.try_to_copy(store, began).await {
            let missing = format!("what the run began with: {}", chain(&error));
            drop(self.not_copied.set(missing));
        }
    }

    async fn try_to_copy(
        &self,
        store: &dyn CatalogStore,
        began: Timestamp,
    ) -> Result<(), StoreError> {
        let id = &self.provider.id;
        let state = store.state(id).await?;
        let last = &state.remembered().criteria;
        let judges = Baseline::of(last, &criteria(&self.provider));
        self.record.keep(Kept {
            users: judges.asked_of_users().map(str::to_owned).collect(),
            groups: judges.asked_of_groups().map(str::to_owned).collect(),
        });
        copy(store, id, &state, began, &self.folder.store()).await
    }

    /// The run has ended so.
    pub(super) fn finish(&self, run: &Run) -> Exit {
        let exchanges = self.record.finish();
        let exchanges = exchanges.map_err(|error| format!("exchanges: {}", chain(&error)));
        let kept = match self.not_copied.get() {
            Some(missing) => Err(missing.clone()),
            None => exchanges,
        };
        let missing = kept.as_ref().err().cloned();
        let written = self.folder.finish(run, kept);
        let exit = match (missing, written) {
            (Some(missing), _) => {
                output::message(format_args!(
                    "error: the recording `{}` is not whole; the run itself is not concerned\n  because: {missing}\n  \
                     fix: make room there, and record another run",
                    self.shown
                ));
                Exit::Store
            }
            (None, Err(error)) => failure::of_recording(&error),
            (None, Ok(())) => Exit::Done,
        };
        if exit == Exit::Done && !self.quiet {
            output::message(format_args!(
                "{}: recorded; `portal-sync plan --replay {}` makes the plan again",
                self.provider.id, self.shown
            ));
        }
        exit
    }
}
