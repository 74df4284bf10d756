//! The control API: what a test tells the provider, and what it asks it. JSON in and out.

mod problem;

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use crate::realm::TokenSpec;

use super::front_door::Door;
use super::guard::{self, TurnedAway};
use problem::problem;

const LARGEST: usize = 1024 * 1024;

/// The routes below `/_control/v1`.
pub(super) fn control(door: Arc<Door>) -> Router {
    Router::new()
        .route("/_control/v1/health", get(health))
        .route("/_control/v1/ready", get(health))
        .route("/_control/v1/info", get(info))
        .route("/_control/v1/schema", get(schema))
        .route("/_control/v1/tokens", post(tokens))
        .with_state(door)
}

/// Whoever gets this answer knows that requests are answered, and that the configuration was read before.
async fn health() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

async fn info(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if let Err(away) = from_here(&door, &parts) {
        return problem(away.0, &away.1);
    }
    let settings = door.realm.settings();
    Json(json!({
        "name": "standin",
        "version": env!("CARGO_PKG_VERSION"),
        "issuer": settings.issuer,
        "users": settings.users.iter().map(|user| &user.sub).collect::<Vec<_>>(),
        "clients": settings.clients.keys().collect::<Vec<_>>(),
        "accepts_any_client": settings.accepts_any_client(),
    }))
    .into_response()
}

async fn schema(State(door): State<Arc<Door>>) -> Response {
    ([(CONTENT_TYPE, "application/schema+json")], door.schema.clone()).into_response()
}

async fn tokens(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if let Err((status, why)) = from_here(&door, &parts).and_then(|()| controlled(&door, &parts)) {
        return problem(status, &why);
    }
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return problem(413, "the body is larger than a MiB");
    };
    let spec: TokenSpec = match serde_json::from_slice(&bytes) {
        Ok(spec) => spec,
        Err(e) => return problem(400, &format!("the body is no token request: {e}")),
    };
    match door.realm.mint(&spec).await {
        Ok(minted) => Json(minted).into_response(),
        Err(e) => problem(503, &e.to_string()),
    }
}

fn from_here(door: &Door, parts: &Parts) -> Result<(), TurnedAway> {
    guard::local_host(&parts.headers, &door.realm.settings())?;
    guard::own_origin(&parts.headers)
}

/// A form of another site can be posted here without asking; JSON cannot.
fn controlled(door: &Door, parts: &Parts) -> Result<(), TurnedAway> {
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        return Err((415, format!("send Content-Type: application/json, not `{media_type}`")));
    }
    guard::control_token(&parts.headers, door.control_token.as_deref(), door.listening_on)
}
