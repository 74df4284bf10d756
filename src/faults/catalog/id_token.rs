//! ID tokens whose claims are untrue.

use serde_json::{Value, json};

use super::kind::section::{ID_TOKEN, JWT_TIMES, VALIDATION};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{append, begin_otherwise, change, leave_out, set, shift};
use crate::faults::effect::Effect::Draft;
use crate::tokens::TokenKind::Id;

const WEEK: i64 = 7 * 86_400;

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "idt.iss.wrong",
        "iss is another issuer's.",
        &["id_token.iss"],
        (VALIDATION, &[Draft(Id, |t, _| begin_otherwise(t, "iss"))]),
    ),
    reject(
        "idt.iss.missing",
        "iss is left out.",
        &["id_token.iss"],
        (ID_TOKEN, &[Draft(Id, |t, _| leave_out(t, "iss"))]),
    ),
    reject(
        "idt.iss.trailing_slash",
        "iss ends in a slash where discovery's does not.",
        &["id_token.iss"],
        (
            VALIDATION,
            &[Draft(Id, |t, _| {
                change(t, "iss", |iss| {
                    let iss = iss.as_str().unwrap_or_default();
                    iss.strip_suffix('/').map_or_else(|| format!("{iss}/"), str::to_owned).into()
                })
            })],
        ),
    ),
    reject(
        "idt.iss.case",
        "The host in iss is written in capitals.",
        &["id_token.iss"],
        (
            VALIDATION,
            &[Draft(Id, |t, _| {
                change(t, "iss", |iss| {
                    let iss = iss.as_str().unwrap_or_default();
                    let (scheme, rest) = iss.split_once("://").unwrap_or(("", iss));
                    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                    format!("{scheme}://{}{path}", host.to_uppercase()).into()
                })
            })],
        ),
    ),
    reject(
        "idt.iss.http",
        "iss has the other scheme: https for http, http for https.",
        &["id_token.iss"],
        (
            VALIDATION,
            &[Draft(Id, |t, _| {
                change(t, "iss", |iss| match iss.as_str().unwrap_or_default() {
                    plain if plain.starts_with("http:") => plain.replacen("http:", "https:", 1).into(),
                    secure => secure.replacen("https:", "http:", 1).into(),
                })
            })],
        ),
    ),
    reject(
        "idt.aud.wrong",
        "aud is another client.",
        &["id_token.aud"],
        (VALIDATION, &[Draft(Id, |t, _| set(t, "aud", "another-client"))]),
    ),
    reject(
        "idt.aud.missing",
        "aud is left out.",
        &["id_token.aud"],
        (ID_TOKEN, &[Draft(Id, |t, _| leave_out(t, "aud"))]),
    ),
    tolerate(
        "idt.aud.array_single",
        "aud is a list of one.",
        &["id_token.aud"],
        (ID_TOKEN, &[Draft(Id, |t, _| change(t, "aud", |aud| json!([aud])))]),
    ),
    reject(
        "idt.aud.array_extra",
        "aud has a second client, and there is no azp.",
        &["id_token.aud"],
        (VALIDATION, &[Draft(Id, |t, _| change(t, "aud", |aud| json!([aud, "another-client"])))]),
    ),
    reject(
        "idt.aud.array_extra_azp",
        "aud has a second client, and azp is the app.",
        &["id_token.aud", "id_token.azp"],
        (
            VALIDATION,
            &[Draft(Id, |t, _| {
                let azp = t.claims.get("aud").cloned().unwrap_or_default();
                set(t, "azp", azp) && change(t, "aud", |aud| json!([aud, "another-client"]))
            })],
        ),
    )
    .so("refuses it, unless it was told to trust the other client"),
    reject(
        "idt.azp.wrong",
        "azp is another client.",
        &["id_token.azp"],
        (VALIDATION, &[Draft(Id, |t, _| set(t, "azp", "another-client"))]),
    ),
    reject(
        "idt.aud.substring",
        "aud only contains the client_id.",
        &["id_token.aud"],
        (VALIDATION, &[Draft(Id, |t, _| append(t, "aud", "-and-more"))]),
    ),
    reject(
        "idt.sub.missing",
        "sub is left out.",
        &["id_token.sub"],
        (ID_TOKEN, &[Draft(Id, |t, _| leave_out(t, "sub"))]),
    ),
    reject("idt.sub.empty", "sub is empty.", &["id_token.sub"], (ID_TOKEN, &[Draft(Id, |t, _| set(t, "sub", ""))])),
    reject(
        "idt.sub.number",
        "sub is a number.",
        &["id_token.sub"],
        (ID_TOKEN, &[Draft(Id, |t, _| set(t, "sub", 248_289))]),
    )
    .so("refuses it; it never turns the number into text in silence"),
    handle(
        "idt.sub.long",
        "sub has 300 characters; 255 are allowed.",
        &["id_token.sub"],
        (ID_TOKEN, &[Draft(Id, |t, _| set(t, "sub", "x".repeat(300)))]),
    ),
    handle(
        "idt.sub.non_ascii",
        "sub is not ASCII.",
        &["id_token.sub"],
        (ID_TOKEN, &[Draft(Id, |t, _| set(t, "sub", "çağla-ı"))]),
    ),
    reject(
        "idt.exp.missing",
        "exp is left out.",
        &["id_token.exp"],
        (ID_TOKEN, &[Draft(Id, |t, _| leave_out(t, "exp"))]),
    ),
    reject(
        "idt.exp.past",
        "The token expired an hour ago.",
        &["id_token.exp", "id_token.iat"],
        (
            VALIDATION,
            &[Draft(Id, |t, f| {
                let now = f.now.0;
                set(t, "exp", now.saturating_sub(3_600)) && set(t, "iat", now.saturating_sub(7_200))
            })],
        ),
    ),
    tolerate(
        "idt.exp.now",
        "The token expires in two seconds.",
        &["id_token.exp"],
        (VALIDATION, &[Draft(Id, |t, f| set(t, "exp", f.now.0.saturating_add(2)))]),
    )
    .so("signs in, and later signs in again"),
    reject(
        "idt.exp.millis",
        "exp counts milliseconds.",
        &["id_token.exp"],
        (
            JWT_TIMES,
            &[Draft(Id, |t, _| change(t, "exp", |exp| exp.as_i64().unwrap_or_default().saturating_mul(1000).into()))],
        ),
    )
    .so("refuses it, or treats it as a time far away; no overflow"),
    reject(
        "idt.exp.string",
        "exp is text.",
        &["id_token.exp"],
        (JWT_TIMES, &[Draft(Id, |t, _| change(t, "exp", |exp| exp.to_string().into()))]),
    ),
    tolerate(
        "idt.exp.float",
        "exp has a fraction of a second.",
        &["id_token.exp"],
        (
            JWT_TIMES,
            &[Draft(Id, |t, _| {
                #[expect(clippy::cast_precision_loss, reason = "a time of this century fits a double exactly")]
                change(t, "exp", |exp| (exp.as_i64().unwrap_or_default() as f64 + 0.5).into())
            })],
        ),
    ),
    reject(
        "idt.iat.missing",
        "iat is left out.",
        &["id_token.iat"],
        (ID_TOKEN, &[Draft(Id, |t, _| leave_out(t, "iat"))]),
    ),
    reject(
        "idt.iat.future",
        "The token was issued in an hour.",
        &["id_token.iat"],
        (VALIDATION, &[Draft(Id, |t, _| shift(t, "iat", 3_600))]),
    )
    .so("refuses it, or warns"),
    reject(
        "idt.iat.old",
        "The token was issued a week ago.",
        &["id_token.iat"],
        (VALIDATION, &[Draft(Id, |t, _| shift(t, "iat", -WEEK))]),
    )
    .so("refuses it, where it bounds a token's age"),
    reject(
        "idt.nbf.future",
        "The token is good in an hour only.",
        &["id_token.nbf"],
        (
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.5",
            &[Draft(Id, |t, f| set(t, "nbf", f.now.0.saturating_add(3_600)))],
        ),
    ),
    reject(
        "idt.nonce.wrong",
        "nonce is not the one that the app sent.",
        &["id_token.nonce"],
        (VALIDATION, &[Draft(Id, |t, _| begin_otherwise(t, "nonce"))]),
    ),
    reject(
        "idt.nonce.missing",
        "nonce is left out though the app sent one.",
        &["id_token.nonce"],
        (VALIDATION, &[Draft(Id, |t, _| leave_out(t, "nonce"))]),
    ),
    tolerate(
        "idt.nonce.unsolicited",
        "There is a nonce though the app sent none.",
        &["id_token.nonce"],
        (ID_TOKEN, &[Draft(Id, |t, _| !t.claims.contains_key("nonce") && set(t, "nonce", "nobody-asked"))]),
    ),
    reject(
        "idt.nonce.replay",
        "nonce and times are those of a sign-in of yesterday.",
        &["id_token.nonce", "id_token.iat"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#NonceNotes",
            &[Draft(Id, |t, _| change(t, "nonce", |_| "a-nonce-of-yesterday".into()) && shift(t, "iat", -86_400))],
        ),
    ),
    reject(
        "idt.acr.missing",
        "acr is left out though the app asked for one.",
        &["id_token.acr"],
        (VALIDATION, &[Draft(Id, |t, _| leave_out(t, "acr"))]),
    )
    .so("refuses it, if it needs the context"),
    reject(
        "idt.acr.lower",
        "acr is weaker than what the app asked for.",
        &["id_token.acr"],
        (VALIDATION, &[Draft(Id, |t, _| change(t, "acr", |_| "0".into()))]),
    )
    .so("refuses it, if it needs the context"),
    reject(
        "idt.auth_time.missing",
        "auth_time is left out though max_age was sent.",
        &["id_token.auth_time"],
        (VALIDATION, &[Draft(Id, |t, _| leave_out(t, "auth_time"))]),
    ),
    reject(
        "idt.auth_time.stale",
        "The person signed in a week ago.",
        &["id_token.auth_time"],
        (VALIDATION, &[Draft(Id, |t, _| shift(t, "auth_time", -WEEK))]),
    )
    .so("asks for another sign-in, if it sent max_age"),
    reject(
        "idt.at_hash.wrong",
        "at_hash is another access token's.",
        &["id_token.at_hash"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowTokenValidation",
            &[Draft(Id, |t, _| change(t, "at_hash", |_| Value::from("AAAAAAAAAAAAAAAAAAAAAA")))],
        ),
    ),
    tolerate(
        "idt.at_hash.missing",
        "at_hash is left out.",
        &["id_token.at_hash"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken",
            &[Draft(Id, |t, _| leave_out(t, "at_hash"))],
        ),
    ),
    handle(
        "idt.huge",
        "The token has 100 kB of claims.",
        &["id_token.padding"],
        (ID_TOKEN, &[Draft(Id, |t, _| set(t, "padding", "x".repeat(100_000)))]),
    )
    .so("signs in, or says that it cannot; cookies and headers do not overflow"),
];
