//! The handful of changes that lies are made of. Each says whether there was something to alter.

use std::sync::Arc;

use serde_json::Value;

use crate::protocol::{Map, Params};
use crate::reply::{Body, Page, Reply, SignedOutPage};
use crate::tokens::{Alg, KeyChoice, TokenDraft, stranger};
use crate::world::{Credential, Settings};

use super::effect::EditContext;

/// A claim has another value.
pub(super) fn set(draft: &mut TokenDraft, claim: &str, value: impl Into<Value>) -> bool {
    draft.claims.insert(claim.to_owned(), value.into());
    true
}

/// A claim that is there has another value.
pub(super) fn change(draft: &mut TokenDraft, claim: &str, value: impl FnOnce(&Value) -> Value) -> bool {
    let Some(old) = draft.claims.get_mut(claim) else { return false };
    *old = value(old);
    true
}

/// Something is put behind a claim that is text.
pub(super) fn append(draft: &mut TokenDraft, claim: &str, text: &str) -> bool {
    match draft.claims.get_mut(claim) {
        Some(Value::String(value)) => value.push_str(text),
        _ => return false,
    }
    true
}

/// A claim that is text begins otherwise, and is as long as before.
pub(super) fn begin_otherwise(draft: &mut TokenDraft, claim: &str) -> bool {
    match draft.claims.get_mut(claim) {
        Some(Value::String(value)) => *value = otherwise(value),
        _ => return false,
    }
    true
}

/// Another value of the same length: it differs where it begins, since apps keep what is theirs at either end. Of a URL it is the host.
pub(super) fn otherwise(value: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let start = value.find("://").filter(|at| is_scheme(&value[..*at])).map_or(0, |at| at + "://".len());
    let Some(first) = value[start..].chars().next() else { return "x".into() };
    let other = match first {
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from_u32(u32::from(first) + 1).unwrap_or('x'),
        'z' => 'a',
        'Z' => 'A',
        '9' => '0',
        _ => 'x',
    };
    format!("{}{other}{}", &value[..start], &value[start + first.len_utf8()..])
}

/// A claim is left out.
pub(super) fn leave_out(draft: &mut TokenDraft, claim: &str) -> bool {
    draft.claims.shift_remove(claim).is_some()
}

/// A time is moved.
pub(super) fn shift(draft: &mut TokenDraft, claim: &str, seconds: i64) -> bool {
    change(draft, claim, |old| old.as_i64().map_or(Value::Null, |at| at.saturating_add(seconds).into()))
}

/// A member of the header has another value; `null` leaves it out.
pub(super) fn header(draft: &mut TokenDraft, member: &str, value: impl Into<Value>) -> bool {
    draft.header.insert(member.to_owned(), value.into());
    true
}

/// The token is signed by a key that nobody publishes, under the name of one that is published.
pub(super) fn by_stranger(draft: &mut TokenDraft, edit: &EditContext<'_>) -> bool {
    let Some(alg) = draft.key.alg().filter(|alg| *alg != Alg::HS256) else { return false };
    let Ok(key) = stranger(alg) else { return false };
    if let Some(current) = edit.settings.keys.current(alg) {
        header(draft, "kid", current.kid_for(alg));
    }
    draft.key = KeyChoice::Foreign(alg, Arc::new(key));
    true
}

/// The token is signed with HMAC, keyed by whatever bytes, under the name of the key that should have signed.
pub(super) fn by_bytes(draft: &mut TokenDraft, edit: &EditContext<'_>, bytes: Vec<u8>) -> bool {
    if let Some((alg, current)) = draft.key.alg().and_then(|alg| Some((alg, edit.settings.keys.current(alg)?))) {
        header(draft, "kid", current.kid_for(alg));
    }
    draft.key = KeyChoice::Bytes(bytes);
    true
}

/// The secret of the client that asks: the registered one, or the one that was sent where any will do.
pub(super) fn client_secret(edit: &EditContext<'_>) -> Option<String> {
    let registered = edit.client().and_then(|client| client.secret);
    let sent = match &edit.request.credential {
        Some(Credential::Basic { secret, .. }) => Some(secret.clone()),
        _ => edit.request.params.get("client_secret").map(str::to_owned),
    };
    registered.or(sent).filter(|secret| !secret.is_empty())
}

/// Alters one character in the middle of the signature, so that every bit of it means something.
pub(super) fn corrupt(token: &mut String) -> bool {
    let Some(dot) = token.rfind('.') else { return false };
    let middle = dot + 1 + (token.len() - dot) / 2;
    if middle >= token.len() {
        return false;
    }
    let other = if token.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    token.replace_range(middle..=middle, other);
    true
}

/// The three parts of a token.
pub(super) fn parts(token: &str) -> Option<[&str; 3]> {
    let mut parts = token.split('.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

/// Changes an answer that is a JSON object.
pub(super) fn members(reply: &mut Reply, alter: impl FnOnce(&mut Map) -> bool) -> bool {
    let Body::Json(text) = &reply.body else { return false };
    let Ok(mut members) = serde_json::from_slice::<Map>(text) else { return false };
    let altered = alter(&mut members);
    if altered {
        reply.body = Body::Json(Value::Object(members).to_string().into());
    }
    altered
}

/// Changes an answer that is a JSON object and no error.
pub(super) fn good(reply: &mut Reply, alter: impl FnOnce(&mut Map) -> bool) -> bool {
    reply.status == 200 && members(reply, alter)
}

/// A member of a JSON answer has another value.
pub(super) fn member(reply: &mut Reply, name: &str, value: impl Into<Value>) -> bool {
    let value = value.into();
    good(reply, |members| {
        members.insert(name.to_owned(), value);
        true
    })
}

/// A member of a JSON answer is left out.
pub(super) fn without(reply: &mut Reply, name: &str) -> bool {
    good(reply, |members| members.shift_remove(name).is_some())
}

/// A member of a JSON answer that is there is changed.
pub(super) fn altered(reply: &mut Reply, name: &str, alter: impl FnOnce(&Value) -> Value) -> bool {
    good(reply, |members| {
        let Some(old) = members.get_mut(name) else { return false };
        *old = alter(old);
        true
    })
}

/// The answer is this one, delivered as the one before it would have been.
pub(super) fn replace(reply: &mut Reply, other: Reply) -> bool {
    let browser_state = reply.browser_state.take();
    *reply = Reply { signs_in: reply.signs_in, delivery: reply.delivery, cors: reply.cors, browser_state, ..other };
    true
}

/// The answer is another one altogether.
pub(super) fn instead(reply: &mut Reply, status: u16, media_type: &str, text: impl Into<Vec<u8>>) -> bool {
    let body = Body::Raw { media_type: media_type.to_owned(), bytes: text.into() };
    replace(reply, Reply::new(status, body).uncached())
}

/// The answer is one of OAuth's errors, in JSON.
pub(super) fn error(reply: &mut Reply, status: u16, error: &str) -> bool {
    let text = serde_json::json!({ "error": error, "error_description": "Standin was told to answer so." }).to_string();
    replace(reply, Reply::new(status, Body::Json(text.into())).uncached());
    if status == 401 {
        reply.headers.push(("www-authenticate".into(), "Basic realm=\"standin\", charset=\"UTF-8\"".into()));
    }
    true
}

/// The answer is one of a bearer's errors, [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3).
pub(super) fn bearer_error(reply: &mut Reply, status: u16, name: &str) -> bool {
    error(reply, status, name);
    reply.headers.retain(|(header, _)| *header != "www-authenticate");
    reply.headers.push(("www-authenticate".into(), format!("Bearer realm=\"standin\", error=\"{name}\"").into()));
    true
}

/// A page that a broken server or a proxy in front of it would show.
pub(super) fn html(reply: &mut Reply, status: u16) -> bool {
    instead(
        reply,
        status,
        "text/html; charset=utf-8",
        "<!doctype html><title>Sorry</title><h1>Something went wrong</h1>",
    )
}

/// The same text under another name or with other bytes.
pub(super) fn bytes(reply: &mut Reply, media_type: &str, alter: impl FnOnce(Vec<u8>) -> Vec<u8>) -> bool {
    let text = match &reply.body {
        Body::Json(text) => text.to_vec(),
        Body::Token(_, token) => token.clone().into_bytes(),
        _ => return false,
    };
    reply.body = Body::Raw { media_type: media_type.to_owned(), bytes: alter(text) };
    true
}

/// Changes the parameters that go back to the app.
pub(super) fn back(reply: &mut Reply, alter: impl FnOnce(&Params) -> Option<Params>) -> bool {
    let back = match &mut reply.body {
        Body::Return(back) => back,
        Body::Page(page) => match &mut **page {
            Page::SignedOut(SignedOutPage { goes_on: true, back: Some((_, back)), .. }) => back,
            _ => return false,
        },
        _ => return false,
    };
    match alter(&back.params) {
        Some(params) => back.params = params,
        None => return false,
    }
    true
}

/// Changes each page of an app that the browser opens while it signs out.
pub(super) fn frames(reply: &mut Reply, alter: impl Fn(&str, String) -> Option<String>) -> bool {
    let Body::Page(page) = &mut reply.body else { return false };
    let Page::SignedOut(page) = &mut **page else { return false };
    for (_, uri) in &mut page.frames {
        let pairs = uri.query_pairs().filter_map(|(name, value)| {
            let value = alter(&name, value.into_owned())?;
            Some((name.into_owned(), value))
        });
        let pairs: Vec<(String, String)> = pairs.collect();
        uri.query_pairs_mut().clear().extend_pairs(pairs);
    }
    !page.frames.is_empty()
}

/// The page that signs out opens those of all apps, as they are registered.
pub(super) fn every_app(reply: &mut Reply, settings: &Settings) -> bool {
    let Body::Page(page) = &mut reply.body else { return false };
    let Page::SignedOut(page) = &mut **page else { return false };
    let pages = settings.clients.values().filter_map(|client| {
        let uri = client.frontchannel_logout_uri.clone()?;
        Some((client.shown_name().to_owned(), uri))
    });
    page.frames = pages.collect();
    !page.frames.is_empty()
}

/// A parameter of the way back is changed, or left out.
pub(super) fn parameter(reply: &mut Reply, name: &str, value: impl Fn(&str) -> Option<String>) -> bool {
    back(reply, |params| {
        params.get(name)?;
        let changed = |(n, v): (&str, &str)| {
            let v = if n == name { value(v)? } else { v.to_owned() };
            Some((n.to_owned(), v))
        };
        Some(params.iter().filter_map(changed).collect())
    })
}

/// The app gets an error in place of a code.
pub(super) fn error_back(reply: &mut Reply, error: &str, description: &str) -> bool {
    back(reply, |params| {
        params.get("code")?;
        let answer = Params::default().with("error", error).with("error_description", description);
        let kept = params.iter().filter(|(name, _)| *name != "code");
        Some(kept.fold(answer, |answer, (name, value)| answer.with(name, value)))
    })
}

/// Changes the published keys.
pub(super) fn keys(reply: &mut Reply, alter: impl FnOnce(&mut Vec<Value>) -> bool) -> bool {
    good(reply, |members| members.get_mut("keys").and_then(Value::as_array_mut).is_some_and(alter))
}

/// A key more is published, in front of the others, unless one of its name is there.
pub(super) fn publish(reply: &mut Reply, key: Map) -> bool {
    keys(reply, |keys| {
        let new = keys.iter().all(|known| known.get("kid") != key.get("kid"));
        if new {
            keys.insert(0, Value::Object(key));
        }
        new
    })
}
