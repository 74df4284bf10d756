//! What is running, how an app is pointed at it, and how far the first one came.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::http::snippets::{SNIPPETS, Snippet, Values};
use crate::realm::Event;
use crate::world::{Endpoint, Settings};

use super::frame::{Frame, Visit, page};

#[derive(Template)]
#[template(path = "console/setup.html")]
struct Setup<'a> {
    frame: Frame<'a>,
    settings: &'a Settings,
    discovery: String,
    snippets: &'static [Snippet],
    shown: &'static Snippet,
    text: String,
    steps: Vec<FirstStep>,
}

/// One step of an app's first sign-in.
struct FirstStep {
    title: &'static str,
    sentence: &'static str,
    done: bool,
    /// Whether it is the first that is missing.
    next: bool,
}

/// What an app does first, by what is seen of it; and what is missing where it stops.
const FIRST: [(&str, &[Event], &str); 5] = [
    (
        "Found the metadata",
        &[Event::DiscoveryRead],
        "The app has not read the discovery document. Is its issuer the one above, and is it started?",
    ),
    (
        "Sent somebody to sign in",
        &[Event::SignInAsked, Event::CodeIssued, Event::ConsentAsked],
        "Nobody was sent here to sign in yet. Press the app's sign-in button; a library that refuses http stops before it.",
    ),
    (
        "Redeemed a code",
        &[Event::CodeRedeemed],
        "No code was redeemed yet. Sign in on the page; if that is done, the app's callback refused what it got: look at the flow.",
    ),
    (
        "Fetched the keys",
        &[Event::KeysRead],
        "The keys were not read yet, so no signature was verified by them. An app that trusts a token straight from the token endpoint may do without.",
    ),
    (
        "Asked UserInfo",
        &[Event::UserinfoRead],
        "UserInfo was not asked. An app that needs no more than the ID token may do without.",
    ),
];

/// The first view: what to do, until somebody signed in; what happened, from then on.
pub(super) async fn home(visit: &Visit<'_>) -> Response {
    if visit.realm.journal().count() == 0 { setup(visit).await } else { super::flows::flows(visit).await }
}

/// How an app is pointed here. The path may name the library.
pub(super) async fn setup(visit: &Visit<'_>) -> Response {
    let named = SNIPPETS.iter().find(|snippet| snippet.name == visit.rest);
    if named.is_none() && !visit.rest.is_empty() {
        return (StatusCode::NOT_FOUND, "There is no snippet of this name.").into_response();
    }
    let shown = named.unwrap_or(&SNIPPETS[0]);
    let settings = visit.settings;
    let seen: Vec<Event> = visit.realm.journal().entries().iter().flat_map(|entry| entry.events.clone()).collect();
    let mut missing = false;
    let steps = FIRST.map(|(title, events, sentence)| {
        let done = events.iter().any(|event| seen.contains(event));
        let next = !done && !missing;
        missing |= !done;
        FirstStep { title, sentence, done, next }
    });
    page(&Setup {
        frame: visit.frame("setup"),
        settings,
        discovery: settings.url_of(Endpoint::Discovery),
        snippets: SNIPPETS,
        shown,
        text: shown.filled(&Values::of(settings, shown)),
        steps: steps.into(),
    })
}
