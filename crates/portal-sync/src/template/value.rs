//! The text of an attribute.

use std::borrow::Cow;

use org_filter::Attribute;

/// The text of a value; nothing when there is none.
pub(super) fn text(attribute: Attribute<'_>) -> Option<Cow<'_, str>> {
    match attribute {
        Attribute::Text(text) => (!text.is_empty()).then_some(text.into()),
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
