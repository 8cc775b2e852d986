//! The HTTP side: reads requests, asks the world, and delivers its answers.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use futures::stream;
use tokio::sync::watch;

use super::call::Call;
use super::connection::{CuttableListener, Line};
use super::spoil::Delivery;
use super::world::{InFlight, Ready, World};

/// The largest body that is read; a token request is a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

/// How many pieces a body that trickles comes in.
const PIECES: usize = 20;

/// What the handler of a request shares with all others.
#[derive(Clone, Debug)]
struct Shared {
    world: Arc<Mutex<World>>,
    stopped: watch::Receiver<bool>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until `stopped` turns true.
pub(crate) async fn serve(
    listener: CuttableListener,
    world: Arc<Mutex<World>>,
    stopped: watch::Receiver<bool>,
) {
    let shared = Shared {
        world,
        stopped: stopped.clone(),
    };
    let app = Router::new()
        .fallback(answer)
        .with_state(shared)
        .into_make_service_with_connect_info::<Line>();
    let mut stop = stopped;
    let ended = axum::serve(listener, app)
        .with_graceful_shutdown(async move {
            // An error means that the simulator itself is gone, which is a reason to stop too.
            drop(stop.wait_for(|stop| *stop).await);
        })
        .await;
    if let Err(error) = ended {
        tracing::error!(%error, "the simulator stopped serving");
    }
}

/// Answers one request: reads it, asks the world, and delivers what the world says the way it says.
async fn answer(
    State(mut shared): State<Shared>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_LIMIT)
        .await
        .unwrap_or_default();
    let call = Call::new(parts.method, &parts.uri, parts.headers, body);
    let (
        Ready {
            response,
            delivery,
            delay,
        },
        in_flight,
    ) = shared.world().arrive(&call);
    let ready = tokio::select! {
        biased;
        _ = shared.stopped.wait_for(|stop| *stop) => false,
        () = delivery.wait(delay) => true,
    };
    match delivery {
        _ if !ready => line.cut_before_answer(),
        Delivery::CutBefore => line.cut_before_answer(),
        Delivery::CutInBody => line.cut_in_body(),
        Delivery::Trickled(time) => {
            return response.map(|body| trickle(body, time, shared.stopped, in_flight));
        }
        Delivery::Whole | Delivery::Never => {}
    }
    response.map(Body::from)
}

/// The body in pieces, spread over `time`; cut when the simulator stops.
fn trickle(body: Bytes, time: Duration, stopped: watch::Receiver<bool>, guard: InFlight) -> Body {
    let size = body.len().div_ceil(PIECES).max(1);
    let pause = time
        / u32::try_from(body.len().div_ceil(size))
            .unwrap_or(u32::MAX)
            .max(1);
    let begin = (body, stopped, guard);
    Body::from_stream(stream::unfold(
        begin,
        move |(mut body, mut stopped, guard)| async move {
            if body.is_empty() {
                return None;
            }
            let piece = tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => {
                    body.clear();
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                }
                () = tokio::time::sleep(pause) => Ok(body.split_to(size.min(body.len()))),
            };
            Some((piece, (body, stopped, guard)))
        },
    ))
}
