//! Which scripts of other origins may read an answer.

use std::time::Duration;

use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// Browser apps read answers and errors alike, with credentials where they send them. No cookie is read at these endpoints,
/// so naming the caller's origin gives nothing away.
pub(super) fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers([WWW_AUTHENTICATE, CONTENT_TYPE, RETRY_AFTER])
        .max_age(Duration::from_mins(10))
}
