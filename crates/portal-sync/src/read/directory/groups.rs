//! Reading the groups of an org.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use okta_api::{Group, GroupId, List, Page, Searchable};
use tokio::time::Instant;

use super::{OktaDirectory, Progress, ReadError};
use crate::held::notice::ReadingNotice;
use crate::held::org::Org;
use crate::read::apart::Timeslice;
use crate::read::baseline::Baseline;
use crate::read::selection::{GroupVerdict, Query, Unused};

/// The groups of all lists.
#[derive(Debug, Default)]
pub(super) struct GroupsRead {
    pub(super) groups: BTreeMap<GroupId, Group>,
    pub(super) excluded: BTreeSet<GroupId>,
    pub(super) unproven: BTreeSet<GroupId>,
    pub(super) refused: BTreeSet<GroupId>,
    pub(super) excluded_names: Vec<String>,
    pub(super) notices: Vec<ReadingNotice>,
    pub(super) malformed: BTreeMap<GroupId, String>,
    pub(super) unidentified: Option<String>,
    pub(super) server_date: Option<Timestamp>,
}

impl OktaDirectory {
    /// Reads the groups of all lists, whole: Okta has not documented how `fields` goes together with the counts of members, and
    /// the groups are a thirtieth of what a run reads.
    pub(super) async fn groups(
        &self,
        baseline: &Baseline,
        until: Instant,
    ) -> Result<GroupsRead, ReadError> {
        let mut read = GroupsRead::default();
        let mut unused = self.selection.unused();
        let (limit, mut listed) = (self.limits.groups, 0);
        let failed = |error| ReadError::groups(error, limit);
        for query in self.selection.groups() {
            let list = self.list_groups(query, baseline).deadline(until);
            let mut pages = list
                .at_most(limit.saturating_sub(listed))
                .pages_with_malformed();
            while let Some(page) = pages.try_next().await.map_err(failed)? {
                listed += page.items.len() + page.malformed.len();
                self.sort_groups(page, baseline, &mut unused, &mut read)
                    .await;
                (self.on_progress)(Progress::Groups(read.groups.len()));
            }
        }
        let wanted = read.groups.values().filter_map(|it| it.profile.name());
        let all = wanted.chain(read.excluded_names.iter().map(String::as_str));
        read.notices = unused.group_notices(all);
        if self.selection.group_filter_asks_in_vain(&unused) {
            read.unproven.extend(read.refused.iter().cloned());
        }
        let (groups, refused) = (read.groups.len(), read.refused.len());
        tracing::debug!(
            groups,
            refused,
            excluded = read.excluded.len(),
            "the groups are read"
        );
        Ok(read)
    }

    /// One of the lists of groups, with their counts of members.
    fn list_groups(&self, query: &Query, baseline: &Baseline) -> List<Group, Searchable> {
        let mut list = self.client.groups().list().with_stats();
        if let Some(kept) = self.selection.kept() {
            let names = kept.groups.iter().map(String::as_str);
            list = list.keep(names.chain(baseline.asked_of_groups()));
        }
        match &query.search {
            Some(search) => list.search(search),
            None => list,
        }
    }

    /// Sorts the records of one page into what is wanted, what is not, and what cannot be told.
    async fn sort_groups(
        &self,
        page: Page<Group>,
        baseline: &Baseline,
        unused: &mut Unused,
        read: &mut GroupsRead,
    ) {
        unused.skipped_groups(&page.skipped);
        read.server_date = read.server_date.or(page.server_date);
        let mut slice = Timeslice::begin();
        for group in page.items {
            slice.pass().await;
            unused.group(&group);
            let verdict = self.selection.judge_group(&group);
            if verdict != GroupVerdict::Wanted && !baseline.refuses_group(&group) {
                read.unproven.insert(group.id.clone());
            }
            match verdict {
                GroupVerdict::Wanted => drop(read.groups.insert(group.id.clone(), group)),
                GroupVerdict::Excluded => {
                    let name = group.profile.name();
                    read.excluded_names.extend(name.map(str::to_owned));
                    read.excluded.insert(group.id);
                }
                GroupVerdict::Other => {
                    read.refused.insert(group.id);
                }
            }
        }
        for bad in page.malformed {
            match bad.id {
                Some(id) => drop(read.malformed.insert(id.into(), bad.reason)),
                None => read.unidentified = Some(bad.reason),
            }
        }
    }

    /// What is told of the names that the filter lists.
    pub(super) fn name_notices(
        &self,
        org: &Org,
        excluded: &[String],
    ) -> Result<Vec<ReadingNotice>, ReadError> {
        let Some(names) = self.selection.group_names() else {
            return Ok(Vec::new());
        };
        let groups = &org.groups;
        let wanted = groups.values().filter_map(|group| group.profile.name());
        let report = names.report(wanted.chain(excluded.iter().map(String::as_str)));
        // A record that cannot be read may have any name.
        let all_read = org.malformed_groups.is_empty() && org.unidentified_group.is_none();
        // Without users either it is the org that shows nothing, and not the list that is wrong.
        let nothing_shows = org.users.is_empty() && self.selection.users().is_everything();
        if groups.is_empty() && org.excluded_groups.is_empty() && !nothing_shows {
            return Err(ReadError::NoGroupOfList(
                report.unmatched.into_iter().map(str::to_owned).collect(),
            ));
        }
        let missing = report.unmatched.iter();
        let missing = missing.map(|name| ReadingNotice::NameMissing {
            name: (*name).to_owned(),
            all_read,
        });
        let several = report.ambiguous.iter();
        let several = several.map(|(name, groups)| ReadingNotice::NameShared {
            name: (*name).to_owned(),
            groups: *groups,
        });
        Ok(missing.chain(several).collect())
    }
}
