//! The control token, shown once by a person's browser and then kept as a cookie of the console's own.

use askama::Template;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::http::guard::{console_cookie, of_this_machine, same};
use crate::http::pages::{At, html};
use crate::http::state::AppState;
use crate::protocol::Params;
use crate::realm::Realm;

/// The most bytes of the form.
const LARGEST: usize = 4 * 1024;

#[derive(Template)]
#[template(path = "console/token.html")]
struct Token<'a> {
    at: At<'a>,
    wrong: bool,
}

/// The page that asks for it.
pub(super) fn ask(realm: &Realm, wrong: bool) -> Response {
    let settings = realm.settings();
    let mut page = html(&Token { at: At::of(realm, &settings), wrong }).0;
    *page.status_mut() = StatusCode::UNAUTHORIZED;
    page
}

/// Takes the form's answer.
pub(super) async fn take(state: &AppState, realm: &Realm, request: &mut Request) -> Response {
    let settings = realm.settings();
    if let Err((_, why)) = of_this_machine(request.headers(), &settings) {
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    let body = to_bytes(std::mem::take(request.body_mut()), LARGEST).await.unwrap_or_default();
    let form = Params::parse(&body);
    let sent = form.get("token").unwrap_or_default();
    let home = (LOCATION, format!("{}/", settings.root_path()));
    let Some(token) = state.control_token.as_deref() else {
        // Nothing is given to whoever shows what is not asked for: the console says by itself whether it is open.
        return (StatusCode::SEE_OTHER, [home]).into_response();
    };
    if !same(sent, token) {
        return ask(realm, true);
    }
    let secure = if settings.issuer.starts_with("https:") { "; Secure" } else { "" };
    let (name, secret) = (console_cookie(&settings), &state.console_secret);
    let cookie = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Strict{secure}");
    let mut response = StatusCode::SEE_OTHER.into_response();
    for (name, value) in [home, (SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
