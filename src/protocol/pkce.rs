//! Proof Key for Code Exchange, [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636).

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// How a challenge was made from its verifier, [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeMethod {
    /// The challenge is the verifier.
    #[serde(rename = "plain")]
    Plain,
    /// The challenge is the verifier's SHA-256.
    S256,
}

impl ChallengeMethod {
    /// Every method that works here, as discovery lists them.
    pub const ALL: [Self; 2] = [Self::S256, Self::Plain];

    /// The method of this name; a challenge sent without one is `plain`, §4.3.
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            Some("S256") => Some(Self::S256),
            Some("plain") | None => Some(Self::Plain),
            Some(_) => None,
        }
    }

    /// The challenge that is made of a verifier.
    pub fn challenge_of(self, verifier: &str) -> String {
        match self {
            Self::Plain => verifier.to_owned(),
            Self::S256 => URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())),
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::S256 => "S256",
        }
    }
}

/// What the app sent with its question, and will have to answer for at the token endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The `code_challenge`.
    pub value: String,
    /// The `code_challenge_method`.
    pub method: ChallengeMethod,
}

impl Challenge {
    /// Whether this verifier belongs to the challenge, [RFC 7636 §4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6).
    pub fn accepts(&self, verifier: &str) -> bool {
        let computed = self.method.challenge_of(verifier);
        computed.as_bytes().ct_eq(self.value.as_bytes()).into()
    }
}

/// 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`, [RFC 7636 §4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1):
/// the form of a verifier, and so of a challenge.
pub fn is_well_formed(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

/// A SHA-256 in base64url: what an S256 challenge looks like.
pub fn is_hash(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}
