//! Where a value ends in a text that is JSON, or nearly.

/// Why the end of a value cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text ends within it.
    Ended,
    /// It has not the shape of JSON.
    Broken,
}

/// Passes over values.
#[derive(Debug)]
pub(super) struct Skip;

impl Skip {
    /// The length of the value with which the text begins, by its quotes and brackets. What is between them need not be right,
    /// and the depth does not matter.
    ///
    /// # Errors
    /// When it has no end.
    pub(super) fn value(text: &[u8]) -> Result<usize, Fault> {
        let mut open = Vec::new();
        let mut at = 0;
        loop {
            at += space(text.get(at..).unwrap_or_default());
            let rest = text.get(at..).unwrap_or_default();
            let length = match rest.first().ok_or(Fault::Ended)? {
                b'"' => string(rest)?,
                b'{' => {
                    open.push(b'}');
                    1
                }
                b'[' => {
                    open.push(b']');
                    1
                }
                closing @ (b'}' | b']') => {
                    if open.pop() != Some(*closing) {
                        return Err(Fault::Broken);
                    }
                    1
                }
                b',' | b':' if open.is_empty() => return Err(Fault::Broken),
                b',' | b':' => 1,
                _ => word(rest),
            };
            at += length;
            if open.is_empty() {
                return Ok(at);
            }
        }
    }
}

/// How many bytes of white space the text begins with.
pub(super) fn space(text: &[u8]) -> usize {
    let mut bytes = text.iter();
    let end = bytes.position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    end.unwrap_or(text.len())
}

/// The length of the string that the text begins with, quotes included.
fn string(text: &[u8]) -> Result<usize, Fault> {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Ok(at + 1),
            _ => {}
        }
    }
    Err(Fault::Ended)
}

/// The length of the word or number that the text begins with.
fn word(text: &[u8]) -> usize {
    let ends = |byte: &u8| {
        matches!(
            byte,
            b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"' | b' ' | b'\t' | b'\r' | b'\n'
        )
    };
    text.iter().position(ends).unwrap_or(text.len())
}
