//! The HTTP side: reads requests, asks the world, and delivers its answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use tokio::sync::watch;

use super::call::Call;
use super::connection::{CuttableListener, Line};
use super::spoil::Delivery;
use super::world::{Ready, World};

/// The largest body that is read; a token request is a few kilobytes.
const BODY_LIMIT: usize = 1 << 20;

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
        _in_flight,
    ) = shared.world().arrive(&call);
    tokio::select! {
        biased;
        _ = shared.stopped.wait_for(|stop| *stop) => line.cut_before_answer(),
        () = wait(delivery, delay) => match delivery {
            Delivery::CutBefore => line.cut_before_answer(),
            Delivery::CutInBody => line.cut_in_body(),
            Delivery::Whole | Delivery::Never => {}
        },
    }
    response
}

async fn wait(delivery: Delivery, delay: Duration) {
    match delivery {
        Delivery::Never => std::future::pending().await,
        _ if delay.is_zero() => {}
        _ => tokio::time::sleep(delay).await,
    }
}
