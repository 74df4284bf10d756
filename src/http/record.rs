//! Requests and responses as they travelled, for the journal.

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Version};
use axum::response::Response;

use crate::realm::{Message, Wire};

/// The request's line and headers.
pub(super) fn head(parts: &Parts) -> Vec<u8> {
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    head_of(&[parts.method.as_str(), target, version(parts.version)], &parts.headers)
}

/// The exchange's bytes.
pub(super) fn wire(request: Message, response: &Response, body: &Bytes) -> Wire {
    let status = response.status();
    let line = [version(response.version()), status.as_str(), status.canonical_reason().unwrap_or_default()];
    let head = head_of(&line, response.headers());
    Wire { request, response: Message::sent(head, body) }
}

/// The first line, of three words, and the headers.
pub(super) fn head_of(line: &[&str; 3], headers: &HeaderMap) -> Vec<u8> {
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    let words: usize = line.iter().map(|word| word.len() + 1).sum();
    let mut head = Vec::with_capacity(words + 1 + fields.sum::<usize>());
    let [first, second, third] = line;
    for part in [first, " ", second, " ", third, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
    for (name, value) in headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head
}

const fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}
