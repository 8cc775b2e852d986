//! A look through a whole database.

use rusqlite::Connection;

use super::{Failure, file, ledger};
use crate::store::Checked;

/// Looks through everything, and says what is there.
pub(super) fn everything(connection: &mut Connection) -> Result<Checked, Failure> {
    file::check_structure(connection)?;
    ledger::checked(connection)
}
