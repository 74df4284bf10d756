//! Commands that talk to a running server, through its control API.

use std::future::Future;
use std::time::Duration;

use clap::Args;
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::http::{CERTIFICATE, authorities, http_client};
use crate::protocol::Lifetime;

use super::exit::Exit;
use super::output::print;
use super::sources::{Text, ca_folder, variable};

/// Which server is meant, and how it is answered.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// The server's URL [default: `STANDIN_URL`, or this machine at the configured port]
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The realm [default: `STANDIN_REALM`, or the first one]
    #[arg(long, value_name = "NAME")]
    pub(super) realm: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl ServerArgs {
    /// The URL that was named, if one was.
    pub(super) fn named(&self) -> Result<Option<String>, Exit> {
        let named = match &self.url {
            Some(url) => Some(url.clone()),
            None => variable("STANDIN_URL")?,
        };
        if let Some(url) = &named
            && url::Url::parse(url).is_err()
        {
            return Err(Exit::usage(format!("`{url}` is no URL: write it whole, such as http://localhost:7760")));
        }
        Ok(named.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// Server and realm of a URL: a realm's issuer names both.
    fn place(&self, url: String) -> Result<(String, Option<String>), Exit> {
        let realm = match &self.realm {
            Some(realm) => Some(realm.clone()),
            None => variable("STANDIN_REALM")?,
        };
        // Below a realm's own issuer its control API is there as well, so no other URL needs to be taken apart.
        Ok(match url.split_once("/r/") {
            Some((server, named)) => (server.to_owned(), realm.or(Some(named.to_owned()))),
            None => (url, realm),
        })
    }

    fn url(&self) -> Result<String, Exit> {
        if let Some(named) = self.named()? {
            return Ok(named);
        }
        // A server that runs on its last good configuration is not unhealthy because the file was spoilt since.
        let config = Text::find(None).and_then(|text| text.read()).unwrap_or_default();
        let scheme = if config.speaks_tls() { "https" } else { "http" };
        Ok(format!("{scheme}://127.0.0.1:{}", config.port))
    }

    /// The server that is meant.
    pub(super) fn remote(&self) -> Result<Remote, Exit> {
        self.remote_at(self.url()?)
    }

    /// The server at this URL.
    pub(super) fn remote_at(&self, url: String) -> Result<Remote, Exit> {
        let (url, realm) = self.place(url)?;
        let http = http_client(&trusted()?).map_err(|e| Exit::failed(e.to_string()))?;
        Ok(Remote { url, realm, token: variable("STANDIN_CONTROL_TOKEN")?, http })
    }

    /// Asks the server for one thing, and prints the answer: as JSON, or in `words`.
    pub(super) fn ask(
        &self,
        (method, path, body): (Method, &str, Option<Value>),
        words: impl FnOnce(&Value) -> String,
    ) -> Result<(), Exit> {
        let remote = self.remote()?;
        let answer = block_on(remote.call(method, path, body))?;
        self.show(&answer, words)
    }

    /// Prints an answer: as JSON, or in words.
    pub(super) fn show(&self, answer: &Value, words: impl FnOnce(&Value) -> String) -> Result<(), Exit> {
        if self.json {
            return print(&serde_json::to_string_pretty(answer).map_err(|e| Exit::failed(e.to_string()))?);
        }
        print(words(answer).trim_end())
    }
}

/// The local authority, if there is one, and whatever `STANDIN_CA_FILE` names.
pub(super) fn trusted() -> Result<Vec<reqwest::Certificate>, Exit> {
    if let Some(file) = variable("STANDIN_CA_FILE")? {
        let pem = std::fs::read(&file).map_err(|e| Exit::usage(format!("STANDIN_CA_FILE names {file}: {e}")))?;
        return authorities(&pem).map_err(|why| Exit::usage(format!("STANDIN_CA_FILE names {file}: {why}")));
    }
    let config = Text::find(None).and_then(|text| text.read()).unwrap_or_default();
    // Where nothing is kept, nothing is believed beside what the machine believes.
    let pem = ca_folder(&config).ok().and_then(|folder| std::fs::read(folder.join(CERTIFICATE)).ok());
    Ok(pem.and_then(|pem| authorities(&pem).ok()).unwrap_or_default())
}

/// A server that runs.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) url: String,
    realm: Option<String>,
    token: Option<String>,
    http: Client,
}

impl Remote {
    /// Calls the control API. An answer without a body is `{}`.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, Exit> {
        let response = self.send(method, path, body, Duration::from_mins(11)).await?;
        let text = response.text().await.map_err(|e| Exit::unreachable(reason(&e)))?;
        if text.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_str(&text)
            .map_err(|_| Exit::unreachable(format!("{} answers no JSON, so it is no Standin", self.url)))
    }

    /// Calls the control API for something that is no JSON.
    pub(super) async fn text(&self, path: &str) -> Result<String, Exit> {
        let response = self.send(Method::GET, path, None, Duration::from_secs(30)).await?;
        response.text().await.map_err(|e| Exit::unreachable(reason(&e)))
    }

    /// The answer, unless it tells of a problem.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        timeout: Duration,
    ) -> Result<Response, Exit> {
        let mut request = self.http.request(method, format!("{}/_control/v1{path}", self.url)).timeout(timeout);
        if let Some(realm) = &self.realm {
            request = request.header("standin-realm", realm);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        if path.starts_with("/events") {
            request = request.header("accept", "text/event-stream");
        }
        let sent = request.send().await;
        let answer = sent.map_err(|e| {
            let (url, why) = (&self.url, reason(&e));
            if why.contains("certificate") {
                return Exit::unreachable(format!(
                    "{url} is not believed: {why}\n  STANDIN_CA_FILE names the authority that vouches for it; standin trust shows this machine's own"
                ));
            }
            Exit::unreachable(format!(
                "{url} does not answer: {why}\n  start one with `standin`, or say where with `--url`"
            ))
        })?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        Err(self.problem(status, &text))
    }

    fn problem(&self, status: StatusCode, text: &str) -> Exit {
        if status == StatusCode::UNAUTHORIZED {
            return Exit::failed(format!(
                "{} wants a control token: set STANDIN_CONTROL_TOKEN to the one that it was started with",
                self.url
            ));
        }
        let Some(problem) = serde_json::from_str::<Value>(text).ok().filter(|problem| problem["detail"].is_string())
        else {
            return Exit::unreachable(format!("{} answers {status}, so it is no Standin", self.url));
        };
        let mut message = problem["detail"].as_str().unwrap_or_default().to_owned();
        if let Some(field) = problem["field"].as_str() {
            message = format!("{field}: {message}");
        }
        let near_misses = problem["near_misses"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let unmet = problem["type"].as_str().is_some_and(|kind| kind.ends_with("#expectation-not-met"));
        for miss in near_misses {
            message.push_str("\n  ");
            message.push_str(miss);
        }
        // What was asked for wrongly is wrong usage; what is not there, or did not happen, is not so.
        let wrong = matches!(status.as_u16(), 400 | 422) && !unmet;
        let exit = if wrong { Exit::usage(message) } else { Exit::failed(message) };
        exit.with_problem(text)
    }
}

/// Runs something that waits for the network.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Exit::failed(e.to_string()))?.block_on(work)
}

/// `standin health`
pub(super) fn health(server: &ServerArgs) -> Result<(), Exit> {
    let remote = server.remote()?;
    block_on(ready(&remote))?;
    answers(server, &remote)
}

/// `standin wait`
pub(super) fn wait(server: &ServerArgs, timeout: Lifetime) -> Result<(), Exit> {
    let remote = server.remote()?;
    block_on(async {
        let answered = async {
            while ready(&remote).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        if tokio::time::timeout(timeout.duration(), answered).await.is_err() {
            let why = ready(&remote).await.err();
            return why.map_or(Ok(()), |why| {
                Err(Exit::unreachable(format!("not ready within {}: {}", timeout.in_words(), why.message())))
            });
        }
        Ok(())
    })?;
    answers(server, &remote)
}

fn answers(server: &ServerArgs, remote: &Remote) -> Result<(), Exit> {
    let answer = json!({ "status": "ok", "url": remote.url });
    server.show(&answer, |_| format!("{} answers", remote.url))
}

/// The server answers, and the realm is there if one is named.
async fn ready(remote: &Remote) -> Result<(), Exit> {
    let path = if remote.realm.is_some() { "/info" } else { "/ready" };
    let answer = remote.send(Method::GET, path, None, Duration::from_secs(2)).await;
    answer.map(|_| ()).map_err(|why| Exit::unreachable(why.message().to_owned()))
}

/// The innermost cause, which is the one that says something.
pub(super) fn reason(e: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = e;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// `NAME=VALUE`, each value as JSON where it is some, and as text where it is none.
pub(super) fn pairs(option: &str, set: &[String]) -> Result<crate::protocol::Map, Exit> {
    let one = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| Exit::usage(format!("{option} {text}: write NAME=VALUE")))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        Ok((name.to_owned(), value))
    };
    set.iter().map(one).collect()
}

/// `NAME=VALUE`, each value as text, however it looks.
pub(super) fn texts(option: &str, set: &[String]) -> Result<crate::protocol::Map, Exit> {
    let plain = |(name, value): (String, Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name, Value::from(value))
    };
    Ok(pairs(option, set)?.into_iter().map(plain).collect())
}

/// A part of a path, whatever is in it. Dots are written out: two of them would climb a folder.
pub(super) fn part(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20").replace('.', "%2E")
}
