//! UserInfo's answer.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::kind::section::{BEARER, USERINFO};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::effect::EditContext;

use crate::faults::edit::{
    bearer_error, begin_otherwise, by_stranger, bytes, corrupt, error, good, html, instead, member, set, without,
};
use crate::faults::effect::Effect::{Draft, Override, Reply, Spoil};
use crate::faults::matching::Point::Userinfo;
use crate::protocol::Map;
use crate::reply::Body;
use crate::tokens::TokenKind::UserInfo;
use crate::tokens::{Alg, KeyChoice, TokenDraft, encrypted, stranger};

const AGGREGATED: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims";

/// Claims of somebody else's, signed by a key of theirs.
fn foreign_claims(edit: &EditContext<'_>) -> Option<String> {
    let key = Arc::new(stranger(Alg::RS256).ok()?);
    let claims = json!({ "iss": "https://claims.example.com", "shoe_size": 42, "phone_number": "+1 (310) 123-4567" });
    let header = Map::from_iter([("kid".to_owned(), Value::from(key.kid().as_str()))]);
    let draft = TokenDraft::new(header, claims.as_object()?.clone(), KeyChoice::Foreign(Alg::RS256, key));
    Some(edit.settings.keys.sign(&draft))
}

fn sources(reply: &mut crate::reply::Reply, source: &Value) -> bool {
    good(reply, |members| {
        members.insert("_claim_names".into(), json!({ "shoe_size": "src1", "phone_number": "src1" }));
        members.insert("_claim_sources".into(), json!({ "src1": source }));
        true
    })
}

/// Has UserInfo answer with a JWT though the client never asked for one.
fn as_jwt(overrides: &mut crate::faults::effect::Overrides<'_>, edit: &EditContext<'_>) -> bool {
    let Some(mut client) = edit.client().filter(|_| edit.facts.point == Userinfo) else { return false };
    let unasked = client.userinfo_signed_response_alg.is_none();
    client.userinfo_signed_response_alg = Some(Alg::RS256.into());
    client.unregistered = false;
    overrides.settings.clients.insert(client.client_id(), client.into());
    unasked
}

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "ui.sub.differs",
        "sub is not the ID token's.",
        &["userinfo.sub"],
        (
            USERINFO,
            &[
                Reply(Userinfo, |r, _| member(r, "sub", "somebody-else")),
                Draft(UserInfo, |t, _| begin_otherwise(t, "sub")),
            ],
        ),
    ),
    reject(
        "ui.sub.missing",
        "sub is left out.",
        &["userinfo.sub"],
        (USERINFO, &[Reply(Userinfo, |r, _| without(r, "sub"))]),
    ),
    handle(
        "ui.401",
        "The answer is 401 with a Bearer challenge.",
        REFUSED,
        (BEARER, &[Reply(Userinfo, |r, _| bearer_error(r, 401, "invalid_token"))]),
    )
    .so("refreshes once, and then says that it cannot go on"),
    handle(
        "ui.401_bare",
        "The answer is 401 without a challenge.",
        &["userinfo.status", "userinfo.body", "userinfo.content_type"],
        (BEARER, &[Reply(Userinfo, |r, _| instead(r, 401, "text/plain", "Unauthorized"))]),
    ),
    handle(
        "ui.403",
        "The answer is 403, insufficient_scope.",
        REFUSED,
        (BEARER, &[Reply(Userinfo, |r, _| bearer_error(r, 403, "insufficient_scope"))]),
    ),
    handle(
        "ui.404",
        "The answer is 404.",
        &["userinfo.status", "userinfo.body", "userinfo.content_type"],
        (super::kind::section::HTTP, &[Reply(Userinfo, |r, _| html(r, 404))]),
    ),
    handle(
        "ui.5xx",
        "The answer is 500.",
        &["userinfo.status", "userinfo.error"],
        (super::kind::section::HTTP, &[Reply(Userinfo, |r, _| error(r, 500, "server_error"))]),
    ),
    handle(
        "ui.content_type",
        "The JSON is called text/plain.",
        &["userinfo.content_type"],
        (USERINFO, &[Reply(Userinfo, |r, _| bytes(r, "text/plain", |text| text))]),
    ),
    handle(
        "ui.content_type.jwt_unasked",
        "The answer is a JWT though nobody registered that.",
        &["userinfo.content_type", "userinfo.*"],
        (USERINFO, &[Override(|p, f| as_jwt(p, f))]),
    ),
    tolerate(
        "ui.content_type.uppercase",
        "The JSON is called APPLICATION/JSON.",
        &["userinfo.content_type"],
        (
            "https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1",
            &[Reply(Userinfo, |r, _| match &r.body {
                Body::Json(_) => bytes(r, "APPLICATION/JSON", |text| text),
                Body::Token(..) => bytes(r, "APPLICATION/JWT", |text| text),
                _ => false,
            })],
        ),
    ),
    reject(
        "ui.jwt.bad_sig",
        "The signed answer's signature does not hold.",
        JWT,
        (USERINFO, &[Spoil(UserInfo, |t, _| corrupt(t))]),
    ),
    reject(
        "ui.jwt.other_key",
        "The answer is signed by a key that is not published.",
        JWT,
        (USERINFO, &[Draft(UserInfo, |t, f| by_stranger(t, f))]),
    ),
    reject(
        "ui.jwt.wrong_iss",
        "The signed answer is another issuer's.",
        JWT,
        (USERINFO, &[Draft(UserInfo, |t, _| begin_otherwise(t, "iss"))]),
    ),
    reject(
        "ui.jwt.wrong_aud",
        "The signed answer is for another client.",
        JWT,
        (USERINFO, &[Draft(UserInfo, |t, _| set(t, "aud", "another-client"))]),
    ),
    reject(
        "ui.jwt.alg_none",
        "The answer that should be signed is not.",
        JWT,
        (
            USERINFO,
            &[Draft(UserInfo, |t, _| {
                t.key = KeyChoice::Unsigned;
                t.header.insert("alg".into(), "none".into());
                true
            })],
        ),
    ),
    handle(
        "ui.jwt.encrypted",
        "The signed answer is encrypted as well, by a key made of the client's secret.",
        JWT,
        (
            USERINFO,
            &[Spoil(UserInfo, |t, f| {
                let Some(secret) = f.client().and_then(|client| client.secret) else { return false };
                let header = Map::from_iter([("cty".to_owned(), Value::from("JWT"))]);
                let drawn = f.draw.bytes();
                *t = encrypted(&secret, &header, t.as_bytes(), std::array::from_fn(|at| drawn[at]));
                true
            })],
        ),
    )
    .so("opens it, if it registered that, and refuses it otherwise"),
    handle(
        "ui.empty",
        "The answer is {}.",
        &["userinfo.*"],
        (USERINFO, &[Reply(Userinfo, |r, _| instead(r, 200, "application/json", "{}"))]),
    ),
    handle(
        "ui.null_values",
        "Each claim but sub is null.",
        &["userinfo.*"],
        (
            USERINFO,
            &[Reply(Userinfo, |r, _| {
                good(r, |members| {
                    members.iter_mut().filter(|(name, _)| *name != "sub").for_each(|(_, value)| *value = Value::Null);
                    members.len() > 1
                })
            })],
        ),
    ),
    handle(
        "ui.array",
        "The answer is a list.",
        &["userinfo.body"],
        (
            USERINFO,
            &[Reply(Userinfo, |r, _| {
                bytes(r, "application/json", |text| [b"[".to_vec(), text, b"]".to_vec()].concat())
            })],
        ),
    ),
    tolerate(
        "ui.claims.aggregated",
        "Two claims come in a token of somebody else's.",
        SOURCES,
        (
            AGGREGATED,
            &[Reply(Userinfo, |r, f| foreign_claims(f).is_some_and(|token| sources(r, &json!({ "JWT": token }))))],
        ),
    )
    .so("goes on, and believes the claims only if it knows that issuer"),
    tolerate(
        "ui.claims.distributed",
        "Two claims are to be fetched from `with.url`, from UserInfo itself where it says nothing.",
        SOURCES,
        (
            AGGREGATED,
            &[Reply(Userinfo, |r, f| {
                let at = f.options.url.clone().unwrap_or_else(|| f.settings.url_of(crate::world::Endpoint::UserInfo));
                let token = URL_SAFE_NO_PAD.encode(f.draw.bytes());
                sources(r, &json!({ "endpoint": at, "access_token": token }))
            })],
        ),
    ),
    handle(
        "ui.claims.distributed_down",
        "Two claims are to be fetched from where nobody answers.",
        SOURCES,
        (
            AGGREGATED,
            &[Reply(Userinfo, |r, _| {
                sources(r, &json!({ "endpoint": "http://127.0.0.1:9/claims", "access_token": "x" }))
            })],
        ),
    ),
];

const REFUSED: &[&str] = &["userinfo.status", "userinfo.error", "userinfo.www-authenticate"];
const JWT: &[&str] = &["userinfo.token"];
const SOURCES: &[&str] = &["userinfo._claim_names", "userinfo._claim_sources"];
