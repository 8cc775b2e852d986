//! A plain HTTP client, and ways to start a scenario.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use xtask::Scenario;
use xtask::simulator::{Options, Simulator};

pub(crate) const API_TOKEN: &str = "00-simulated-api-token";
pub(crate) const PLATFORM: &str = "00g1platform0000000d";

/// A client that follows nothing and retries nothing.
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) authorization: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn code(&self) -> String {
        self.json()["errorCode"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn links(&self) -> Vec<&str> {
        self.headers
            .get_all("link")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    pub(crate) fn next(&self) -> Option<String> {
        let link = self
            .links()
            .into_iter()
            .find_map(|link| link.strip_suffix("; rel=\"next\""))?;
        Some(link.trim_matches(['<', '>']).to_owned())
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.json()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Client {
    pub(crate) fn new(authorization: &str) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "a client of its own, independent of the crates under test"
        )]
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            http,
            authorization: authorization.to_owned(),
        }
    }

    pub(crate) fn api_token() -> Self {
        Self::new(&format!("SSWS {API_TOKEN}"))
    }

    pub(crate) async fn try_get(&self, url: &str) -> Result<Answer, reqwest::Error> {
        let response = self
            .http
            .get(url)
            .header("authorization", &self.authorization)
            .send()
            .await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer {
            status,
            headers,
            text: response.text().await?,
        })
    }

    pub(crate) async fn get(&self, url: &str) -> Answer {
        self.try_get(url).await.unwrap()
    }

    /// All pages from `url` on, as lists of ids.
    pub(crate) async fn walk(&self, url: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut url = Some(url.to_owned());
        while let Some(page) = url {
            let answer = self.get(&page).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            pages.push(answer.ids());
            url = answer.next();
        }
        pages
    }
}

/// Starts a scenario at which `API_TOKEN` is valid.
pub(crate) async fn start(name: &str, change: impl FnOnce(&mut Options)) -> Simulator {
    let mut scenario = Scenario::named(name).unwrap();
    if scenario.org.api_tokens.is_empty() {
        scenario.org.api_tokens = Scenario::named("small").unwrap().org.api_tokens;
    }
    change(&mut scenario.options);
    Simulator::start(scenario.org, scenario.options)
        .await
        .unwrap()
}

pub(crate) async fn small() -> Simulator {
    start("small", |_| ()).await
}

/// Asks for a token as the client of the scenario `small` would.
pub(crate) async fn token(simulator: &Simulator, client: &str, scope: &str) -> Answer {
    let url = format!("{}/oauth2/v1/token", simulator.url());
    let now = simulator.now().as_second();
    let claims = json!({ "iss": client, "sub": client, "aud": url, "iat": now, "exp": now + 300 });
    let key = std::fs::read(format!(
        "{}/../fixtures/keys/rsa2048.pkcs8.pem",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap();
    let header = Header {
        kid: Some("portal-sync-test-1".to_owned()),
        ..Header::new(Algorithm::RS256)
    };
    let jws =
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_pem(&key).unwrap()).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("scope", scope)
        .append_pair(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .append_pair("client_assertion", &jws)
        .finish();
    let request = Client::new("")
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(form).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        text: response.text().await.unwrap(),
    }
}

pub(crate) async fn bearer(simulator: &Simulator, client: &str) -> Client {
    let answer = token(simulator, client, "okta.users.read okta.groups.read").await;
    Client::new(&format!(
        "Bearer {}",
        answer.json()["access_token"].as_str().unwrap()
    ))
}
