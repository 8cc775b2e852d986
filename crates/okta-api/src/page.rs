//! One page of a list, read from one response.

mod repair;
mod scan;

mod records;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Response};
use jiff::Timestamp;
use okta_auth::OrgUrl;
use serde::de::DeserializeOwned;
use url::Url;

use crate::endpoint::Endpoint;
use crate::error::{Cause, ProtocolError};
use crate::link;
use crate::malformed::Malformed;
use crate::rate_limit;
use crate::reader::{Keep, Reader, Shape};
use crate::resource::Resource;

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records, in Okta's order. May be empty although more pages follow.
    pub items: Vec<T>,
    /// The records that are there but do not decode, or are larger than any of Okta's. Only
    /// `pages_with_malformed` ([of a list](crate::List::pages_with_malformed), [of a log](crate::Follow::pages_with_malformed))
    /// hands out a page that has some: `pages` ends with an error there.
    pub malformed: Vec<Malformed>,
    /// Attributes of the profile that were not asked for ([`List::keep`](crate::List::keep)), and how many records of the page
    /// have a value there: to tell which names there are. Counted in the first 10,000 records of a list.
    pub skipped: BTreeMap<String, usize>,
    /// Where the next page is; `None` on the last one.
    pub next: Option<Cursor>,
    /// The server's clock when it answered (`date` header), to the second.
    pub server_date: Option<Timestamp>,
}

/// Where the next page is: Okta's link, opaque and followed as it is.
///
/// Prints as the link, and is read back from it, to be kept where a list was left. Whatever it says, a token is sent to
/// the org only.
///
/// ```
/// use okta_api::Cursor;
///
/// let link = "https://acme.okta.com/api/v1/logs?after=1627500044869_1";
/// let cursor: Cursor = link.parse()?;
/// assert_eq!(cursor.to_string(), link);
/// assert!("1627500044869_1".parse::<Cursor>().is_err());
/// # Ok::<(), okta_api::CursorError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor(Url);

/// A text that is no link to a page.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is the whole link to a page, as it was printed")]
pub struct CursorError(#[source] url::ParseError);

/// What is wrong and why, in one line: so a `main` that returns the error says what a person can read.
impl fmt::Debug for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}: {}", self.0)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(link: &str) -> Result<Self, CursorError> {
        Url::parse(link).map(Self).map_err(CursorError)
    }
}

impl Cursor {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many records a page has at most. Each resource has its own maximum.
///
/// ```
/// use okta_api::PageSize;
///
/// assert_eq!(PageSize::users(50)?.get(), 50);
/// let refused = PageSize::users(201).unwrap_err();
/// assert_eq!(refused.to_string(), "a page of users has 1 to 200 records, not 201");
/// # Ok::<(), okta_api::PageSizeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageSize(u16);

/// A page size outside of what Okta accepts.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("a page of {resource} has 1 to {max} records, not {size}")]
pub struct PageSizeError {
    resource: &'static str,
    max: u16,
    size: u16,
}

/// As it prints: so a `main` that returns the error says what a person can read.
impl fmt::Debug for PageSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PageSize {
    /// What a list of users is read by: its maximum, 200.
    pub const USERS: Self = Self(200);
    /// What a list of groups is read by: 200, the most that Okta recommends.
    pub const GROUPS: Self = Self(200);
    /// What a list of members is read by: its maximum, 1,000.
    pub const MEMBERS: Self = Self(1_000);
    /// What the System Log is read by: its maximum, 1,000.
    pub const EVENTS: Self = Self(1_000);

    /// A page of users: 1 to 200 (Okta help center, pagination overview).
    ///
    /// # Errors
    ///
    /// When `size` is outside of that.
    pub fn users(size: u16) -> Result<Self, PageSizeError> {
        Self::within("users", 200, size)
    }

    /// A page of groups: 1 to 10,000, but "any number greater than 200 affects performance and
    /// accuracy" (Okta API reference, list all groups).
    ///
    /// # Errors
    ///
    /// When `size` is outside of that.
    pub fn groups(size: u16) -> Result<Self, PageSizeError> {
        Self::within("groups", 10_000, size)
    }

    /// A page of members: 1 to 1,000 (Okta API reference, list all member users).
    ///
    /// # Errors
    ///
    /// When `size` is outside of that.
    pub fn members(size: u16) -> Result<Self, PageSizeError> {
        Self::within("members", 1_000, size)
    }

    /// A page of events: 1 to 1,000 (Okta API reference, list all System Log events).
    ///
    /// # Errors
    ///
    /// When `size` is outside of that.
    pub fn events(size: u16) -> Result<Self, PageSizeError> {
        Self::within("events", 1_000, size)
    }

    /// The most that an endpoint takes.
    pub(crate) fn most(endpoint: Endpoint) -> Self {
        match endpoint {
            Endpoint::Users | Endpoint::User | Endpoint::UserGroups => Self::USERS,
            Endpoint::Groups | Endpoint::Group | Endpoint::Other(_) => Self(10_000),
            Endpoint::Members | Endpoint::SkinnyMembers => Self::MEMBERS,
            Endpoint::Logs => Self::EVENTS,
        }
    }

    /// The number of records.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    fn within(resource: &'static str, max: u16, size: u16) -> Result<Self, PageSizeError> {
        if (1..=max).contains(&size) {
            Ok(Self(size))
        } else {
            Err(PageSizeError {
                resource,
                max,
                size,
            })
        }
    }
}

/// What is read of a page.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// How many records were asked for.
    pub(crate) asked: usize,
    /// What is built of each.
    pub(crate) keep: Arc<Keep>,
    /// Whether what is not built is counted.
    pub(crate) count_skipped: bool,
}

impl Wanted {
    /// Everything of the records that were asked for.
    pub(crate) fn everything(asked: usize) -> Self {
        Self {
            asked,
            keep: Arc::new(Keep::EVERYTHING),
            count_skipped: false,
        }
    }
}

/// Besides twice as many records as were asked for, a page may have these. Okta's own pages have no more than were asked for.
const FEW_MORE: usize = 10;

/// Reads a successful response as a page. Pure: nothing is sent.
///
/// # Errors
///
/// [`Cause::Truncated`] when the JSON ends early, which deserves another try; [`Cause::Protocol`]
/// when it is no such page, which does not.
pub(crate) fn read<T: Resource>(
    org: &OrgUrl,
    asked: &Url,
    response: &Response<Bytes>,
    wanted: &Wanted,
) -> Result<Page<T>, Cause> {
    refuse_other_content(response.headers()).map_err(Cause::Protocol)?;
    let shape = RefCell::new(Shape::new(wanted.count_skipped));
    let room = records::Room {
        asked: wanted.asked,
        most: 2 * wanted.asked + FEW_MORE,
    };
    let reader = || Reader::new(&wanted.keep, Some(&shape));
    let records = records::read(response.body(), room, reader)?;
    Ok(Page {
        items: records.items,
        malformed: records.malformed,
        next: next(org, asked, response.headers()).map_err(Cause::Protocol)?,
        server_date: rate_limit::server_date(response.headers()),
        skipped: shape.into_inner().into_skipped(),
    })
}

/// Reads a successful response as one object.
///
/// # Errors
///
/// As for [`read`].
pub(crate) fn read_object<T: DeserializeOwned>(response: &Response<Bytes>) -> Result<T, Cause> {
    refuse_other_content(response.headers()).map_err(Cause::Protocol)?;
    let bytes = response.body().len();
    if bytes > records::MAX_RECORD {
        return Err(Cause::Protocol(ProtocolError::LargeRecord {
            bytes,
            most: records::MAX_RECORD,
        }));
    }
    serde_json::from_slice(response.body()).map_err(records::unreadable)
}

/// How many records a page has at most, by its link.
pub(crate) fn limit(link: &Url) -> Option<u16> {
    let (_, limit) = link.query_pairs().find(|(name, _)| name == "limit")?;
    let limit: u64 = limit.parse().ok()?;
    // Pages of nothing are no size: a log whose pages are full of nothing would be asked for without a pause.
    (limit > 0).then(|| limit.try_into().unwrap_or(u16::MAX))
}

/// A login page of a proxy has status 200, too.
fn refuse_other_content(headers: &HeaderMap) -> Result<(), ProtocolError> {
    let content_type = headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if media_type.is_empty() || media_type.ends_with("json") {
        return Ok(());
    }
    Err(ProtocolError::NotJson {
        content_type: media_type.chars().take(100).collect(),
    })
}

/// The next link, if it leads to the org itself.
fn next(org: &OrgUrl, asked: &Url, headers: &HeaderMap) -> Result<Option<Cursor>, ProtocolError> {
    let mut next = None;
    for line in headers.get_all(http::header::LINK) {
        let line = line
            .to_str()
            .map_err(|_not_ascii| ProtocolError::LinkNotText)?;
        for link in link::parse(line)?
            .into_iter()
            .filter(|link| link.is("next"))
        {
            let cursor = own_link(org, asked, &link.target)?;
            if next.as_ref().is_some_and(|known| *known != cursor) {
                return Err(ProtocolError::AmbiguousNext);
            }
            next = Some(cursor);
        }
    }
    Ok(next)
}

/// The target, if it is on the org's own origin. The org's `-admin` twin, which serves the same
/// pages to administrators' browsers and is sometimes linked to, is replaced by the org.
fn own_link(org: &OrgUrl, asked: &Url, target: &str) -> Result<Cursor, ProtocolError> {
    let mut url = asked
        .join(target)
        .map_err(|_no_url| ProtocolError::LinkTarget {
            target: target.chars().take(200).collect(),
        })?;
    if url
        .host_str()
        .is_some_and(|host| is_admin_twin(host, org.host()))
        && url.set_host(Some(org.host())).is_err()
    {
        return Err(ProtocolError::LinkTarget {
            target: target.chars().take(200).collect(),
        });
    }
    if org.owns(&url) && url.username().is_empty() && url.password().is_none() {
        return Ok(Cursor(url));
    }
    Err(ProtocolError::ForeignNext {
        found: url.origin().ascii_serialization(),
        own: org.to_string(),
    })
}

/// Whether `host` is `acme-admin.okta.com` and `own` is `acme.okta.com`.
fn is_admin_twin(host: &str, own: &str) -> bool {
    let split = host.split_once('.').zip(own.split_once('.'));
    split.is_some_and(|((name, domain), (own_name, own_domain))| {
        domain == own_domain && name.strip_suffix("-admin") == Some(own_name)
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;
    use okta_auth::OrgUrl;
    use url::Url;

    use super::{Cursor, PageSize, Wanted, read};
    use crate::error::{Cause, ProtocolError};
    use crate::user::{Member, User};

    #[test]
    fn an_error_that_leaves_main_can_be_read() {
        let cut = "1627500044869_1".parse::<Cursor>().unwrap_err();
        assert_eq!(
            format!("{cut:?}"),
            "a cursor is the whole link to a page, as it was printed: relative URL without a base"
        );
        assert_eq!(
            format!("{:?}", PageSize::users(0).unwrap_err()),
            "a page of users has 1 to 200 records, not 0"
        );
        let link = "https://acme.okta.com/api/v1/logs?after=1_1";
        let cursor: Cursor = link.parse().unwrap();
        assert_eq!(format!("{cursor:?}"), format!("Cursor({link})"));
    }

    fn org() -> OrgUrl {
        OrgUrl::parse("https://acme.okta.com").unwrap()
    }

    fn next(links: &[&str]) -> Result<Option<String>, Cause> {
        let mut response = Response::builder();
        for link in links {
            response = response.header("link", *link);
        }
        let asked = Url::parse("https://acme.okta.com/api/v1/users?limit=2").unwrap();
        let page = read::<Member>(
            &org(),
            &asked,
            &response.body(Bytes::from_static(b"[]")).unwrap(),
            &Wanted::everything(2),
        )?;
        Ok(page.next.map(|next| next.to_string()))
    }

    fn users(content_type: &str, body: &'static str) -> Result<super::Page<User>, Cause> {
        let response = Response::builder()
            .header("content-type", content_type)
            .body(Bytes::from_static(body.as_bytes()));
        read(
            &org(),
            &Url::parse("https://acme.okta.com/api/v1/users").unwrap(),
            &response.unwrap(),
            &Wanted::everything(200),
        )
    }

    #[test]
    fn the_next_link_is_taken_as_it_is() {
        let self_link = r#"<https://acme.okta.com/api/v1/users?limit=2>; rel="self""#;
        let next_link = r#"<https://acme.okta.com/api/v1/users?after=WyJib2RlIl0%3D&limit=2&search=a+eq+%22b%22>; rel="next""#;
        let expected =
            "https://acme.okta.com/api/v1/users?after=WyJib2RlIl0%3D&limit=2&search=a+eq+%22b%22";
        let joined = format!("{self_link}, {next_link}");
        for links in [
            &[self_link, next_link][..],
            &[next_link, self_link],
            &[&joined],
            &[next_link, next_link],
        ] {
            assert_eq!(next(links).unwrap().as_deref(), Some(expected));
        }
        assert_eq!(next(&[self_link]).unwrap(), None);
        assert_eq!(next(&[]).unwrap(), None);
        assert_eq!(
            next(&["</api/v1/users?after=2>; rel=next"])
                .unwrap()
                .as_deref(),
            Some("https://acme.okta.com/api/v1/users?after=2")
        );
    }

    #[test]
    fn the_admin_twin_is_the_org() {
        let twin = next(&["<https://acme-admin.okta.com/api/v1/users?after=2>; rel=next"]);
        assert_eq!(
            twin.unwrap().as_deref(),
            Some("https://acme.okta.com/api/v1/users?after=2")
        );
    }

    #[test]
    fn a_link_to_somewhere_else_is_refused() {
        let elsewhere = [
            "https://evil.example/api/v1/users",
            "http://acme.okta.com/api/v1/users",
            "https://acme.okta.com:8443/api/v1/users",
            "https://acme.okta.com.evil.example/api/v1/users",
            "https://other-admin.okta.com/api/v1/users",
            "http://acme-admin.okta.com/api/v1/users",
            "https://acme-admin.evil.example/",
            "//evil.example/api/v1/users",
            "https://user@acme.okta.com/api/v1/users",
        ];
        for target in elsewhere {
            let refused = next(&[&format!("<{target}>; rel=next")]);
            assert!(
                matches!(
                    refused,
                    Err(Cause::Protocol(ProtocolError::ForeignNext { .. }))
                ),
                "{target}"
            );
        }
    }

    #[test]
    fn links_that_can_not_be_read_are_errors() {
        let two = [
            "<https://acme.okta.com/a>; rel=next",
            "<https://acme.okta.com/b>; rel=next",
        ];
        assert!(matches!(
            next(&two),
            Err(Cause::Protocol(ProtocolError::AmbiguousNext))
        ));
        assert!(matches!(
            next(&["rel=next"]),
            Err(Cause::Protocol(ProtocolError::Link(_)))
        ));
        assert!(matches!(
            next(&["<https://>; rel=next"]),
            Err(Cause::Protocol(ProtocolError::LinkTarget { .. }))
        ));
    }

    #[test]
    fn a_record_that_does_not_decode_is_known_by_its_id() {
        let page = users(
            "application/json",
            r#"[{"id":"00u1"},{"id":"00u2","profile":[]},{"id":"00u3"}]"#,
        )
        .unwrap();
        assert_eq!(
            page.items
                .iter()
                .map(|user| user.id.as_str())
                .collect::<Vec<_>>(),
            ["00u1", "00u3"]
        );
        assert_eq!(
            page.malformed
                .iter()
                .map(|bad| bad.id.as_deref())
                .collect::<Vec<_>>(),
            [Some("00u2")]
        );
        assert!(
            page.malformed[0].reason.contains("map"),
            "{:?}",
            page.malformed
        );
    }

    #[test]
    fn what_is_no_page_is_an_error() {
        for body in ["{}", "null", r#"[{"id":"00u1"}]]"#, "<html>"] {
            assert!(
                matches!(
                    users("application/json", body),
                    Err(Cause::Protocol(ProtocolError::Malformed(_)))
                ),
                "{body}"
            );
        }
        assert!(matches!(
            users("text/html; charset=utf-8", "[]"),
            Err(Cause::Protocol(ProtocolError::NotJson { .. }))
        ));
        for body in ["", r#"[{"id":"00u1""#, r#"[{"id":"00u1","profile":[]},{"#] {
            assert!(
                matches!(users("application/json", body), Err(Cause::Truncated(_))),
                "{body}"
            );
        }
    }

    #[test]
    fn sizes_are_checked() {
        assert_eq!(PageSize::groups(10_000).unwrap().get(), 10_000);
        PageSize::groups(10_001).unwrap_err();
        PageSize::members(1_001).unwrap_err();
        PageSize::users(0).unwrap_err();
        assert_eq!(
            (PageSize::users(200), PageSize::members(1_000)),
            (Ok(PageSize::USERS), Ok(PageSize::MEMBERS))
        );
    }
}
