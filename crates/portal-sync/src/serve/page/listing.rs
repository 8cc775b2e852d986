//! Long lists: what an address asks of them, search, and pages.

use axum::http::Uri;
use maud::{Markup, html};
use url::form_urlencoded;

use super::words;

/// Rows on one page.
pub(super) const PER_PAGE: usize = 200;

/// So many characters may be searched for.
pub(super) const SEARCH: usize = 200;

/// The parameters that choose the page of a list.
const PAGES: [&str; 4] = ["page", "groups", "parent", "children"];

/// What the address asks for. Anything that makes no sense is as good as absent.
#[derive(Debug, Clone, Default)]
pub(super) struct Query {
    search: String,
    pages: Vec<(&'static str, usize)>,
}

/// More characters are searched for than [`SEARCH`].
#[derive(Debug)]
pub(super) struct TooLong;

impl Query {
    pub(super) fn read(uri: &Uri) -> Result<Self, TooLong> {
        let mut query = Self::default();
        let mut search = None;
        for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if name == "q" && search.is_none() {
                search = Some(value.trim().to_owned());
            }
            let page = PAGES.into_iter().find(|page| *page == name);
            if let (Some(page), Ok(number)) = (page, value.parse())
                && query.page(page).is_none()
            {
                query.pages.push((page, number));
            }
        }
        query.search = search.unwrap_or_default();
        if query.search.chars().nth(SEARCH).is_some() {
            return Err(TooLong);
        }
        Ok(query)
    }

    /// What is searched for; empty when nothing is.
    pub(super) fn search(&self) -> &str {
        &self.search
    }

    /// The page, from 1, of the list with this parameter.
    fn page(&self, parameter: &str) -> Option<usize> {
        let mut pages = self.pages.iter();
        pages
            .find(|(other, _)| *other == parameter)
            .map(|(_, page)| *page)
    }

    /// The same address with another page of one list.
    fn with_page(&self, parameter: &str, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.search.is_empty() {
            query.append_pair("q", &self.search);
        }
        for (other, page) in self.pages.iter().filter(|(other, _)| *other != parameter) {
            query.append_pair(other, &page.to_string());
        }
        format!(
            "?{}",
            query.append_pair(parameter, &page.to_string()).finish()
        )
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
    pub(super) fn of<I>(all: I, parameter: &'static str, query: &'a Query) -> Self
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        let all = all.into_iter();
        let total = all.len();
        let last = total.div_ceil(PER_PAGE).max(1);
        let number = query.page(parameter).unwrap_or(1).clamp(1, last);
        let items = all.skip((number - 1) * PER_PAGE).take(PER_PAGE).collect();
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
        Query::read(&format!("/?{text}").parse().unwrap()).unwrap()
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
            ("page=x&page=2&page=3", 2, 200),
            ("groups=2", 1, 0),
        ] {
            let query = query(asked);
            let page = Page::of(0..450, "page", &query);
            assert_eq!(
                (page.number, page.items.first()),
                (number, Some(&first)),
                "{asked}"
            );
            assert_eq!((page.total, page.last), (450, 3), "{asked}");
        }
        let nothing = query("page=7");
        let empty: Page<'_, u8> = Page::of([], "page", &nothing);
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

    #[test]
    fn what_no_page_asks_for_is_not_repeated() {
        let junk = "x=1&".repeat(5_000);
        let query = query(&format!("{junk}page=18446744073709551615&{junk}&parent=+7"));
        assert_eq!(
            query.with_page("children", 2),
            "?page=18446744073709551615&children=2"
        );
    }

    #[test]
    fn a_search_has_an_end() {
        for (search, fits) in [
            ("a".repeat(SEARCH), true),
            ("%C3%A4".repeat(SEARCH), true),
            (format!("++{}++", "a".repeat(SEARCH)), true),
            ("a".repeat(SEARCH + 1), false),
            ("%C3%A4".repeat(SEARCH + 1), false),
            (format!("a&q={}", "a".repeat(SEARCH + 1)), true),
        ] {
            let uri = format!("/?q={search}").parse().unwrap();
            assert_eq!(Query::read(&uri).is_ok(), fits, "{search}");
        }
    }
}
