//! Tokens made, read and revoked without a sign-in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Map;
use crate::realm::{Minted, TokenSpec};
use crate::tokens::Opened;

use super::operation::{Call, Operation, sends};
use super::problem::Problem;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    token: String,
}

/// What a token says, and whether to believe it.
#[derive(Serialize, JsonSchema)]
struct Decoded {
    header: Map,
    claims: Map,
    /// Whether a published key of this realm signed it.
    verified: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// Seconds until it expires, negative once it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
}

#[derive(Serialize, JsonSchema)]
struct Revoked {
    /// `access_token`, `refresh_token` with everything that came of the same agreement, or nothing that is known.
    revoked: Option<&'static str>,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        sends("POST", "/tokens", "Makes a token that the realm knows, without a sign-in", (200, mint)),
        sends("POST", "/tokens/decode", "Reads a token, and says whether its signature holds", (200, decode)),
        sends("POST", "/tokens/revoke", "Revokes an access or refresh token", (200, revoke)),
    ]
}

async fn mint(call: Call, spec: TokenSpec) -> Result<Minted, Problem> {
    if spec.client.is_empty() {
        return Err(Problem::new(422, "say for which client the token is").field("client"));
    }
    Ok(call.realm.mint(&spec).await?)
}

async fn decode(call: Call, request: TokenRequest) -> Result<Decoded, Problem> {
    let read = Opened::read(&request.token);
    let opened = read.map_err(|why| Problem::new(422, format!("the token {}", why.sentence())).field("token"))?;
    let now = call.realm.now();
    let why = call.realm.settings().keys.open(&request.token, now).err().map(crate::tokens::Unverified::sentence);
    let expires_in = opened.time("exp").map(|exp| exp.since(now));
    Ok(Decoded { header: opened.header, claims: opened.claims, verified: why.is_none(), why, expires_in })
}

async fn revoke(call: Call, request: TokenRequest) -> Result<Revoked, Problem> {
    Ok(Revoked { revoked: call.realm.revoke(&request.token).await? })
}
