//! Claims that are fetched where they are, [Core §5.6.2](https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims):
//! this provider plays whoever has them.

use serde_json::Value;

use crate::spec::Check;
use crate::world::{Credential, Ctx, DISTRIBUTED_TYP, Failure, Outcome, Request};

use super::documents::readable;

/// An app shows the access token that came with the name of the claims.
pub fn distributed_claims(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    let sent = match &request.credential {
        Some(Credential::Bearer(token)) => Some(token.as_str()),
        _ => None,
    };
    let token = ctx.require(Check::BearerGiven, sent)?;
    let opened = ctx.settings.keys.open(token, ctx.now).ok();
    let settings = ctx.settings;
    let claims = opened.and_then(|opened| {
        let typ = opened.header.get("typ").and_then(Value::as_str);
        let ours = typ == Some(DISTRIBUTED_TYP) && opened.claim("iss") == Some(settings.issuer.as_str());
        let user = settings.user(&opened.claim("sub").filter(|_| ours)?.into())?;
        user.distributed.get(opened.claim("source")?).cloned()
    });
    let claims = ctx.require_as(Check::TokenKnown, claims, |refused| {
        refused.says("The access token is none that came with distributed claims, or they are not here any more")
    })?;
    Ok(Outcome::DistributedClaims(claims))
}
