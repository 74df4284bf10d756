//! What a profile's file can say: which claims a token has and in which order, the words of an error, the headers of an answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::protocol::Map;
use crate::reply::Reply;
use crate::spec::FailedCheck;
use crate::world::Endpoint;

/// The claims of each kind of token, in their order. A claim that has no value in a case is left out in that case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimSpellings {
    pub(super) id_token: Vec<ClaimSpelling>,
    pub(super) access_token: Vec<ClaimSpelling>,
    pub(super) refresh_token: Vec<ClaimSpelling>,
    pub(super) logout_token: Vec<ClaimSpelling>,
    /// Those of the provider's own; what scopes open stands behind them.
    pub(super) userinfo: Vec<ClaimSpelling>,
}

/// One claim: under its own name, under another, or with a value that is always the same.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ClaimSpelling {
    /// The registered claim.
    Own(Claim),
    /// The same under a name of the vendor's.
    Renamed {
        /// The vendor's name.
        name: String,
        /// The registered claim.
        of: Claim,
    },
    /// A claim of the vendor's.
    Fixed {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
}

/// A claim that the provider itself makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Claim {
    Iss,
    Sub,
    Aud,
    ClientId,
    Exp,
    Iat,
    Nonce,
    AuthTime,
    Acr,
    Amr,
    AtHash,
    CHash,
    SHash,
    Sid,
    Jti,
    Scope,
    Events,
}

impl Claim {
    const fn name(self) -> &'static str {
        match self {
            Self::Iss => "iss",
            Self::Sub => "sub",
            Self::Aud => "aud",
            Self::ClientId => "client_id",
            Self::Exp => "exp",
            Self::Iat => "iat",
            Self::Nonce => "nonce",
            Self::AuthTime => "auth_time",
            Self::Acr => "acr",
            Self::Amr => "amr",
            Self::AtHash => "at_hash",
            Self::CHash => "c_hash",
            Self::SHash => "s_hash",
            Self::Sid => "sid",
            Self::Jti => "jti",
            Self::Scope => "scope",
            Self::Events => "events",
        }
    }
}

/// Writes claims as a profile spells them.
pub(super) fn spelled(spellings: &[ClaimSpelling], value: impl Fn(Claim) -> Option<Value>) -> Map {
    let mut claims = Map::with_capacity(spellings.len());
    for spelling in spellings {
        let (name, value) = match spelling {
            ClaimSpelling::Own(claim) => (claim.name(), value(*claim)),
            ClaimSpelling::Renamed { name, of } => (name.as_str(), value(*of)),
            ClaimSpelling::Fixed { name, value } => (name.as_str(), Some(value.clone())),
        };
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    }
    claims
}

/// How refusals are told to apps.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorSpelling {
    /// The members, in their order: `error`, `error_description`, `error_uri`, and names of the vendor's.
    members: Vec<String>,
    /// What `error_description` says; `{description}` is what was wrong.
    description: String,
    /// The refusals for which the vendor has other words, by name.
    words: BTreeMap<String, OwnWords>,
}

/// What a vendor says of one refusal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OwnWords {
    error: Option<String>,
    description: Option<String>,
    /// Values for members of the vendor's.
    members: Map,
}

/// The words of one refusal.
pub(super) struct ErrorWords {
    pub(super) error: String,
    pub(super) description: String,
}

impl ErrorSpelling {
    fn own(&self, refused: &FailedCheck) -> Option<&OwnWords> {
        if self.words.is_empty() { None } else { self.words.get(&format!("{:?}", refused.refusal)) }
    }

    /// The words of one refusal.
    pub(super) fn words(&self, refused: &FailedCheck) -> ErrorWords {
        let own = self.own(refused);
        let error = own.and_then(|own| own.error.clone()).unwrap_or_else(|| refused.refusal.error().to_owned());
        let template = own.and_then(|own| own.description.as_ref()).unwrap_or(&self.description);
        ErrorWords { error, description: template.replace("{description}", &refused.description()) }
    }

    /// Its members, in the vendor's order.
    pub(super) fn members(&self, refused: &FailedCheck) -> Map {
        let (own, words) = (self.own(refused), self.words(refused));
        let value = |name: &String| match name.as_str() {
            "error" => Some(Value::from(words.error.as_str())),
            "error_description" => Some(words.description.as_str().into()),
            "error_uri" => Some(refused.check.section().into()),
            other => own?.members.get(other).cloned(),
        };
        self.members.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
    }
}

/// Headers of answers, by the endpoint's metadata name, and `errors` for those that are refusals.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct Headers(BTreeMap<String, Vec<(String, String)>>);

impl Headers {
    /// Adds those of an endpoint.
    pub(super) fn add_to(&self, mut reply: Reply, endpoint: Endpoint, refused: bool) -> Reply {
        let of_endpoint = self.0.get(endpoint.key());
        let headers = of_endpoint.or_else(|| self.0.get("errors").filter(|_| refused));
        for (name, value) in headers.into_iter().flatten() {
            reply.headers.push((name.clone().into(), value.clone().into()));
        }
        reply
    }
}
