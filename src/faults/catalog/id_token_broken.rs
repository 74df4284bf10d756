//! ID tokens that are no tokens, or tokens of another kind.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::kind::section::JWS;
use super::kind::{FaultKind, reject};
use crate::faults::effect::EditContext;

use crate::faults::edit::{client_secret, parts};
use crate::faults::effect::Effect::{Draft, Spoil};
use crate::tokens::TokenKind::Id;
use crate::tokens::encrypted;

/// A JWE around this text.
fn sealed(token: &mut String, facts: &mut EditContext<'_>, more: &[(&str, Value)], plain: &[u8]) -> bool {
    let secret = client_secret(facts).unwrap_or_else(|| "no secret".into());
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let drawn = facts.draw.bytes();
    *token = encrypted(&secret, &more, plain, std::array::from_fn(|at| drawn[at]));
    true
}

/// A JWE whose key part is nothing but noise: whoever looks at the header closely needs not try it.
fn locked(token: &mut String, facts: &mut EditContext<'_>, head: &Value) -> bool {
    let noise: Vec<u8> = (0..8).flat_map(|_| facts.draw.bytes()).collect();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (key, iv, body, tag) = (&noise[..], &noise[..12], &noise[12..200], &noise[200..216]);
    *token = [part(head.to_string().as_bytes()), part(key), part(iv), part(body), part(tag)].join(".");
    true
}

const ANY: &[&str] = &["id_token"];

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "idt.malformed.two_parts",
        "The token has two parts.",
        ANY,
        (
            JWS,
            &[Spoil(Id, |t, _| {
                t.rfind('.').is_some_and(|dot| {
                    t.truncate(dot);
                    true
                })
            })],
        ),
    ),
    reject(
        "idt.malformed.four_parts",
        "The token has four parts.",
        ANY,
        (
            JWS,
            &[Spoil(Id, |t, _| {
                t.push_str(".AAAA");
                true
            })],
        ),
    ),
    reject(
        "idt.malformed.parts",
        "The token has ten thousand dots.",
        ANY,
        (
            JWS,
            &[Spoil(Id, |t, _| {
                t.push_str(&".".repeat(10_000));
                true
            })],
        ),
    )
    .so("refuses it without splitting it all"),
    reject(
        "idt.malformed.b64",
        "The claims are not base64url.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc7515#section-2",
            &[Spoil(Id, |t, _| {
                let Some([head, claims, signature]) = parts(t) else { return false };
                *t = format!("{head}.{}*!.{signature}", &claims[..claims.len().saturating_sub(2)]);
                true
            })],
        ),
    ),
    reject(
        "idt.malformed.padded",
        "The signature is padded with =.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc7515#section-2",
            &[Spoil(Id, |t, _| {
                t.push_str("==");
                true
            })],
        ),
    ),
    reject(
        "idt.malformed.json",
        "The claims are broken JSON, well signed.",
        ANY,
        (
            JWS,
            &[Draft(Id, |t, _| {
                let text = Value::Object(t.claims.clone()).to_string();
                t.text = Some(text[..text.floor_char_boundary(text.len() / 2)].to_owned());
                true
            })],
        ),
    ),
    reject(
        "idt.malformed.dup_claims",
        "aud stands there twice.",
        &["id_token.aud"],
        (
            "https://www.rfc-editor.org/rfc/rfc7519#section-4",
            &[Draft(Id, |t, _| {
                let text = Value::Object(t.claims.clone()).to_string();
                t.text = text.strip_suffix('}').map(|open| format!("{open},\"aud\":\"another-client\"}}"));
                t.text.is_some()
            })],
        ),
    ),
    reject(
        "idt.jwe.unexpected",
        "The token is encrypted though nobody registered that.",
        ANY,
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#Encryption",
            &[Spoil(Id, |t, f| {
                let plain = t.clone();
                sealed(t, f, &[("cty", "JWT".into())], plain.as_bytes())
            })],
        ),
    ),
    reject(
        "idt.jwe.unsigned_inside",
        "An encrypted token with plain claims inside.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc8725#section-2.3",
            &[Spoil(Id, |t, f| {
                let claims = parts(t).and_then(|[_, claims, _]| URL_SAFE_NO_PAD.decode(claims).ok());
                claims.is_some_and(|claims| sealed(t, f, &[], &claims))
            })],
        ),
    ),
    reject(
        "idt.jwe.zip_bomb",
        "An encrypted token that a few kB inflate to 20 MB.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.6",
            &[Spoil(Id, |t, f| {
                let mut bomb = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                let written = bomb.write_all(&vec![b' '; 20_000_000]).and_then(|()| bomb.finish());
                written.is_ok_and(|bomb| sealed(t, f, &[("zip", "DEF".into())], &bomb))
            })],
        ),
    )
    .so("refuses it without inflating it all"),
    reject(
        "idt.jwe.p2c",
        "An encrypted token that asks for two thousand million rounds of PBKDF2.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc7518#section-4.8",
            &[Spoil(Id, |t, f| {
                let salt = URL_SAFE_NO_PAD.encode(f.draw.bytes());
                let head =
                    json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128CBC-HS256", "p2s": salt, "p2c": 2_147_483_647 });
                locked(t, f, &head)
            })],
        ),
    )
    .so("refuses it without counting"),
    reject(
        "idt.jwe.rsa1_5",
        "An encrypted token whose key is wrapped by RSA1_5.",
        ANY,
        (
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.2",
            &[Spoil(Id, |t, f| locked(t, f, &json!({ "alg": "RSA1_5", "enc": "A256GCM" })))],
        ),
    ),
];
