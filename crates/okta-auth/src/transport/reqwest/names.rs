//! Addresses of host names, from the system, with errors that are known again below those of the HTTP client.

use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Asks the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names;

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let name = name.as_str().to_owned();
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            match found.map(Iterator::collect::<Vec<SocketAddr>>) {
                Ok(found) => {
                    let addresses: Addrs = Box::new(found.into_iter());
                    Ok(addresses)
                }
                Err(source) => Err(NotFound { name, source }.into()),
            }
        })
    }
}

/// A name without an address.
#[derive(Debug, thiserror::Error)]
#[error("the system has no address for `{name}`")]
pub(super) struct NotFound {
    name: String,
    source: io::Error,
}
