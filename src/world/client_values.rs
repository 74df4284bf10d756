//! The values that registered metadata can have, under their names on the wire.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::tokens::Alg;

/// How a client proves who it is at the token endpoint, [Core §9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the `Authorization` header.
    ClientSecretBasic,
    /// Id and secret in the body.
    ClientSecretPost,
    /// A JWT, signed by HMAC with the secret.
    ClientSecretJwt,
    /// A JWT, signed by the client's private key.
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
}

impl AuthMethod {
    /// Every method that works here, as discovery lists them.
    pub const ALL: [Self; 5] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::ClientSecretJwt, Self::PrivateKeyJwt, Self::None];

    /// The name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

/// A way of getting tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code that a person's browser brought back.
    AuthorizationCode,
    /// Tokens that come by the person's browser, without a code.
    Implicit,
    /// A refresh token.
    RefreshToken,
    /// The client for itself.
    ClientCredentials,
    /// A person's password, typed into the app. Off unless a client lists it.
    Password,
}

impl GrantType {
    /// Every grant type that works here, as discovery lists them.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::Implicit, Self::RefreshToken, Self::ClientCredentials, Self::Password];

    /// Those that the token endpoint knows: with an implicit grant nobody comes there.
    pub const AT_TOKEN_ENDPOINT: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Password];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::Implicit => "implicit",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
        }
    }
}

/// What a JWT is signed with that may also be unsigned: a request object, an ID token that the app fetches itself, UserInfo's answer,
/// [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum SigningAlg {
    /// Not at all.
    #[serde(rename = "none")]
    Unsigned,
    /// By this algorithm.
    #[serde(untagged)]
    Signed(Alg),
}

impl<'de> Deserialize<'de> for SigningAlg {
    /// By hand, so that a slip is told with the names that there are.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = if name == "none" { Some(Self::Unsigned) } else { Alg::named(&name).map(Self::Signed) };
        named.ok_or_else(|| {
            let known: Vec<&str> = ["none"].into_iter().chain(Alg::ALL.map(Alg::as_str)).collect();
            D::Error::custom(format!("`{name}` is none of {}", known.join(", ")))
        })
    }
}

impl From<Alg> for SigningAlg {
    fn from(alg: Alg) -> Self {
        Self::Signed(alg)
    }
}

impl SigningAlg {
    /// The algorithm, if it is signed at all.
    pub const fn signed(self) -> Option<Alg> {
        match self {
            Self::Unsigned => None,
            Self::Signed(alg) => Some(alg),
        }
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "none",
            Self::Signed(alg) => alg.as_str(),
        }
    }
}

/// Whether the app runs on a server or on a person's device, [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// On a server or in a browser.
    #[default]
    Web,
    /// On a device: its loopback redirect URIs match with any port, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
    Native,
}

/// Which `sub` clients see of a person, [Core §8](https://openid.net/specs/openid-connect-core-1_0.html#SubjectIDTypes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// All the same.
    #[default]
    Public,
    /// Each its own.
    Pairwise,
}

impl SubjectType {
    /// Both that there are, as discovery lists them.
    pub const ALL: [Self; 2] = [Self::Public, Self::Pairwise];

    /// The name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }
}
