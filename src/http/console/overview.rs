//! What is running, and the last exchanges.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use crate::http::pages::{At, html};
use crate::http::state::AppState;
use crate::realm::{Entry, Realm};
use crate::world::{Endpoint, Settings};

/// How many exchanges the page lists.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "console.html")]
struct Overview<'a> {
    at: At<'a>,
    settings: &'a Settings,
    discovery: String,
    entries: Vec<Arc<Entry>>,
    count: u64,
    refused_config: Option<String>,
}

/// The page at the realm's root.
pub(super) fn overview(state: &AppState, realm: &Realm) -> Response {
    let settings = realm.settings();
    let mut entries = realm.journal().entries();
    entries.reverse();
    entries.truncate(LISTED);
    html(&Overview {
        at: At::of(realm, &settings),
        settings: &settings,
        discovery: settings.url_of(Endpoint::Discovery),
        entries,
        count: realm.journal().count(),
        refused_config: state.refused_config(),
    })
    .0
}
