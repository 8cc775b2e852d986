//! What is kept of the body of an answer: ids, statuses, timestamps, counts, and the attributes that something is made of or
//! decided by. The values of all others go, their names stay: a filter that asks for a name that is not there is told what it
//! may have meant.
//!
//! It is done on the text, not on values that were read from it: a field that comes twice, an escape that is none or a body
//! that was cut off has to give the replay the trouble that the run had.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;

use super::json::{Fault, Skip, space};
use crate::read::selection::Kept;

/// What is longer is replaced by a text of the same length: a record can be too large to be read.
const LONG: usize = 1024;

/// Whose records an answer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Users,
    Groups,
    /// Of members only who they are.
    Members,
    Events,
    /// An error of Okta's.
    Errors,
    /// Something else, of which ids alone are kept.
    Others,
}

impl Of {
    /// What lies at a path below `/api/v1`.
    pub(super) fn at(path: &str) -> Self {
        let path = path.split_once("/api/v1/").map_or("", |(_, path)| path);
        match path.split('/').collect::<Vec<_>>().as_slice() {
            // Where groups decide who is wanted, people come as members.
            ["users"] | ["users", _] | ["groups", _, "users"] => Self::Users,
            ["groups"] | ["groups", _] | ["users", _, "groups"] => Self::Groups,
            ["groups", _, "skinny_users"] => Self::Members,
            ["logs"] => Self::Events,
            _ => Self::Others,
        }
    }
}

/// What becomes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The whole answer: a record, or a list of some.
    Answer,
    Record,
    Profile,
    Embedded,
    Stats,
    /// Who did something, or those to whom it was done.
    Parties,
    Party,
    Outcome,
    Causes,
    Cause,
    Whole,
    Dropped,
}

/// What is left of a body.
pub(super) fn redacted(body: &[u8], of: Of, kept: &Kept) -> String {
    let start = body.get(space(body)..).unwrap_or_default();
    if start.is_empty() {
        return String::new();
    }
    if !matches!(start.first(), Some(b'[' | b'{')) {
        return of_no_json(body);
    }
    let mut redactor = Redactor {
        of,
        kept,
        out: Vec::new(),
    };
    match redactor.value(start, Part::Answer) {
        Ok(length) => redactor.masked(start.get(length..).unwrap_or_default()),
        Err(At(Fault::Ended, _)) => {}
        Err(At(Fault::Broken, rest)) => redactor.masked(rest),
    }
    String::from_utf8_lossy(&redactor.out).into_owned()
}

/// A page of a proxy or of a server in trouble: whether it speaks of length is all that is read of it.
fn of_no_json(body: &[u8]) -> String {
    let spoken = of_length(body).map_or(String::new(), |words| format!(", \"{words}\""));
    format!("<not kept: {} bytes{spoken}>", body.len())
}

/// What a text says of something that was too long.
fn of_length(text: &[u8]) -> Option<&'static str> {
    let start = String::from_utf8_lossy(text.get(..1000).unwrap_or(text)).to_ascii_lowercase();
    let mut words = ["too long", "too large"].into_iter();
    words.find(|words| start.contains(words))
}

/// Where something is wrong.
struct At<'t>(Fault, &'t [u8]);

struct Redactor<'a> {
    of: Of,
    kept: &'a Kept,
    out: Vec<u8>,
}

impl Redactor<'_> {
    /// Writes what is kept of the value with which the text begins, and returns its length.
    fn value<'t>(&mut self, text: &'t [u8], part: Part) -> Result<usize, At<'t>> {
        match (text.first(), part) {
            (Some(b'{'), part) if !matches!(part, Part::Whole | Part::Dropped) => {
                self.object(text, part)
            }
            (Some(b'['), Part::Answer) => self.list(text, Part::Record),
            (Some(b'['), Part::Parties) => self.list(text, Part::Party),
            (Some(b'['), Part::Causes) => self.list(text, Part::Cause),
            (_, Part::Whole) => {
                let length = Skip::value(text).map_err(|fault| At(fault, text))?;
                self.line(text.get(..length).unwrap_or_default());
                Ok(length)
            }
            _ => self.dropped(text),
        }
    }

    fn list<'t>(&mut self, text: &'t [u8], part: Part) -> Result<usize, At<'t>> {
        let mut rest = self.token(text);
        if rest.first() != Some(&b']') {
            loop {
                let length = self.value(rest, part)?;
                rest = self.spaces(rest.get(length..).unwrap_or_default());
                match rest.first() {
                    Some(b',') => rest = self.token(rest),
                    Some(b']') => break,
                    _ => return Err(broken(rest)),
                }
            }
        }
        self.out.push(b']');
        Ok(text.len() - rest.len() + 1)
    }

    fn object<'t>(&mut self, text: &'t [u8], part: Part) -> Result<usize, At<'t>> {
        let mut rest = self.token(text);
        if rest.first() != Some(&b'}') {
            loop {
                if rest.first() != Some(&b'"') {
                    return Err(broken(rest));
                }
                let length = Skip::value(rest).map_err(|fault| At(fault, rest))?;
                let (name, after) = rest.split_at(length);
                let colon = after.get(space(after)..).unwrap_or_default();
                match colon.first() {
                    Some(b':') => {}
                    // What is no name may be anything.
                    None => return Err(At(Fault::Ended, colon)),
                    Some(_) => return Err(At(Fault::Broken, rest)),
                }
                self.line(name);
                rest = self.token(colon);
                let length = self.value(rest, self.under(part, name))?;
                rest = self.spaces(rest.get(length..).unwrap_or_default());
                match rest.first() {
                    Some(b',') => rest = self.token(rest),
                    Some(b'}') => break,
                    _ => return Err(broken(rest)),
                }
            }
        }
        self.out.push(b'}');
        Ok(text.len() - rest.len() + 1)
    }

    /// What becomes of the value of a field.
    fn under(&self, part: Part, name: &[u8]) -> Part {
        let name = serde_json::from_slice::<String>(name).unwrap_or_default();
        let whole = |is: bool| if is { Part::Whole } else { Part::Dropped };
        let (fields, is_event) = match self.of {
            Of::Users => (Some(&self.kept.users), false),
            Of::Groups => (Some(&self.kept.groups), false),
            of => (None, of == Of::Events),
        };
        let part = match part {
            Part::Answer => Part::Record,
            Part::Parties => Part::Party,
            part => part,
        };
        match (part, name.as_str()) {
            (Part::Record, "profile") if fields.is_some() => Part::Profile,
            (Part::Record, "_embedded") if self.of == Of::Groups => Part::Embedded,
            (Part::Record, "actor" | "target") if is_event => Part::Parties,
            (Part::Record, "outcome") if is_event => Part::Outcome,
            (Part::Record, "errorCauses") if self.of == Of::Errors => Part::Causes,
            (Part::Record, name) => {
                whole(is_plain(self.of, name) || fields.is_some_and(|it| has_field(it, name)))
            }
            (Part::Profile, name) => whole(fields.is_some_and(|it| has_attribute(it, name))),
            (Part::Embedded, "stats") => Part::Stats,
            (Part::Stats, name) => whole(!name.starts_with('_')),
            (Part::Party, name) => whole(matches!(name, "id" | "type")),
            (Part::Outcome, name) => whole(name == "result"),
            (Part::Cause, name) => whole(name == "errorSummary"),
            _ => Part::Dropped,
        }
    }

    /// Writes something of the same kind in the place of a value. One that is no JSON stays none.
    fn dropped<'t>(&mut self, text: &'t [u8]) -> Result<usize, At<'t>> {
        let length = Skip::value(text).map_err(|fault| At(fault, text))?;
        let value = text.get(..length).unwrap_or_default();
        if serde_json::from_slice::<IgnoredAny>(&repaired(value)).is_err() {
            self.masked(value);
            return Ok(length);
        }
        let is_blank = value.iter().all(|byte| matches!(byte, b'"' | b' '));
        let spoken = of_length(value).filter(|_| self.of == Of::Errors);
        let stands_for: &[u8] = match value.first() {
            Some(b'"') if spoken == Some("too long") => b"\"too long\"",
            Some(b'"') if spoken.is_some() => b"\"too large\"",
            Some(b'"') if is_blank => b"\"\"",
            Some(b'"') => b"\"~\"",
            Some(b'{') => b"{}",
            Some(b'[') if value == b"[]" => b"[]",
            Some(b'[') => b"[\"~\"]",
            Some(b't' | b'f') => b"false",
            Some(b'n') => b"null",
            _ => b"0",
        };
        self.out.extend_from_slice(stands_for);
        if length > LONG {
            let pad = length - stands_for.len().min(length);
            self.out.extend(std::iter::repeat_n(b' ', pad));
        }
        Ok(length)
    }

    /// Writes a text that cannot be taken apart with every letter and digit made another, so that it fails where it failed.
    fn masked(&mut self, text: &[u8]) {
        let mut escaped = false;
        for &byte in text {
            self.out.push(match byte {
                _ if escaped => byte,
                b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => b'a',
                b'0'..=b'9' => b'0',
                b'\n' | b'\r' | b'\t' => b' ',
                _ => byte,
            });
            escaped = byte == b'\\' && !escaped;
        }
    }

    /// Writes the first byte and the space after it, and returns what follows.
    fn token<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        self.line(text.get(..1).unwrap_or_default());
        self.spaces(text.get(1..).unwrap_or_default())
    }

    /// Writes the space with which the text begins, and returns what follows.
    fn spaces<'t>(&mut self, text: &'t [u8]) -> &'t [u8] {
        let (spaces, rest) = text.split_at(space(text));
        self.line(spaces);
        rest
    }

    /// Writes a text on one line. In a string of JSON there are no ends of lines but broken ones.
    fn line(&mut self, text: &[u8]) {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let line = text.iter();
        self.out
            .extend(line.map(|byte| if is_end(byte) { b' ' } else { *byte }));
    }
}

/// What stands where something else has to.
fn broken(rest: &[u8]) -> At<'_> {
    match rest {
        [] => At(Fault::Ended, rest),
        _ => At(Fault::Broken, rest),
    }
}

/// The client reads strings with halves of characters and control characters in them.
fn repaired(value: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(value).into_owned().into_bytes();
    let texts = text.into_iter();
    texts
        .map(|byte| if byte < 0x20 { b' ' } else { byte })
        .collect()
}

/// The fields of Okta's that tell of an object and nothing of a person.
fn is_plain(of: Of, name: &str) -> bool {
    match of {
        Of::Users | Of::Groups => matches!(
            name,
            "id" | "status"
                | "type"
                | "objectClass"
                | "created"
                | "activated"
                | "statusChanged"
                | "lastLogin"
                | "lastUpdated"
                | "lastMembershipUpdated"
                | "passwordChanged"
        ),
        Of::Members => matches!(name, "id" | "status"),
        Of::Events => matches!(name, "uuid" | "eventType" | "published" | "severity"),
        Of::Errors => matches!(name, "errorCode" | "errorSummary" | "errorLink" | "errorId"),
        Of::Others => name == "id",
    }
}

/// Whether an attribute of the profile is among what is kept; of a path its first name counts.
fn has_attribute(kept: &BTreeSet<String>, name: &str) -> bool {
    let mut kept = kept.iter().filter_map(|path| path.strip_prefix("profile."));
    kept.any(|path| path.split('.').next() == Some(name))
}

/// Whether a field beside the profile is.
fn has_field(kept: &BTreeSet<String>, name: &str) -> bool {
    let mut kept = kept.iter().filter(|path| !path.starts_with("profile."));
    kept.any(|path| path.split('.').next() == Some(name))
}
