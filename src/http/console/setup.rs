//! What is running, how an app is pointed at it, and how far the first one came.

use askama::Template;
use axum::response::Response;

use crate::explain::{FirstStep, first_steps};
use crate::http::snippets::{SNIPPETS, Snippet, Values};
use crate::world::{Endpoint, Settings};

use super::frame::{Frame, Visit, missing, page};

#[derive(Template)]
#[template(path = "console/setup.html")]
struct Setup<'a> {
    frame: Frame<'a>,
    settings: &'a Settings,
    discovery: String,
    snippets: &'static [Snippet],
    shown: &'static Snippet,
    text: String,
    /// What registers such an app, where it must be.
    registration: Option<String>,
    steps: Vec<FirstStep>,
}

/// The first view: what to do, until somebody signed in; what happened, from then on.
pub(super) async fn home(visit: &Visit<'_>) -> Response {
    if visit.realm.journal().count() == 0 { setup(visit).await } else { super::flows::flows(visit).await }
}

/// How an app is pointed here. The path may name the library.
pub(super) async fn setup(visit: &Visit<'_>) -> Response {
    let named = SNIPPETS.iter().find(|snippet| snippet.name == visit.rest);
    if named.is_none() && !visit.rest.is_empty() {
        return missing(visit, "snippet");
    }
    let shown = named.unwrap_or(&SNIPPETS[0]);
    let settings = visit.settings;
    let steps = first_steps(&visit.realm.journal().entries(), settings);
    let values = Values::of(settings, shown);
    page(&Setup {
        frame: visit.frame("setup"),
        settings,
        discovery: settings.url_of(Endpoint::Discovery),
        snippets: SNIPPETS,
        shown,
        text: shown.filled(&values),
        registration: values.unregistered.then(|| values.registration()),
        steps,
    })
}
