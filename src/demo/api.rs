//! The sample API: small blobs behind the scopes `read` and `write`, kept in memory. A protected resource as the field has them now: its
//! own metadata ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)), challenges that say what is missing
//! ([RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3)), and a surer sign-in for what cannot be undone
//! ([RFC 9470](https://www.rfc-editor.org/rfc/rfc9470)).

use std::collections::BTreeMap;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body as HttpBody, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tower_http::cors::{Any, CorsLayer};

use crate::reply::{Body, Delivery, Reply, ResourceCall};

use super::api_token::{Access, Verifier};
use super::program::{Bound, ProgramError, Running};
use super::sample::API_CLIENT;

/// The most bytes of a blob, and the most blobs.
const LARGEST: usize = 64 * 1024;
const MOST: usize = 100;

/// What a deletion of everything wants of the sign-in: how sure, and how fresh, in seconds.
const SURE: &str = "2";
const FRESH: i64 = 300;

/// Whoever looks on, and may have the API lie.
#[async_trait]
pub trait Watcher: Send + Sync {
    /// What is answered in place of the honest answer.
    async fn answered(&self, call: ResourceCall, honest: Reply) -> Reply;
}

/// The API, bound to its port, not running yet.
#[derive(Debug)]
pub struct Api {
    bound: Bound,
    trusted: Vec<reqwest::Certificate>,
}

impl Api {
    /// Binds the API to a port, or to a free one if that is taken.
    pub fn bind(port: u16) -> Result<Self, ProgramError> {
        Ok(Self { bound: Bound::at(port)?, trusted: Vec::new() })
    }

    /// Believing these authorities beside the machine's own.
    #[must_use]
    pub fn trusting(mut self, authorities: &[reqwest::Certificate]) -> Self {
        self.trusted.extend_from_slice(authorities);
        self
    }

    /// The resource that tokens must be for: where it is, without a slash at the end.
    pub fn resource(&self) -> String {
        self.bound.origin()
    }

    /// Runs the API until it is told to stop.
    pub fn start(self, issuer: &str, watcher: Option<Arc<dyn Watcher>>) -> Result<Running, ProgramError> {
        let resource = self.resource();
        let verifier = Verifier::new(issuer, &resource, (API_CLIENT, self.trusted));
        let blobs = Arc::new(Blobs { verifier, kept: Mutex::default(), watcher });
        // Whatever page asks: it needs a token, not a cookie.
        let cors = CorsLayer::new().allow_origin(Any).allow_headers([AUTHORIZATION, CONTENT_TYPE]);
        let cors = cors
            .allow_methods([Method::GET, Method::PUT, Method::DELETE])
            .expose_headers([WWW_AUTHENTICATE, RETRY_AFTER]);
        self.bound.serve("acme-api", Router::new().fallback(answer).layer(cors).with_state(blobs))
    }
}

struct Blobs {
    verifier: Verifier,
    /// Content type and bytes, by name.
    kept: Mutex<BTreeMap<String, (String, Bytes)>>,
    watcher: Option<Arc<dyn Watcher>>,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").finish_non_exhaustive()
    }
}

async fn answer(State(blobs): State<Arc<Blobs>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST).await else {
        return delivered(&problem(413, "a blob has at most 64 KiB"));
    };
    let bearer = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        bearer.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let url = format!("{}{target}", blobs.verifier.resource);
    let mut head = format!("{} {url} HTTP/1.1\r\n", parts.method).into_bytes();
    for (name, value) in &parts.headers {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    let mut call = ResourceCall {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        url,
        head,
        body,
        token: token.map(|(_, token)| token.trim().to_owned()),
        ..ResourceCall::default()
    };
    if call.path == METADATA && matches!(parts.method, Method::GET | Method::HEAD) {
        return delivered(&blobs.metadata());
    }
    let content_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain").to_owned();
    let honest = blobs.honest(&mut call, &content_type).await;
    let reply = match &blobs.watcher {
        Some(watcher) => watcher.answered(call, honest).await,
        None => honest,
    };
    delivered(&reply)
}

/// [RFC 9728 §3](https://www.rfc-editor.org/rfc/rfc9728#section-3)
const METADATA: &str = "/.well-known/oauth-protected-resource";

impl Blobs {
    fn metadata(&self) -> Reply {
        json_reply(
            200,
            &json!({
                "resource": self.verifier.resource,
                "resource_name": "Acme blobs",
                "authorization_servers": [self.verifier.issuer],
                "scopes_supported": ["read", "write"],
                "bearer_methods_supported": ["header"],
            }),
        )
    }

    async fn honest(&self, call: &mut ResourceCall, content_type: &str) -> Reply {
        let Some(token) = call.token.clone() else {
            call.refused = Some("no token came".to_owned());
            return self.challenge(401, &[]);
        };
        let access = match self.verifier.verify(&token).await {
            Ok(access) => access,
            Err(why) => {
                let refusal = self.challenge(401, &[("error", "invalid_token"), ("error_description", &ascii(&why))]);
                call.refused = Some(why);
                return refusal;
            }
        };
        (call.client, call.user) = (access.client.clone(), access.user.clone());
        let name = call.path.strip_prefix("/blobs").filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let name = name.map(|rest| decoded(rest.trim_start_matches('/')));
        let Some(name) = name.filter(|name| name.len() <= 200 && !name.contains('/')) else {
            return problem(404, "there are blobs at /blobs and /blobs/NAME, and nothing else");
        };
        let needed = if call.method == "GET" || call.method == "HEAD" { "read" } else { "write" };
        if !access.scopes.contains(needed) {
            call.refused = Some(format!("the token does not open this: it has no scope {needed}"));
            let description = format!("this needs the scope {needed}");
            return self.challenge(
                403,
                &[("error", "insufficient_scope"), ("error_description", &description), ("scope", needed)],
            );
        }
        if call.method == "DELETE" && name.is_empty() && !is_sure(&access) {
            call.refused = Some("the sign-in is not sure, or not fresh enough for this".to_owned());
            let age = FRESH.to_string();
            return self.challenge(
                401,
                &[
                    ("error", "insufficient_user_authentication"),
                    ("error_description", "deleting everything needs a sure and fresh sign-in"),
                    ("acr_values", SURE),
                    ("max_age", &age),
                ],
            );
        }
        self.act(call, &name, content_type)
    }

    fn act(&self, call: &ResourceCall, name: &str, content_type: &str) -> Reply {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match (call.method.as_str(), name) {
            ("GET" | "HEAD", "") => json_reply(200, &json!({ "blobs": kept.keys().collect::<Vec<_>>() })),
            ("GET" | "HEAD", name) => match kept.get(name) {
                Some((media_type, bytes)) => {
                    Reply::new(200, Body::Raw { media_type: media_type.clone(), bytes: bytes.to_vec() })
                }
                None => problem(404, "there is no blob of this name"),
            },
            ("PUT", "") => problem(405, "put a blob at /blobs/NAME"),
            ("PUT", name) => {
                let new = !kept.contains_key(name);
                if new && kept.len() == MOST {
                    return problem(507, "there are 100 blobs already");
                }
                kept.insert(name.to_owned(), (content_type.to_owned(), call.body.clone()));
                Reply::new(if new { 201 } else { 204 }, Body::Empty)
            }
            ("DELETE", "") => {
                kept.clear();
                Reply::new(204, Body::Empty)
            }
            ("DELETE", name) => match kept.remove(name) {
                Some(_) => Reply::new(204, Body::Empty),
                None => problem(404, "there is no blob of this name"),
            },
            _ => {
                let mut refusal = problem(405, "blobs know GET, PUT and DELETE");
                refusal.headers.push(("allow".into(), "GET, HEAD, PUT, DELETE".into()));
                refusal
            }
        }
    }

    /// [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3), and where the metadata is, [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1).
    fn challenge(&self, status: u16, members: &[(&str, &str)]) -> Reply {
        let metadata = format!("{}{METADATA}", self.verifier.resource);
        let all = members.iter().copied().chain([("resource_metadata", metadata.as_str())]);
        let text: Vec<String> = all.map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let error = members.iter().find(|(name, _)| *name == "error").map_or("unauthorized", |(_, error)| error);
        let described = members
            .iter()
            .find(|(name, _)| *name == "error_description")
            .map_or("send Authorization: Bearer and an access token", |(_, text)| text);
        let mut reply = json_reply(status, &json!({ "error": error, "error_description": described }));
        reply.headers.push(("www-authenticate".into(), format!("Bearer {}", text.join(", ")).into()));
        reply
    }
}

/// A name as it was meant, however it was written in the path.
fn decoded(name: &str) -> String {
    let whole = name.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    let mut pairs = url::form_urlencoded::parse(whole.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// Whether the sign-in behind a token is sure, and fresh now.
fn is_sure(access: &Access) -> bool {
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).unwrap_or(i64::MAX);
    let fresh = access.auth_time.is_some_and(|at| now.saturating_sub(at) <= FRESH);
    fresh && access.acr.as_deref() == Some(SURE)
}

/// What may stand in a quoted string of a header.
fn ascii(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '\'' }).collect()
}

fn json_reply(status: u16, value: &Value) -> Reply {
    Reply::new(status, Body::Json(value.to_string().into()))
}

fn problem(status: u16, why: &str) -> Reply {
    json_reply(status, &json!({ "error": why }))
}

/// An answer as HTTP. One that is cut off promises more than it brings.
fn delivered(reply: &Reply) -> Response {
    let (media_type, bytes) = match &reply.body {
        Body::Json(text) => ("application/json".to_owned(), text.clone()),
        Body::Raw { media_type, bytes } => (media_type.clone(), Bytes::from(bytes.clone())),
        _ => (String::new(), Bytes::new()),
    };
    let mut response = match reply.delivery {
        Delivery::HalfBody => {
            let half = bytes.slice(..bytes.len() / 2);
            // What was sent is on its way before the connection breaks.
            let cut = stream::iter([Some(half), None]).then(|piece| async {
                if piece.is_none() {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                piece.ok_or_else(|| std::io::Error::other("cut off on purpose"))
            });
            let mut response = HttpBody::from_stream(cut).into_response();
            response.headers_mut().insert("content-length", HeaderValue::from(bytes.len()));
            response
        }
        _ => bytes.into_response(),
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    if let Ok(media_type) = HeaderValue::from_str(&media_type)
        && !media_type.is_empty()
    {
        headers.insert(CONTENT_TYPE, media_type);
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(&**name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
    response
}
