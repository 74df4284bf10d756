//! The key set, and which key signs.

use serde_json::{Value, json};

use super::kind::section::{JWK, ROTATION};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{bytes, error, keys};
use crate::faults::effect::EditContext;
use crate::faults::effect::Effect::{self, Publish, Reply};
use crate::faults::effect::Overrides;
use crate::faults::matching::Point::{Jwks, Token};

use crate::protocol::{Lifetime, Map};
use crate::reply::Delivery;
use crate::tokens::{published, successor};

const KEYS: &[&str] = &["jwks.keys"];
const ROTATED: &[&str] = &["jwks.keys", "id_token.header.kid", "access_token.header.kid", "id_token.at_hash"];
const CACHED: &str = "keeps the keys that it has, and asks again later";

fn new_key() -> Option<Map> {
    successor().ok().map(|key| key.jwk().clone())
}

/// A ring in which the next key signs already. It overrides the settings, so that tokens of that key are taken where they come back.
fn rotated(overrides: &mut Overrides<'_>, edit: &EditContext<'_>, grace: Lifetime) -> bool {
    let Ok(key) = successor() else { return false };
    overrides.settings.keys = overrides.settings.keys.rotated(key, edit.now, grace);
    matches!(edit.facts.point, Token | Jwks)
}

const HOUR: Lifetime = Lifetime::of_seconds(3_600);

/// Changes the first RSA key of the set.
fn first_rsa(reply: &mut crate::reply::Reply, alter: impl FnOnce(&mut Map)) -> bool {
    keys(reply, |keys| {
        let rsa = keys.iter_mut().filter_map(Value::as_object_mut).find(|key| key.get("kty") == Some(&"RSA".into()));
        rsa.map(alter).is_some()
    })
}

/// Leaves a member out of every key that has it.
fn leave_out(keys: &mut [Value], member: &str) -> bool {
    let with_it = keys.iter_mut().filter_map(Value::as_object_mut);
    with_it.filter_map(|key| key.shift_remove(member)).count() > 0
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle("jwks.down", "The connection breaks.", &["jwks.connection"], (ROTATION, &[Reply(Jwks, |r, _| {
        r.delivery = Delivery::Reset;
        true
    })]))
    .so(CACHED),
    handle("jwks.500", "The answer is 500.", &["jwks.status", "jwks.*"], (
        ROTATION,
        &[Reply(Jwks, |r, _| error(r, 500, "server_error"))],
    ))
    .so(CACHED),
    handle("jwks.slow", "The answer comes after `with.delay`, 30 s where it says nothing.", &["jwks.late"], (
        ROTATION,
        &[Reply(Jwks, |r, f| {
            r.delivery = Delivery::After(f.options.delay.unwrap_or(Lifetime::of_seconds(30)).duration());
            true
        })],
    ))
    .so(CACHED),
    handle("jwks.invalid_json", "The JSON breaks off in the middle.", &["jwks.body"], (
        ROTATION,
        &[Reply(Jwks, |r, _| bytes(r, "application/json", |text| text[..text.len() / 2].to_vec()))],
    ))
    .so(CACHED),
    handle("jwks.empty", "There are no keys.", KEYS, (ROTATION, &[Reply(Jwks, |r, _| keys(r, |keys| {
        keys.clear();
        true
    }))]))
    .so(CACHED),
    tolerate("jwks.rotate", "Tokens are signed by a new key; the old one is published yet.", ROTATED, (
        ROTATION,
        &[Effect::Override(|p, f| rotated(p, f, HOUR)), Publish(new_key)],
    ))
    .so("fetches the key set again when it meets an unknown kid"),
    tolerate("jwks.rotate_before_sign", "A new key signs at once, while the key set may be cached for an hour.", &[
        "jwks.keys",
        "jwks.cache-control",
        "id_token.header.kid",
        "access_token.header.kid",
        "id_token.at_hash",
    ], (
        ROTATION,
        &[
            Effect::Override(|p, f| rotated(p, f, HOUR)),
            Publish(new_key),
            Reply(Jwks, |r, _| {
                r.headers.push(("cache-control".into(), "public, max-age=3600".into()));
                true
            }),
        ],
    ))
    .so("fetches the key set again, once, though its copy is fresh"),
    reject("jwks.rotate_hard", "Tokens are signed by a new key, and the old ones are gone.", ROTATED, (
        ROTATION,
        &[
            Effect::Override(|p, f| rotated(p, f, Lifetime::of_seconds(0))),
            Publish(new_key),
        ],
    ))
    .so("refuses tokens of the old key, and takes those of the new one"),
    tolerate("jwks.cache_headers", "The key set may be cached for a year.", &["jwks.cache-control"], (
        ROTATION,
        &[Reply(Jwks, |r, _| {
            r.headers.push(("cache-control".into(), "public, max-age=31536000, immutable".into()));
            true
        })],
    ))
    .so("caches within bounds, and fetches again on an unknown kid, not too often"),
    tolerate("jwks.cache_headers.none", "The key set must not be cached at all.", &["jwks.cache-control"], (
        ROTATION,
        &[Reply(Jwks, |r, _| {
            r.headers.push(("cache-control".into(), "no-store, max-age=0".into()));
            true
        })],
    ))
    .so("does not fetch it for every token"),
    tolerate("jwks.extra_keys", "There are whole keys of kinds that few know, without use and alg.", KEYS, (
        "https://www.rfc-editor.org/rfc/rfc7517#section-5",
        &[Reply(Jwks, |r, _| keys(r, |keys| {
            keys.splice(0..0, [
                json!({ "kty": "XYZ", "kid": "unknown-kty" }),
                json!({ "kty": "OKP", "crv": "X25519", "kid": "x25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo" }),
                json!({ "kty": "EC", "crv": "secp999k1", "kid": "unknown-crv", "x": "AQ", "y": "AQ" }),
            ]);
            true
        }))],
    ))
    .so("leaves out what it cannot use"),
    handle("jwks.extra_keys.incomplete", "There is a key without the members that its kind needs.", KEYS, (
        "https://www.rfc-editor.org/rfc/rfc7517#section-5",
        &[Reply(Jwks, |r, _| keys(r, |keys| {
            keys.splice(0..0, [json!({ "kty": "oct", "kid": "oct-without-k" })]);
            true
        }))],
    ))
    .so("leaves out the key, as the RFC says it should; some libraries refuse the whole set"),
    tolerate("jwks.alg.missing", "No key says its alg, which is optional.", KEYS, (
        JWK,
        &[Reply(Jwks, |r, _| keys(r, |keys| leave_out(keys, "alg")))],
    ))
    .so("takes the algorithm that it was configured for"),
    tolerate("jwks.use.missing", "No key says its use, which is optional.", KEYS, (
        JWK,
        &[Reply(Jwks, |r, _| keys(r, |keys| leave_out(keys, "use")))],
    ))
    .so("verifies with the key all the same"),
    reject("jwks.private_leak", "The private half of a key that signs nothing is published.", KEYS, (
        "https://www.rfc-editor.org/rfc/rfc7517#section-9.2",
        &[Reply(Jwks, |r, _| {
            let Ok(key) = published() else { return false };
            let mut jwk = key.jwk().clone();
            // Numbers that look like a private key and are none: no private key is in any answer.
            for name in ["d", "p", "q", "dp", "dq", "qi"] {
                jwk.insert(name.into(), "c3RhbmRpbi1ub3QtYS1wcml2YXRlLWtleQ".into());
            }
            crate::faults::edit::publish(r, jwk)
        })],
    ))
    .so("raises an alarm"),
    reject("jwks.weak_rsa", "The RSA key has 512 bits.", KEYS, (
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.5",
        &[Reply(Jwks, |r, _| first_rsa(r, |key| {
            key.insert("n".into(), "wJENcRev-eXZKvhhWLiV3Lz2MvO0naQRHo59g3vaNQnbgyduN_L4krlr".into());
        }))],
    )),
    reject("jwks.x5c_mismatch", "x5c is no certificate of the key.", KEYS, (
        JWK,
        &[Reply(Jwks, |r, _| first_rsa(r, |key| {
            key.insert("x5c".into(), json!([FOREIGN_CERTIFICATE]));
        }))],
    )),
    reject("jwks.ec_invalid_point", "The point of the EC key is not on its curve.", KEYS, (
        "https://www.rfc-editor.org/rfc/rfc8725#section-3.4",
        &[Reply(Jwks, |r, _| keys(r, |keys| {
            let ec = keys.iter_mut().filter_map(Value::as_object_mut).find(|key| key.get("kty") == Some(&"EC".into()));
            ec.map(|key| key.insert("y".into(), "AQ".into())).is_some()
        }))],
    ))
    .so("does not use the key"),
    handle("jwks.many", "There are 500 keys more.", KEYS, (JWK, &[Reply(Jwks, |r, _| {
        let Ok(key) = published() else { return false };
        keys(r, |keys| {
            let many = (0..500).map(|n| {
                let mut jwk = key.jwk().clone();
                jwk.insert("kid".into(), format!("one-of-many-{n:03}").into());
                Value::Object(jwk)
            });
            keys.splice(0..0, many);
            true
        })
    })]))
    .so("finds its key among them"),
];

/// A certificate of example.com for an EC key that signs nothing here.
const FOREIGN_CERTIFICATE: &str = "\
    MIIBgzCCASmgAwIBAgIUVkyF9u/0VfVwnDmiDE3jIjUJFskwCgYIKoZIzj0EAwIwFjEUMBIGA1UEAwwLZXhhbXBsZS5jb20wIBcN\
    MjYxMTI2MDkwODI5WhgPMjEyNjExMDIwOTA4MjlaMBYxFDASBgNVBAMMC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0D\
    AQcDQgAEXsTInCdCRUFoJqkiSnGLD2aEvRNbqqeULxTO+psPpyAnGUeRW5Li2/7daL45wUG4CkfxlPHNMelU/VEmqM0SBaNTMFEw\
    HQYDVR0OBBYEFEzG+J7rRFIX9RQ+jyH8qpvasvVuMB8GA1UdIwQYMBaAFEzG+J7rRFIX9RQ+jyH8qpvasvVuMA8GA1UdEwEB/wQF\
    MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhANXD01sj4pTxbKTt4xO2c+91VedeoULXZH8NDzssS8aSAiAL1o7q9criTEixabuQhA8z\
    rjmjcBEyCczVIqKi4xIOlA==";
