//! One signing key: its private half, parsed once, and its public half as a JWK.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{DecodingKey, EncodingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Kid, Map, UnixTime};

use super::Alg;

/// A private key with its name and its published half.
pub struct SigningKey {
    kid: Kid,
    algs: &'static [Alg],
    secret: Arc<Secret>,
    public: DecodingKey,
    jwk: Map,
    pub(super) state: KeyState,
    /// Until when the key stays published though it signs no more.
    pub(super) published_until: Option<UnixTime>,
}

/// What a published key is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It signs.
    Signing,
    /// It will sign after the next rotation, and is published already.
    Announced,
    /// It signed, and is published for whoever has a token of it.
    Retired,
}

/// `jsonwebtoken` parses an RSA key anew for each signature, which costs as much as half a signature: an RSA key is kept
/// parsed. The other kinds are parsed in microseconds.
enum Secret {
    Rsa(Box<RsaKeyPair>),
    Other(EncodingKey),
}

/// Why a key could not be read.
#[derive(Debug)]
pub struct KeyError(pub String);

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for KeyError {}

impl SigningKey {
    /// Reads a private key in PEM: RSA in PKCS#8 or PKCS#1, the others in PKCS#8. The key's name is its
    /// [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638) thumbprint, so the same key has the same name everywhere.
    pub fn from_pem(algs: &'static [Alg], pem: &str) -> Result<Self, KeyError> {
        let reject = |e: &dyn fmt::Display| KeyError(format!("this is no usable {} key: {e}", algs[0].as_str()));
        let encoding_key = match algs[0] {
            Alg::RS256 | Alg::PS256 => EncodingKey::from_rsa_pem(pem.as_bytes()),
            Alg::ES256 | Alg::ES384 => EncodingKey::from_ec_pem(pem.as_bytes()),
            Alg::EdDSA => EncodingKey::from_ed_pem(pem.as_bytes()),
            Alg::HS256 => return Err(KeyError("HS256 is keyed by a client's secret".into())),
        }
        .map_err(|e| reject(&e))?;
        let jwk = Jwk::from_encoding_key(&encoding_key, algs[0].for_jsonwebtoken()).map_err(|e| reject(&e))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|e| reject(&e))?;
        let public = DecodingKey::from_jwk(&jwk).map_err(|e| reject(&e))?;
        let secret = match algs[0] {
            Alg::RS256 | Alg::PS256 => {
                let pair = RsaKeyPair::from_der(encoding_key.as_bytes()).map_err(|e| reject(&e))?;
                Secret::Rsa(Box::new(pair))
            }
            _ => Secret::Other(encoding_key),
        };
        let jwk = published(&jwk, &kid, algs);
        Ok(Self {
            kid: kid.into(),
            algs,
            secret: Arc::new(secret),
            public,
            jwk,
            state: KeyState::Signing,
            published_until: None,
        })
    }

    /// The key's name.
    pub const fn kid(&self) -> &Kid {
        &self.kid
    }

    /// The name under which the key is published for an algorithm. Libraries that want `alg` in a key take it for that algorithm alone, so a
    /// key that serves two has a name for each: its own for the first.
    pub fn kid_for(&self, alg: Alg) -> String {
        if self.algs[0] == alg || !self.serves(alg) {
            return self.kid.to_string();
        }
        format!("{}-{}", self.kid, alg.as_str().to_ascii_lowercase())
    }

    /// The public half for an algorithm, under its name for that.
    pub fn jwk_for(&self, alg: Alg) -> Map {
        let mut jwk = self.jwk.clone();
        jwk.insert("kid".into(), self.kid_for(alg).into());
        jwk.insert("alg".into(), alg.as_str().into());
        jwk
    }

    /// Whether this key signs by this algorithm.
    pub fn serves(&self, alg: Alg) -> bool {
        self.algs.contains(&alg)
    }

    /// The public half, [RFC 7517 §4](https://www.rfc-editor.org/rfc/rfc7517#section-4).
    pub const fn jwk(&self) -> &Map {
        &self.jwk
    }

    /// What it is there for.
    pub const fn state(&self) -> KeyState {
        self.state
    }

    /// Until when it stays published, if it signs no more.
    pub const fn published_until(&self) -> Option<UnixTime> {
        self.published_until
    }

    /// The algorithms that it serves.
    pub const fn algs(&self) -> &'static [Alg] {
        self.algs
    }

    /// The same key, there for something else.
    pub(super) fn being(&self, state: KeyState, published_until: Option<UnixTime>) -> Self {
        Self {
            kid: self.kid.clone(),
            algs: self.algs,
            secret: Arc::clone(&self.secret),
            public: self.public.clone(),
            jwk: self.jwk.clone(),
            state,
            published_until,
        }
    }

    pub(super) const fn public(&self) -> &DecodingKey {
        &self.public
    }

    /// The signature of `message`, base64url.
    pub(super) fn sign(&self, alg: Alg, message: &[u8]) -> String {
        match self.secret.as_ref() {
            Secret::Rsa(pair) => {
                let padding = if alg == Alg::PS256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .expect("the buffer has the modulus's length and the key was checked when it was read");
                URL_SAFE_NO_PAD.encode(signature)
            }
            Secret::Other(key) => jsonwebtoken::crypto::sign(message, key, alg.for_jsonwebtoken())
                .expect("the key was checked for its algorithm when it was read"),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algs", &self.algs).finish_non_exhaustive()
    }
}

/// The JWK as published: with name, use and the first algorithm that the key serves.
fn published(jwk: &Jwk, kid: &str, algs: &[Alg]) -> Map {
    let mut members = match serde_json::to_value(&jwk.algorithm) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => Map::new(),
    };
    members.insert("kid".into(), kid.into());
    members.insert("use".into(), "sig".into());
    members.insert("alg".into(), algs[0].as_str().into());
    members
}
