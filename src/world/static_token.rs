//! A token that is known beforehand: whoever proves to be its client is given it, and it opens what any other does.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{ClientId, GrantId, Lifetime, Scopes, Subject, UnixTime};

use super::{AccessToken, Grant, Record, RecordKey, SignedInUser};

/// The token, and what it is bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Value")]
#[schemars(with = "Written")]
pub struct StaticToken {
    /// The token itself.
    pub token: String,
    /// Whom it is about: `sub`.
    pub sub: String,
    /// The client that is given it.
    pub client: String,
    /// What it opens.
    pub scope: Scopes,
}

/// The token alone, or with what it is bound to.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is the schema; what is read is `Bound`")]
#[serde(untagged)]
enum Written {
    /// The token; the rest is as usual.
    Token(String),
    /// The token and what it is bound to.
    Bound(Bound),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Bound {
    /// The token itself.
    #[serde(default)]
    token: String,
    /// Whom it is about; `alice`, where nothing is said.
    sub: Option<String>,
    /// The client that is given it by its own credentials; `token-client`, where nothing is said.
    client: Option<String>,
    /// What it opens; `openid read`, where nothing is said.
    scope: Option<Scopes>,
}

impl TryFrom<Value> for StaticToken {
    type Error = String;

    fn try_from(written: Value) -> Result<Self, String> {
        let bound = match written {
            Value::String(token) => Bound { token, sub: None, client: None, scope: None },
            Value::Object(_) => serde_json::from_value(written).map_err(|e| e.to_string())?,
            other => return Err(format!("`{other}` is neither a token nor a table with one")),
        };
        Ok(Self {
            token: bound.token,
            sub: bound.sub.unwrap_or_else(|| "alice".to_owned()),
            client: bound.client.unwrap_or_else(|| "token-client".to_owned()),
            scope: bound.scope.unwrap_or_else(|| Scopes::from("openid read")),
        })
    }
}

impl StaticToken {
    /// It does not expire; a number is said all the same.
    pub const LASTS: Lifetime = Lifetime::of_seconds(10 * 365 * 86_400);

    /// What is wrong with it as a bearer token, [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
    pub fn wrong(&self) -> Option<&'static str> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if self.token.is_empty() {
            return Some("has no `token`");
        }
        if !self.token.bytes().all(allowed) {
            return Some("is no bearer token: those are made of letters, digits and - . _ ~ + / =");
        }
        (self.token.matches('.').count() >= 2).then_some("looks like a JWT, which says itself what it is good for")
    }

    /// What was granted with it.
    pub fn grant_id() -> GrantId {
        GrantId::from("static-token")
    }

    /// What was agreed to. It is about a person, unless it is about the client itself.
    pub fn grant(&self, issuer: &str, now: UnixTime) -> Grant {
        let person = SignedInUser::known(Subject::from(self.sub.as_str()));
        let grant = Grant::new(issuer, ClientId::from(self.client.as_str()), person, self.scope.clone());
        Grant { auth_time: (self.sub != self.client).then_some(now), ..grant }
    }

    /// The record of the token, or of what was granted with it, if a name is one of both.
    pub fn record(&self, key: &RecordKey, (issuer, audience): (&str, Option<&str>), now: UnixTime) -> Option<Record> {
        match key {
            RecordKey::AccessToken(name) if name.as_str() == self.token => Some(Record::from(Arc::new(AccessToken {
                grant: Self::grant_id(),
                scopes: self.scope.clone(),
                audience: vec![audience.unwrap_or(issuer).to_owned()],
                issued_at: now,
                until: now.plus(Self::LASTS),
                opaque: true,
                revoked: false,
            }))),
            RecordKey::Grant(id) if *id == Self::grant_id() => Some(Record::from(Arc::new(self.grant(issuer, now)))),
            _ => None,
        }
    }
}
