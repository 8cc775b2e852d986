//! `serve` as a process, and the questions a test asks it.

use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::DEADLINE;

/// What it says as soon as it takes connections.
const LISTENING: &str = "listening on ";

/// A running `serve`. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    http: reqwest::Client,
    url: String,
    log: watch::Receiver<String>,
}

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.text).with_context(|| format!("not JSON: {}", self.text))
    }
}

impl Daemon {
    pub(super) async fn listening(mut child: Child) -> anyhow::Result<Self> {
        let (said, mut log) = watch::channel(String::new());
        tokio::spawn(collect(child.stdout.take(), said.clone()));
        tokio::spawn(collect(child.stderr.take(), said));
        let address = |log: &String| {
            let (_, rest) = log.split_once(LISTENING)?;
            rest.split_whitespace().next().map(str::to_owned)
        };
        let listening = async { log.wait_for(|log| address(log).is_some()).await.is_ok() };
        let listening = timeout(DEADLINE, listening).await;
        let said = log.borrow().clone();
        match listening {
            Ok(true) => {}
            Ok(false) => bail!("`serve` ended ({}):\n{said}", child.wait().await?),
            Err(_) => bail!("`serve` does not listen:\n{said}"),
        }
        let url = address(&said).unwrap_or_default();
        Ok(Self {
            child,
            http: http_client()?,
            url,
            log,
        })
    }

    /// Where it listens, such as `127.0.0.1:40123`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The number of its process; none when it has ended.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Everything it has said so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.borrow().clone()
    }

    /// Waits until it has said `text`.
    ///
    /// # Errors
    ///
    /// When it never does.
    pub async fn until_said(&self, text: &str) -> anyhow::Result<()> {
        let mut log = self.log.clone();
        let said = timeout(DEADLINE, log.wait_for(|log| log.contains(text))).await;
        if matches!(said, Ok(Ok(_))) {
            return Ok(());
        }
        bail!("it never said `{text}`, but:\n{}", self.log())
    }

    /// Done when it says `text` once more.
    pub async fn says_again(&self, text: &str) {
        let (mut log, from) = (self.log.clone(), self.log.borrow().len());
        let is_new = |log: &String| log.get(from..).is_some_and(|new| new.contains(text));
        if log.wait_for(is_new).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Asks for a path, with a token or without.
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn get(&self, path: &str, token: Option<&str>) -> anyhow::Result<Answer> {
        let mut request = self.http.get(format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            text: String::from_utf8(response.bytes().await?.to_vec())?,
        })
    }

    /// Asks for a path again and again until the answer is the awaited one.
    ///
    /// # Errors
    ///
    /// When it never is.
    pub async fn until(
        &self,
        path: &str,
        awaited: impl Fn(&Answer) -> bool,
    ) -> anyhow::Result<Answer> {
        let ask = async {
            loop {
                let answer = self.get(path, None).await?;
                if awaited(&answer) {
                    return Ok(answer);
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        match timeout(DEADLINE, ask).await {
            Ok(answer) => answer,
            Err(_) => bail!(
                "`{path}` never became what it should; the daemon said:\n{}",
                self.log()
            ),
        }
    }

    /// Sends it a signal, such as `USR1`.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent.
    #[cfg(unix)]
    pub async fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let id = self.child.id().context("it has ended already")?;
        let sent = tokio::process::Command::new("kill")
            .args([format!("-{signal}"), id.to_string()])
            .status()
            .await
            .context("`kill` cannot be started")?;
        anyhow::ensure!(sent.success(), "`kill` failed");
        Ok(())
    }

    /// Sends it a signal, such as `INT`, and waits for its end for at most `patience`.
    ///
    /// # Errors
    ///
    /// When the signal cannot be sent, or it goes on.
    #[cfg(unix)]
    pub async fn end_by(&mut self, signal: &str, patience: Duration) -> anyhow::Result<ExitStatus> {
        self.signal(signal).await?;
        match timeout(patience, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => bail!(
                "it went on after {signal}; the daemon said:\n{}",
                self.log()
            ),
        }
    }

    /// Kills it.
    ///
    /// # Errors
    ///
    /// When it cannot be waited for.
    pub async fn kill(&mut self) -> anyhow::Result<ExitStatus> {
        self.child.start_kill()?;
        Ok(self.child.wait().await?)
    }
}

/// A client that is for our own sockets only: no proxy, no redirects.
#[expect(
    clippy::disallowed_methods,
    reason = "asks only the daemon of this harness"
)]
fn http_client() -> anyhow::Result<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy();
    Ok(builder
        .redirect(reqwest::redirect::Policy::none())
        .timeout(DEADLINE)
        .build()?)
}

async fn collect(from: Option<impl AsyncRead + Unpin>, to: watch::Sender<String>) {
    let Some(from) = from else { return };
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        to.send_modify(|log| {
            log.push_str(&line);
            log.push('\n');
        });
    }
}
