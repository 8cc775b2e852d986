//! One page: cut off the rows where the request wants it.

use serde_json::Value;

use super::call::Call;
use super::chance::Chance;
use super::paging::{Cursors, Place, Position, SortKey};
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
        let from = self.cursors.place(self.call)?;
        Ok(Page {
            pages: self,
            limit,
            most: usize::MAX,
            from,
        })
    }
}

/// One page in the making.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pages: Pages<'a>,
    limit: usize,
    /// After so many rows of the list it is over, whatever more there is.
    most: usize,
    from: Place,
}

impl Page<'_> {
    /// A page of a list that is cut off after so many rows, without a word.
    pub(crate) fn of_at_most(self, rows: Option<usize>) -> Self {
        let most = rows.unwrap_or(usize::MAX);
        Self { most, ..self }
    }

    /// The id of the last row before this page.
    pub(crate) fn after(&self) -> Option<String> {
        self.from.last.as_ref().map(|last| last.id.clone())
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
        let last = self.from.last.clone();
        let shown = |at: &Position| {
            last.as_ref()
                .is_some_and(|last| at.compare(last, descending).is_le())
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
            most,
            from,
        } = self;
        if empty_page {
            return cursors.page(chance, call, limit, Vec::new(), Some(from));
        }
        let room = limit.min(most.saturating_sub(from.shown));
        let page: Vec<(Position, &T)> = rows.by_ref().take(room).collect();
        let shown = from.shown + page.len();
        let more = rows.next().is_some() && shown < most;
        let records = page.iter().map(|(_, row)| show(row)).collect();
        let last = page.into_iter().next_back().map(|(position, _)| position);
        let next = more.then_some(Place { last, shown });
        cursors.page(chance, call, limit, records, next)
    }
}
