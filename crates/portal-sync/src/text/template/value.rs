//! The text of an attribute.

use std::borrow::Cow;

use org_filter::Attribute;

use crate::text::{is_blank, without_nul};

/// The text of a value, without U+0000; nothing when there is none, or nothing to see in it.
pub(super) fn text(attribute: Attribute<'_>) -> Option<Cow<'_, str>> {
    match attribute {
        Attribute::Text(text) => (!is_blank(text)).then(|| without_nul(text)),
        Attribute::Number(number) => Some(number.to_string().into()),
        Attribute::Bool(value) => Some(if value { "true" } else { "false" }.into()),
        Attribute::Instant(instant) => Some(instant.to_string().into()),
        Attribute::Many(values) => {
            let mut texts = values.filter_map(text);
            let mut joined = texts.next()?;
            for text in texts {
                let list = joined.to_mut();
                list.push_str(", ");
                list.push_str(&text);
            }
            Some(joined)
        }
        _ => None,
    }
}
