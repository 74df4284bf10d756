//! How a token is encrypted: which algorithms, and their names, [RFC 7518 §4 and §5](https://www.rfc-editor.org/rfc/rfc7518#section-4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the key comes to whoever decrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum JweAlg {
    /// Encrypted by an RSA key, SHA-1.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// Encrypted by an RSA key, SHA-256.
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Agreed on, on an elliptic curve.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// Wrapped by a key that is agreed on.
    #[serde(rename = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    /// Wrapped by a longer one.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
    /// Known on both sides: it is made of the client's secret,
    /// [Core §10.2](https://openid.net/specs/openid-connect-core-1_0.html#Encryption).
    #[serde(rename = "dir")]
    Dir,
}

impl JweAlg {
    /// Every algorithm that works here, as discovery lists them.
    pub const ALL: [Self; 6] =
        [Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw, Self::Dir];

    /// The name in a header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
            Self::Dir => "dir",
        }
    }

    /// The algorithm of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }

    /// The `kty` of the key that it needs; none, where that is the client's secret.
    pub const fn key_type(self) -> Option<&'static str> {
        match self {
            Self::RsaOaep | Self::RsaOaep256 => Some("RSA"),
            Self::EcdhEs | Self::EcdhEsA128Kw | Self::EcdhEsA256Kw => Some("EC"),
            Self::Dir => None,
        }
    }
}

/// How the content is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum JweEnc {
    /// AES-128 in CBC mode with HMAC-SHA-256: what is meant where nothing is said.
    #[default]
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256 in CBC mode with HMAC-SHA-512.
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    /// AES-128 in Galois/Counter mode.
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in Galois/Counter mode.
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

impl JweEnc {
    /// Every one that works here, as discovery lists them.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The name in a header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|enc| enc.as_str() == name)
    }

    /// How many bytes its key has.
    pub const fn key_len(self) -> usize {
        match self {
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
            Self::A128Gcm => 16,
        }
    }
}
