//! From a reply to an HTTP response.

use std::sync::Arc;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::protocol::ResponseMode;
use crate::reply::{Body, Delivery, Reply, Return};

use super::pages;

/// Sends a reply the way it says. Nothing is held while it waits.
pub(super) async fn respond(root: &str, reply: Reply) -> Response {
    if let Delivery::After(delay) = reply.delivery {
        tokio::time::sleep(delay).await;
    }
    let mut response = match reply.body {
        Body::Json(text) => typed("application/json", Bytes::from_owner(Shared(text))),
        Body::Token(media_type, token) => typed(media_type, token.into()),
        Body::Page(page) => pages::page(root, &page),
        Body::Return(back) => returned(root, &back),
        Body::Onward(path) => located(&path),
        Body::Empty => HttpBody::empty().into_response(),
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn typed(media_type: &'static str, bytes: Bytes) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type))], bytes).into_response()
}

fn located(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) => [(LOCATION, location)].into_response(),
        // A URL that was parsed is ASCII, so this cannot be reached by any request.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The way back to the app: a redirect, or a form that posts itself.
fn returned(root: &str, back: &Return) -> Response {
    let mut uri = back.uri.clone();
    match back.mode {
        ResponseMode::Query if back.params.is_empty() => {}
        ResponseMode::Query => {
            uri.query_pairs_mut().extend_pairs(back.params.iter());
        }
        ResponseMode::Fragment => uri.set_fragment(Some(&back.params.to_query())),
        ResponseMode::FormPost => return pages::form_post(root, back),
    }
    located(uri.as_str())
}

/// A document that many answers share.
struct Shared(Arc<str>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
