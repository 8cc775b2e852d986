//! The System Log as marks: which objects to read again.
//!
//! What an event says is never applied: events come late, twice and out of order. They name objects, and these are read.

use std::time::Duration;

use okta_api::{ErrorKind, EventType, LogEvent, PageSize, Start};
use tokio::time::{Instant, timeout_at};

use super::{OktaDirectory, ReadError};
use crate::held::mirror::{LogRead, Marks};
use crate::text::chain;

/// For so long it is tried at most, and for no more than a quarter of the time that is left: without the log nothing is lost.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many pages are read in one run. What is behind them is read by the next.
const PAGES: usize = 20;

/// Who is to be asked for by id: those whom no list of what changed names any more.
const OF_USERS: [EventType; 4] = [
    EventType::USER_LIFECYCLE_DELETE_INITIATED,
    EventType::USER_LIFECYCLE_DELETE_COMPLETED,
    EventType::USER_LIFECYCLE_DEACTIVATE,
    EventType::SYSTEM_IMPORT_USER_DELETE,
];

/// Whose members are to be read.
const OF_GROUPS: [EventType; 4] = [
    EventType::GROUP_USER_MEMBERSHIP_ADD,
    EventType::GROUP_USER_MEMBERSHIP_REMOVE,
    EventType::SYSTEM_IMPORT_GROUP_CREATE,
    EventType::SYSTEM_IMPORT_GROUP_UPDATE,
];

impl OktaDirectory {
    /// Reads on in the log, or begins it. None when the log may not be read; what else goes wrong leaves the place where it was.
    ///
    /// # Errors
    /// When Okta refuses the credentials.
    pub(super) async fn log(
        &self,
        place: Option<&str>,
        until: Instant,
    ) -> Result<Option<LogRead>, ReadError> {
        let left = until.saturating_duration_since(Instant::now());
        let until = Instant::now() + PATIENCE.min(left / 4);
        let kept = || LogRead {
            cursor: place.map(str::to_owned),
            ..LogRead::default()
        };
        let start = match place {
            Some(place) => match place.parse() {
                Ok(cursor) => Start::After(cursor),
                Err(_) => return self.begin_log(until).await,
            },
            None => Start::Now,
        };
        match timeout_at(until, self.events_from(start)).await {
            Err(_) => Ok(Some(kept())),
            Ok(Ok(read)) => Ok(Some(read)),
            Ok(Err(error)) => match error.kind() {
                ErrorKind::Unauthenticated => Err(ReadError::log(error)),
                ErrorKind::Forbidden { .. } => Ok(None),
                ErrorKind::ExpiredCursor | ErrorKind::CursorMismatch | ErrorKind::Rejected
                    if place.is_some() =>
                {
                    tracing::info!(error = %chain(&error), "the place in the System Log is lost");
                    self.begin_log(until).await
                }
                _ => {
                    tracing::warn!(error = %chain(&error), "the System Log could not be read on");
                    Ok(Some(kept()))
                }
            },
        }
    }

    /// Begins the log anew: what happened before is for a read of everything to see.
    async fn begin_log(&self, until: Instant) -> Result<Option<LogRead>, ReadError> {
        let begun = timeout_at(until, self.events_from(Start::Now)).await;
        let begun = match begun {
            Ok(Ok(read)) => read,
            Ok(Err(error)) if error.kind() == ErrorKind::Unauthenticated => {
                return Err(ReadError::log(error));
            }
            _ => LogRead::default(),
        };
        Ok(Some(LogRead {
            is_lost: true,
            ..begun
        }))
    }

    async fn events_from(&self, start: Start) -> Result<LogRead, okta_api::Error> {
        let log = self.client.logs().follow(start).filter(filter());
        let mut pages = log.pages_with_malformed();
        let mut read = LogRead::default();
        for _ in 0..PAGES {
            let Some(page) = pages.try_next().await? else {
                break;
            };
            let is_full = page.items.len() + page.malformed.len() >= PageSize::EVENTS.get().into();
            page.items
                .iter()
                .for_each(|event| mark(event, &mut read.marks));
            read.cursor = page.next.map(|next| next.to_string()).or(read.cursor);
            if !is_full {
                break;
            }
        }
        Ok(read)
    }
}

/// The events that are of interest, in the language of log filters.
fn filter() -> String {
    let types = OF_USERS.into_iter().chain(OF_GROUPS);
    let types = types.map(|it| format!("eventType eq \"{}\"", it.as_str()));
    types.collect::<Vec<_>>().join(" or ")
}

fn mark(event: &LogEvent, marks: &mut Marks) {
    if OF_USERS.contains(&event.event_type) {
        let users = event.target.iter().filter_map(|party| party.user_id());
        marks.users.extend(users);
    }
    if OF_GROUPS.contains(&event.event_type) {
        let groups = event.target.iter().filter_map(|party| party.group_id());
        marks.groups.extend(groups);
    }
}
