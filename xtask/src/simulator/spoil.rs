//! What a fault does to an answer: replace it, bend it, or break its delivery.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Effect;
use super::reply::{Content, Reply, error_reply};

/// How an answer leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Whole,
    /// Bit by bit, over this time.
    Trickled(Duration),
    CutBefore,
    CutInBody,
    Never,
}

impl Delivery {
    /// Waits until the answer leaves, or would have left before it was cut.
    pub(crate) async fn wait(self, delay: Duration) {
        match self {
            Self::Never => std::future::pending().await,
            _ if delay.is_zero() => {}
            _ => tokio::time::sleep(delay).await,
        }
    }
}

/// The answer a fault gives in place of the endpoint, if it is such a fault; `id` is that of the error.
pub(crate) fn replacement(effect: &Effect, call: &Call, id: &str) -> Option<Reply> {
    match effect {
        Effect::CursorsExpire { status, code } => {
            call.parameter("after")?;
            let summary = "Invalid paging request.";
            Some(error_reply(*status, code, summary, None, id))
        }
        Effect::Error { status, code } => {
            let summary = if code == "E0000009" {
                "Internal Server Error"
            } else {
                "Simulated failure."
            };
            Some(error_reply(*status, code, summary, None, id))
        }
        Effect::Html { status } => Some(Reply::html(
            StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY),
        )),
        Effect::Body { status, text } => Some(Reply::text(
            StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY),
            text,
        )),
        _ => None,
    }
}

/// How the answer leaves, and how late.
pub(crate) fn delivery(effect: &Effect) -> (Delivery, Duration) {
    match effect {
        Effect::ResetBefore => (Delivery::CutBefore, Duration::ZERO),
        Effect::ResetInBody => (Delivery::CutInBody, Duration::ZERO),
        Effect::Hang => (Delivery::Never, Duration::ZERO),
        Effect::Slow(delay) => (Delivery::Whole, *delay),
        Effect::Trickle(time) => (Delivery::Trickled(*time), Duration::ZERO),
        _ => (Delivery::Whole, Duration::ZERO),
    }
}

/// Bends a right answer into the wrong one the fault describes; `before` is the last record of the page before.
pub(crate) fn bend(reply: &mut Reply, effect: &Effect, before: Option<Value>) {
    match effect {
        Effect::NoRecords => {
            reply.content = Content::Json(json!([]));
            reply.next_link = None;
        }
        Effect::NextOnHost(host) => move_next(reply, |url| url.set_host(Some(host)).is_ok()),
        Effect::NextOnAdminTwin => move_next(reply, |url| {
            let twin = match url.host_str().and_then(|host| host.split_once('.')) {
                Some((org, domain)) if url.domain().is_some() => format!("{org}-admin.{domain}"),
                _ => "127-admin.example.com".to_owned(),
            };
            url.set_host(Some(&twin)).is_ok()
        }),
        Effect::RepeatedCursor => reply.next_link.clone_from(&reply.self_link),
        Effect::TruncatedJson => {
            if let Content::Json(value) = &reply.content {
                let text = value.to_string();
                let half: String = text.chars().take(text.chars().count() / 2).collect();
                reply.content = Content::Raw("application/json", half);
            }
        }
        Effect::MalformedJson => {
            if let Content::Json(value) = &reply.content {
                let mut text = value.to_string();
                text.insert(1, ',');
                reply.content = Content::Raw("application/json", text);
            }
        }
        Effect::RepeatedRecords => {
            if let Content::Json(Value::Array(records)) = &mut reply.content {
                let first = records.first().cloned();
                records.extend(first);
                records.splice(0..0, before);
            }
        }
        Effect::MalformedRecord { id } => {
            if let Content::Json(body) = &mut reply.content {
                malform(body, id.as_deref());
            }
        }
        _ => rewrite(reply, effect),
    }
}

/// The faults that write the records of a page as texts.
fn rewrite(reply: &mut Reply, effect: &Effect) {
    match effect {
        Effect::RecordText { id, text } => {
            let is_it = |record: &Value| record.get("id").and_then(Value::as_str) == Some(id);
            write_out(reply, |records| {
                let written = records.iter().map(|record| match is_it(record) {
                    true => text.clone(),
                    false => record.to_string(),
                });
                written.collect()
            });
        }
        Effect::MoreRecords(more) => write_out(reply, |records| {
            let written = records.iter().map(Value::to_string);
            written.chain(more.iter().cloned()).collect()
        }),
        Effect::Padded(count) => write_out(reply, |records| {
            let mut written: Vec<String> = records.iter().map(Value::to_string).collect();
            let mut copy = records.first().cloned().unwrap_or_default();
            for number in records.len()..*count {
                if let Some(id) = copy.get_mut("id") {
                    *id = format!("00uCopy{number:013}").into();
                }
                written.push(copy.to_string());
            }
            written
        }),
        _ => {}
    }
}

/// Writes the page as the list of these texts.
fn write_out(reply: &mut Reply, texts: impl FnOnce(&[Value]) -> Vec<String>) {
    if let Content::Json(Value::Array(records)) = &reply.content {
        let page = format!("[{}]", texts(records).join(","));
        reply.content = Content::Raw("application/json", page);
    }
}

fn move_next(reply: &mut Reply, change: impl FnOnce(&mut url::Url) -> bool) {
    let Some(mut next) = reply
        .next_link
        .as_deref()
        .and_then(|next| url::Url::parse(next).ok())
    else {
        return;
    };
    if change(&mut next) {
        reply.next_link = Some(next.into());
    }
}

/// Leaves a record its id and gives the rest of it the wrong types.
fn malform(body: &mut Value, id: Option<&str>) {
    let has_id = |record: &&mut Value| {
        id.is_none_or(|id| record.get("id").and_then(Value::as_str) == Some(id))
    };
    let record = match body {
        Value::Array(records) => records.iter_mut().find(has_id),
        record => Some(record).filter(has_id),
    };
    if let Some(record) = record.and_then(Value::as_object_mut) {
        for (name, value) in record.iter_mut().filter(|(name, _)| *name != "id") {
            *value = if name == "profile" {
                json!("not an object")
            } else {
                json!(42)
            };
        }
    }
}
