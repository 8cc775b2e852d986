//! The first page: the providers' runs, people and groups.

use catalog_model::RelationType;
use jiff::Timestamp;
use maud::{Markup, html};

use super::super::ProviderStatus;
use super::identity::address;
use super::listing::{Page, Query, SEARCH};
use super::words::{self, moment};
use crate::catalog::published::Published;
use crate::run::account;

/// What the first page shows.
pub(super) fn content(
    published: Option<&Published>,
    providers: &[ProviderStatus],
    query: &Query,
    now: Timestamp,
) -> Markup {
    html! {
        @match published {
            Some(published) => {
                h1 { "Catalog" }
                (missing(published, providers))
                (runs(providers, now))
                (lists(published, query))
            }
            None => {
                (waiting(providers))
                (runs(providers, now))
            }
        }
    }
}

/// In place of a catalog while there is none, with what went wrong so far.
pub(super) fn waiting(providers: &[ProviderStatus]) -> Markup {
    let errors = providers.iter().filter_map(|provider| {
        let message = account::message(provider.last_run.as_ref()?)?;
        Some((provider.provider.as_str(), message))
    });
    html! {
        h1 { "Waiting for the first sync" }
        p { "Nothing is served until the first run of a provider has ended well." }
        @for (provider, message) in errors {
            p.error role="alert" { strong { (provider) ": " } (words::prose(&message)) }
        }
    }
}

/// What the catalog lacks as long as a provider was never read.
fn missing(published: &Published, providers: &[ProviderStatus]) -> Markup {
    let never_read = providers
        .iter()
        .filter(|status| !published.has_read(&status.provider));
    html! {
        @for status in never_read {
            p.error role="alert" {
                strong { (status.provider) }
                " (" (status.org) ") was never read: its people and groups are missing here."
            }
        }
    }
}

fn lists(published: &Published, query: &Query) -> Markup {
    let (people, groups) = if query.search().is_empty() {
        (
            Page::of(published.users().to_vec(), "page", query),
            Page::of(published.groups().to_vec(), "groups", query),
        )
    } else {
        let (people, groups) = published.search(query.search());
        (
            Page::of(people, "page", query),
            Page::of(groups, "groups", query),
        )
    };
    html! {
        form role="search" action="/" method="get" {
            label for="q" { "Search people and groups" }
            div.field {
                input #q type="search" name="q" value=(query.search()) autocomplete="off"
                    maxlength=(SEARCH) placeholder="Name or e-mail";
                button type="submit" { "Search" }
            }
            p #matches role="status" {
                @if !query.search().is_empty() {
                    (words::count_of(people.total, "person", "people")) " and "
                    (words::count_of(groups.total, "group", "groups")) " match “"
                    (words::foreign(query.search())) "”"
                }
            }
        }
        div #results {
            section aria-labelledby="people" {
                h2 #people { "People " span.count { (words::counted(people.total)) } }
                (people_table(published, &people))
                (people.pager("people", "people"))
            }
            section aria-labelledby="groups" {
                h2 #groups { "Groups " span.count { (words::counted(groups.total)) } }
                (groups_table(published, &groups))
                (groups.pager("groups", "groups"))
            }
        }
    }
}

fn people_table(published: &Published, people: &Page<'_, u32>) -> Markup {
    let mut entities = published.entities();
    html! {
        @if people.items.is_empty() {
            p.none { "Nobody." }
        } @else {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "E-mail" } } }
                tbody {
                    @for at in &people.items {
                        @let user = entities.outline(*at);
                        tr {
                            td { a href=(address(published.ref_at(*at))) { (words::foreign(user.label())) } }
                            td { @if let Some(email) = user.email() { (words::foreign(email)) } }
                        }
                    }
                }
            }
        }
    }
}

fn groups_table(published: &Published, groups: &Page<'_, u32>) -> Markup {
    let mut entities = published.entities();
    html! {
        @if groups.items.is_empty() {
            p.none { "None." }
        } @else {
            table {
                thead { tr {
                    th scope="col" { "Name" }
                    th scope="col" { "Type" }
                    th.number scope="col" { "Members" }
                } }
                tbody {
                    @for at in &groups.items {
                        @let group = entities.outline(*at);
                        tr {
                            td { a href=(address(published.ref_at(*at))) { (words::foreign(group.label())) } }
                            td { (words::foreign(group.type_of())) }
                            td.number { (words::counted(members(published, *at))) }
                        }
                    }
                }
            }
        }
    }
}

fn members(published: &Published, group: u32) -> usize {
    let relations = published.relations(group);
    relations
        .filter(|(of, _)| *of == RelationType::HasMember)
        .count()
}

fn runs(providers: &[ProviderStatus], now: Timestamp) -> Markup {
    html! {
        @if !providers.is_empty() {
            section aria-labelledby="runs" {
                h2 #runs { "Runs" }
                table.runs {
                    thead { tr {
                        th scope="col" { "Provider" }
                        th scope="col" { "Org" }
                        th scope="col" { "Last run" }
                        th scope="col" { "Next run" }
                    } }
                    tbody { @for provider in providers { (row(provider, now)) } }
                }
            }
        }
    }
}

fn row(provider: &ProviderStatus, now: Timestamp) -> Markup {
    html! {
        tr {
            th scope="row" { (provider.provider) }
            td { (provider.org) }
            td {
                @match &provider.last_run {
                    Some(run) => {
                        span.outcome data-outcome=(run.outcome.as_str()) { (run.outcome.as_str()) }
                        " " (moment(run.ended, now))
                        ", took " (words::duration(run.began, run.ended))
                        @if let Some(message) = account::message(run) { p.message { (words::prose(&message)) } }
                    }
                    None => { "none since the start" }
                }
            }
            td {
                @if provider.running {
                    span.outcome data-outcome="running" { "running" }
                } @else if let Some(next) = provider.next_run {
                    (moment(next, now))
                } @else {
                    "when asked"
                }
            }
        }
    }
}
