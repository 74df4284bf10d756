//! The pages' style and script, part of the binary.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;

/// The files below `/assets/`.
pub(super) fn assets(root: &str) -> Router {
    let ui = || async { file("text/css; charset=utf-8", include_str!("../../templates/assets/ui.css")) };
    let page = || async { file("text/javascript; charset=utf-8", include_str!("../../templates/assets/page.js")) };
    let icon = || async { file("image/svg+xml", include_str!("../../templates/assets/icon.svg")) };
    Router::new()
        .route(&format!("{root}/assets/ui.css"), get(ui))
        .route(&format!("{root}/assets/page.js"), get(page))
        .route(&format!("{root}/assets/icon.svg"), get(icon))
}

fn file(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text)
}
