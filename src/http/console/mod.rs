//! The console: what this provider is, how an app finds it, and what happened, with the reason for every refusal.

use std::sync::Arc;

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::realm::{Entry, Realm};
use crate::world::Settings;

use super::guard;
use super::pages::{At, html};
use super::state::AppState;

/// How many exchanges the page lists.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "console.html")]
struct Console<'a> {
    at: At<'a>,
    settings: &'a Settings,
    discovery: String,
    entries: Vec<Arc<Entry>>,
    count: u64,
    refused_config: Option<String>,
}

/// The page at the issuer's root.
pub(super) fn console(state: &AppState, realm: &Realm, request: &Request) -> Response {
    let settings = realm.settings();
    if let Err((status, why)) = guard::local_host(request.headers(), &settings) {
        return (StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN), why).into_response();
    }
    let mut entries = realm.journal.entries();
    entries.reverse();
    entries.truncate(LISTED);
    html(&Console {
        at: At::of(realm, &settings),
        settings: &settings,
        discovery: settings.url_of(crate::world::Endpoint::Discovery),
        entries,
        count: realm.journal.count(),
        refused_config: state.refused_config(),
    })
    .0
}
