//! Where every request comes in: the realms' doors, the console, the control API, and an answer for whatever is none of these.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use crate::realm::{Found, Realm, Realms};
use crate::reply::{ErrorPage, Page};
use crate::world::Endpoint;

use super::tickets::Tickets;
use super::{Stop, answer, assets, console, control, pages, routes};

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
    pub(super) ports: Mutex<BTreeMap<String, Stop>>,
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
            ports: Mutex::default(),
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

/// Everything that answers, ready to be served.
pub type App = Router;

/// The whole application; or a realm alone, on a port of its own.
pub fn front_door(door: &Arc<Door>, port: Option<u16>) -> App {
    let enter = {
        let door = Arc::clone(door);
        move |request: Request| {
            let door = Arc::clone(&door);
            async move { enter(&door, port, request).await }
        }
    };
    let control = if port.is_none() { control::control(door) } else { Router::new() };
    control.fallback(enter).layer(CatchPanicLayer::custom(broken))
}

async fn enter(door: &Arc<Door>, port: Option<u16>, request: Request) -> Response {
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
        (None, None) => return nowhere(&realm, &request),
    };
    if let Some(endpoint) = routes::endpoint(&settings, below) {
        return answer::answer(door, realm, endpoint, request).await;
    }
    if let Some(ticket) = below.strip_prefix("/ticket/") {
        return door.redeem_ticket(ticket, &request);
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        if below.is_empty() || below == "/" {
            return console::console(door, &realm, &request);
        }
        if let Some(asset) = assets::asset(below) {
            return asset;
        }
    }
    nowhere(&realm, &request)
}

/// A path that leads nowhere: say so, and which one was perhaps meant. An issuer is never made by a typing mistake.
fn nowhere(realm: &Realm, request: &Request) -> Response {
    let settings = realm.settings();
    let path: String = request.uri().path().chars().take(200).collect();
    let nearest = routes::nearest(realm, &path);
    let hint = match &nearest {
        Some(nearest) => format!("Did you mean {nearest} ?"),
        None => format!("Discovery is at {}", settings.url_of(Endpoint::Discovery)),
    };
    let said = NotFound { sentence: "there is something at this address", got: path, expected: nearest, hint };
    said.told(settings.issuer_path(), request.headers())
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

/// A bug of ours ends one request and nothing else.
fn broken(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let body = json!({ "error": "server_error", "error_description": "Standin has a bug here. Please report what you asked for." });
    (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
