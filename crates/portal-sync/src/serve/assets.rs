//! The page's style, script and icon. Their names carry a digest of their content, so browsers keep them for good.

use axum::http::{HeaderName, header};
use catalog_model::Digest;
use sha2::{Digest as _, Sha256};

/// Every asset of the page.
#[derive(Debug)]
pub(super) struct Assets {
    /// The stylesheet.
    pub(super) style: Asset,
    /// The script: search as you type.
    pub(super) script: Asset,
    /// The icon of the tab.
    pub(super) icon: Asset,
}

impl Assets {
    pub(super) fn new() -> Self {
        Self {
            style: Asset::new("style", "css", "text/css", include_str!("assets/style.css")),
            script: Asset::new(
                "script",
                "js",
                "text/javascript",
                include_str!("assets/script.js"),
            ),
            icon: Asset::new(
                "icon",
                "svg",
                "image/svg+xml",
                include_str!("assets/icon.svg"),
            ),
        }
    }

    pub(super) fn all(&self) -> [&Asset; 3] {
        [&self.style, &self.script, &self.icon]
    }
}

/// A file that the page loads.
#[derive(Debug)]
pub(super) struct Asset {
    path: String,
    content_type: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, content_type: &'static str, content: &'static str) -> Self {
        // Eight bytes tell one release's file from another's.
        let digest = Digest::from_bytes(Sha256::digest(content).into());
        Self {
            path: format!("/assets/{stem}-{digest:.16}.{ending}"),
            content_type,
            content,
        }
    }

    /// Where it is served.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A handler that answers it.
    pub(super) fn answer<S: Clone + Send + Sync + 'static>(
        &self,
    ) -> impl axum::handler::Handler<((),), S> {
        let headers: [(HeaderName, &str); 2] = [
            (header::CONTENT_TYPE, self.content_type),
            (
                header::CACHE_CONTROL,
                "private, max-age=31536000, immutable",
            ),
        ];
        let content = self.content;
        move || async move { (headers, content) }
    }
}
