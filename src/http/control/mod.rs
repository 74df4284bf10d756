//! The control API: what a test tells the provider, and what it asks it. JSON in and out, the same types as configuration and Rust.

mod about;
mod body;
mod clock;
mod explanations;
mod flows;
mod holds;
mod keys;
mod lessons;
mod openapi;
mod operation;
mod people;
mod problem;
mod realms;
mod rules;
mod server;
mod sessions;
mod snapshots;
mod snippets;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};

use crate::protocol::{Params, nearest};
use crate::realm::Realm;

use super::guard::{self, TurnedAway};
use super::state::AppState;
use super::tickets::HEADER;
use about::operations;
use operation::{Call, Operation, PAGING, Scope};
use problem::Problem;

pub use about::openapi;

/// The most bytes of a body: a configuration or a snapshot may be long.
const LARGEST: usize = 16 * 1024 * 1024;

/// The routes below `/_control/v1`.
pub(super) fn control(state: &Arc<AppState>) -> Router {
    let mut router = Router::new();
    for operation in operations() {
        let operation = Arc::new(operation);
        let state = Arc::clone(state);
        let path = format!("/_control/v1{}", operation.path);
        let below =
            (operation.scope == Scope::Realm).then(|| format!("/_control/v1/realms/{{realm}}{}", operation.path));
        let method = filter(operation.method);
        let handler = move |path: RawPathParams, request: Request| {
            let (operation, state) = (Arc::clone(&operation), Arc::clone(&state));
            async move { handled(&state, &operation, &path, request).await.unwrap_or_else(Problem::into_response) }
        };
        router = router.route(&path, on(method, handler.clone()));
        // The index is where people try it with a slash as well.
        if path == "/_control/v1" {
            router = router.route("/_control/v1/", on(method, handler.clone()));
        }
        if let Some(below) = below {
            router = router.route(&below, on(method, handler));
        }
    }
    router
}

/// A path below `/_control/` that there is not, with the one that was perhaps meant.
pub(super) fn no_such_path(path: &str) -> Response {
    let wanted = path.strip_prefix("/_control/v1").unwrap_or(path);
    let operations = operations();
    let near = nearest(wanted, operations.iter().map(|operation| operation.path));
    let hint = near.map_or_else(
        || " GET /_control/v1 lists what there is.".to_owned(),
        |known| format!(" Did you mean /_control/v1{known}?"),
    );
    let path: String = path.chars().take(200).collect();
    Problem::new(404, format!("There is nothing at {path}.{hint}")).into_response()
}

/// A method that a path does not serve. The router's answer says which it does.
pub(super) fn no_such_method(method: &axum::http::Method, answer: &Response) -> Response {
    let allowed = answer.headers().get(ALLOW).cloned();
    let served = allowed.as_ref().and_then(|allowed| allowed.to_str().ok()).unwrap_or_default().to_owned();
    let mut problem = Problem::new(405, format!("This path does not serve {method}, only {served}.")).into_response();
    problem.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    problem
}

/// A path that is no text.
pub(super) fn bad_path(path: &str) -> Response {
    Problem::of("unreadable-path", format!("{path} is not UTF-8 once it is decoded.")).into_response()
}

fn filter(method: &str) -> MethodFilter {
    match method {
        "POST" => MethodFilter::POST,
        "PUT" => MethodFilter::PUT,
        "PATCH" => MethodFilter::PATCH,
        "DELETE" => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

async fn handled(
    state: &Arc<AppState>,
    operation: &Operation,
    path: &RawPathParams,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !operation.open {
        guard::admitted(state, &parts.headers).map_err(|(status, why)| Problem::new(status, why))?;
    }
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    known_query(operation, &query)?;
    let mut call = Call {
        state: Arc::clone(state),
        realm: Arc::clone(&state.realms.root),
        path,
        whole: query.clone(),
        query,
        headers: parts.headers.clone(),
    };
    if operation.scope == Scope::Realm {
        call.realm = realm_of(state, &call)?;
    }
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return Err(Problem::new(413, "the body is larger than 16 MiB"));
    };
    if !bytes.is_empty() {
        json(&parts).map_err(|(status, why)| Problem::new(status, why))?;
    }
    answered(operation, call, bytes).await
}

/// Does what the operation does. A console that is open looks again when something was changed.
async fn answered(operation: &Operation, call: Call, body: Bytes) -> Result<Response, Problem> {
    let realm = (operation.method != "GET").then(|| Arc::clone(&call.realm));
    let answer = (operation.handle)(call, body).await;
    if let Some(realm) = realm {
        realm.journal().nudge();
    }
    answer
}

/// Does what an operation of a realm or of the server does, for a caller inside: the status and a sentence, if it does not.
pub(super) async fn perform(
    state: &Arc<AppState>,
    realm: &Arc<Realm>,
    (method, target): (&str, &str),
    body: Bytes,
) -> Result<Response, (u16, String)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let operations = operations();
    let found = operations
        .iter()
        .filter(|operation| operation.method == method)
        .find_map(|operation| Some((operation, operation.parts(path)?)));
    let Some((operation, parts)) = found else { return Err((404, format!("There is no operation {method} {path}."))) };
    let query = Params::parse(query.as_bytes());
    let whole = query.clone();
    let (state, realm) = (Arc::clone(state), Arc::clone(realm));
    let call = Call { state, realm, path: parts, whole, query, headers: HeaderMap::new() };
    answered(operation, call, body).await.map_err(Problem::in_words)
}

/// A query parameter that is none would be ignored, and whoever misspelled it would wonder.
fn known_query(operation: &Operation, query: &Params) -> Result<(), Problem> {
    let paging = if operation.paged { &PAGING[..] } else { &[] };
    let known = || operation.query.iter().chain(paging).map(|query| query.name);
    if let Some(twice) = query.repeated() {
        return Err(
            Problem::of("unknown-query-parameter", format!("`{twice}` stands in the query twice.")).field(twice)
        );
    }
    let Some((odd, _)) = query.iter().find(|(name, _)| !known().any(|known| known == *name)) else { return Ok(()) };
    let near = nearest(odd, known()).map(|near| format!(" Did you mean `{near}`?"));
    let listed = || {
        let names: Vec<&str> = known().collect();
        if names.is_empty() { " There are none here.".to_owned() } else { format!(" There are: {}.", names.join(", ")) }
    };
    let said = format!("There is no query parameter `{odd}`.{}", near.unwrap_or_else(listed));
    Err(Problem::of("unknown-query-parameter", said).field(odd))
}

/// The realm that a call is about: by path, by header, or the first one.
fn realm_of(state: &AppState, call: &Call) -> Result<Arc<Realm>, Problem> {
    let named = call.path.get("realm").map(String::as_str);
    let header = call.headers.get(HEADER).map(|name| name.to_str().unwrap_or("?"));
    let Some(name) = named.or(header) else { return Ok(Arc::clone(&state.realms.root)) };
    state.realms.get(name).ok_or_else(|| {
        let near = state.realms.near(name);
        Problem::missing("realm", name, near.iter().map(String::as_str))
    })
}

/// A form of another site can be posted here without asking; JSON cannot.
fn json(parts: &Parts) -> Result<(), TurnedAway> {
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type_alone = media_type.split(';').next().unwrap_or_default().trim();
    if media_type_alone == "application/json" || media_type_alone == "application/merge-patch+json" {
        return Ok(());
    }
    Err((415, format!("send Content-Type: application/json, not `{media_type}`")))
}
