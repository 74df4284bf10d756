//! Requests and responses as they travelled, for the journal.

use std::fmt::Write as _;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Version};
use axum::response::Response;

use crate::realm::{Entry, Message, Wire};
use crate::reply::{Cors, Delivery};

/// What is known of an answer beside the answer itself, carried along by it through the layers that add headers.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) entry: Entry,
    pub(super) body: Bytes,
    pub(super) delivery: Delivery,
    pub(super) cors: Cors,
}

/// The request's line and headers.
pub(super) fn head(parts: &Parts) -> String {
    let mut head = String::with_capacity(256);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let _ = write!(head, "{} {target} {}\r\n", parts.method, version(parts.version));
    headers(&mut head, &parts.headers);
    head
}

/// The exchange's bytes.
pub(super) fn wire(request: Message, response: &Response, body: &Bytes) -> Wire {
    let mut head = String::with_capacity(256);
    let status = response.status();
    let reason = status.canonical_reason().unwrap_or_default();
    let _ = write!(head, "{} {} {reason}\r\n", version(response.version()), status.as_u16());
    headers(&mut head, response.headers());
    Wire { request, response: Message::sent(head, body) }
}

fn headers(head: &mut String, headers: &HeaderMap) {
    for (name, value) in headers {
        head.push_str(name.as_str());
        head.push_str(": ");
        match value.to_str() {
            Ok(value) => head.push_str(value),
            Err(_) => head.push_str(&String::from_utf8_lossy(value.as_bytes())),
        }
        head.push_str("\r\n");
    }
}

const fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}
