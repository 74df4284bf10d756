//! The `Authorization` header.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::world::Credential;

/// Reads the header; one that is neither Basic nor Bearer is not ours to judge.
pub(super) fn read(headers: &HeaderMap) -> Option<Credential> {
    let header = headers.get(AUTHORIZATION)?;
    let parsed = str::from_utf8(header.as_bytes()).ok().and_then(|text| {
        let (scheme, rest) = text.trim().split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            Some(Credential::Bearer(rest.trim().to_owned()))
        } else if scheme.eq_ignore_ascii_case("basic") {
            basic(rest.trim())
        } else {
            None
        }
    });
    Some(parsed.unwrap_or(Credential::Unreadable))
}

/// Id and secret, each form-encoded before they were joined, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).
fn basic(text: &str) -> Option<Credential> {
    let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some(Credential::Basic { id: decoded(id), secret: decoded(secret) })
}

fn decoded(text: &str) -> String {
    // Only a `&` or `=` that was not encoded would be taken for a boundary, so they are encoded first.
    let one_value = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(one_value.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
