//! Every recorded answer of Okta decodes. The recordings are not part of the project: the folder
//! that holds them is named by the environment.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::Response;
use okta_auth::OrgUrl;
use serde_json::Value;
use url::Url;

use super::chain;
use crate::answer::{Answer, ApiError};
use crate::rate_limit::RateLimit;
use crate::{Error, ErrorKind, Group, Member, User, UserStatus, page};

/// One recording: what was asked, and the answer.
struct Recording {
    name: String,
    method: String,
    url: Url,
    response: Response<Bytes>,
    body: Value,
}

/// The recordings of a kind; none when there is no folder of them.
fn recordings(kind: &str) -> Vec<Recording> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are told by the environment where recordings are"
    )]
    let Ok(folder) = std::env::var("OKTA_RECORDED_DIR") else {
        println!("skipped: OKTA_RECORDED_DIR names no folder of recordings");
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(&folder).join(kind))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    assert!(!files.is_empty(), "no recordings of {kind}");
    files.iter().map(|file| recording(file)).collect()
}

fn recording(file: &Path) -> Recording {
    let record: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let body = record["response"]["body"].clone();
    let bytes = if body.is_null() {
        Bytes::from(
            record["response"]["body_text"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        )
    } else {
        Bytes::from(body.to_string())
    };
    let mut response = Response::builder()
        .status(u16::try_from(record["response"]["status"].as_u64().unwrap()).unwrap());
    for (name, lines) in record["response"]["headers"].as_object().unwrap() {
        for line in lines.as_array().unwrap() {
            response = response.header(name, line.as_str().unwrap());
        }
    }
    Recording {
        name: file.file_name().unwrap().to_string_lossy().into_owned(),
        method: record["request"]["method"].as_str().unwrap().to_owned(),
        url: Url::parse(record["request"]["url"].as_str().unwrap()).unwrap(),
        response: response.body(bytes).unwrap(),
        body,
    }
}

impl Recording {
    /// The org that was asked, or that the links name where the recorder replaced the host of the
    /// request.
    fn org(&self) -> OrgUrl {
        let links = self
            .response
            .headers()
            .get_all("link")
            .into_iter()
            .filter_map(|line| line.to_str().ok());
        let linked = links
            .filter_map(|line| line.trim_start().strip_prefix('<')?.split_once('>'))
            .map(|(target, _)| target);
        let url = linked
            .filter_map(|target| Url::parse(target).ok())
            .next()
            .unwrap_or_else(|| self.url.clone());
        OrgUrl::parse(&url.origin().ascii_serialization()).unwrap()
    }

    /// The objects of the body, whether it is a list or one of them.
    fn objects(&self) -> Vec<Value> {
        match &self.body {
            Value::Array(items) => items.clone(),
            Value::Object(object) if object.contains_key("id") => vec![self.body.clone()],
            _ => Vec::new(),
        }
    }

    /// The objects, of which there are some, unless it is an empty list or the answer to an action.
    fn records(&self) -> Vec<Value> {
        let objects = self.objects();
        assert!(
            !objects.is_empty() || self.is_list() || is_of_an_action(&self.body),
            "{}: neither a record nor a list nor the answer to an action",
            self.name
        );
        objects
    }

    fn is_list(&self) -> bool {
        self.method == "GET" && self.body.is_array()
    }

    /// Reads a list as a page.
    fn page<T: crate::Resource>(&self) -> page::Page<T> {
        let wanted = page::Wanted::everything(10_000);
        let page = page::read::<T>(&self.org(), &self.url, &self.response, &wanted);
        let page = page.unwrap_or_else(|error| panic!("{}: {error:?}", self.name));
        assert_eq!(
            page.items.len(),
            self.body.as_array().unwrap().len(),
            "{}",
            self.name
        );
        assert_eq!(page.malformed, [], "{}", self.name);
        let has_next = self
            .response
            .headers()
            .get_all("link")
            .iter()
            .any(|line| line.to_str().unwrap().contains(r#"rel="next""#));
        assert_eq!(page.next.is_some(), has_next, "{}", self.name);
        page
    }
}

/// An object without what the models drop: links, and fields that are `null`.
fn essence(mut object: Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    fields.retain(|name, value| name != "_links" && !value.is_null());
    object
}

/// What Okta answers to an action that changes a user is no record: nothing, or a secret to hand on.
fn is_of_an_action(body: &Value) -> bool {
    const SECRETS: [&str; 3] = ["activationToken", "activationUrl", "tempPassword"];
    match body {
        Value::Null => true,
        Value::Object(fields) => fields.keys().all(|name| SECRETS.contains(&name.as_str())),
        _ => false,
    }
}

#[test]
fn recorded_users_decode_and_nothing_is_lost() {
    let mut users = 0;
    for recording in recordings("users") {
        for object in recording.records() {
            let user: User = serde_json::from_value(object.clone())
                .unwrap_or_else(|error| panic!("{}: {error}", recording.name));
            assert!(
                !matches!(user.status, UserStatus::Other(_)),
                "{}: {}",
                recording.name,
                user.status
            );
            assert_eq!(
                essence(serde_json::to_value(&user).unwrap()),
                essence(object),
                "{}",
                recording.name
            );
            users += 1;
        }
        if recording.is_list() {
            recording.page::<User>();
        }
    }
    println!("{users} users");
}

#[test]
fn recorded_groups_decode_and_nothing_is_lost() {
    let mut groups = 0;
    for recording in recordings("groups") {
        for object in recording.records() {
            let group: Group = serde_json::from_value(object.clone())
                .unwrap_or_else(|error| panic!("{}: {error}", recording.name));
            assert!(group.profile.name().is_some(), "{}", recording.name);
            assert_eq!(
                essence(serde_json::to_value(&group).unwrap()),
                essence(object),
                "{}",
                recording.name
            );
            groups += 1;
        }
        if recording.is_list() {
            recording.page::<Group>();
        }
    }
    println!("{groups} groups");
}

#[test]
fn recorded_members_decode() {
    for recording in recordings("members").into_iter().filter(Recording::is_list) {
        if recording.url.path().ends_with("/groups") {
            recording.page::<Group>();
        } else {
            let members = recording.page::<Member>().items;
            let objects = recording.body.as_array().unwrap();
            for (member, object) in members.iter().zip(objects) {
                assert_eq!(
                    (member.id.as_str(), member.status.as_str()),
                    (
                        object["id"].as_str().unwrap(),
                        object["status"].as_str().unwrap()
                    )
                );
            }
        }
    }
}

#[test]
fn recorded_errors_are_understood() {
    use crate::endpoint::Endpoint;
    use crate::error::Cause;
    for recording in recordings("errors") {
        let answer = Answer::new(&recording.response);
        let status = answer.status.as_u16();
        assert_eq!(
            answer.api,
            ApiError::from_body(recording.response.body()),
            "{}",
            recording.name
        );
        let code = recording.body["errorCode"].as_str();
        assert_eq!(
            answer.api.as_ref().map(|api| api.code.as_str()),
            code,
            "{}",
            recording.name
        );
        if let Some(api) = &answer.api {
            assert_eq!(
                api.causes.len(),
                recording.body["errorCauses"].as_array().map_or(0, Vec::len),
                "{}",
                recording.name
            );
        }
        let error = Error::new(
            "listing users".to_owned(),
            Endpoint::Users,
            Cause::Answer(Box::new(answer)),
        );
        let expected: &[ErrorKind] = match status {
            // The token endpoint has errors of another shape, which are not read here.
            400 | 401 if code.is_none() && recording.url.path().ends_with("/token") => {
                &[ErrorKind::NotOkta]
            }
            400 if code == Some("E0000029") => &[ErrorKind::ExpiredCursor],
            400 => &[ErrorKind::BadSearch, ErrorKind::Rejected],
            401 => &[
                ErrorKind::Unauthenticated,
                ErrorKind::Forbidden {
                    missing_scope: None,
                },
            ],
            403 => &[ErrorKind::Forbidden {
                missing_scope: None,
            }],
            // Of an org that is not there Okta has a page of HTML.
            404 => &[ErrorKind::WrongAddress, ErrorKind::NotOkta],
            429 => &[ErrorKind::Throttled],
            500.. => &[ErrorKind::ServerFailure],
            _ => &[ErrorKind::Rejected],
        };
        assert!(
            expected.contains(&error.kind()),
            "{}: {}",
            recording.name,
            chain(&error)
        );
    }
}

#[test]
fn recorded_rate_limits_are_understood() {
    for recording in ["users", "groups", "members", "errors"]
        .into_iter()
        .flat_map(recordings)
    {
        let headers = recording.response.headers();
        let complete = ["x-rate-limit-limit", "x-rate-limit-remaining"]
            .iter()
            .all(|name| headers.contains_key(*name));
        let limit = RateLimit::from_headers(headers);
        assert_eq!(limit.is_some(), complete, "{}", recording.name);
        if let Some(limit) = limit {
            // For concurrent requests the reset is a guess, and seen two minutes ahead.
            assert!(
                limit.resets_in.as_secs() <= 62 || limit.is_concurrency(),
                "{}: {limit:?}",
                recording.name
            );
        }
    }
}
