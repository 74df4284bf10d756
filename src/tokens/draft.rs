//! A token before it is signed.

use crate::protocol::Map;

use super::Alg;

/// Header and claims as they will be written, in this order. Nothing stops them from being untrue.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenDraft {
    /// Header members beyond `alg` and `kid`, or in their place.
    pub header: Map,
    /// The claims.
    pub claims: Map,
    /// What it will be signed with.
    pub key: KeyChoice,
}

/// What a token is signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    /// The ring's current key for this algorithm.
    Current(Alg),
    /// The client's secret, HS256.
    Secret(String),
}

impl KeyChoice {
    /// The algorithm that this choice means.
    pub const fn alg(&self) -> Alg {
        match self {
            Self::Current(alg) => *alg,
            Self::Secret(_) => Alg::HS256,
        }
    }
}
