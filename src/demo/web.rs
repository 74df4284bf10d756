//! The app's pages.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};

use crate::protocol::Params;

use super::checks::Switches;
use super::relying_party::{Pending, Refused, RelyingParty, SignedIn, Wish, payload};

const PENDING: &str = "pending";
const SIGNED_IN: &str = "signed_in";
const SWITCHES: &str = "switches";
const CALLED: &str = "called";

#[derive(Template)]
#[template(path = "demo/app.html")]
struct Page<'a> {
    party: &'a RelyingParty,
    signed_in: Option<SignedIn>,
    refused: Option<Refused>,
    switches: Switches,
    called: Option<Called>,
    /// What became of this app's session when somebody signed out.
    heard: Option<String>,
    /// What the other app has heard of that.
    heard_there: Option<String>,
}

impl Page<'_> {
    fn access_claims(signed_in: &SignedIn) -> String {
        let claims = payload(&signed_in.tokens.access);
        if claims.is_empty() {
            "opaque: only the provider can read it".to_owned()
        } else {
            serde_json::to_string_pretty(&claims).unwrap_or_default()
        }
    }
}

/// What the API answered last.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Called {
    line: String,
    status: u16,
    challenge: String,
    body: String,
}

impl Called {
    /// A parameter of the challenge.
    fn asks_for(&self, name: &str) -> Option<String> {
        let (_, rest) = self.challenge.split_once(&format!("{name}=\""))?;
        rest.split('"').next().map(str::to_owned)
    }

    fn missing_scope(&self) -> Option<String> {
        (self.asks_for("error").as_deref() == Some("insufficient_scope")).then(|| self.asks_for("scope")).flatten()
    }

    fn step_up(&self) -> Option<(String, String)> {
        let wanted = self.asks_for("error").as_deref() == Some("insufficient_user_authentication");
        wanted.then(|| (self.asks_for("acr_values").unwrap_or_default(), self.asks_for("max_age").unwrap_or_default()))
    }
}

type Here = State<Arc<RelyingParty>>;

/// The app. Its cookie has a name of its own, since ports do not keep cookies of `localhost` apart.
pub(super) fn router(party: Arc<RelyingParty>) -> Router {
    let cookies = SessionManagerLayer::new(MemoryStore::default())
        .with_name(party.sample.cookie)
        .with_same_site(SameSite::Lax)
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::hours(8)));
    Router::new()
        .route("/", get(home))
        .route("/sign-in", post(sign_in))
        .route("/callback", get(callback))
        .route("/call", post(call))
        .route("/refresh", post(refresh))
        .route("/switches", post(switches))
        .route("/sign-out", post(sign_out))
        .route("/sign-out-at-provider", post(sign_out_at_provider))
        .route("/sign-out-everywhere", post(sign_out_everywhere))
        .route("/ui.css", get(|| async { style() }))
        .layer(cookies)
        // Server to server: no browser, no cookie.
        .route("/backchannel-logout", post(told))
        .with_state(party)
}

async fn home(State(party): Here, headers: HeaderMap, session: Session) -> Response {
    if elsewhere(&party, &headers) {
        return Redirect::temporary(&party.url).into_response();
    }
    show(&party, &session, StatusCode::OK, None).await
}

/// Whether the browser came by another name, such as 127.0.0.1. The answer comes back to the registered one, and the cookie would not.
fn elsewhere(party: &RelyingParty, headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    !party.url.trim_start_matches("http://").trim_end_matches('/').eq_ignore_ascii_case(host)
}

/// Who is signed in here: whoever's sign-in at the provider is not over, as far as the app has heard.
async fn signed_in(party: &RelyingParty, session: &Session) -> Option<SignedIn> {
    let person: SignedIn = session.get(SIGNED_IN).await.ok().flatten()?;
    if party.inbox.is_over(person.sid.as_deref(), &person.sub, person.auth_time) {
        let _ = session.flush().await;
        return None;
    }
    Some(person)
}

async fn show(party: &RelyingParty, session: &Session, status: StatusCode, refused: Option<Refused>) -> Response {
    let signed_in = signed_in(party, session).await;
    let called = session.remove(CALLED).await.ok().flatten();
    let switches = kept_switches(session).await;
    let heard = party.inbox.said().filter(|_| signed_in.is_none() && refused.is_none());
    let there = party.partner.as_ref().filter(|_| heard.is_some());
    let heard_there = there.map(|other| other.inbox.said().unwrap_or_else(|| "nothing was heard there.".to_owned()));
    let page = Page { party, signed_in, refused, switches, called, heard, heard_there };
    match page.render() {
        Ok(text) => (status, [(CACHE_CONTROL, "no-store")], Html(text)).into_response(),
        Err(e) => (StatusCode::INTERNAL_SERVER_ERROR, e.to_string()).into_response(),
    }
}

async fn kept_switches(session: &Session) -> Switches {
    session.get(SWITCHES).await.ok().flatten().unwrap_or_default()
}

async fn failed(party: &RelyingParty, session: &Session, refused: impl Into<Refused>) -> Response {
    show(party, session, StatusCode::BAD_REQUEST, Some(refused.into())).await
}

async fn sign_in(State(party): Here, headers: HeaderMap, session: Session, body: String) -> Response {
    if elsewhere(&party, &headers) {
        return Redirect::to(&party.url).into_response();
    }
    let form = Params::parse(body.as_bytes());
    let step_up = form
        .get("acr_values")
        .map(|acr| (acr.to_owned(), form.get("max_age").and_then(|age| age.parse().ok()).unwrap_or(0)));
    let wish = Wish { scope: form.get("scope").map(str::to_owned), step_up };
    match party.begin(&wish, kept_switches(&session).await).await {
        Ok((url, pending)) => match session.insert(PENDING, pending).await {
            Ok(()) => Redirect::to(&url).into_response(),
            Err(e) => failed(&party, &session, e.to_string()).await,
        },
        Err(why) => failed(&party, &session, why).await,
    }
}

async fn callback(State(party): Here, session: Session, request: Request) -> Response {
    let params = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
    let pending: Option<Pending> = session.remove(PENDING).await.ok().flatten();
    let Some(pending) = pending else {
        let why = "This answer was not asked for, or it was asked for in another browser.".to_owned();
        return failed(&party, &session, why).await;
    };
    match party.finish(pending, &params).await {
        // A new session id, so that nobody who knew the old one is signed in too.
        Ok(signed_in) => match (session.cycle_id().await, session.insert(SIGNED_IN, signed_in).await) {
            (Ok(()), Ok(())) => {
                party.inbox.forget_what_was_said();
                party.inbox.listen(true);
                Redirect::to("/").into_response()
            }
            _ => failed(&party, &session, "The session could not be kept.".to_owned()).await,
        },
        Err(refused) => failed(&party, &session, refused).await,
    }
}

/// Calls the API with the access token, and shows what it answers.
async fn call(State(party): Here, session: Session, body: String) -> Response {
    let form = Params::parse(body.as_bytes());
    let (Some(person), Some(api)) = (signed_in(&party, &session).await, &party.api) else {
        return Redirect::to("/").into_response();
    };
    let method = match form.get("method") {
        Some("PUT") => reqwest::Method::PUT,
        Some("DELETE") => reqwest::Method::DELETE,
        _ => reqwest::Method::GET,
    };
    let path = form.get("path").filter(|path| path.starts_with("/blobs")).unwrap_or("/blobs");
    let line = format!("{method} {path}");
    let answer = match crate::http::patient_client(&[]) {
        Ok(client) => {
            let request = client.request(method, format!("{api}{path}")).bearer_auth(&person.tokens.access);
            request.body(form.get("body").unwrap_or_default().to_owned()).send().await
        }
        Err(e) => Err(e),
    };
    let called = match answer {
        Ok(answer) => {
            let challenge = answer
                .headers()
                .get("www-authenticate")
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            let status = answer.status().as_u16();
            let body = answer.text().await.unwrap_or_else(|e| format!("the answer broke off: {e}"));
            Called { line, status, challenge, body }
        }
        Err(e) => Called { line, status: 0, challenge: String::new(), body: super::checks::reason(&e) },
    };
    let _ = session.insert(CALLED, called).await;
    Redirect::to("/").into_response()
}

async fn refresh(State(party): Here, session: Session) -> Response {
    let Some(mut person) = signed_in(&party, &session).await else { return Redirect::to("/").into_response() };
    match party.refresh(&mut person).await {
        Ok(()) => {
            let _ = session.insert(SIGNED_IN, person).await;
            Redirect::to("/").into_response()
        }
        Err(why) => failed(&party, &session, why).await,
    }
}

async fn switches(session: Session, body: String) -> Response {
    let form = Params::parse(body.as_bytes());
    let on = |name: &str| form.all("on").any(|named| named == name);
    let switches = Switches { state: on("state"), nonce: on("nonce"), pkce: on("pkce"), signature: on("signature") };
    let _ = session.insert(SWITCHES, switches).await;
    Redirect::to("/").into_response()
}

/// Here only: the app's own session ends, and nobody else hears of it.
async fn sign_out(State(party): Here, session: Session) -> Response {
    let _ = session.flush().await;
    party.inbox.say("Only this app’s cookie is gone. The provider still knows you, and so does every other app: press Sign in, and you get straight back in.");
    Redirect::to("/").into_response()
}

/// Here and at the provider, while the other app has no logout endpoint, as most have not.
async fn sign_out_at_provider(State(party): Here, session: Session) -> Response {
    leave(&party, &session, false).await
}

/// Here, at the provider, and in every app that listens.
async fn sign_out_everywhere(State(party): Here, session: Session) -> Response {
    leave(&party, &session, true).await
}

async fn leave(party: &RelyingParty, session: &Session, others_listen: bool) -> Response {
    let person = signed_in(party, session).await;
    let _ = session.flush().await;
    let Some(person) = person else { return Redirect::to("/").into_response() };
    party.inbox.say("This app’s session is over, and the provider was asked to end its own.");
    if let Some(other) = &party.partner {
        other.inbox.listen(others_listen);
        other.inbox.forget_what_was_said();
    }
    match party.end(&person).await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(why) => failed(party, session, why).await,
    }
}

/// The provider says that a sign-in is over.
async fn told(State(party): Here, body: String) -> Response {
    if !party.inbox.listens() {
        party.inbox.say("The provider’s message that the sign-in is over found no endpoint here (404). This app keeps its own session until its cookie ends.");
        return (StatusCode::NOT_FOUND, "no such endpoint").into_response();
    }
    let form = Params::parse(body.as_bytes());
    let Some(token) = form.get("logout_token") else {
        return (StatusCode::BAD_REQUEST, "logout_token is missing").into_response();
    };
    match party.hear(token).await {
        Ok(()) => {
            // Whoever left here knows more of it already.
            if party.inbox.said().is_none() {
                party.inbox.say("The provider told this app, server to server, that the sign-in is over, and it ended its own session.");
            }
            (StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response()
        }
        Err(why) => {
            party.inbox.say(format!("A logout message came, and was refused: {why}."));
            (StatusCode::BAD_REQUEST, why).into_response()
        }
    }
}

fn style() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"))],
        concat!(include_str!("../../templates/assets/ui.css"), include_str!("../../templates/demo/demo.css")),
    )
}
