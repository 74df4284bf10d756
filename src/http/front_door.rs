//! Where every request comes in: the realms' doors, the console, the control API, and an answer for whatever is none of these.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use serde_json::json;
use tower::{Service, ServiceExt as _};
use tower_http::cors::CorsLayer;

use crate::flows::nothing_at;
use crate::realm::{Found, Realm, Realms};
use crate::spec::{Check, Meant, Refused};
use crate::world::Endpoint;

use super::peer::Peer;
use super::server::ForEachConnection;
use super::tickets::Tickets;
use super::{answer, assets, console, control, routes, tickets};

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
    let control = control::control(door);
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
        if request.uri().path().contains("/_control/") && self.leads_to_control(&mut request) {
            return Box::pin(unbroken(controlled(self.control.clone(), request)));
        }
        let (door, port, peer) = (Arc::clone(&self.door), self.port, self.peer.clone());
        // What is handed on is borrowed: each `async fn` would keep a copy of it.
        Box::pin(unbroken(async move { enter(&door, port, peer.as_ref(), &mut request).await }))
    }
}

impl App {
    /// Whether a request is for the control API: at the root, or below a realm's own issuer, wherever that is; then the realm is named in it.
    fn leads_to_control(&self, request: &mut Request) -> bool {
        let path = request.uri().path();
        let Some(at) = path.find("/_control/") else { return false };
        let (below, rest) = (path[..at].to_owned(), path[at..].to_owned());
        if below.is_empty() && self.port.is_none() {
            return true;
        }
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let Found::Here(realm) = self.door.realms.find(self.port, host, &below) else { return false };
        let name = HeaderValue::from_str(realm.name());
        let (true, Ok(name)) = (realm.settings().issuer_path() == below, name) else { return false };
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let Ok(uri) = format!("{rest}{query}").parse() else { return false };
        *request.uri_mut() = uri;
        request.headers_mut().entry(tickets::HEADER).or_insert(name);
        true
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
        Found::Unknown(name) => {
            let (root, refused) = (Arc::clone(&door.realms.root), door.unknown_realm(&name));
            return answer::elsewhere(door, root, refused, (request, peer)).await;
        }
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
        (None, None) => {
            let refused = nowhere(&realm, path);
            return answer::elsewhere(door, realm, refused, (request, peer)).await;
        }
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
    let refused = nowhere(&realm, request.uri().path());
    answer::elsewhere(door, realm, refused, (request, peer)).await
}

/// A path that leads nowhere, and which one was perhaps meant. An issuer is never made by a typing mistake.
fn nowhere(realm: &Realm, path: &str) -> Refused {
    let settings = realm.settings();
    let path: String = path.chars().take(200).collect();
    let (root, discovery) = (settings.issuer_path(), settings.url_of(Endpoint::Discovery));
    let near = routes::nearest_path(realm, &path);
    let outside = !root.is_empty() && !path.starts_with(root);
    let refused = nothing_at(&path, near, &discovery);
    if !outside {
        return refused;
    }
    let say = format!("There is nothing at `{path}`: the paths of {} begin with {root}", settings.issuer);
    refused
        .says(say)
        .aside("a proxy in front of it must pass the path on as it came, prefix and all: docs/configuration.md")
}

impl Door {
    /// No realm has this name; which ones are near.
    pub(super) fn unknown_realm(&self, name: &str) -> Refused {
        let near = self.realms.near(name).into_iter().next();
        let name: String = name.chars().take(200).collect();
        let meant = match &near {
            Some(near) => Meant::Word { word: near.clone(), link: Some(format!("/r/{near}/")) },
            None => Meant::Command(format!("standin realm create '{}'", name.replace('\'', ""))),
        };
        let refused = Refused::by(Check::RealmKnown).got(name.as_str()).meant(Some(meant));
        refused.says(format!("There is no realm `{name}`"))
    }
}

fn broken() -> Response {
    let body = json!({ "error": "server_error", "error_description": "Standin has a bug here. Please report what you asked for." });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
