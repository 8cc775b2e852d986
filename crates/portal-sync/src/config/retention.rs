//! `portalSync.retention`: how much of the ledger is kept.

use super::section::Section;
use crate::store::Retention;

/// Reads the section; what it does not say is as usual.
pub(super) fn read(section: Option<Section<'_>>) -> Retention {
    let mut retention = Retention::default();
    if let Some(section) = section {
        retention.runs = section.whole("runs").unwrap_or(retention.runs);
        retention.days = section.whole("days").unwrap_or(retention.days);
        section.close();
    }
    retention
}
