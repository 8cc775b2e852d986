//! For tests of what is built on this crate: a page without a client. A transport with a script is in [`okta_auth::testing`].

use bytes::Bytes;
use http::Response;
use okta_auth::OrgUrl;
use url::Url;

use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::page::{self, Page, Wanted};
use crate::resource::Resource;

/// Reads a response to a request for `asked` as a page of a list of `org`, in the way of a client: whatever the body and the
/// links are, the page is whole, or it is an error. So many records were `asked` for as its `limit` says, or else 200.
///
/// # Errors
///
/// When it is no such page.
pub fn read_page<T: Resource>(
    org: &OrgUrl,
    asked: &Url,
    response: &Response<Bytes>,
) -> Result<Page<T>, Error> {
    let wanted = Wanted::everything(page::limit(asked).unwrap_or(200).into());
    page::read(org, asked, response, &wanted)
        .map_err(|cause| Error::new("reading a page".to_owned(), Endpoint::Users, cause))
}
