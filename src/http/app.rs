//! Where every request comes in: the realms' endpoints, the console, the control API, and an answer for whatever is none of these.

use std::convert::Infallible;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use serde_json::json;
use tower::{Service, ServiceExt as _};

use crate::faults::TlsFlaw;
use crate::realm::Resolved;

use super::not_found::{no_such_path, no_such_realm};
use super::peer::Peer;
use super::server::ForEachConnection;
use super::state::AppState;
use super::{assets, console, control, handle, routes, tickets};

/// Everything that answers, ready to be served. Only the control API needs a router: a realm's endpoints are a table of a dozen paths,
/// and each request would pay for what a router can do beyond that.
#[derive(Clone)]
pub struct App {
    state: Arc<AppState>,
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

impl ForEachConnection for App {
    type Service = Self;

    fn for_connection(&self, peer: Peer) -> Self {
        Self { peer: Some(peer), ..self.clone() }
    }

    fn next_flaw(&self) -> Option<TlsFlaw> {
        let alone = self.port.map(|port| self.state.realms.find(Some(port), "", ""));
        match alone {
            None => self.state.realms.root.next_flaw(),
            Some(Resolved::Here(realm)) => realm.next_flaw(),
            Some(Resolved::Unknown(_)) => None,
        }
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
        let (state, port, peer) = (Arc::clone(&self.state), self.port, self.peer.clone());
        // What is handed on is borrowed: each `async fn` would keep a copy of it.
        Box::pin(unbroken(async move { enter(&state, port, peer.as_ref(), &mut request).await }))
    }
}

impl App {
    /// The whole application; or a realm alone, on a port of its own.
    pub fn new(state: &Arc<AppState>, port: Option<u16>) -> Self {
        Self { state: Arc::clone(state), port, control: control::control(state), peer: None }
    }

    /// Whether a request is for the control API: at the root, or below a realm's own issuer, wherever that is; then the realm is named in it.
    fn leads_to_control(&self, request: &mut Request) -> bool {
        let path = request.uri().path();
        let Some(at) = path.find("/_control/") else { return false };
        let (below, rest) = (path[..at].to_owned(), path[at..].to_owned());
        if below.is_empty() && self.port.is_none() {
            return true;
        }
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let Resolved::Here(realm) = self.state.realms.find(self.port, host, &below) else { return false };
        let name = HeaderValue::from_str(realm.name());
        let (true, Ok(name)) = (realm.settings().root_path() == below, name) else { return false };
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

async fn enter(state: &Arc<AppState>, port: Option<u16>, peer: Option<&Peer>, request: &mut Request) -> Response {
    let path = request.uri().path();
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let (place, document) = routes::well_known(path).map_or((path, None), |(place, doc)| (place, Some(doc)));
    let realm = match state.realms.find(port, host, place) {
        Resolved::Here(realm) => realm,
        Resolved::Unknown(name) => {
            let (root, refused) = (Arc::clone(&state.realms.root), no_such_realm(&state.realms, &name));
            return handle::elsewhere(state, root, refused, (request, peer)).await;
        }
    };
    let settings = realm.settings();
    let root = settings.root_path();
    let below = place.strip_prefix(root).filter(|below| below.is_empty() || below.starts_with('/'));
    if let (Some(below), Some(document)) = (below, document)
        && below.trim_end_matches('/') == settings.issuer_below_root
    {
        return handle::handle(state, realm, document, (request, peer)).await;
    }
    let below = match (below, document) {
        // A document in front of a path that is no issuer's is behind it, as `/.well-known/…` always is.
        (_, Some(_)) => path,
        (Some(below), None) => below,
        // The console is at the root as well, wherever the issuer is.
        (None, None) if path == "/" => "/",
        (None, None) => {
            let refused = no_such_path(&realm, path);
            return handle::elsewhere(state, realm, refused, (request, peer)).await;
        }
    };
    if let Some(endpoint) = routes::endpoint(&settings, below) {
        return handle::handle(state, realm, endpoint, (request, peer)).await;
    }
    if let Some(ticket) = below.strip_prefix("/ticket/") {
        return state.redeem_ticket(ticket, request);
    }
    let below = below.to_owned();
    if let Some(view) = console::console(state, &realm, &below, request).await {
        return view;
    }
    if (request.method() == Method::GET || request.method() == Method::HEAD)
        && let Some(asset) = assets::asset(&below)
    {
        return asset;
    }
    let refused = no_such_path(&realm, request.uri().path());
    handle::elsewhere(state, realm, refused, (request, peer)).await
}

fn broken() -> Response {
    let body = json!({ "error": "server_error", "error_description": "Standin has a bug here. Please report what you asked for." });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
