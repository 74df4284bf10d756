//! The token endpoint's answer.

use serde_json::{Value, json};

use super::kind::section::{TOKEN_ANSWER, TOKEN_ERROR};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{altered, bytes, error, good, html, instead, member, replace, without};
use crate::faults::effect::Effect::Reply;
use crate::faults::matching::Point::Token;
use crate::protocol::Subject;
use crate::reply::Body;

const TYPE: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-7.1";
const EXPIRES: &str = "https://www.rfc-editor.org/rfc/rfc6749#appendix-A.14";
const ERROR: &[&str] = &["token.status", "token.error"];

macro_rules! errors {
    ($($id:literal $code:literal $status:literal $altered:expr)*) => {
        &[$(handle($id, concat!("The answer is ", $status, " ", $code, "."), $altered, (
            TOKEN_ERROR,
            &[Reply(Token, |r, _| error(r, $status, $code))],
        )),)*]
    };
}

/// The errors that an app may get in place of tokens.
pub(super) const ERRORS: &[FaultKind] = errors! {
    "tok.error.invalid_request" "invalid_request" 400 ERROR
    "tok.error.invalid_client" "invalid_client" 401 &["token.status", "token.error", "token.www-authenticate"]
    "tok.error.invalid_client_400" "invalid_client" 400 ERROR
    "tok.error.invalid_grant" "invalid_grant" 400 ERROR
    "tok.error.unauthorized_client" "unauthorized_client" 400 ERROR
    "tok.error.unsupported_grant_type" "unsupported_grant_type" 400 ERROR
    "tok.error.invalid_scope" "invalid_scope" 400 ERROR
};

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "tok.error.200",
        "An error comes with status 200.",
        &["token.error"],
        (TOKEN_ERROR, &[Reply(Token, |r, _| error(r, 200, "invalid_grant"))]),
    ),
    handle(
        "tok.500",
        "The answer is 500, in JSON.",
        &["token.status", "token.error"],
        (super::kind::section::HTTP, &[Reply(Token, |r, _| error(r, 500, "server_error"))]),
    ),
    handle(
        "tok.error.html",
        "The answer is a page of HTML.",
        &["token.body", "token.content_type"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| html(r, 200))]),
    ),
    handle(
        "tok.error.empty",
        "The answer has no body.",
        &["token.body"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| instead(r, 200, "application/json", ""))]),
    ),
    handle(
        "tok.error.204",
        "The answer is 204 No Content.",
        &["token.body", "token.status", "token.content-length"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| instead(r, 204, "application/json", ""))]),
    ),
    handle(
        "tok.json.invalid",
        "The answer is no JSON.",
        &["token.body"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| bytes(r, "application/json", |text| [text, b",]".to_vec()].concat()))]),
    ),
    handle(
        "tok.json.truncated",
        "The JSON breaks off in the middle.",
        &["token.body"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| bytes(r, "application/json", |text| text[..text.len() / 2].to_vec()))]),
    ),
    handle(
        "tok.json.bom",
        "The JSON begins with a byte order mark.",
        &["token.body"],
        (
            TOKEN_ANSWER,
            &[Reply(Token, |r, _| bytes(r, "application/json", |text| [b"\xEF\xBB\xBF".to_vec(), text].concat()))],
        ),
    ),
    handle(
        "tok.json.charset",
        "The JSON has a member in latin-1.",
        &["token.body", "token.content_type"],
        (
            TOKEN_ANSWER,
            &[Reply(Token, |r, _| {
                bytes(r, "application/json;charset=ISO-8859-1", |text| {
                    let open = text.strip_suffix(b"}").unwrap_or(&text).to_vec();
                    [open, b",\"greeting\":\"\xFCber\"}".to_vec()].concat()
                })
            })],
        ),
    ),
    handle(
        "tok.content_type.html",
        "The JSON is called text/html.",
        &["token.content_type"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| bytes(r, "text/html", |text| text))]),
    ),
    handle(
        "tok.content_type.plain",
        "The JSON is called text/plain.",
        &["token.content_type"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| bytes(r, "text/plain", |text| text))]),
    ),
    tolerate(
        "tok.content_type.charset",
        "The JSON is called application/json; charset=UTF-8.",
        &["token.content_type"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| bytes(r, "application/json; charset=UTF-8", |text| text))]),
    ),
    handle(
        "tok.content_type.form",
        "The answer is a form in place of JSON.",
        &["token.content_type", "token.body"],
        (
            TOKEN_ANSWER,
            &[Reply(Token, |r, _| {
                let Body::Json(text) = &r.body else { return false };
                let members: crate::protocol::Map = serde_json::from_slice(text).unwrap_or_default();
                let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let form = members.iter().map(|(name, value)| (name.clone(), as_text(value)));
                let form: crate::protocol::Params = form.collect();
                instead(r, 200, "application/x-www-form-urlencoded", form.to_query())
            })],
        ),
    ),
    reject(
        "tok.id_token.missing",
        "There is no ID token though openid was asked for.",
        &["token.id_token"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#TokenResponse",
            &[Reply(Token, |r, _| without(r, "id_token"))],
        ),
    ),
    tolerate(
        "tok.id_token.extra_scope",
        "There is an ID token though openid was not asked for.",
        &["token.id_token"],
        (
            TOKEN_ANSWER,
            &[Reply(Token, |r, f| {
                let asked = f.settings.issuer.clone();
                good(r, |members| {
                    if members.contains_key("id_token") {
                        return false;
                    }
                    let claims = json!({
                        "iss": asked, "sub": f.facts.user.as_ref().map_or(f.facts.client.as_str(), Subject::as_str), "aud": f.facts.client,
                        "exp": f.now.0.saturating_add(3_600), "iat": f.now.0,
                    });
                    let claims = claims.as_object().cloned().unwrap_or_default();
                    let alg = crate::tokens::KeyChoice::Current(f.settings.policy.signing_alg);
                    let draft = crate::tokens::TokenDraft::new(crate::protocol::Map::new(), claims, alg);
                    members.insert("id_token".into(), f.settings.keys.sign(&draft).into());
                    true
                })
            })],
        ),
    ),
    reject(
        "tok.access_token.missing",
        "There is no access token.",
        &["token.access_token"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| without(r, "access_token"))]),
    ),
    tolerate(
        "tok.token_type.case",
        "token_type is bEARER.",
        &["token.token_type"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| member(r, "token_type", "bEARER"))]),
    ),
    reject(
        "tok.token_type.unknown",
        "token_type is mac.",
        &["token.token_type"],
        (TYPE, &[Reply(Token, |r, _| member(r, "token_type", "mac"))]),
    ),
    reject(
        "tok.token_type.missing",
        "token_type is left out.",
        &["token.token_type"],
        (TYPE, &[Reply(Token, |r, _| without(r, "token_type"))]),
    ),
    tolerate(
        "tok.expires_in.missing",
        "expires_in is left out.",
        &["token.expires_in"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| without(r, "expires_in"))]),
    ),
    handle(
        "tok.expires_in.string",
        "expires_in is text.",
        &["token.expires_in"],
        (EXPIRES, &[Reply(Token, |r, _| altered(r, "expires_in", |seconds| seconds.to_string().into()))]),
    ),
    handle(
        "tok.expires_in.zero",
        "expires_in is 0.",
        &["token.expires_in"],
        (EXPIRES, &[Reply(Token, |r, _| member(r, "expires_in", 0))]),
    ),
    handle(
        "tok.expires_in.negative",
        "expires_in is -1.",
        &["token.expires_in"],
        (EXPIRES, &[Reply(Token, |r, _| member(r, "expires_in", -1))]),
    ),
    handle(
        "tok.expires_in.huge",
        "expires_in is 35,000 years.",
        &["token.expires_in"],
        (EXPIRES, &[Reply(Token, |r, _| member(r, "expires_in", 1_u64 << 40))]),
    ),
    tolerate(
        "tok.scope.missing",
        "scope is left out: it is what was asked for.",
        &["token.scope"],
        (TOKEN_ANSWER, &[Reply(Token, |r, _| without(r, "scope"))]),
    ),
    handle(
        "tok.scope.reduced",
        "scope is less than what was asked for.",
        &["token.scope"],
        (
            "https://www.rfc-editor.org/rfc/rfc6749#section-3.3",
            &[Reply(Token, |r, _| {
                altered(r, "scope", |scope| {
                    scope.as_str().unwrap_or_default().split(' ').next().unwrap_or_default().into()
                })
            })],
        ),
    ),
    handle(
        "tok.scope.extended",
        "scope is more than what was asked for.",
        &["token.scope"],
        (
            "https://www.rfc-editor.org/rfc/rfc6749#section-3.3",
            &[Reply(Token, |r, _| {
                altered(r, "scope", |scope| format!("{} admin", scope.as_str().unwrap_or_default()).into())
            })],
        ),
    ),
    tolerate(
        "tok.unknown_members",
        "There are members that nobody knows, some of them nested.",
        &["token.ext_expires_in", "token.x_nested"],
        (
            TOKEN_ANSWER,
            &[Reply(Token, |r, _| {
                member(r, "ext_expires_in", 3_600) && member(r, "x_nested", json!({ "a": [1, { "b": null }] }))
            })],
        ),
    ),
    tolerate(
        "tok.cookie",
        "The answer sets a cookie.",
        &["token.set-cookie"],
        (
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.12",
            &[Reply(Token, |r, _| {
                let good = r.status == 200;
                if good {
                    r.headers.push(("set-cookie".into(), "lb=a1b2c3; Path=/; HttpOnly".into()));
                }
                good
            })],
        ),
    ),
    reject(
        "tok.redirect",
        "The answer is a redirect to `with.url`, to a port where nobody is where it says nothing.",
        &["token.status", "token.location", "token.body", "token.content_type"],
        (
            "https://www.rfc-editor.org/rfc/rfc9700#section-4.12",
            &[Reply(Token, |r, f| {
                let to = f.options.url.clone().unwrap_or_else(|| "http://127.0.0.1:9/token".into());
                replace(r, crate::reply::Reply::new(302, Body::Redirect(to)))
            })],
        ),
    )
    .so("does not send its credentials there"),
    handle(
        "tok.code.rejected_once",
        "The code is used up, but the answer is 503; a second try gets invalid_grant.",
        &["token.status", "token.error"],
        (
            "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2",
            &[Reply(Token, |r, f| {
                let by_code = f.facts.grant_type.as_deref() == Some("authorization_code");
                by_code && r.status == 200 && error(r, 503, "temporarily_unavailable")
            })],
        ),
    )
    .so("starts the sign-in again"),
    handle(
        "tok.dpop.nonce",
        "The answer asks for a DPoP nonce.",
        &["token.status", "token.error", "token.dpop-nonce"],
        (
            "https://www.rfc-editor.org/rfc/rfc9449#section-8",
            &[Reply(Token, |r, _| {
                error(r, 400, "use_dpop_nonce");
                r.headers.push(("dpop-nonce".into(), "eyJ7S_zG.eyJH0-Z.HX4w-7v".into()));
                true
            })],
        ),
    )
    .so("tries again with the nonce, or says that it speaks no DPoP"),
];
