//! Pages as HTML, with the headers that keep them from being framed, scripted or cached.

use std::collections::BTreeSet;

use askama::Template;
use aws_lc_rs::digest;
use axum::body::Bytes;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::realm::Realm;
use crate::reply::{
    ConsentPage, ErrorPage, Page, Return, SignInPage, SignOutPage, SignedOutPage, StepPage, Suggestion,
};
use crate::world::{Endpoint, Settings};

use super::filters;

/// `form-action` is left out on purpose: browsers hold it against every redirect that follows a form, and the last of those
/// leads to wherever the app's own pages go.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' http: https:; \
    base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "sign_in.html", whitespace = "minimize")]
struct SignIn<'a> {
    at: &'a At<'a>,
    page: &'a SignInPage,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    at: &'a At<'a>,
    page: &'a ConsentPage,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Error<'a> {
    at: &'a At<'a>,
    page: &'a ErrorPage,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOut<'a> {
    at: &'a At<'a>,
    page: &'a SignOutPage,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'a> {
    at: &'a At<'a>,
    page: &'a SignedOutPage,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    at: &'a At<'a>,
    action: &'a str,
    params: Vec<(&'a str, &'a str)>,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "step.html")]
struct Step<'a> {
    at: &'a At<'a>,
    page: &'a StepPage,
}

#[derive(Template)]
#[template(path = "check_session.html")]
struct CheckSession<'a> {
    at: &'a At<'a>,
    answer: &'static str,
}

/// Where a page is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At<'a> {
    /// The path of the realm's root, below which links and styles are.
    pub(super) root: &'a str,
    /// Where the forms of the pages go, below the root.
    pub(super) sign_in: &'a str,
    pub(super) consent: &'a str,
    pub(super) sign_out: &'a str,
    /// The issuer.
    pub(super) issuer: &'a str,
    /// The realm.
    pub(super) realm: &'a str,
    /// The cookie by which apps watch the sign-in, for the page that looks at it.
    pub(super) state_cookie: &'a str,
}

impl<'a> At<'a> {
    /// The place of a realm.
    pub(super) fn of(realm: &'a Realm, settings: &'a Settings) -> Self {
        let route = |endpoint| settings.routes.get(&endpoint).map_or("", String::as_str);
        Self {
            root: settings.root_path(),
            sign_in: route(Endpoint::SignIn),
            consent: route(Endpoint::Consent),
            sign_out: route(Endpoint::SignOut),
            issuer: &settings.issuer,
            realm: realm.name(),
            state_cookie: "",
        }
    }
}

/// A page, and its text once more.
pub(super) fn page(at: &At<'_>, page: &Page) -> (Response, Bytes) {
    match page {
        Page::SignIn(page) => html(&SignIn { at, page }),
        Page::Consent(page) => html(&Consent { at, page }),
        Page::Error(page) => html(&Error { at, page }),
        Page::SignOut(page) => html(&SignOut { at, page }),
        Page::SignedOut(page) => {
            let (response, text) = html(&SignedOut { at, page });
            (framing(response, page), text)
        }
        Page::Step(page) => html(&Step { at, page }),
        Page::CheckSession(answer) => framed(at, answer.as_str()),
    }
}

/// Any template, with the headers of a page.
pub(super) fn html(template: &impl Template) -> (Response, Bytes) {
    match template.render().map(Bytes::from) {
        Ok(text) => (with_headers(Html(text.clone()).into_response(), POLICY), text),
        Err(e) => {
            tracing::error!("a page could not be written: {e}");
            (StatusCode::INTERNAL_SERVER_ERROR.into_response(), Bytes::new())
        }
    }
}

/// Any template, as a view of the console, whose script listens to what happens.
pub(super) fn view(template: &impl Template) -> Response {
    let (response, _) = html(template);
    with_headers(response, &format!("{POLICY}; connect-src 'self'"))
}

/// A page without a face, which any app may frame: it answers those who ask, and shows nothing that could be clicked.
fn framed(at: &At<'_>, answer: &'static str) -> (Response, Bytes) {
    let (response, text) = html(&CheckSession { at, answer });
    let mut response = with_headers(response, "default-src 'none'; script-src 'self'; base-uri 'none'");
    response.headers_mut().remove(X_FRAME_OPTIONS);
    (response, text)
}

/// The pages of apps that are opened unseen, and no other, may be in frames.
fn framing(response: Response, page: &SignedOutPage) -> Response {
    if page.frames.is_empty() {
        return response;
    }
    let origins: BTreeSet<String> = page.frames.iter().map(|(_, uri)| uri.origin().ascii_serialization()).collect();
    let origins: Vec<String> = origins.into_iter().collect();
    with_headers(response, &format!("{POLICY}; frame-src {}", origins.join(" ")))
}

/// A classic script behind the form, allowed by its hash and by nothing else.
const SUBMIT: &str = "document.forms[0].submit()";

/// The form that posts the answer to the app, [Form Post §4](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#rfc.section.4).
pub(super) fn form_post(at: &At<'_>, back: &Return) -> (Response, Bytes) {
    let template = FormPost { at, action: back.uri.as_str(), params: back.params.iter().collect(), script: SUBMIT };
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SUBMIT.as_bytes()));
    // It is no user interface: an app that asks silently, in a frame that nobody sees, gets its answer by it as well.
    let policy = format!("default-src 'none'; style-src 'self'; script-src 'sha256-{hash}'; base-uri 'none'");
    let (response, text) = html(&template);
    let mut response = with_headers(response, &policy);
    response.headers_mut().remove(X_FRAME_OPTIONS);
    (response, text)
}

fn with_headers(mut response: Response, policy: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not `no-referrer`: with that, browsers post our own forms with `Origin: null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
