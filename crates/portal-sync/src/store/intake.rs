//! The entities of a generation, handed over one by one: of a large catalog nobody holds all as they are stored.

use std::error::Error;
use std::sync::Arc;

use super::Record;
use crate::held::object::Key;

/// An entity as it is stored, and what it stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// The provider whose object it is.
    pub provider: &'a str,
    /// What it stands for.
    pub key: &'a Key,
    /// The ref of the entity.
    pub entity_ref: &'a str,
    /// The entity as JSON.
    pub text: &'a str,
}

/// Takes the entities of a generation, one by one.
pub(crate) trait Intake: Send {
    /// The first one follows. It may be called again where reading broke off and begins anew.
    fn begin(&mut self);

    /// Takes an entity.
    ///
    /// # Errors
    /// When it is none: the store is damaged.
    fn take(&mut self, stored: Stored<'_>) -> Result<(), Box<dyn Error + Send + Sync>>;
}

/// Every entity, read.
#[derive(Default)]
pub(super) struct Records(Vec<Record>);

impl Records {
    pub(super) fn take_all(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.0)
    }
}

impl Intake for Records {
    fn begin(&mut self) {
        self.0.clear();
    }

    fn take(&mut self, stored: Stored<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
        let known = self.0.last().map(|record| &record.provider);
        let known = known.filter(|known| ***known == *stored.provider);
        self.0.push(Record {
            provider: known.map_or_else(|| stored.provider.into(), Arc::clone),
            key: stored.key.clone(),
            entity: serde_json::from_str(stored.text)?,
        });
        Ok(())
    }
}
