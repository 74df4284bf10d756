//! Tokens made, read and revoked without a sign-in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Map;
use crate::realm::{Minted, TokenSpec};
use crate::tokens::{Opened, liar, token_in};

use super::operation::{Call, Operation, sends};
use super::problem::Problem;

/// Which token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    /// The token.
    token: String,
}

/// What a token says, and whether to believe it.
#[derive(Serialize, JsonSchema)]
struct Decoded {
    /// Its header.
    header: Map,
    /// Its claims.
    claims: Map,
    /// Whether a published key of this realm signed it.
    verified: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// Whose key signed it, if it is one that lies sign with.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<&'static str>,
    /// Seconds until it expires, negative once it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
}

/// What was revoked.
#[derive(Serialize, JsonSchema)]
struct Revoked {
    /// `access_token`, `refresh_token` with everything that came of the same agreement, or nothing that is known.
    revoked: Option<&'static str>,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        sends("POST", "/tokens", "Makes a token that the realm knows, without a sign-in", (200, mint)).about(
            "UserInfo and introspection answer for it. A negative `ttl` makes one that has expired.",
            r#"{"as": "alice", "client": "ci", "scope": "openid notes:read", "ttl": "5m"}"#,
            r#"{"token": "eyJhbGciOi…", "claims": {"sub": "alice"}, "expires_in": 300}"#,
        ),
        sends("POST", "/tokens/decode", "Reads a token, and says whether its signature holds", (200, decode)).about(
            "As people copy it: in quotes, behind `Bearer`, or inside a token endpoint's answer.",
            r#"{"token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSJ9."}"#,
            r#"{"header": {"alg": "none"}, "claims": {"sub": "alice"}, "verified": false, "why": "is signed by an algorithm that is not used here"}"#,
        ),
        sends("POST", "/tokens/revoke", "Revokes an access or refresh token", (200, revoke)).about(
            "With a refresh token goes everything that came of the same agreement.",
            r#"{"token": "eyJhbGciOi…"}"#,
            r#"{"revoked": "access_token"}"#,
        ),
    ]
}

async fn mint(call: Call, spec: TokenSpec) -> Result<Minted, Problem> {
    if spec.client.is_empty() {
        return Err(Problem::new(422, "say for which client the token is").field("client"));
    }
    if let Some(why) = call.realm.misspelt(&spec) {
        return Err(Problem::new(422, why).field("as"));
    }
    Ok(call.realm.mint(&spec).await?)
}

async fn decode(call: Call, request: TokenRequest) -> Result<Decoded, Problem> {
    let token = token_in(&request.token);
    let read = Opened::read(&token);
    let opened = read.map_err(|why| Problem::new(422, format!("the token {}", why.sentence())).field("token"))?;
    let now = call.realm.now();
    let why = call.realm.settings().keys.open(&token, now).err().map(crate::tokens::Unverified::sentence);
    let expires_in = opened.time("exp").map(|exp| exp.since(now));
    Ok(Decoded {
        header: opened.header,
        claims: opened.claims,
        verified: why.is_none(),
        signed_by: if why.is_some() { liar(&token) } else { None },
        why,
        expires_in,
    })
}

async fn revoke(call: Call, request: TokenRequest) -> Result<Revoked, Problem> {
    Ok(Revoked { revoked: call.realm.revoke(&token_in(&request.token)).await? })
}
