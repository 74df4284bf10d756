//! From a reply to an HTTP response.

use std::borrow::Cow;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::protocol::ResponseMode;
use crate::reply::{Body, Reply, Return};

use super::pages::{self, At};

/// The response of a reply, and its body once more, for whoever records it.
pub(super) fn respond(at: &At<'_>, reply: Reply) -> (Response, Bytes) {
    let (mut response, bytes) = match reply.body {
        Body::Json(text) => typed("application/json", text),
        Body::Token(media_type, token) => typed(media_type, token.into()),
        Body::Raw { media_type, bytes } => {
            let (mut response, bytes) = typed("application/octet-stream", bytes.into());
            if let Ok(media_type) = HeaderValue::from_str(&media_type) {
                response.headers_mut().insert(CONTENT_TYPE, media_type);
            }
            (response, bytes)
        }
        Body::Page(page) => pages::page(at, &page),
        Body::Return(back) => returned(at, &back),
        Body::Redirect(path) => (located(&path), Bytes::new()),
        Body::Empty => (HttpBody::empty().into_response(), Bytes::new()),
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        let name = match name {
            Cow::Borrowed(text) => Ok(HeaderName::from_static(text)),
            Cow::Owned(text) => HeaderName::try_from(text),
        };
        let value = match value {
            Cow::Borrowed(text) => Ok(HeaderValue::from_static(text)),
            Cow::Owned(text) => HeaderValue::try_from(text),
        };
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().insert(name, value);
        }
    }
    (response, bytes)
}

fn typed(media_type: &'static str, bytes: Bytes) -> (Response, Bytes) {
    let mut response = Response::new(HttpBody::from(bytes.clone()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    (response, bytes)
}

fn located(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => [(LOCATION, location)].into_response(),
        // A URL that was parsed is ASCII, so this cannot be reached by any request.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The way back to the app: a redirect, or a form that posts itself.
fn returned(at: &At<'_>, back: &Return) -> (Response, Bytes) {
    if back.mode == ResponseMode::FormPost {
        return pages::form_post(at, back);
    }
    (located(back.to_url().as_str()), Bytes::new())
}
