//! The pages' style and script, part of the binary.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse as _, Response};

/// The style of every page.
pub(super) const UI: &str = include_str!("../../templates/assets/ui.css");

/// The style of the console.
pub(super) const CONSOLE: &str = include_str!("../../templates/assets/console.css");

/// The file at a path below the issuer, if it is one.
pub(super) fn asset(path: &str) -> Option<Response> {
    let (media_type, text) = match path {
        "/assets/ui.css" => ("text/css; charset=utf-8", UI),
        "/assets/console.css" => ("text/css; charset=utf-8", CONSOLE),
        "/assets/console.js" => ("text/javascript; charset=utf-8", include_str!("../../templates/assets/console.js")),
        "/assets/check-session.js" => {
            ("text/javascript; charset=utf-8", include_str!("../../templates/assets/check-session.js"))
        }
        "/assets/page.js" => ("text/javascript; charset=utf-8", include_str!("../../templates/assets/page.js")),
        "/assets/icon.svg" => ("image/svg+xml", include_str!("../../templates/assets/icon.svg")),
        _ => return None,
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Some((headers, text).into_response())
}
