//! What a process is asked by signals: to stop (Ctrl-C, and SIGTERM where there is one), and to read every provider now
//! (SIGUSR1, where there is one).

use std::time::Duration;

use futures::Stream;
#[cfg(not(unix))]
use futures::StreamExt as _;
use tokio::sync::oneshot;

use crate::held::run::Why;

/// How long the process may take to stop by itself once it was asked to.
const PATIENCE: Duration = Duration::from_millis(1_800);

/// One for each time the process is asked by SIGUSR1 to read every provider, from now on. Those that come at once are one.
///
/// On Windows nobody asks.
#[cfg(unix)]
pub(super) fn asks_by_signal() -> impl Stream<Item = Why> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = signal(SignalKind::user_defined1());
    if let Err(error) = &signals {
        tracing::warn!(%error, "SIGUSR1 is not waited for: it ends the process");
    }
    futures::stream::unfold(signals.ok(), |signals| async {
        let mut signals = signals?;
        signals.recv().await?;
        tracing::info!("asked by SIGUSR1 to read every provider now");
        Some((Why::Signal, Some(signals)))
    })
}

/// None: there is no such signal.
#[cfg(not(unix))]
pub(super) fn asks_by_signal() -> impl Stream<Item = Why> + Send + 'static {
    futures::stream::empty().map(|()| Why::Signal)
}

/// Done when the process is asked to stop. If it still runs 1.8 seconds later, or is asked a second time, it ends at once:
/// what is committed is whole, and what is under way begins anew at the next start.
///
/// On Windows only Ctrl-C asks.
pub(super) async fn stop_signal() {
    let (ask, asked) = oneshot::channel();
    // A thread with a runtime of its own: no work of others, however long, keeps it from hearing.
    let watcher = std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || watch(ask));
    if let Err(error) = watcher {
        tracing::warn!(%error, "signals are not waited for: they end the process by themselves");
    }
    if asked.await.is_err() {
        // Without a handler a signal ends the process by itself.
        std::future::pending::<()>().await;
    }
}

#[expect(
    clippy::exit,
    reason = "the one place where nothing else is waited for"
)]
fn watch(ask: oneshot::Sender<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let code = runtime.block_on(async {
        let mut signals = Signals::new();
        signals.next().await?;
        // Nobody waits any more when the daemon has ended already.
        let _ = ask.send(());
        tokio::select! {
            code = signals.next() => code,
            () = tokio::time::sleep(PATIENCE) => {
                tracing::warn!("what is under way does not end: it is given up");
                Some(0)
            }
        }
    });
    if let Some(code) = code {
        std::process::exit(code);
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// The code that a shell gives a process which the signal ended; nothing when none will come.
    async fn next(&mut self) -> Option<i32> {
        tokio::select! {
            Some(()) = next(&mut self.interrupt) => Some(128 + 2),
            Some(()) = next(&mut self.terminate) => Some(128 + 15),
            else => None,
        }
    }
}

#[cfg(unix)]
async fn next(signal: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    signal.as_mut()?.recv().await
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    const fn new() -> Self {
        Self
    }

    async fn next(&mut self) -> Option<i32> {
        tokio::signal::ctrl_c().await.ok().map(|()| 128 + 2)
    }
}
