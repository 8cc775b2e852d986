//! The two connections of a store, and what becomes of them when its file goes or another takes its place.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::Failure;
use super::file::{self, Files, Opened};
use super::index::Index;
use crate::store::StoreErrorKind;

/// Up to this size, in bytes, a file is looked through for damage before it is used; a larger one while it is used.
const CHECKED_AT_ONCE: u64 = 256 * 1024 * 1024;

/// What the clones of a store share.
pub(super) struct Shared {
    pub(super) path: PathBuf,
    /// Whether it is opened for whoever only looks, to whom a file that is not there is an empty catalog.
    pub(super) looks: bool,
    reader: Mutex<Option<Opened>>,
    writer: Mutex<Option<Opened>>,
    current: Mutex<Current>,
}

/// Which catalog the file at the path is.
#[derive(Default)]
pub(super) struct Current {
    files: Option<Files>,
    /// How often it turned out to be another one.
    pub(super) epoch: u64,
    /// In which epoch each provider was last read: a plan made in one is not committed in another.
    read: HashMap<String, u64>,
}

impl Current {
    /// This provider is read, or runs, from now on in the catalog that there is.
    pub(super) fn has_read(&mut self, provider: &str) {
        self.read.insert(provider.to_owned(), self.epoch);
    }

    /// Whether this provider was read last, or began to run, in another catalog than there is now.
    pub(super) fn is_another_catalog(&self, provider: &str) -> bool {
        let read = self.read.get(provider);
        read.is_some_and(|epoch| *epoch != self.epoch)
    }
}

impl Shared {
    pub(super) fn new(path: &Path, looks: bool) -> Self {
        Self {
            path: path.to_owned(),
            looks,
            reader: Mutex::default(),
            writer: Mutex::default(),
            current: Mutex::default(),
        }
    }

    pub(super) fn current(&self) -> MutexGuard<'_, Current> {
        lock(&self.current)
    }

    /// Which files are at the path now, and whether that is still the catalog it was.
    pub(super) fn look(&self) -> Result<Option<Files>, Failure> {
        let found = Files::at(&self.path).map_err(Failure::unopenable)?;
        let Some(now) = found else {
            return if self.looks {
                Ok(None)
            } else {
                Err(Failure::Kind(StoreErrorKind::Gone))
            };
        };
        let mut current = self.current();
        if current.files.is_some_and(|before| !before.go_on_in(&now)) {
            current.epoch += 1;
            tracing::error!(store = %self.path.display(), "the file of the store was replaced: it is opened anew");
        }
        current.files = Some(now);
        Ok(Some(now))
    }

    /// Reads, once more when the file was written meanwhile that nobody seemed to write.
    pub(super) fn with_reader<T>(
        &self,
        work: impl Fn(&mut Connection, &Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut reader = lock(&self.reader);
        for open in [Opened::to_look, Opened::to_read] {
            let now = self.look()?;
            if reader.as_ref().is_some_and(|opened| !opened.is_to(now)) {
                // Both, before one is opened: those of one process share what they know of a file.
                *reader = None;
                *lock(&self.writer) = None;
            }
            let opened = match &mut *reader {
                Some(opened) => opened,
                None => {
                    let opened = match now {
                        Some(_) if self.looks => open(&self.path)?,
                        Some(_) => Opened::to_read(&self.path)?,
                        None => Opened::nothing()?,
                    };
                    self.remember_files(&opened);
                    reader.insert(opened)
                }
            };
            let done = work(&mut opened.connection, self);
            if !opened.was_disturbed(&self.path) {
                return done;
            }
        }
        Err(Failure::Kind(StoreErrorKind::Locked))
    }

    /// What `work` wrote is in the file at the path: one that went, or was replaced meanwhile, took it along.
    pub(super) fn with_writer<T>(
        &self,
        patience: Duration,
        work: impl FnOnce(&mut Connection, &Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.looks {
            return Err(Failure::Kind(StoreErrorKind::ReadOnly));
        }
        // Notices when the file was replaced, and then opens it anew.
        self.with_reader(|_, _| Ok(()))?;
        let mut writer = lock(&self.writer);
        let now = self.look()?;
        let epoch = self.current().epoch;
        if writer.as_ref().is_some_and(|opened| !opened.is_to(now)) {
            *writer = None;
        }
        let opened = match &mut *writer {
            Some(opened) => opened,
            None => {
                let opened = Opened::to_write(&self.path, patience)?;
                self.remember_files(&opened);
                writer.insert(opened)
            }
        };
        let done = work(&mut opened.connection, self)?;
        self.look()?;
        if self.current().epoch == epoch {
            Ok(done)
        } else {
            Err(Failure::Kind(StoreErrorKind::Conflict))
        }
    }

    /// Whoever opens a database makes the files beside it.
    fn remember_files(&self, opened: &Opened) {
        if opened.files.is_some() {
            self.current().files = opened.files;
        }
    }

    /// Looks through a file that is not too large for damage, before anything is written into it.
    pub(super) fn check_at_once(&self) -> Result<(), Failure> {
        match self.size() {
            1..=CHECKED_AT_ONCE => {
                self.with_reader(|connection, _| file::check_structure(connection))
            }
            _ => Ok(()),
        }
    }

    /// Reads everything in a file that is not too large, so that damage is known before somebody is served.
    pub(super) fn verify_at_once(&self) -> Result<(), Failure> {
        match self.size() {
            0..=CHECKED_AT_ONCE => self.with_reader(|connection, _| verify(connection)),
            _ => Ok(()),
        }
    }

    /// In bytes; 0 when it is not known.
    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }
}

// A panic inside a transaction rolled it back when it was dropped, so the connections are sound.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads everything, so that each sum is compared.
pub(super) fn verify(connection: &mut Connection) -> Result<(), Failure> {
    let transaction = connection.transaction()?;
    Index::read(&transaction)?.verify(&transaction)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::SqliteStore;

    fn kind<T>(done: Result<T, Failure>) -> Option<StoreErrorKind> {
        let failed = done.err()?;
        Some(failed.told("reading", Path::new("catalog.db")).kind())
    }

    #[cfg(unix)]
    #[test]
    fn what_went_into_a_file_that_was_replaced_meanwhile_was_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (
            folder.path().join("catalog.db"),
            folder.path().join("other.db"),
        );
        for path in [&path, &other] {
            drop(SqliteStore::open(path).unwrap());
        }
        let shared = Shared::new(&path, false);
        let write = |replaced: bool| {
            shared.with_writer(Duration::ZERO, |connection, _| {
                connection.execute_batch("BEGIN IMMEDIATE; COMMIT")?;
                if replaced {
                    fs::rename(&other, &path).unwrap();
                }
                Ok(())
            })
        };
        assert_eq!(kind(write(false)), None);
        assert_eq!(kind(write(true)), Some(StoreErrorKind::Conflict));
        assert_eq!(kind(write(false)), None);
    }

    #[test]
    fn a_look_at_a_file_that_is_written_meanwhile_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.db");
        drop(SqliteStore::open(&path).unwrap());
        let shared = Shared::new(&path, true);
        let looks = std::cell::Cell::new(0);
        let look = |connection: &mut Connection, _: &Shared| {
            looks.set(looks.get() + 1);
            if looks.get() == 1 {
                let mut more = fs::read(&path).unwrap();
                more.resize(more.len() + 4096, 0);
                fs::write(&path, more).unwrap();
                return Err(Failure::Kind(StoreErrorKind::Damaged));
            }
            verify(connection)
        };
        assert_eq!(kind(shared.with_reader(look)), None);
        assert_eq!(looks.get(), 2);
    }

    /// A link to nowhere in the place of the file of shared memory: one can be neither made nor read, whoever runs this.
    #[cfg(unix)]
    #[test]
    fn a_file_that_is_written_while_it_is_read_without_locks_is_not_taken_for_damaged_or_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("catalog.db");
        drop(SqliteStore::open(&path).unwrap());
        let shm = folder.path().join("catalog.db-shm");
        std::os::unix::fs::symlink(folder.path().join("nowhere/shm"), shm).unwrap();
        let shared = Shared::new(&path, true);
        let read = |changed: bool, verdict: fn() -> Result<(), Failure>| {
            kind(shared.with_reader(|connection, _| {
                verify(connection)?;
                if changed {
                    let mut more = fs::read(&path).unwrap();
                    more.resize(more.len() + 4096, 0);
                    fs::write(&path, more).unwrap();
                }
                verdict()
            }))
        };
        let whole = || Ok(());
        let damaged = || Err(Failure::Kind(StoreErrorKind::Damaged));
        assert_eq!(read(false, whole), None);
        assert_eq!(read(true, whole), Some(StoreErrorKind::Locked));
        assert_eq!(read(true, damaged), Some(StoreErrorKind::Locked));
        assert_eq!(read(false, damaged), Some(StoreErrorKind::Damaged));
    }
}
