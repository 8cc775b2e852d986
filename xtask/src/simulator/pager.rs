//! One page: cut off the rows where the request wants it.

use serde_json::Value;

use super::call::Call;
use super::chance::Chance;
use super::paging::{Cursors, Position, SortKey};
use super::reply::{ApiError, Reply};

/// What a page is made from: the request, and where its cursor goes.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    pub(crate) cursors: &'a mut Cursors,
    pub(crate) chance: &'a mut Chance,
    pub(crate) call: &'a Call,
    /// A fault: the page is empty, and the next one is what was asked for.
    pub(crate) empty_page: bool,
}

impl<'a> Pages<'a> {
    /// The page that the request asks for, of at most `limit` rows.
    pub(crate) fn page(self, limit: usize) -> Result<Page<'a>, ApiError> {
        let from = self.cursors.position(self.call)?;
        Ok(Page {
            pages: self,
            limit,
            from,
        })
    }
}

/// One page in the making.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pages: Pages<'a>,
    limit: usize,
    from: Option<Position>,
}

impl Page<'_> {
    /// The id of the last row before this page.
    pub(crate) fn after(&self) -> Option<String> {
        self.from.as_ref().map(|from| from.id.clone())
    }

    /// A page of rows that come in the order of their ids and start where the page does.
    pub(crate) fn by_id<'r, T: 'r>(
        self,
        rows: impl Iterator<Item = &'r T>,
        id: impl Fn(&T) -> &String,
        show: impl Fn(&T) -> Value,
    ) -> Reply {
        let position = |row| Position {
            key: SortKey::Missing,
            id: id(row).clone(),
        };
        self.cut(rows.map(|row| (position(row), row)), show)
    }

    /// A page of rows that have yet to be sorted.
    pub(crate) fn sorted<T>(
        self,
        mut rows: Vec<(Position, &T)>,
        descending: bool,
        show: impl Fn(&T) -> Value,
    ) -> Reply {
        rows.sort_by(|(left, _), (right, _)| left.compare(right, descending));
        let from = self.from.clone();
        let shown = |at: &Position| {
            from.as_ref()
                .is_some_and(|from| at.compare(from, descending).is_le())
        };
        self.cut(
            rows.into_iter().skip_while(|(position, _)| shown(position)),
            show,
        )
    }

    /// Takes one page off the rows.
    fn cut<'r, T: 'r>(
        self,
        mut rows: impl Iterator<Item = (Position, &'r T)>,
        show: impl Fn(&T) -> Value,
    ) -> Reply {
        let Self {
            pages:
                Pages {
                    cursors,
                    chance,
                    call,
                    empty_page,
                },
            limit,
            from,
        } = self;
        if empty_page {
            return cursors.page(chance, call, limit, Vec::new(), Some(from));
        }
        let page: Vec<(Position, &T)> = rows.by_ref().take(limit).collect();
        let more = rows.next().is_some();
        let shown = page.iter().map(|(_, row)| show(row)).collect();
        let last = page.into_iter().next_back().map(|(position, _)| position);
        cursors.page(chance, call, limit, shown, more.then_some(last))
    }
}
