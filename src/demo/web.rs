//! The app's pages.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};

use crate::protocol::Params;

use super::relying_party::{Pending, RelyingParty, SignedIn, Wrong};

const PENDING: &str = "pending";
const SIGNED_IN: &str = "signed_in";

#[derive(Template)]
#[template(path = "demo/notes.html")]
struct Notes<'a> {
    party: &'a RelyingParty,
    signed_in: Option<SignedIn>,
    wrong: Option<Wrong>,
}

type Here = State<Arc<RelyingParty>>;

/// The app. Its cookie has a name of its own, since ports do not keep cookies of `localhost` apart.
pub(super) fn router(party: Arc<RelyingParty>) -> Router {
    let cookies = SessionManagerLayer::new(MemoryStore::default())
        .with_name("acme-notes")
        .with_same_site(SameSite::Lax)
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::hours(8)));
    Router::new()
        .route("/", get(home))
        .route("/sign-in", post(sign_in))
        .route("/callback", get(callback))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .route("/ui.css", get(|| async { style() }))
        .layer(cookies)
        .with_state(party)
}

async fn home(State(party): Here, headers: HeaderMap, session: Session) -> Response {
    if elsewhere(&party, &headers) {
        return Redirect::temporary(&party.url).into_response();
    }
    let signed_in = session.get(SIGNED_IN).await.ok().flatten();
    page(StatusCode::OK, &Notes { party: &party, signed_in, wrong: None })
}

/// Whether the browser came by another name, such as 127.0.0.1. The answer comes back to the registered one, and the cookie would not.
fn elsewhere(party: &RelyingParty, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !party.url.trim_start_matches("http://").trim_end_matches('/').eq_ignore_ascii_case(host)
}

async fn sign_in(State(party): Here, headers: HeaderMap, session: Session) -> Response {
    if elsewhere(&party, &headers) {
        return Redirect::to(&party.url).into_response();
    }
    match party.begin().await {
        Ok((url, pending)) => match session.insert(PENDING, pending).await {
            Ok(()) => Redirect::to(&url).into_response(),
            Err(e) => failed(&party, e.to_string()),
        },
        Err(wrong) => failed(&party, wrong),
    }
}

async fn callback(State(party): Here, session: Session, request: Request) -> Response {
    let params = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
    let pending: Option<Pending> = session.remove(PENDING).await.ok().flatten();
    let Some(pending) = pending else {
        return failed(&party, "This answer was not asked for, or it was asked for in another browser.".into());
    };
    if let Some(error) = params.get("error") {
        let more = params.get("error_description").unwrap_or_default();
        return failed(&party, format!("The provider refused: {error}. {more}"));
    }
    let (code, state) = (params.get("code").unwrap_or_default(), params.get("state").unwrap_or_default());
    match party.finish(pending, code, state).await {
        // A new session id, so that nobody who knew the old one is signed in too.
        Ok(signed_in) => match (session.cycle_id().await, session.insert(SIGNED_IN, signed_in).await) {
            (Ok(()), Ok(())) => Redirect::to("/").into_response(),
            _ => failed(&party, "The session could not be kept.".into()),
        },
        Err(wrong) => failed(&party, wrong),
    }
}

async fn sign_out(session: Session) -> Response {
    let _ = session.flush().await;
    Redirect::to("/").into_response()
}

async fn sign_out_everywhere(State(party): Here, session: Session) -> Response {
    let signed_in: Option<SignedIn> = session.get(SIGNED_IN).await.ok().flatten();
    let _ = session.flush().await;
    let Some(signed_in) = signed_in else { return Redirect::to("/").into_response() };
    match party.end(&signed_in).await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(wrong) => failed(&party, wrong),
    }
}

fn failed(party: &RelyingParty, wrong: Wrong) -> Response {
    page(StatusCode::BAD_REQUEST, &Notes { party, signed_in: None, wrong: Some(wrong) })
}

fn page(status: StatusCode, notes: &Notes<'_>) -> Response {
    match notes.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

fn style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))],
        include_str!("../../templates/assets/ui.css"),
    )
}
