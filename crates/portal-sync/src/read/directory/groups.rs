//! Listing the groups of an org.

use std::collections::HashSet;

use okta_api::{Group, List, Page, Searchable};
use tokio::time::Instant;

use super::{OktaDirectory, Progress, ReadError};
use crate::held::mirror::Listed;
use crate::read::selection::Query;

impl OktaDirectory {
    /// Lists the groups, whole: Okta has not documented how `fields` goes together with the counts of members, and the groups
    /// are a thirtieth of what a full run reads.
    pub(super) async fn groups(
        &self,
        counts: bool,
        until: Instant,
    ) -> Result<Listed<Group>, ReadError> {
        let mut listed = Listed::default();
        let (limit, mut found) = (self.limits.groups, 0);
        let failed = |error| ReadError::groups(error, limit);
        for query in self.selection.groups() {
            let list = self.list_groups(query, counts).deadline(until);
            let mut pages = list
                .at_most(limit.saturating_sub(found))
                .pages_with_malformed();
            while let Some(page) = pages.try_next().await.map_err(failed)? {
                found += page.items.len() + page.malformed.len();
                take(&mut listed, page);
                (self.on_progress)(Progress::Groups(listed.records.len()));
            }
        }
        // Okta compares names without regard to case, so that two searches may find one group.
        let mut seen = HashSet::new();
        listed.records.retain(|group| seen.insert(group.id.clone()));
        tracing::debug!(groups = listed.records.len(), "the groups are listed");
        Ok(listed)
    }

    /// One of the lists of groups. Pages are never larger than Okta recommends: it warns of what larger ones leave out.
    fn list_groups(&self, query: &Query, counts: bool) -> List<Group, Searchable> {
        let mut list = self.client.groups().list();
        if counts {
            list = list.with_stats();
        }
        if let Some(kept) = self.selection.kept() {
            let names = kept.groups.iter().map(String::as_str);
            list = list.keep(names.chain(self.baseline.asked_of_groups()));
        }
        match &query.search {
            Some(search) => list.search(search),
            None => list,
        }
    }
}

/// Puts one page behind those before it.
pub(super) fn take<T>(listed: &mut Listed<T>, page: Page<T>) {
    listed.pages += 1;
    listed.server_date = listed.server_date.or(page.server_date);
    listed.records.extend(page.items);
    for (name, count) in page.skipped {
        *listed.skipped.entry(name).or_default() += count;
    }
    for bad in page.malformed {
        match bad.id {
            Some(id) => drop(listed.malformed.insert(id, bad.reason)),
            None => listed.unidentified = Some(bad.reason),
        }
    }
}
