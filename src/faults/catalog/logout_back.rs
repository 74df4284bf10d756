//! What apps are told by back channel when a sign-in is over.

use std::time::Duration;

use serde_json::{Value, json};

use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{begin_otherwise, by_stranger, corrupt, header, leave_out, set, shift};
use crate::faults::effect::EditContext;
use crate::faults::effect::Effect::{Call, Draft, Spoil, TellEarly};
use crate::tokens::KeyChoice;
use crate::tokens::TokenKind::Logout;

const TOKEN: &str = "https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken";
const VALIDATION: &str = "https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation";
const ACTIONS: &str = "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions";
const REQUEST: &str = "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest";
const REFUSED: &str = "answers 400, and ends no session";

/// The rule's delay, or so many seconds.
fn delay(edit: &EditContext<'_>, seconds: u64) -> Duration {
    let own = edit.options.delay.map(|delay| delay.seconds().unsigned_abs());
    Duration::from_secs(own.unwrap_or(seconds))
}

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "lo.back.alg_none",
        "alg is none and there is no signature.",
        &["logout_token.header.alg"],
        (
            VALIDATION,
            &[Draft(Logout, |t, _| {
                t.key = KeyChoice::Unsigned;
                true
            })],
        ),
    )
    .so(REFUSED),
    reject(
        "lo.back.wrong_alg",
        "The token is signed by HS256 with the client's secret.",
        &["logout_token.header.alg"],
        (
            VALIDATION,
            &[Draft(Logout, |t, e| {
                let Some(secret) = crate::faults::edit::client_secret(e) else { return false };
                t.key = KeyChoice::Secret(secret);
                true
            })],
        ),
    )
    .so(REFUSED),
    reject(
        "lo.back.bad_sig",
        "The signature does not hold: one character of it is another.",
        &["logout_token.signature"],
        (VALIDATION, &[Spoil(Logout, |t, _| corrupt(t))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.other_key",
        "The signature is by a key that is not published.",
        &["logout_token.signature"],
        (VALIDATION, &[Draft(Logout, |t, e| by_stranger(t, e))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.iss_wrong",
        "iss is another issuer's.",
        &["logout_token.iss"],
        (VALIDATION, &[Draft(Logout, |t, _| begin_otherwise(t, "iss"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.aud_wrong",
        "aud is another client.",
        &["logout_token.aud"],
        (VALIDATION, &[Draft(Logout, |t, _| set(t, "aud", "another-client"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.iat_missing",
        "iat is left out.",
        &["logout_token.iat"],
        (TOKEN, &[Draft(Logout, |t, _| leave_out(t, "iat"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.jti_missing",
        "jti is left out.",
        &["logout_token.jti"],
        (TOKEN, &[Draft(Logout, |t, _| leave_out(t, "jti"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.exp_past",
        "The token expired an hour ago.",
        &["logout_token.exp", "logout_token.iat"],
        (
            TOKEN,
            &[Draft(Logout, |t, _| {
                let moved = shift(t, "exp", -7_200);
                shift(t, "iat", -7_200) && moved
            })],
        ),
    )
    .so(REFUSED),
    reject(
        "lo.back.no_event",
        "events is left out.",
        &["logout_token.events"],
        (TOKEN, &[Draft(Logout, |t, _| leave_out(t, "events"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.wrong_event",
        "events names another event.",
        &["logout_token.events"],
        (TOKEN, &[Draft(Logout, |t, _| set(t, "events", json!({"http://schemas.openid.net/event/another": {}})))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.with_nonce",
        "There is a nonce, as if it were an ID token.",
        &["logout_token.nonce"],
        (TOKEN, &[Draft(Logout, |t, _| set(t, "nonce", "n-0"))]),
    )
    .so(REFUSED),
    reject(
        "lo.back.no_sub_no_sid",
        "Neither sub nor sid says what is over.",
        &["logout_token.sub", "logout_token.sid"],
        (
            TOKEN,
            &[Draft(Logout, |t, _| {
                let left_out = leave_out(t, "sub");
                leave_out(t, "sid") || left_out
            })],
        ),
    )
    .so(REFUSED),
    tolerate(
        "lo.back.only_sid",
        "sub is left out: sid says what is over.",
        &["logout_token.sub"],
        (ACTIONS, &[Draft(Logout, |t, _| leave_out(t, "sub"))]),
    )
    .so("ends the session that sid names"),
    tolerate(
        "lo.back.only_sub",
        "sid is left out: every session of sub is over.",
        &["logout_token.sid"],
        (ACTIONS, &[Draft(Logout, |t, _| leave_out(t, "sid"))]),
    )
    .so("ends every session of the person"),
    handle(
        "lo.back.unknown_sid",
        "sid is of no session.",
        &["logout_token.sid"],
        (ACTIONS, &[Draft(Logout, |t, _| begin_otherwise(t, "sid"))]),
    )
    .so("answers 200 or 400, and ends no other session"),
    handle(
        "lo.back.replay",
        "The message comes twice, with the same jti.",
        &["backchannel_logout"],
        (
            VALIDATION,
            &[Call(|timing, _| {
                timing.times = 2;
                true
            })],
        ),
    )
    .so("may refuse the second; ends no session that began since"),
    reject(
        "lo.back.id_token_as_logout",
        "What comes is an ID token: it has a nonce, and no events.",
        &["logout_token.header.typ", "logout_token.events", "logout_token.nonce", "logout_token.jti"],
        (
            VALIDATION,
            &[Draft(Logout, |t, _| {
                let events = leave_out(t, "events");
                leave_out(t, "jti");
                set(t, "nonce", "n-0");
                header(t, "typ", "JWT") && events
            })],
        ),
    )
    .so(REFUSED),
    tolerate(
        "lo.back.extra_claim",
        "There is a claim that nobody knows.",
        &["logout_token.more"],
        (TOKEN, &[Draft(Logout, |t, _| set(t, "more", Value::from(vec![1, 2, 3])))]),
    )
    .so("ends the session"),
    handle(
        "lo.back.late",
        "The message comes after the browser is back: after `with.delay`, 5 s where it says nothing.",
        &["backchannel_logout"],
        (
            REQUEST,
            &[Call(|timing, e| {
                timing.delay = delay(e, 5);
                true
            })],
        ),
    )
    .so("ends the session when it hears of it"),
    handle(
        "lo.back.slow",
        "The message comes in two halves, the second after `with.delay`, 2 s where it says nothing.",
        &["backchannel_logout"],
        (
            REQUEST,
            &[Call(|timing, e| {
                timing.pause = delay(e, 2);
                true
            })],
        ),
    )
    .so("reads it to the end, and serves others meanwhile"),
    handle(
        "lo.back.before_callback",
        "The app is told that the sign-in is over before it has the code of it; the sign-in goes on.",
        &["backchannel_logout"],
        (ACTIONS, &[TellEarly]),
    )
    .so("answers 200, though it knows no such session yet, and remembers the sid or signs in"),
    handle(
        "lo.back.lost",
        "The message never comes.",
        &["backchannel_logout"],
        (
            REQUEST,
            &[Call(|timing, _| {
                timing.times = 0;
                true
            })],
        ),
    )
    .so("has sessions that end by themselves"),
];
