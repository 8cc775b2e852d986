//! Commits into a store, of rows that the benchmark makes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use catalog_model::{Entity, EntityRef, FieldChange};
use jiff::Timestamp;
use tokio::time::Instant;

use super::Failed;
use crate::decide::plan::PlannedChange;
use crate::held::criteria::Remembered;
use crate::held::document::{Document, Written};
use crate::held::object::Key;
use crate::held::packed::Packed;
use crate::held::run::{Run, Why};
use crate::store::{
    CatalogStore, Claim, Commit, Ending, Holder, LEASE, PostgresAddress, PostgresSchema,
    PostgresSettings, StoreUrl, Work,
};

pub(super) const PROVIDER: &str = "acme";

/// A user as a store has it.
#[derive(Debug, Clone)]
pub struct Row {
    /// The id in Okta.
    pub okta_id: String,
    /// The name of the entity.
    pub entity_ref: EntityRef,
    /// Its text.
    pub body: String,
}

impl Row {
    /// The row of an entity.
    #[must_use]
    pub fn of(okta_id: String, entity: &Entity) -> Self {
        let document = Document::of(entity);
        Self {
            okta_id,
            entity_ref: document.entity_ref().clone(),
            body: document.body().to_owned(),
        }
    }

    fn key(&self) -> Key {
        Key::User(self.okta_id.as_str().into())
    }
}

/// The end of a run.
#[derive(Debug)]
pub struct End(pub(super) Ending);

impl End {
    /// Of a run in which all of these came.
    ///
    /// # Errors
    /// When they cannot be packed.
    pub fn adding(rows: &[Row]) -> Result<Self, Failed> {
        let mut added = Packed::default();
        for row in rows {
            added.push(row.key(), row.entity_ref.clone(), &row.body)?;
        }
        let changes = rows.iter().map(|row| PlannedChange::Added {
            okta_id: row.okta_id.clone(),
            entity_ref: row.entity_ref.clone(),
        });
        Ok(Self::of(added, Vec::new(), changes.collect()))
    }

    /// Of a run in which these changed.
    #[must_use]
    pub fn updating(rows: &[(Row, Vec<FieldChange>)]) -> Self {
        let written = rows.iter().map(|(row, _)| Written {
            key: row.key(),
            document: Document::stored(row.entity_ref.clone(), row.body.as_str()),
        });
        let changes = rows.iter().map(|(row, fields)| PlannedChange::Updated {
            okta_id: row.okta_id.clone(),
            entity_ref: row.entity_ref.clone(),
            fields: fields.clone(),
        });
        Self::of(Packed::default(), written.collect(), changes.collect())
    }

    fn of(added: Packed, written: Vec<Written>, changes: Vec<PlannedChange>) -> Self {
        let run = Run {
            provider: PROVIDER.to_owned(),
            ..Run::default()
        };
        Self(Ending {
            work: Work::Entities(Commit {
                taken_at: Timestamp::UNIX_EPOCH,
                removed: Vec::new(),
                added,
                written,
                remembered: Remembered::default(),
            }),
            changes: Arc::new(changes),
            ..Ending::of(run)
        })
    }
}

/// A store that is written to.
#[derive(Debug)]
pub struct Target(pub(super) Arc<dyn CatalogStore>);

impl Target {
    /// An embedded one in this file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn sqlite(path: &Path) -> Result<Self, Failed> {
        Ok(Self(StoreUrl::Sqlite(path.to_owned()).open().await?))
    }

    /// One in this schema of the database at `url`.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn postgres(url: &str, schema: &str) -> Result<Self, Failed> {
        let settings = PostgresSettings {
            address: PostgresAddress::parse(url, Path::new("/"))?,
            schema: PostgresSchema::new(schema).ok_or("no name of a schema")?,
            pool: 2,
            statement_timeout: Duration::from_secs(300),
        };
        Ok(Self(StoreUrl::Postgres(Box::new(settings)).open().await?))
    }

    /// Takes a turn and ends it: how long the one took, and the other.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn commit(&self, End(ending): End) -> Result<(Duration, Duration), Failed> {
        let claim = Claim {
            provider: PROVIDER.to_owned(),
            holder: Holder::of_this_process(),
            why: Why::Command,
            began: Timestamp::UNIX_EPOCH,
            lease: LEASE,
        };
        let began = Instant::now();
        let turn = self.0.begin(claim).await?;
        let beginning = began.elapsed();
        let began = Instant::now();
        self.0.end(&turn, ending).await?;
        Ok((beginning, began.elapsed()))
    }
}
