//! The console: what this provider is, how an app finds it, and what happened, with the reason for every refusal.

mod overview;
mod token;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::realm::Realm;

use super::guard;
use super::state::AppState;

/// One view of the console.
struct View {
    /// Its path below the realm's root.
    path: &'static str,
    show: fn(&AppState, &Realm) -> Response,
}

/// Every view: the path is matched as a whole.
const VIEWS: &[View] =
    &[View { path: "/", show: overview::overview }, View { path: "/_console", show: overview::overview }];

/// Where a browser shows the control token.
const TOKEN: &str = "/_console/token";

/// The console's answer at a path below a realm's root, if it is one of its own.
pub(super) async fn console(state: &AppState, realm: &Realm, below: &str, request: &mut Request) -> Option<Response> {
    let below = if below.is_empty() { "/" } else { below };
    if below == TOKEN && request.method() == Method::POST {
        return Some(token::take(state, realm, request).await);
    }
    let reads = request.method() == Method::GET || request.method() == Method::HEAD;
    let view = VIEWS.iter().find(|view| view.path == below).filter(|_| reads)?;
    Some(match guard::admitted_to_console(state, request.headers(), &realm.settings()) {
        Ok(()) => (view.show)(state, realm),
        Err((401, _)) => token::ask(realm, false),
        Err((status, why)) => (StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), why).into_response(),
    })
}
