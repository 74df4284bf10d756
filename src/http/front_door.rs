//! Where every request comes in: the realms' doors, the console, the control API, and an answer for whatever is none of these.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use futures_util::FutureExt as _;
use serde_json::json;
use tower::{Service, ServiceExt as _};
use tower_http::cors::CorsLayer;

use crate::realm::{Found, Realm, Realms};
use crate::reply::{ErrorPage, Page};
use crate::world::Endpoint;

use super::peer::Peer;
use super::server::ForEachConnection;
use super::tickets::Tickets;
use super::{answer, assets, console, control, pages, routes};

/// What the doors lead to, and how they are kept.
pub struct Door {
    /// The providers.
    pub realms: Realms,
    /// What a caller of the control API must show.
    pub control_token: Option<String>,
    /// The address that is listened on.
    pub listening_on: IpAddr,
    /// Why the last change of the configuration was not taken.
    pub refused_config: Mutex<Option<String>>,
    pub(super) tickets: Tickets,
    pub(super) cors: CorsLayer,
}

impl Door {
    /// A door for these providers.
    pub fn new(realms: Realms, control_token: Option<String>, listening_on: IpAddr) -> Self {
        Self {
            realms,
            control_token,
            listening_on,
            refused_config: Mutex::default(),
            tickets: Tickets::default(),
            cors: answer::cors(),
        }
    }

    /// Why the last change of the configuration was not taken, to be shown in the console.
    pub fn refused_config(&self) -> Option<String> {
        self.refused_config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("listening_on", &self.listening_on).finish_non_exhaustive()
    }
}

/// Everything that answers, ready to be served. Only the control API needs a router: a realm's doors are a table of a dozen paths,
/// and each request would pay for what a router can do beyond that.
#[derive(Clone)]
pub struct App {
    door: Arc<Door>,
    /// The port of its own that a realm is alone at.
    port: Option<u16>,
    control: Router,
    peer: Option<Peer>,
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("port", &self.port).finish_non_exhaustive()
    }
}

/// The whole application; or a realm alone, on a port of its own.
pub fn front_door(door: &Arc<Door>, port: Option<u16>) -> App {
    let control = if port.is_none() { control::control(door) } else { Router::new() };
    App { door: Arc::clone(door), port, control, peer: None }
}

impl ForEachConnection for App {
    type Service = Self;

    fn for_connection(&self, peer: Peer) -> Self {
        Self { peer: Some(peer), ..self.clone() }
    }
}

impl Service<Request> for App {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if self.port.is_none() && request.uri().path().starts_with("/_control/") {
            return Box::pin(unbroken(controlled(self.control.clone(), request)));
        }
        let (door, port, peer) = (Arc::clone(&self.door), self.port, self.peer.clone());
        // What is handed on is borrowed: each `async fn` would keep a copy of it.
        Box::pin(unbroken(async move { enter(&door, port, peer.as_ref(), &mut request).await }))
    }
}

/// A bug of ours ends one request and nothing else.
fn unbroken(answer: impl Future<Output = Response>) -> impl Future<Output = Result<Response, Infallible>> {
    // No `async fn`: that would be twice as large, and it is moved for each request.
    AssertUnwindSafe(answer).catch_unwind().map(|answer| Ok(answer.unwrap_or_else(|_| broken())))
}

/// The control API, whose refusals are all problem details: that a path or a method is not there as well.
async fn controlled(control: Router, request: Request) -> Response {
    let (path, method) = (request.uri().path().to_owned(), request.method().clone());
    let answer = control.oneshot(request).await.unwrap_or_else(|never| match never {});
    if answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind != "text/plain; charset=utf-8") {
        return answer;
    }
    match answer.status() {
        StatusCode::NOT_FOUND => control::no_such_path(&path),
        StatusCode::METHOD_NOT_ALLOWED => control::no_such_method(&method, &answer),
        StatusCode::BAD_REQUEST => control::bad_path(&path),
        _ => answer,
    }
}

async fn enter(door: &Arc<Door>, port: Option<u16>, peer: Option<&Peer>, request: &mut Request) -> Response {
    let path = request.uri().path();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let (place, document) = routes::well_known(path).map_or((path, None), |(place, doc)| (place, Some(doc)));
    let realm = match door.realms.find(port, host, place) {
        Found::Here(realm) => realm,
        Found::Unknown(name) => return unknown_realm(door, &name, request.headers()),
    };
    let settings = realm.settings();
    let root = settings.issuer_path();
    let below = place.strip_prefix(root).filter(|below| below.is_empty() || below.starts_with('/'));
    let below = match (below, document) {
        (Some("" | "/"), Some(document)) => document,
        // A document in front of a path that is no issuer's is behind it, as `/.well-known/…` always is.
        (_, Some(_)) => path,
        (Some(below), None) => below,
        // The console is at the root as well, wherever the issuer is.
        (None, None) if path == "/" => "/",
        (None, None) => return nowhere(&realm, path, request.headers()),
    };
    if let Some(endpoint) = routes::endpoint(&settings, below) {
        return answer::answer(door, realm, endpoint, (request, peer)).await;
    }
    if let Some(ticket) = below.strip_prefix("/ticket/") {
        return door.redeem_ticket(ticket, request);
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        if below.is_empty() || below == "/" {
            return console::console(door, &realm, request);
        }
        if let Some(asset) = assets::asset(below) {
            return asset;
        }
    }
    nowhere(&realm, request.uri().path(), request.headers())
}

/// A path that leads nowhere: say so, and which one was perhaps meant. An issuer is never made by a typing mistake.
fn nowhere(realm: &Realm, path: &str, headers: &HeaderMap) -> Response {
    let settings = realm.settings();
    let path: String = path.chars().take(200).collect();
    let nearest = routes::nearest(realm, &path);
    let hint = match &nearest {
        Some(nearest) => format!("Did you mean {nearest} ?"),
        None => format!("Discovery is at {}", settings.url_of(Endpoint::Discovery)),
    };
    let said = NotFound { sentence: "there is something at this address", got: path, expected: nearest, hint };
    said.told(settings.issuer_path(), headers)
}

/// No realm has this name: say so, and which ones are near.
fn unknown_realm(door: &Door, name: &str, headers: &HeaderMap) -> Response {
    let near = door.realms.near(name);
    let hint = match &near[..] {
        [] => "Make it first: POST /_control/v1/realms, or [[realm]] in the configuration.".to_owned(),
        near => format!("Did you mean {}?", near.join(", ")),
    };
    let name: String = name.chars().take(200).collect();
    let expected = near.first().map(|name| format!("/r/{name}"));
    let said = NotFound { sentence: "there is a realm of this name", got: name, expected, hint };
    said.told(door.realms.root.settings().issuer_path(), headers)
}

impl Door {
    /// The same answer for a realm that a header names.
    pub(super) fn unknown_realm(&self, name: &str, headers: &HeaderMap) -> Response {
        unknown_realm(self, name, headers)
    }
}

struct NotFound {
    sentence: &'static str,
    got: String,
    expected: Option<String>,
    hint: String,
}

impl NotFound {
    fn told(self, root: &str, headers: &HeaderMap) -> Response {
        if !wants_html(headers) {
            let description = format!("Not so: {}. Got '{}'. {}", self.sentence, self.got, self.hint);
            let body = json!({ "error": "not_found", "error_description": description });
            return (StatusCode::NOT_FOUND, Json(body)).into_response();
        }
        let page = ErrorPage {
            error: "not_found",
            sentence: self.sentence.into(),
            got: Some(self.got),
            expected: self.expected,
            hint: self.hint,
            section: "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5",
        };
        let (mut response, _) = pages::page(root, &Page::Error(page));
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn broken() -> Response {
    let body = json!({ "error": "server_error", "error_description": "Standin has a bug here. Please report what you asked for." });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
