//! ID tokens whose signature or header is untrue.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::kind::section::{JWT_BCP, JWT_BCP_KID, ROTATION, SIGNING, VALIDATION};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{by_bytes, by_stranger, client_secret, corrupt, header, keys, parts};
use crate::faults::effect::Effect::{Draft, Publish, Reply, Spoil};
use crate::faults::matching::Point::Jwks;
use crate::protocol::Map;
use crate::tokens::TokenKind::Id;
use crate::tokens::{Alg, KeyChoice, SigningKey, TokenDraft, public_pem, published, stranger};

/// The key that lies publish, as a key set would have it. No other lie signs with it, or what is published for one would make the tokens of
/// another good.
fn published_jwk(use_: &str) -> Option<Map> {
    let mut jwk = published().ok()?.jwk().clone();
    jwk.insert("use".into(), use_.into());
    Some(jwk)
}

/// Signed by the stranger's RSA key, which nobody publishes, under its own name.
fn by_stranger_openly(draft: &mut TokenDraft) -> bool {
    stranger(Alg::RS256).is_ok_and(|key| openly(draft, key))
}

/// Signed by a key under its own name.
fn openly(draft: &mut TokenDraft, key: SigningKey) -> bool {
    header(draft, "kid", key.kid().as_str());
    draft.key = KeyChoice::Foreign(Alg::RS256, Arc::new(key));
    true
}

/// The published key that should have signed, as the bytes that `form` makes of it.
fn by_public_key(
    draft: &mut TokenDraft,
    facts: &crate::faults::EditContext<'_>,
    form: fn(&Map) -> Option<Vec<u8>>,
) -> bool {
    let jwk = facts.settings.keys.current(Alg::RS256).map(|key| key.jwk().clone());
    jwk.and_then(|jwk| form(&jwk)).is_some_and(|bytes| by_bytes(draft, facts, bytes))
}

fn unsigned(draft: &mut TokenDraft, name: &str) -> bool {
    draft.key = KeyChoice::Unsigned;
    header(draft, "alg", name)
}

pub(super) const FAULTS: &[FaultKind] = &[
    reject(
        "idt.sig.corrupt",
        "The signature does not hold: one character of it is another.",
        &["id_token.signature"],
        (VALIDATION, &[Spoil(Id, |t, _| corrupt(t))]),
    ),
    reject(
        "idt.sig.other_key",
        "The signature is by a key that is not published.",
        &["id_token.signature"],
        (VALIDATION, &[Draft(Id, |t, f| by_stranger(t, f))]),
    ),
    reject(
        "idt.sig.enc_key",
        "The signature is by a published key that is for encryption only.",
        &["id_token.header.kid", "id_token.signature", "jwks.keys"],
        (SIGNING, &[Draft(Id, |t, _| published().is_ok_and(|key| openly(t, key))), Publish(|| published_jwk("enc"))]),
    ),
    reject(
        "idt.alg.none",
        "alg is none and there is no signature.",
        &["id_token.header.alg", "id_token.header.kid", "id_token.signature"],
        (VALIDATION, &[Draft(Id, |t, _| unsigned(t, "none"))]),
    ),
    reject(
        "idt.alg.none_case",
        "alg is nOnE, and the signature stays.",
        &["id_token.header.alg", "id_token.signature"],
        (JWT_BCP, &[Draft(Id, |t, _| header(t, "alg", "nOnE"))]),
    ),
    reject(
        "idt.alg.hs_with_rsa_pub",
        "HS256, keyed by the published RSA key in PEM.",
        &["id_token.header.alg", "id_token.signature"],
        (JWT_BCP, &[Draft(Id, |t, f| by_public_key(t, f, |jwk| public_pem(jwk).map(String::into_bytes)))]),
    ),
    reject(
        "idt.alg.hs_with_rsa_der",
        "HS256, keyed by the published RSA key in DER.",
        &["id_token.header.alg", "id_token.signature"],
        (
            JWT_BCP,
            &[Draft(Id, |t, f| {
                by_public_key(t, f, |jwk| {
                    let pem = public_pem(jwk)?;
                    let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
                    STANDARD.decode(lines).ok()
                })
            })],
        ),
    ),
    reject(
        "idt.alg.hs_with_rsa_n",
        "HS256, keyed by the n of the published RSA key.",
        &["id_token.header.alg", "id_token.signature"],
        (JWT_BCP, &[Draft(Id, |t, f| by_public_key(t, f, |jwk| Some(jwk.get("n")?.as_str()?.as_bytes().to_vec())))]),
    ),
    reject(
        "idt.alg.hs_client_secret",
        "HS256 by the client's secret, though another algorithm is registered.",
        &["id_token.header.alg", "id_token.signature"],
        (
            JWT_BCP,
            &[Draft(Id, |t, f| {
                let other = t.key.alg() != Some(Alg::HS256);
                other && client_secret(f).is_some_and(|secret| by_bytes(t, f, secret.into_bytes()))
            })],
        ),
    ),
    reject(
        "idt.alg.other_valid",
        "Signed by a published key of another algorithm than the registered one.",
        &["id_token.header.alg", "id_token.header.kid"],
        (
            VALIDATION,
            &[Draft(Id, |t, _| {
                let other = if t.key.alg() == Some(Alg::ES256) { Alg::RS256 } else { Alg::ES256 };
                t.key = KeyChoice::Current(other);
                true
            })],
        ),
    )
    .so("refuses it, if it registered an algorithm"),
    reject(
        "idt.alg.unknown",
        "alg is XX999, and at_hash is wrong as well.",
        &["id_token.header.alg", "id_token.at_hash", "id_token.signature"],
        (
            JWT_BCP,
            &[Draft(Id, |t, _| {
                t.claims.insert("at_hash".into(), "AAAAAAAAAAAAAAAAAAAAAA".into());
                header(t, "alg", "XX999")
            })],
        ),
    )
    .so("refuses it: what it cannot verify is not true"),
    reject(
        "idt.ecdsa.zero",
        "An ES256 signature of zeros.",
        &["id_token.header.alg", "id_token.header.kid", "id_token.signature"],
        (
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.3",
            &[
                Draft(Id, |t, _| {
                    t.key = KeyChoice::Current(Alg::ES256);
                    true
                }),
                Spoil(Id, |t, _| {
                    let Some([head, claims, _]) = parts(t) else { return false };
                    *t = format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode([0; 64]));
                    true
                }),
            ],
        ),
    ),
    reject(
        "idt.ecdsa.der",
        "An ES256 signature in DER.",
        &["id_token.header.alg", "id_token.header.kid", "id_token.signature"],
        (
            "https://www.rfc-editor.org/rfc/rfc7518#section-3.4",
            &[
                Draft(Id, |t, _| {
                    t.key = KeyChoice::Current(Alg::ES256);
                    true
                }),
                Spoil(Id, |t, _| {
                    let Some([head, claims, signature]) = parts(t) else { return false };
                    let Ok(raw) = URL_SAFE_NO_PAD.decode(signature) else { return false };
                    *t = format!("{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(in_der(&raw)));
                    true
                }),
            ],
        ),
    ),
    reject(
        "idt.hdr.jwk",
        "The header brings the key that signed.",
        &["id_token.header.jwk", "id_token.header.kid", "id_token.signature"],
        (
            JWT_BCP_KID,
            &[Draft(Id, |t, _| {
                stranger(Alg::RS256).is_ok_and(|key| header(t, "jwk", key.jwk().clone())) && by_stranger_openly(t)
            })],
        ),
    )
    .so("never uses a key of the header"),
    reject(
        "idt.hdr.jku",
        "The header links a key set of somebody else.",
        &["id_token.header.jku", "id_token.header.kid", "id_token.signature"],
        (JWT_BCP_KID, &[Draft(Id, |t, _| header(t, "jku", "http://127.0.0.1:9/jwks") && by_stranger_openly(t))]),
    )
    .so("refuses it, and fetches nothing"),
    reject(
        "idt.hdr.x5u",
        "The header links a certificate of somebody else.",
        &["id_token.header.x5u", "id_token.header.kid", "id_token.signature"],
        (JWT_BCP_KID, &[Draft(Id, |t, _| header(t, "x5u", "http://127.0.0.1:9/chain.pem") && by_stranger_openly(t))]),
    )
    .so("refuses it, and fetches nothing"),
    reject(
        "idt.hdr.kid_injection",
        "kid climbs folders and speaks SQL.",
        &["id_token.header.kid", "id_token.signature"],
        (JWT_BCP_KID, &[Draft(Id, |t, _| header(t, "kid", "../../../../dev/null' OR '1'='1"))]),
    ),
    reject(
        "idt.hdr.kid_long",
        "kid has 10 kB.",
        &["id_token.header.kid", "id_token.signature"],
        (JWT_BCP_KID, &[Draft(Id, |t, _| header(t, "kid", "k".repeat(10_000)))]),
    ),
    reject(
        "idt.hdr.crit",
        "crit demands an extension that nobody knows.",
        &["id_token.header.crit", "id_token.header.http://example.com/unknown", "id_token.signature"],
        (
            "https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11",
            &[Draft(Id, |t, _| {
                header(t, "crit", json!(["http://example.com/unknown"]))
                    && header(t, "http://example.com/unknown", true)
            })],
        ),
    ),
    reject(
        "idt.hdr.typ",
        "typ is logout+jwt.",
        &["id_token.header.typ"],
        ("https://www.rfc-editor.org/rfc/rfc8725#section-3.11", &[Draft(Id, |t, _| header(t, "typ", "logout+jwt"))]),
    )
    .so("refuses it, where it looks at typ"),
    reject(
        "idt.hdr.typ_access",
        "typ is at+jwt.",
        &["id_token.header.typ"],
        ("https://www.rfc-editor.org/rfc/rfc8725#section-3.11", &[Draft(Id, |t, _| header(t, "typ", "at+jwt"))]),
    )
    .so("refuses it, where it looks at typ"),
    reject(
        "idt.hdr.b64_false",
        "b64 is false: the payload would not be encoded.",
        &["id_token.header.b64", "id_token.header.crit", "id_token.signature"],
        (
            "https://www.rfc-editor.org/rfc/rfc7797#section-6",
            &[Draft(Id, |t, _| header(t, "b64", false) && header(t, "crit", json!(["b64"])))],
        ),
    ),
    reject(
        "idt.cross.access_token",
        "An access token stands in place of the ID token.",
        &[
            "id_token.header.typ",
            "id_token.client_id",
            "id_token.jti",
            "id_token.scope",
            "id_token.nonce",
            "id_token.at_hash",
            "id_token.sid",
        ],
        (
            "https://www.rfc-editor.org/rfc/rfc8725#section-3.12",
            &[Draft(Id, |t, f| {
                for claim in ["nonce", "at_hash", "sid"] {
                    t.claims.shift_remove(claim);
                }
                t.claims.insert("client_id".into(), f.facts.client.as_str().into());
                t.claims.insert("jti".into(), f.draw.id().into());
                t.claims.insert("scope".into(), "openid".into());
                header(t, "typ", "at+jwt")
            })],
        ),
    ),
    reject(
        "idt.cross.logout_token",
        "A logout token stands in place of the ID token.",
        &[
            "id_token.header.typ",
            "id_token.events",
            "id_token.jti",
            "id_token.nonce",
            "id_token.at_hash",
            "id_token.auth_time",
            "id_token.amr",
            "id_token.acr",
        ],
        (
            "https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation",
            &[Draft(Id, |t, f| {
                for claim in ["nonce", "at_hash", "auth_time", "amr", "acr"] {
                    t.claims.shift_remove(claim);
                }
                t.claims.insert("jti".into(), f.draw.id().into());
                let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
                t.claims.insert("events".into(), events);
                header(t, "typ", "logout+jwt")
            })],
        ),
    ),
    tolerate(
        "idt.kid.absent_single",
        "There is no kid, and the key set has one key.",
        &["id_token.header.kid", "jwks.keys"],
        (
            SIGNING,
            &[
                Draft(Id, |t, _| header(t, "kid", Value::Null)),
                Reply(Jwks, |r, _| {
                    keys(r, |keys| {
                        keys.truncate(1);
                        true
                    })
                }),
            ],
        ),
    ),
    tolerate(
        "idt.kid.absent_multi",
        "There is no kid, and the key set has several keys of the kind.",
        &["id_token.header.kid", "jwks.keys"],
        (SIGNING, &[Draft(Id, |t, _| header(t, "kid", Value::Null)), Publish(|| published_jwk("sig"))]),
    )
    .so("tries the keys that fit, or refuses"),
    reject(
        "idt.kid.unknown",
        "kid names a key that is not published.",
        &["id_token.header.kid", "id_token.signature"],
        (ROTATION, &[Draft(Id, |t, _| header(t, "kid", "nobody-knows-this-key"))]),
    )
    .so("fetches the key set again, once, and refuses"),
    handle(
        "idt.kid.duplicate",
        "Two published keys have the kid.",
        &["jwks.keys"],
        (
            "https://www.rfc-editor.org/rfc/rfc7517#section-4.5",
            &[Reply(Jwks, |r, f| {
                let kid = f.settings.keys.current(Alg::RS256).map(|key| key.kid().as_str().to_owned());
                let Some((mut jwk, kid)) = published_jwk("sig").zip(kid) else { return false };
                jwk.insert("kid".into(), kid.into());
                keys(r, |keys| {
                    keys.insert(0, Value::Object(jwk));
                    true
                })
            })],
        ),
    )
    .so("tries both, or refuses"),
];

/// A raw ECDSA signature of 64 bytes as a DER sequence of two integers.
fn in_der(raw: &[u8]) -> Vec<u8> {
    let integer = |half: &[u8]| {
        let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len().saturating_sub(1));
        let mut bytes = half[start..].to_vec();
        if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        [vec![0x02, u8::try_from(bytes.len()).unwrap_or_default()], bytes].concat()
    };
    let both: Vec<u8> = raw.chunks(32).flat_map(integer).collect();
    [vec![0x30, u8::try_from(both.len()).unwrap_or_default()], both].concat()
}
