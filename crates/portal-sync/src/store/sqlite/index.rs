//! What is read first: the providers, each with the sum of its entities, the sum of the providers, and the newest generation.
//!
//! What the sums do not fit is [`StoreErrorKind::Damaged`], never a catalog.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Transaction};

use super::rows::{Mismatch, Provider};
use super::{Failure, damaged};
use crate::held::object::Kind;
use crate::held::state::Others;
use crate::store::StoreErrorKind;
use crate::store::digest::Sum;
use crate::store::texts::address_of;

/// The version of a database to which every step was applied.
pub(super) const NEWEST: i64 = 7;

/// The first version of the database that has sums.
const SUMS_SINCE: i64 = 3;

/// The first version of the database that has turns, a ledger and approvals.
pub(super) const RUNS_SINCE: i64 = 5;

/// The first version of the database that has mirrors.
pub(super) const MIRRORS_SINCE: i64 = 6;

/// How many steps were applied to a database of ours.
pub(super) fn version(transaction: &Transaction<'_>) -> Result<i64, rusqlite::Error> {
    transaction.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// The providers of one generation, by id.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) providers: Vec<Provider>,
    /// The newest generation and when its org was read; none before the first.
    newest: Option<(i64, String)>,
}

impl Index {
    /// Reads the providers of a database of any version that there was.
    pub(super) fn read(transaction: &Transaction<'_>) -> Result<Self, Failure> {
        let version = version(transaction)?;
        let more = match version {
            ..=0 => return Ok(Self::default()),
            1 => "NULL, NULL",
            2 => "remembered, NULL",
            SUMS_SINCE..=NEWEST => "remembered, digest",
            _ => return Err(Failure::Kind(StoreErrorKind::NewerSchema)),
        };
        let mut all = transaction.prepare(&format!(
            "SELECT id, generation, taken_at, {more} FROM provider ORDER BY id"
        ))?;
        let mut rows = all.query([])?;
        let mut providers = Vec::new();
        while let Some(row) = rows.next()? {
            let sum: Option<Vec<u8>> = row.get(4)?;
            providers.push(Provider {
                id: row.get(0)?,
                generation: row.get(1)?,
                taken_at: row.get(2)?,
                remembered: row.get(3)?,
                sum: sum.as_deref().and_then(Sum::from_bytes),
            });
        }
        if !providers.is_sorted_by(|one, next| one.id < next.id) {
            return Err(damaged(Mismatch("the places of the providers")));
        }
        let newest = providers.iter().max_by_key(|it| it.generation);
        let newest = newest.map(|it| (it.generation, it.taken_at.clone()));
        let mut index = Self { providers, newest };
        if version >= SUMS_SINCE {
            index.check_sum(transaction)?;
        }
        if version >= RUNS_SINCE {
            index.newest = index.read_newest(transaction)?;
        }
        Ok(index)
    }

    fn check_sum(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let kept: Option<Vec<u8>> = transaction
            .query_row("SELECT digest FROM catalog WHERE id = 1", [], |row| {
                row.get(0)
            })
            .optional()?;
        let is_whole = self.providers.iter().all(|it| it.sum.is_some());
        if is_whole && kept.as_deref() == Some(&self.sum().to_bytes()) {
            Ok(())
        } else {
            Err(damaged(Mismatch("the providers of the catalog")))
        }
    }

    /// The newest generation, which may be of a provider that was forgotten.
    fn read_newest(&self, transaction: &Transaction<'_>) -> Result<Option<(i64, String)>, Failure> {
        let (generation, taken_at): (i64, Option<String>) = transaction.query_row(
            "SELECT generation, taken_at FROM catalog WHERE id = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let least = self
            .newest
            .as_ref()
            .map_or(0, |(generation, _)| *generation);
        if generation < least || taken_at.is_some() != (generation > 0) {
            return Err(damaged(Mismatch("the numbers of the generations")));
        }
        Ok(taken_at.map(|taken_at| (generation, taken_at)))
    }

    /// The number of the newest generation; none before the first.
    pub(super) fn generation(&self) -> Option<u64> {
        let (generation, _) = self.newest.as_ref()?;
        Some(generation.cast_unsigned())
    }

    /// The number of the next generation.
    pub(super) fn next(&self) -> i64 {
        self.newest
            .as_ref()
            .map_or(0, |(generation, _)| *generation)
            + 1
    }

    /// When the org of the newest generation was read.
    pub(super) fn taken_at(&self) -> Result<Option<Timestamp>, Failure> {
        let taken_at = self.newest.as_ref().map(|(_, taken_at)| taken_at.parse());
        taken_at.transpose().map_err(damaged)
    }

    fn sum(&self) -> Sum {
        let mut sum = Sum::default();
        for provider in &self.providers {
            sum.add(provider.digest());
        }
        sum
    }

    pub(super) fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }

    /// Puts a provider in the place of the one with its id, as a run leaves it, and writes it, the sum and the newest generation.
    pub(super) fn replace(
        mut self,
        provider: Provider,
        run: u64,
        transaction: &Transaction<'_>,
    ) -> Result<(), Failure> {
        provider.write(transaction, run.cast_signed())?;
        if self
            .newest
            .as_ref()
            .is_none_or(|(newest, _)| *newest < provider.generation)
        {
            self.newest = Some((provider.generation, provider.taken_at.clone()));
        }
        self.providers.retain(|it| it.id != provider.id);
        self.providers.push(provider);
        self.write_sum(transaction)?;
        self.write_newest(transaction)
    }

    /// Lets a provider go whose rows are gone, and returns the number of the generation without it.
    pub(super) fn without(
        mut self,
        provider: &str,
        transaction: &Transaction<'_>,
    ) -> Result<u64, Failure> {
        let next = self.next();
        if let Some((generation, _)) = &mut self.newest {
            *generation = next;
        }
        self.providers.retain(|it| it.id != provider);
        self.write_sum(transaction)?;
        self.write_newest(transaction)?;
        Ok(next.cast_unsigned())
    }

    fn write_newest(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let Some((generation, taken_at)) = &self.newest else {
            return Ok(());
        };
        transaction.execute(
            "UPDATE catalog SET generation = ?1, taken_at = ?2 WHERE id = 1",
            rusqlite::params![generation, taken_at],
        )?;
        Ok(())
    }

    /// Gives a database of before there were sums those of what it holds.
    pub(super) fn fill_sums(transaction: &Transaction<'_>) -> Result<(), Failure> {
        let mut index = Self::read(transaction)?;
        for provider in &mut index.providers {
            let mut sum = Sum::default();
            provider.entities(transaction, |entity| {
                sum.add(entity.digest());
                Ok(())
            })?;
            provider.sum = Some(sum);
            provider.write_sum(transaction)?;
        }
        index.write_sum(transaction)
    }

    fn write_sum(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        transaction.execute(
            "INSERT INTO catalog (id, digest) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET digest = ?1",
            [self.sum().to_bytes()],
        )?;
        Ok(())
    }

    /// What the providers other than `own` have. Of their users only the addresses are read.
    pub(super) fn others(
        &self,
        transaction: &Transaction<'_>,
        own: &str,
    ) -> Result<Others, Failure> {
        let mut others = Others::default();
        for provider in self.providers.iter().filter(|it| it.id != own) {
            provider.entities(transaction, |entity| {
                let entity_ref = entity.parsed_ref()?;
                if entity.kind == Kind::User.as_str() {
                    let address = address_of(entity.body).map_err(damaged)?;
                    others.addresses.push((entity_ref.clone(), address));
                }
                others.taken.insert(entity_ref);
                Ok(())
            })?;
        }
        Ok(others)
    }

    /// Reads everything, so that each sum is compared.
    pub(super) fn verify(&self, transaction: &Transaction<'_>) -> Result<(), Failure> {
        let mut providers = self.providers.iter();
        providers.try_for_each(|provider| provider.entities(transaction, |_| Ok(())))
    }
}
