//! A token before it is signed.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::protocol::{GrantId, Map};

use super::{Alg, SigningKey};

/// Which token is meant, whatever is done with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// An access token.
    #[default]
    Access,
    /// An ID token.
    Id,
    /// A refresh token.
    Refresh,
    /// The signed answer of UserInfo.
    UserInfo,
    /// The signed answer of introspection, [RFC 9701 §5](https://www.rfc-editor.org/rfc/rfc9701#section-5).
    Introspection,
    /// A logout token, [Back-Channel Logout §2.4](https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken).
    Logout,
}

/// Header and claims as they will be written, in this order. Nothing stops them from being untrue.
#[derive(Clone, Debug)]
pub struct TokenDraft {
    /// Header members beyond `alg` and `kid`, or in their place; `null` leaves one out.
    pub header: Map,
    /// The claims.
    pub claims: Map,
    /// What is written in place of the claims, such as text that is no JSON.
    pub text: Option<String>,
    /// What it will be signed with.
    pub key: KeyChoice,
    /// What an access token stands for: whoever recognises the token knows which record to bring along.
    pub grant: Option<GrantId>,
}

/// What a token is signed with.
#[derive(Clone, Debug)]
pub enum KeyChoice {
    /// The ring's current key for this algorithm.
    Current(Alg),
    /// The client's secret, HS256.
    Secret(String),
    /// Whatever bytes, HS256: a secret that is none.
    Bytes(Vec<u8>),
    /// A key of somebody else, which no ring publishes.
    Foreign(Alg, Arc<SigningKey>),
    /// Nothing: `alg` is `none`, [RFC 7518 §3.6](https://www.rfc-editor.org/rfc/rfc7518#section-3.6).
    Unsigned,
}

impl KeyChoice {
    /// The algorithm that this choice means.
    pub const fn alg(&self) -> Option<Alg> {
        match self {
            Self::Current(alg) | Self::Foreign(alg, _) => Some(*alg),
            Self::Secret(_) | Self::Bytes(_) => Some(Alg::HS256),
            Self::Unsigned => None,
        }
    }
}

impl TokenDraft {
    /// A draft that says what it means.
    pub const fn new(header: Map, claims: Map, key: KeyChoice) -> Self {
        Self { header, claims, text: None, key, grant: None }
    }
}
