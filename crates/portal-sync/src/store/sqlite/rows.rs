//! The providers of the database and their entities, read so that damage is noticed.

use std::fmt;

use catalog_model::EntityRef;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, Statement, Transaction, params};

use super::{Failure, damaged};
use crate::held::criteria::Remembered;
use crate::held::document::{Document, Written};
use crate::held::object::{Key, Kind};
use crate::store::digest::Sum;

/// What the sums of a database tell.
#[derive(Debug)]
pub(super) struct Mismatch(pub(super) &'static str);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} are not those that were written", self.0)
    }
}

impl std::error::Error for Mismatch {}

/// One row of the table `provider`.
#[derive(Debug, Clone)]
pub(super) struct Provider {
    pub(super) id: String,
    pub(super) generation: i64,
    pub(super) taken_at: String,
    pub(super) remembered: Option<String>,
    /// The sum of its entities; none in a database of before there were sums.
    pub(super) sum: Option<Sum>,
}

impl Provider {
    /// The digest of the row.
    pub(super) fn digest(&self) -> Sum {
        Sum::of_row(&[
            self.id.as_bytes(),
            &self.generation.to_le_bytes(),
            self.taken_at.as_bytes(),
            &[u8::from(self.remembered.is_some())],
            self.remembered.as_deref().unwrap_or_default().as_bytes(),
            &self.sum.unwrap_or_default().to_bytes(),
        ])
    }

    pub(super) fn taken_at(&self) -> Result<Timestamp, Failure> {
        self.taken_at.parse().map_err(damaged)
    }

    /// What an unknown version wrote is as good as nothing: the next run then counts more than it has to.
    pub(super) fn remembered(&self) -> Remembered {
        self.remembered
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// Reads every entity of the provider, in the order of kind and id.
    pub(super) fn entities(
        &self,
        connection: &Connection,
        mut each: impl FnMut(&Entity<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut all = connection.prepare(
            "SELECT kind, okta_id, ref, body FROM entity WHERE provider = ?1 ORDER BY kind, okta_id",
        )?;
        let mut rows = all.query([&self.id])?;
        let mut sum = Sum::default();
        let mut last = (String::new(), String::new());
        while let Some(row) = rows.next()? {
            let entity = Entity::of(&self.id, row)?;
            // The order is that of the pages. Where it is broken, what is looked up by its id is not found.
            if (entity.kind, entity.okta_id) <= (&*last.0, &*last.1) {
                return Err(damaged(Mismatch("the places of the entities")));
            }
            last.0.replace_range(.., entity.kind);
            last.1.replace_range(.., entity.okta_id);
            sum.add(entity.digest());
            each(&entity)?;
        }
        match self.sum {
            Some(expected) if expected != sum => {
                Err(damaged(Mismatch("the entities of a provider")))
            }
            _ => Ok(()),
        }
    }

    /// Those of its entities that stand for these objects.
    pub(super) fn documents(
        &self,
        connection: &Connection,
        keys: &[Key],
    ) -> Result<Vec<Written>, Failure> {
        let mut one = connection.prepare(
            "SELECT kind, okta_id, ref, body FROM entity WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3",
        )?;
        let mut documents = Vec::with_capacity(keys.len());
        for key in keys {
            let mut rows = one.query(params![self.id, key.kind().as_str(), key.text()])?;
            if let Some(row) = rows.next()? {
                let entity = Entity::of(&self.id, row)?;
                documents.push(Written {
                    key: key.clone(),
                    document: Document::stored(entity.parsed_ref()?, entity.body),
                });
            }
        }
        Ok(documents)
    }

    /// The text of one of its entities.
    pub(super) fn any_body(&self, connection: &Connection) -> Result<Option<String>, Failure> {
        let mut any = connection.prepare("SELECT body FROM entity WHERE provider = ?1 LIMIT 1")?;
        Ok(any.query_row([&self.id], |row| row.get(0)).optional()?)
    }

    /// Writes the row of a run in the place of the one that is there: an update is what older versions make.
    pub(super) fn write(&self, transaction: &Transaction<'_>, run: i64) -> Result<(), Failure> {
        let sum = self.sum.unwrap_or_default().to_bytes();
        transaction.execute(
            "INSERT OR REPLACE INTO provider (id, generation, taken_at, remembered, digest, run)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                self.id,
                self.generation,
                self.taken_at,
                self.remembered,
                sum,
                run
            ],
        )?;
        Ok(())
    }

    /// Writes the sum of its entities alone.
    pub(super) fn write_sum(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let sum = self.sum.unwrap_or_default().to_bytes();
        transaction.execute(
            "UPDATE provider SET digest = ?2 WHERE id = ?1",
            params![self.id, sum],
        )?;
        Ok(())
    }
}

/// One row of the table `entity`, as long as it is looked at.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    pub(super) provider: &'a str,
    pub(super) kind: &'a str,
    pub(super) okta_id: &'a str,
    pub(super) entity_ref: &'a str,
    pub(super) body: &'a str,
}

impl<'a> Entity<'a> {
    fn of(provider: &'a str, row: &'a Row<'_>) -> Result<Self, Failure> {
        let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        Ok(Self {
            provider,
            kind: text(0)?,
            okta_id: text(1)?,
            entity_ref: text(2)?,
            body: text(3)?,
        })
    }

    /// The row that an entity becomes.
    fn to_write(provider: &'a str, okta_id: &'a str, written: &'a Written) -> Self {
        let Written { key, document } = written;
        Self {
            provider,
            kind: key.kind().as_str(),
            okta_id,
            entity_ref: document.entity_ref().as_str(),
            body: document.body(),
        }
    }

    /// The digest of the row.
    pub(super) fn digest(&self) -> Sum {
        let Self {
            provider,
            kind,
            okta_id,
            entity_ref,
            body,
        } = self;
        Sum::of_row(&[provider, kind, okta_id, entity_ref, body].map(|text| text.as_bytes()))
    }

    /// What the entity stands for.
    pub(super) fn key(&self) -> Result<Key, Failure> {
        let kind = Kind::named(self.kind);
        let kind = kind.ok_or_else(|| damaged(Mismatch("the kind of an entity")))?;
        Ok(Key::parse(kind, self.okta_id))
    }

    pub(super) fn parsed_ref(&self) -> Result<EntityRef, Failure> {
        self.entity_ref.parse().map_err(damaged)
    }
}

/// What changes the entities of one provider, and keeps their sum.
pub(super) struct Entities<'a> {
    provider: &'a str,
    sum: Sum,
    find: Statement<'a>,
    delete: Statement<'a>,
    insert: Statement<'a>,
    update: Statement<'a>,
}

impl<'a> Entities<'a> {
    /// The entities of a provider that have this sum.
    pub(super) fn of(
        transaction: &'a Transaction<'_>,
        provider: &'a str,
        sum: Sum,
    ) -> Result<Self, Failure> {
        let find = transaction.prepare(
            "SELECT kind, okta_id, ref, body FROM entity WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3",
        )?;
        let delete = transaction
            .prepare("DELETE FROM entity WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3")?;
        let insert = transaction.prepare(
            "INSERT INTO entity (provider, kind, okta_id, ref, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let update = transaction.prepare(
            "UPDATE entity SET body = ?4 WHERE provider = ?1 AND kind = ?2 AND okta_id = ?3",
        )?;
        Ok(Self {
            provider,
            sum,
            find,
            delete,
            insert,
            update,
        })
    }

    /// Takes an entity that is there out of the sum, and returns what it is called.
    fn subtract(&mut self, kind: &str, okta_id: &str) -> Result<Option<String>, Failure> {
        let mut rows = self.find.query([self.provider, kind, okta_id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let entity = Entity::of(self.provider, row)?;
        self.sum.subtract(entity.digest());
        Ok(Some(entity.entity_ref.to_owned()))
    }

    /// Removes an entity if it is there.
    pub(super) fn remove(&mut self, key: &Key) -> Result<(), Failure> {
        let (kind, okta_id) = (key.kind().as_str(), key.text());
        if self.subtract(kind, &okta_id)?.is_some() {
            self.delete.execute([self.provider, kind, &okta_id])?;
        }
        Ok(())
    }

    /// Writes an entity in the place of the one that is there, if it has the same name; if it has another, the one that is
    /// there goes. Returns whether it is written.
    pub(super) fn update(&mut self, written: &Written) -> Result<bool, Failure> {
        let okta_id = written.key.text();
        let entity = Entity::to_write(self.provider, &okta_id, written);
        let Entity {
            provider,
            kind,
            okta_id,
            entity_ref,
            body,
        } = entity;
        match self.subtract(kind, okta_id)? {
            None => Ok(false),
            Some(name) if name != entity_ref => {
                self.delete.execute([provider, kind, okta_id])?;
                Ok(false)
            }
            // The index of the names stays as it is, which is half of what there would be to write.
            Some(_) => {
                self.update.execute([provider, kind, okta_id, body])?;
                self.sum.add(entity.digest());
                Ok(true)
            }
        }
    }

    /// Adds an entity that is not there.
    pub(super) fn insert(&mut self, written: &Written) -> Result<(), Failure> {
        let okta_id = written.key.text();
        let entity = Entity::to_write(self.provider, &okta_id, written);
        let Entity {
            provider,
            kind,
            okta_id,
            entity_ref,
            body,
        } = entity;
        self.insert
            .execute([provider, kind, okta_id, entity_ref, body])?;
        self.sum.add(entity.digest());
        Ok(())
    }

    /// The sum of the entities that there are now.
    pub(super) fn sum(self) -> Sum {
        self.sum
    }
}
