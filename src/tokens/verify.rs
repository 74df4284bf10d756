//! Reading a token, and whether its signature holds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use crate::protocol::{Map, UnixTime};

use super::Alg;

/// A token's contents. Whether to believe them is for the caller to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The header.
    pub header: Map,
    /// The claims.
    pub claims: Map,
}

/// Why a token was not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unverified {
    /// It has not three parts, or they are no base64url JSON.
    Malformed,
    /// It has five parts: it is encrypted.
    Encrypted,
    /// Its `alg` is none that is used here.
    Algorithm,
    /// No published key has its `kid`.
    Key,
    /// The signature is not by that key.
    Signature,
}

impl Unverified {
    /// In words, to stand behind "the token".
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "is no JWT: it needs three base64url parts of JSON",
            Self::Encrypted => "is a JWE: it is encrypted, and only whoever has the key can read it",
            Self::Algorithm => "is signed by an algorithm that is not used here",
            Self::Key => "names a key that is not published here",
            Self::Signature => "has a signature that does not hold: it was altered, or signed by someone else",
        }
    }
}

/// The claims of a token that name a record.
#[derive(serde::Deserialize)]
struct Named {
    jti: Option<String>,
    sid: Option<String>,
}

impl Named {
    fn in_claims_of(token: &str) -> Option<Self> {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}

impl Opened {
    /// Reads header and claims and believes neither.
    pub fn read(token: &str) -> Result<Self, Unverified> {
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            let encrypted = token.split('.').count() == 5;
            return Err(if encrypted { Unverified::Encrypted } else { Unverified::Malformed });
        };
        let object = |part: &str| -> Option<Map> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
        match (object(header), object(claims)) {
            (Some(header), Some(claims)) => Ok(Self { header, claims }),
            _ => Err(Unverified::Malformed),
        }
    }

    /// What a token says its `jti` is, for a look at what might be needed to judge it. Nothing of it is believed.
    pub fn claimed_jti(token: &str) -> Option<String> {
        Named::in_claims_of(token)?.jti
    }

    /// What a token says the sign-in's `sid` is. Nothing of it is believed either.
    pub fn claimed_sid(token: &str) -> Option<String> {
        Named::in_claims_of(token)?.sid
    }

    /// The algorithm, if it is one that is used here. A token with `crit` demands to be understood in ways that nobody here
    /// does, [RFC 7515 §4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11).
    pub fn alg(&self) -> Option<Alg> {
        if self.header.contains_key("crit") {
            return None;
        }
        self.text(&self.header, "alg").and_then(Alg::named)
    }

    /// A claim that is a string.
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.text(&self.claims, name)
    }

    /// A claim that is a time.
    pub fn time(&self, name: &str) -> Option<UnixTime> {
        let value = self.claims.get(name)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a NumericDate may have a fraction, which means nothing here"
        )]
        value.as_i64().or_else(|| value.as_f64().map(|f| f as i64)).map(UnixTime)
    }

    /// Whether `aud` names one of these, as a string or in an array.
    pub fn is_for(&self, audiences: &[&str]) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => audiences.contains(&one.as_str()),
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).any(|one| audiences.contains(&one)),
            _ => false,
        }
    }

    #[expect(clippy::unused_self, reason = "reads better beside the members that it looks up")]
    fn text<'a>(&self, members: &'a Map, name: &str) -> Option<&'a str> {
        members.get(name).and_then(Value::as_str)
    }
}

/// The `typ` of refresh tokens that are JWTs: none but this provider is to take them for anything.
pub const REFRESH_TYP: &str = "refresh+jwt";

/// The token in a text as people copy it: in quotes, wrapped by a terminal, behind `Bearer`, or inside the answer of a token endpoint, whose
/// access token is meant then, or the ID token where it has none.
pub fn token_in(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(Value::Object(answer)) = serde_json::from_str::<Value>(text) {
        let mut members = ["access_token", "id_token", "token", "refresh_token"].into_iter();
        if let Some(token) = members.find_map(|name| answer.get(name)?.as_str()) {
            return token.to_owned();
        }
    }
    let unquoted = text.trim_matches(|c: char| matches!(c, '"' | '\'' | '`' | ',' | ';') || c.is_whitespace());
    let lower = unquoted.to_ascii_lowercase();
    let behind = ["authorization:", "bearer"].into_iter().fold(0, |behind, word| {
        let rest = &lower[behind..];
        let begins = rest.trim_start();
        if begins.starts_with(word) { behind + (rest.len() - begins.len()) + word.len() } else { behind }
    });
    unquoted[behind..].chars().filter(|c| !c.is_whitespace()).collect()
}

/// Opens a token that is signed by HMAC with this secret.
pub fn verify_with_secret(token: &str, secret: &str) -> Result<Opened, Unverified> {
    let opened = Opened::read(token)?;
    if opened.alg() != Some(Alg::HS256) {
        return Err(Unverified::Algorithm);
    }
    if holds(token, &DecodingKey::from_secret(secret.as_bytes()), Alg::HS256) {
        return Ok(opened);
    }
    Err(Unverified::Signature)
}

/// Opens a token that is signed by one of these keys of somebody else, [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).
/// A token that names no key may be by any of them.
pub fn verify_with_jwk(token: &str, jwks: &Value) -> Result<Opened, Unverified> {
    let opened = Opened::read(token)?;
    let alg = opened.alg().filter(|alg| *alg != Alg::HS256).ok_or(Unverified::Algorithm)?;
    let kid = opened.header.get("kid").and_then(Value::as_str);
    let mut seen = false;
    for jwk in jwks.get("keys").and_then(Value::as_array).into_iter().flatten() {
        if kid.is_some() && jwk.get("kid").and_then(Value::as_str) != kid {
            continue;
        }
        let says = |name: &str, right: &str| jwk.get(name).and_then(Value::as_str).is_none_or(|said| said == right);
        if !says("use", "sig") || !says("alg", alg.as_str()) {
            continue;
        }
        let Ok(jwk) = serde_json::from_value::<Jwk>(jwk.clone()) else { continue };
        let Ok(key) = DecodingKey::from_jwk(&jwk) else { continue };
        seen = true;
        if holds(token, &key, alg) {
            return Ok(opened);
        }
    }
    Err(if seen { Unverified::Signature } else { Unverified::Key })
}

/// Whether the last part is a signature of the first two. A key of another kind than the algorithm's never holds.
pub(super) fn holds(token: &str, key: &DecodingKey, alg: Alg) -> bool {
    let Some((message, signature)) = token.rsplit_once('.') else { return false };
    jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, alg.for_jsonwebtoken()).unwrap_or(false)
}
