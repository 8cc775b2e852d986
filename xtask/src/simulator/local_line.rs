//! A line to the simulated org without sockets: the same world behind it, and tokio's clock, which a test may pause.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use http::uri::Authority;
use http::{Request, Response};

use super::call::Call;
use super::spoil::Delivery;
use super::world::{Ready, World};

/// How long an answer is waited for, whole body included: as long as the program's own transport does.
const PATIENCE: Duration = Duration::from_secs(30);

/// A line to a [`Simulator`](super::Simulator) that was started with [`local`](super::Simulator::local).
///
/// ```
/// use axum::body::Bytes;
/// use xtask::simulator::{Broken, Options, Org, Simulator};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let simulator = Simulator::local(Org::default(), Options::default());
/// let line = simulator.line();
/// let request = http::Request::get(format!("{}/api/v1/users", simulator.url())).body(Bytes::new())?;
/// assert_eq!(line.exchange(request).await?.status(), 403, "there is no token");
///
/// let elsewhere = http::Request::get("https://example.org/").body(Bytes::new())?;
/// assert_eq!(line.exchange(elsewhere).await.unwrap_err(), Broken::NoSuchHost);
/// # anyhow::Ok(())
/// # })?;
/// # anyhow::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct LocalLine {
    authority: Option<Authority>,
    world: Arc<Mutex<World>>,
}

/// Why there was no whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The request was for another host than the org's.
    NoSuchHost,
    /// The connection broke before the answer or in it.
    Interrupted,
    /// The answer was not there after 30 s.
    TimedOut,
}

impl LocalLine {
    pub(crate) fn new(authority: Option<Authority>, world: Arc<Mutex<World>>) -> Self {
        Self { authority, world }
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Broken> {
        let (parts, body) = request.into_parts();
        if parts.uri.authority() != self.authority.as_ref() {
            return Err(Broken::NoSuchHost);
        }
        let call = Call::new(parts.method, &parts.uri, parts.headers, body);
        tokio::time::timeout(PATIENCE, self.deliver(&call))
            .await
            .unwrap_or(Err(Broken::TimedOut))
    }

    async fn deliver(&self, call: &Call) -> Result<Response<Bytes>, Broken> {
        let (
            Ready {
                response,
                delivery,
                delay,
            },
            _in_flight,
        ) = self.world().arrive(call);
        delivery.wait(delay).await;
        match delivery {
            Delivery::CutBefore | Delivery::CutInBody => return Err(Broken::Interrupted),
            Delivery::Trickled(time) => tokio::time::sleep(time).await,
            Delivery::Whole | Delivery::Never => {}
        }
        Ok(response)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchHost => "nobody else is on this line",
            Self::Interrupted => "the connection broke",
            Self::TimedOut => "no whole answer in time",
        })
    }
}

impl std::error::Error for Broken {}
