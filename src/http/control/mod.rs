//! The control API: what a test tells the provider, and what it asks it. JSON in and out, the same types as configuration and Rust.

mod clock;
mod flows;
mod keys;
mod openapi;
mod operation;
mod people;
mod problem;
mod realms;
mod rules;
mod server;
mod sessions;
mod snapshots;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{RawPathParams, Request};
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};

use crate::protocol::Params;
use crate::realm::Realm;

use super::front_door::Door;
use super::guard::{self, TurnedAway};
use super::tickets::HEADER;
use operation::{Call, Operation, Scope};
use problem::Problem;

/// The most bytes of a body: a configuration or a snapshot may be long.
const LARGEST: usize = 16 * 1024 * 1024;

/// Every operation there is.
fn operations() -> Vec<Operation> {
    let kinds = [
        server::operations(),
        realms::operations(),
        people::operations(),
        rules::operations(),
        tokens::operations(),
        flows::operations(),
        sessions::operations(),
        keys::operations(),
        clock::operations(),
        snapshots::operations(),
    ];
    kinds.into_iter().flatten().collect()
}

/// The control API's description, as text.
pub fn openapi() -> String {
    serde_json::to_string_pretty(&openapi::document(&operations())).expect("a document is JSON")
}

/// The routes below `/_control/v1`.
pub(super) fn control(door: &Arc<Door>) -> Router {
    let mut router = Router::new();
    for operation in operations() {
        let operation = Arc::new(operation);
        let door = Arc::clone(door);
        let path = format!("/_control/v1{}", operation.path);
        let below =
            (operation.scope == Scope::Realm).then(|| format!("/_control/v1/realms/{{realm}}{}", operation.path));
        let method = filter(operation.method);
        let handler = move |path: RawPathParams, request: Request| {
            let (operation, door) = (Arc::clone(&operation), Arc::clone(&door));
            async move { handled(&door, &operation, &path, request).await.unwrap_or_else(Problem::into_response) }
        };
        router = router.route(&path, on(method, handler.clone()));
        if let Some(below) = below {
            router = router.route(&below, on(method, handler));
        }
    }
    router
}

/// A path below `/_control/` that there is not, with the one that was perhaps meant.
pub(super) fn no_such_path(path: &str) -> Response {
    let wanted = path.strip_prefix("/_control/v1").unwrap_or(path);
    let known = operations().into_iter().map(|operation| operation.path);
    let scored = known.map(|known| (strsim::normalized_damerau_levenshtein(known, wanted), known));
    let near =
        scored.filter(|_| wanted.len() < 100).max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(score, _)| *score > 0.5);
    let hint = near.map(|(_, known)| format!("; did you mean /_control/v1{known}?"));
    let hint = hint.unwrap_or_else(|| "; /_control/v1/openapi.json lists what there is".into());
    let path: String = path.chars().take(200).collect();
    Problem::new(404, format!("there is nothing at {path}{hint}")).into_response()
}

/// A method that a path does not serve. The router's answer says which it does.
pub(super) fn no_such_method(method: &axum::http::Method, answer: &Response) -> Response {
    let allowed = answer.headers().get(ALLOW).cloned();
    let served = allowed.as_ref().and_then(|allowed| allowed.to_str().ok()).unwrap_or_default().to_owned();
    let mut problem = Problem::new(405, format!("this path does not serve {method}, only {served}")).into_response();
    problem.headers_mut().extend(allowed.map(|allowed| (ALLOW, allowed)));
    problem
}

/// A path that is no text.
pub(super) fn bad_path(path: &str) -> Response {
    Problem::new(400, format!("{path} is not UTF-8 once it is decoded")).into_response()
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
    door: &Arc<Door>,
    operation: &Operation,
    path: &RawPathParams,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !operation.open {
        allowed(door, &parts).map_err(|(status, why)| Problem::new(status, why))?;
    }
    let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let query = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let mut call = Call {
        door: Arc::clone(door),
        realm: Arc::clone(&door.realms.root),
        path,
        query,
        headers: parts.headers.clone(),
    };
    if operation.scope == Scope::Realm {
        call.realm = meant(door, &call)?;
    }
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return Err(Problem::new(413, "the body is larger than 16 MiB"));
    };
    if !bytes.is_empty() {
        json(&parts).map_err(|(status, why)| Problem::new(status, why))?;
    }
    (operation.handle)(call, bytes).await
}

/// The realm that a call is about: by path, by header, or the first one.
fn meant(door: &Door, call: &Call) -> Result<Arc<Realm>, Problem> {
    let named = call.path.get("realm").map(String::as_str);
    let header = call.headers.get(HEADER).map(|name| name.to_str().unwrap_or("?"));
    let Some(name) = named.or(header) else { return Ok(Arc::clone(&door.realms.root)) };
    door.realms.get(name).ok_or_else(|| {
        let near = door.realms.near(name);
        let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
        Problem::new(404, format!("there is no realm `{name}`{hint}"))
    })
}

fn allowed(door: &Door, parts: &Parts) -> Result<(), TurnedAway> {
    guard::local_host(&parts.headers, &door.realms.root.settings())?;
    guard::own_origin(&parts.headers)?;
    let root = door.realms.root.settings();
    guard::control_token(&parts.headers, door.control_token.as_deref(), (door.listening_on, &root))
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
