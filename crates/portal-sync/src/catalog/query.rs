//! What a reader asks for: which entities, in which order, and which part of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::filter::Filter;

/// By which search term entities are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The key, as it was asked for.
    pub field: String,
    /// `asc` unless it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Direction>,
}

impl Order {
    /// Whether the greatest value comes first.
    pub(crate) fn is_descending(&self) -> bool {
        self.order == Some(Direction::Desc)
    }
}

/// Which end comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Direction {
    #[default]
    Asc,
    Desc,
}

/// A text that a value must have as a part. `%` and `_` in it stand for any letters and for any one, as in SQL's `LIKE`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FullText {
    pub term: String,
    /// The keys whose values are looked at. Without any: that of the order, or `metadata.uid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
}

/// What `GET /entities` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub filter: Filter,
    pub order: Vec<Order>,
    /// Which part of the list; nothing where the whole is asked for, which is sorted in another way.
    pub window: Option<Window>,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub limit: Option<usize>,
    pub offset: usize,
}

/// What `by-query` asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// Where it goes on, or what it begins with.
    pub cursor: Cursor,
    /// What `cursor.filter` and `cursor.query` mean together.
    pub filter: Filter,
    /// So many at most.
    pub limit: usize,
    /// So many are left out, at the beginning of a query.
    pub offset: usize,
    /// Whether all are to be counted, where the cursor does not say how many there are.
    pub counts: bool,
}

/// A query and a place in its list: what Backstage writes into a cursor, so that each answer stands for itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cursor {
    /// Only the first of them counts.
    pub order_fields: Vec<Order>,
    pub is_previous: bool,
    /// The filter as a predicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Value>,
    /// The filter as older versions wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_text_filter: Option<FullText>,
    /// The value and the uid that the page is beyond, or the uid alone where there is no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_field_values: Option<Vec<Option<String>>>,
    /// The same of the first entity of the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_sort_field_values: Option<Vec<Option<String>>>,
    /// How many there are in all; a cursor that was made elsewhere may say anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_items: Option<serde_json::Number>,
}

/// One page of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    /// Where its entities are in the generation.
    pub positions: Vec<u32>,
    pub total: serde_json::Number,
    pub next: Option<Cursor>,
    pub previous: Option<Cursor>,
}
