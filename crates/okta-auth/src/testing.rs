//! For tests of what is built on this crate: a transport that answers from a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode};

use crate::future::BoxFuture;
use crate::transport::{Transport, TransportError, TransportErrorKind};

/// A transport that knows which requests will come and what to answer.
///
/// An exchange answers the first request for its target, once; requests for different targets may
/// come in any order. A request that no exchange is left for fails, and [`finish`](Self::finish)
/// names it, as well as the exchanges that nobody asked for. Clones share the script.
///
/// ```
/// use okta_auth::testing::{Answer, ScriptedTransport};
///
/// let transport = ScriptedTransport::default();
/// let answer = Answer::json("[]").header("date", "Sat, 25 Feb 2017 01:30:46 GMT");
/// transport.expect("/api/v1/users?limit=200", answer);
/// assert_eq!(transport.finish(), Err("nobody asked for /api/v1/users?limit=200".to_owned()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScriptedTransport(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    exchanges: VecDeque<(String, Answer)>,
    requests: Vec<Request<Bytes>>,
    unexpected: Vec<String>,
}

/// What a scripted request is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    outcome: Result<Response<Bytes>, TransportErrorKind>,
    delay: Option<Duration>,
}

impl From<Response<Bytes>> for Answer {
    fn from(response: Response<Bytes>) -> Self {
        Self {
            outcome: Ok(response),
            delay: None,
        }
    }
}

impl Answer {
    /// Status 200 with a JSON body.
    #[must_use]
    pub fn json(body: impl Into<String>) -> Self {
        Self::status(200, body).header("content-type", "application/json")
    }

    /// A status and a body. A number that is no status becomes 500.
    #[must_use]
    pub fn status(status: u16, body: impl Into<String>) -> Self {
        let mut response = Response::new(body.into().into());
        *response.status_mut() =
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.into()
    }

    /// No answer but this failure.
    #[must_use]
    pub fn failure(kind: TransportErrorKind) -> Self {
        Self {
            outcome: Err(kind),
            delay: None,
        }
    }

    /// With one more header line. A name that came before is repeated. What is no header is left
    /// out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(response), Ok(name), Ok(value)) =
            (&mut self.outcome, name.parse::<HeaderName>(), value.parse())
        {
            response.headers_mut().append(name, value);
        }
        self
    }

    /// Only after this time, by tokio's clock. [`Duration::MAX`] is never.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }
}

impl ScriptedTransport {
    /// Adds an exchange: `target` is the path with its query, as on the request line.
    pub fn expect(&self, target: &str, answer: Answer) {
        self.script()
            .exchanges
            .push_back((target.to_owned(), answer));
    }

    /// The requests so far, in the order of their coming.
    #[must_use]
    pub fn requests(&self) -> Vec<Request<Bytes>> {
        self.script().requests.clone()
    }

    /// Whether everything went as scripted.
    ///
    /// # Errors
    ///
    /// The requests that were not expected, and the exchanges that nobody asked for.
    pub fn finish(&self) -> Result<(), String> {
        let script = self.script();
        let unexpected = script
            .unexpected
            .iter()
            .map(|target| format!("nobody expected {target}"));
        let left = script
            .exchanges
            .iter()
            .map(|(target, _)| format!("nobody asked for {target}"));
        let complaints: Vec<String> = unexpected.chain(left).collect();
        if complaints.is_empty() {
            Ok(())
        } else {
            Err(complaints.join("; "))
        }
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Script {
    /// Finds the answer to a request.
    fn answer(&mut self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let target = request
            .uri()
            .path_and_query()
            .map_or("/", |target| target.as_str())
            .to_owned();
        self.requests.push(request);
        let position = self
            .exchanges
            .iter()
            .position(|(expected, _)| *expected == target);
        let exchange = position.and_then(|position| self.exchanges.remove(position));
        exchange.map(|(_, answer)| answer).ok_or_else(|| {
            let complaint = format!("nobody expected {target}");
            self.unexpected.push(target);
            TransportError::new(TransportErrorKind::Request, complaint)
        })
    }
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let answer = self.script().answer(request);
        Box::pin(async move {
            let answer = answer?;
            match answer.delay {
                Some(Duration::MAX) => std::future::pending().await,
                Some(delay) => tokio::time::sleep(delay).await,
                None => {}
            }
            answer
                .outcome
                .map_err(|kind| TransportError::new(kind, "scripted"))
        })
    }
}
