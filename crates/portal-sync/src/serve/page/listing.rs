//! Long lists: what an address asks of them, search, and pages.

use axum::http::Uri;
use catalog_model::Entity;
use maud::{Markup, html};
use url::form_urlencoded;

use super::{email, label, words};

/// Rows on one page.
pub(super) const PER_PAGE: usize = 200;

/// What the address asks for. Anything that makes no sense is as good as absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(uri: &Uri) -> Self {
        let query = uri.query().unwrap_or_default();
        Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// What is searched for; empty when nothing is.
    pub(super) fn search(&self) -> &str {
        self.value("q").unwrap_or_default().trim()
    }

    /// The page, from 1, of the list with this parameter.
    fn page(&self, parameter: &str) -> usize {
        self.value(parameter)
            .and_then(|page| page.parse().ok())
            .unwrap_or(1)
    }

    /// The same address with another page of one list.
    fn with_page(&self, parameter: &str, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.0.iter().filter(|(name, _)| name != parameter));
        format!(
            "?{}",
            query.append_pair(parameter, &page.to_string()).finish()
        )
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What a person types to find an entity.
#[derive(Debug)]
pub(super) struct Search(String);

impl Search {
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_lowercase())
    }

    /// Whether the text is part of a name, a title, a display name or an e-mail address.
    pub(super) fn finds(&self, entity: &Entity) -> bool {
        let metadata = &entity.metadata;
        let texts = [
            Some(metadata.name.as_str()),
            Some(label(entity)),
            email(entity),
            metadata.title.as_deref(),
        ];
        self.0.is_empty()
            || texts
                .into_iter()
                .flatten()
                .any(|text| text.to_lowercase().contains(&self.0))
    }
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<'a, T> {
    /// The items of this page.
    pub(super) items: Vec<T>,
    /// How many the whole list has.
    pub(super) total: usize,
    parameter: &'static str,
    number: usize,
    last: usize,
    query: &'a Query,
}

impl<'a, T> Page<'a, T> {
    /// The page of `all` that the address asks for by `parameter`; beyond the end, the last one.
    pub(super) fn of(all: Vec<T>, parameter: &'static str, query: &'a Query) -> Self {
        let total = all.len();
        let last = total.div_ceil(PER_PAGE).max(1);
        let number = query.page(parameter).clamp(1, last);
        let items = all
            .into_iter()
            .skip((number - 1) * PER_PAGE)
            .take(PER_PAGE)
            .collect();
        Self {
            items,
            total,
            parameter,
            number,
            last,
            query,
        }
    }

    /// The way to the other pages, back to the section with the id `anchor`. Nothing when there is only one page.
    pub(super) fn pager(&self, what: &str, anchor: &str) -> Markup {
        let link = |page| format!("{}#{anchor}", self.query.with_page(self.parameter, page));
        html! {
            @if self.last > 1 {
                nav.pager aria-label={ "Pages of " (what) } {
                    @if self.number > 1 {
                        a rel="prev" href=(link(self.number - 1)) { "Previous" }
                    }
                    span aria-current="page" {
                        "Page " (words::counted(self.number)) " of " (words::counted(self.last))
                    }
                    @if self.number < self.last {
                        a rel="next" href=(link(self.number + 1)) { "Next" }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::read(&format!("/?{text}").parse().unwrap())
    }

    #[test]
    fn a_page_is_never_beyond_the_list() {
        for (asked, number, first) in [
            ("", 1, 0),
            ("page=1", 1, 0),
            ("page=2", 2, 200),
            ("page=3", 3, 400),
            ("page=4", 3, 400),
            ("page=0", 1, 0),
            ("page=-1", 1, 0),
            ("page=99999999999999999999999", 1, 0),
            ("page=x", 1, 0),
            ("groups=2", 1, 0),
        ] {
            let query = query(asked);
            let page = Page::of((0..450).collect(), "page", &query);
            assert_eq!(
                (page.number, page.items.first()),
                (number, Some(&first)),
                "{asked}"
            );
            assert_eq!((page.total, page.last), (450, 3), "{asked}");
        }
        let nothing = query("page=7");
        let empty: Page<'_, u8> = Page::of(Vec::new(), "page", &nothing);
        assert_eq!(
            (empty.number, empty.total, empty.pager("people", "people").0),
            (1, 0, String::new())
        );
    }

    #[test]
    fn a_link_to_a_page_keeps_the_search_and_the_other_list() {
        let query = query("q=%3Cb%3E+a%26b&page=2&groups=3");
        assert_eq!(query.search(), "<b> a&b");
        assert_eq!(
            query.with_page("page", 4),
            "?q=%3Cb%3E+a%26b&groups=3&page=4"
        );
    }
}
