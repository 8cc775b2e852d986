//! Bodies in gzip (RFC 1952). The HTTP client's own decoder stops after the first member of several, so it is not used.

use std::io::{self, Read};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Whether the body is packed, once (RFC 9110, section 8.4.1.3).
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = codings.next().and_then(|coding| coding.to_str().ok());
    codings.next().is_none()
        && coding.is_some_and(|coding| {
            ["gzip", "x-gzip"].contains(&coding.trim().to_ascii_lowercase().as_str())
        })
}

/// The contents of all members, one after the other (section 2.2); `None` when they are longer than `largest`. An empty
/// body stays empty.
///
/// # Errors
///
/// When a member is cut off or damaged.
pub(super) fn unpacked(body: &[u8], largest: usize) -> io::Result<Option<Bytes>> {
    let mut contents = Vec::new();
    if !body.is_empty() {
        // One byte more shows that there is more.
        let most = u64::try_from(largest).unwrap_or(u64::MAX).saturating_add(1);
        let mut decoder = MultiGzDecoder::new(body).take(most);
        decoder.read_to_end(&mut contents)?;
    }
    Ok((contents.len() <= largest).then(|| contents.into()))
}
