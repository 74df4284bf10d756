//! Pages as HTML, with the headers that keep them from being framed, scripted or cached.

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

use crate::reply::{ConsentPage, ErrorPage, Page, Return, SignInPage, SignOutPage, SignedOutPage, StepPage};

/// `form-action` is left out on purpose: browsers hold it against every redirect that follows a form, and the last of those
/// leads to wherever the app's own pages go.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' http: https:; \
    base-uri 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    root: &'a str,
    page: &'a SignInPage,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    root: &'a str,
    page: &'a ConsentPage,
}

#[derive(Template)]
#[template(path = "error.html")]
struct Error<'a> {
    root: &'a str,
    page: &'a ErrorPage,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOut<'a> {
    root: &'a str,
    page: &'a SignOutPage,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut<'a> {
    root: &'a str,
    page: &'a SignedOutPage,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost<'a> {
    root: &'a str,
    action: &'a str,
    params: Vec<(&'a str, &'a str)>,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "step.html")]
struct Step<'a> {
    root: &'a str,
    page: &'a StepPage,
}

/// A page, and its text once more. `root` is the issuer's path, below which its links and styles are.
pub(super) fn page(root: &str, page: &Page) -> (Response, Bytes) {
    match page {
        Page::SignIn(page) => html(&SignIn { root, page }),
        Page::Consent(page) => html(&Consent { root, page }),
        Page::Error(page) => html(&Error { root, page }),
        Page::SignOut(page) => html(&SignOut { root, page }),
        Page::SignedOut(page) => html(&SignedOut { root, page }),
        Page::Step(page) => html(&Step { root, page }),
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

/// A classic script behind the form, allowed by its hash and by nothing else.
const SUBMIT: &str = "document.forms[0].submit()";

/// The form that posts the answer to the app, [Form Post §4](https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#rfc.section.4).
pub(super) fn form_post(root: &str, back: &Return) -> (Response, Bytes) {
    let template = FormPost { root, action: back.uri.as_str(), params: back.params.iter().collect(), script: SUBMIT };
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SUBMIT.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    );
    let (response, text) = html(&template);
    (with_headers(response, &policy), text)
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
