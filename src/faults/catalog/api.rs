//! What the sample API answers: the calls that people practise their app's patience with.

use std::borrow::Cow;

use serde_json::json;

use super::kind::{FaultKind, handle};
use crate::faults::edit::instead;
use crate::faults::effect::EditContext;
use crate::faults::effect::Effect::Reply;
use crate::faults::matching::Point::Api;
use crate::reply::{Body, Delivery, Reply as Answer};

const BEARER: &str = "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
const RETRY: &str = "https://www.rfc-editor.org/rfc/rfc6585#section-4";
const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15";
const METADATA: &str = "https://www.rfc-editor.org/rfc/rfc9728#section-3";
const ONCE: &str =
    "refreshes once and tries again; if that is refused as well, it asks to sign in, and does not try for ever";
const WAIT: &str = "waits, and tries again a few times, at longer intervals";

/// A good call is answered by this status, with this challenge.
fn refused(reply: &mut Answer, status: u16, challenge: &str) -> bool {
    if !(200..300).contains(&reply.status) {
        return false;
    }
    instead(reply, status, "application/json", json!({ "error": "refused" }).to_string());
    reply.headers.retain(|(name, _)| *name != "www-authenticate");
    if !challenge.is_empty() {
        reply.headers.push((Cow::Borrowed("www-authenticate"), format!("Bearer {challenge}").into()));
    }
    true
}

fn later(reply: &mut Answer, status: u16, edit: &EditContext<'_>) -> bool {
    let seconds = edit.seconds(2);
    let altered = refused(reply, status, "");
    if altered {
        reply.headers.push((Cow::Borrowed("retry-after"), seconds.to_string().into()));
    }
    altered
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "api.401",
        "A good token is refused: 401 invalid_token.",
        &["api"],
        (
            BEARER,
            &[Reply(Api, |r, _| {
                refused(r, 401, "error=\"invalid_token\", error_description=\"the token has expired\"")
            })],
        ),
    )
    .so(ONCE),
    handle(
        "api.401.no_challenge",
        "A good token is refused by 401, without a challenge.",
        &["api"],
        (BEARER, &[Reply(Api, |r, _| refused(r, 401, ""))]),
    )
    .so(ONCE),
    handle(
        "api.403",
        "A good token is refused: 403 insufficient_scope, with the scope that is missing.",
        &["api"],
        (BEARER, &[Reply(Api, |r, _| refused(r, 403, "error=\"insufficient_scope\", scope=\"admin\""))]),
    )
    .so("asks for the missing scope, and does not refresh: a new token would have the same scopes"),
    handle(
        "api.403.no_scope",
        "A good token is refused by 403, and nothing says why.",
        &["api"],
        (BEARER, &[Reply(Api, |r, _| refused(r, 403, ""))]),
    )
    .so("says that this is not allowed, and does not refresh"),
    handle(
        "api.429",
        "The API has had enough: 429 with Retry-After: `with.seconds`, 2 where it says nothing.",
        &["api"],
        (RETRY, &[Reply(Api, |r, e| later(r, 429, e))]),
    )
    .so("waits as long as Retry-After says"),
    handle(
        "api.503",
        "The API is down: 503 with Retry-After: `with.seconds`, 2 where it says nothing.",
        &["api"],
        (HTTP, &[Reply(Api, |r, e| later(r, 503, e))]),
    )
    .so(WAIT),
    handle(
        "api.audience",
        "The API takes tokens for another audience than its metadata says.",
        &["api"],
        (
            METADATA,
            &[Reply(Api, |r, _| {
                refused(r, 401, "error=\"invalid_token\", error_description=\"the token is for another audience\"")
            })],
        ),
    )
    .so(ONCE),
    handle(
        "api.clock",
        "The API's clock is an hour ahead: every token has expired there.",
        &["api"],
        (
            BEARER,
            &[Reply(Api, |r, _| {
                refused(r, 401, "error=\"invalid_token\", error_description=\"the token has expired an hour ago\"")
            })],
        ),
    )
    .so(ONCE),
    handle(
        "api.cut",
        "The answer breaks off in the middle.",
        &["api"],
        (
            HTTP,
            &[Reply(Api, |r, _| {
                let has_body = !matches!(r.body, Body::Empty);
                if has_body {
                    r.delivery = Delivery::HalfBody;
                }
                has_body
            })],
        ),
    )
    .so("does not take half an answer for a whole one"),
];
