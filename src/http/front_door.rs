//! Where every request comes in: the realm's doors, the console, the control API, and an answer for whatever is none of these.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use crate::realm::Realm;
use crate::reply::{ErrorPage, Page};

use super::{assets, console, control, pages, routes};

/// What the doors lead to, and how they are kept.
#[derive(Debug)]
pub struct Door {
    /// The provider.
    pub realm: Arc<Realm>,
    /// The configuration's JSON Schema, to be served.
    pub schema: String,
    /// What a caller of the control API must show.
    pub control_token: Option<String>,
    /// The address that is listened on.
    pub listening_on: IpAddr,
    /// Why the last change of the configuration was not taken.
    pub refused_config: Mutex<Option<String>>,
}

impl Door {
    /// Why the last change of the configuration was not taken, to be shown in the console.
    pub fn refused_config(&self) -> Option<String> {
        self.refused_config.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Everything that answers, ready to be served.
pub type App = Router;

/// The whole application.
pub fn front_door(door: Arc<Door>) -> App {
    let root = door.realm.settings().issuer_path().to_owned();
    let console = get(console::console).with_state(Arc::clone(&door));
    let mut router = routes::doors(&door.realm).merge(assets::assets(&root)).merge(control::control(Arc::clone(&door)));
    router = router.route(&format!("{root}/"), console.clone());
    if !root.is_empty() {
        router = router.route(&root, console.clone()).route("/", console);
    }
    let nowhere = move |request: Request| async move { nowhere(&door, &request) };
    router.fallback(nowhere).layer(CatchPanicLayer::custom(broken))
}

/// A path that leads nowhere: say so, and which one was perhaps meant. An issuer is never made by a typing mistake.
fn nowhere(door: &Door, request: &Request) -> Response {
    let nearest = routes::nearest(&door.realm, request.uri());
    let path: String = request.uri().path().chars().take(200).collect();
    let hint = match &nearest {
        Some(nearest) => format!("Did you mean {nearest} ?"),
        None => format!("Discovery is at {}", door.realm.settings().url_of(crate::world::Endpoint::Discovery)),
    };
    if !wants_html(request.headers()) {
        let body = json!({ "error": "not_found", "error_description": format!("There is nothing at {path}. {hint}") });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    let page = ErrorPage {
        error: "not_found",
        sentence: "there is something at this address".into(),
        got: Some(path),
        expected: nearest,
        hint,
        section: "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5",
    };
    let mut response = pages::page(door.realm.settings().issuer_path(), &Page::Error(page));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// A bug of ours ends one request and nothing else.
fn broken(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let body = json!({ "error": "server_error", "error_description": "Standin has a bug here. Please report what you asked for." });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
