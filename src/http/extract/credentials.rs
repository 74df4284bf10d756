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
    // Some send Latin-1, where each byte is a character. That is not decoded, so it matches no secret; it is only told what is wrong with it.
    let (text, utf8) = match String::from_utf8(STANDARD.decode(text).ok()?) {
        Ok(text) => (text, true),
        Err(e) => (e.into_bytes().into_iter().map(char::from).collect(), false),
    };
    let (id, sent) = text.split_once(':')?;
    let secret = if utf8 { decoded(sent) } else { String::from("\u{fffd}") };
    // Form-encoded, but over Latin-1: what it would be in UTF-8.
    let over_latin_1 = || latin_1(sent).filter(|text| !utf8 || secret.contains('\u{fffd}') && text != sent);
    let as_sent = over_latin_1().or_else(|| (secret != sent).then(|| sent.to_owned()));
    Some(Credential::Basic { id: decoded(id), secret, as_sent })
}

/// The text whose form encoding has a byte for each character.
fn latin_1(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let mut chars = spaced.chars();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        let byte = |digits: &str| u8::from_str_radix(digits, 16).ok().map(char::from);
        match c {
            '%' => out.push(byte(&chars.by_ref().take(2).collect::<String>())?),
            c => out.push(c),
        }
    }
    Some(out)
}

fn decoded(text: &str) -> String {
    // Only a `&` or `=` that was not encoded would be taken for a boundary, so they are encoded first.
    let one_value = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(one_value.as_bytes()).next().map_or_else(String::new, |(name, _)| name.into_owned())
}
