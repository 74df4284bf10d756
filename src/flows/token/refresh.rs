//! A refresh token becomes new tokens, [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6).

use std::sync::Arc;

use crate::protocol::{Params, RefreshValue, Scopes};
use crate::spec::{Check, Refusal, Refused};
use crate::world::{Ctx, Grant, Issuance, Name, Refresh, Session, Stop};

use super::AuthenticatedClient;
use super::issue::{Wish, audience, issue};

pub(super) fn refresh(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Stop> {
    let sent = params.get("refresh_token");
    ctx.check_as(Check::ParameterPresent, sent.is_some(), |refused| refused.expected("refresh_token"))?;
    let name = Name::Refresh(RefreshValue::from(sent.unwrap_or_default()));
    let token: Option<Refresh> = ctx.records.get(&name)?;
    let mut token = ctx.require(Check::RefreshKnown, token)?;
    ctx.check(Check::RefreshOfThisClient, token.client == client.client_id())?;
    ctx.check(Check::RefreshFresh, ctx.now < token.until)?;
    let grant: Option<Arc<Grant>> = ctx.records.get(&Name::Grant(token.grant.clone()))?;
    let issuer = &ctx.settings.issuer;
    let grant = ctx.require(Check::RefreshKnown, grant.filter(|grant| grant.issuer == *issuer))?;
    ctx.check(Check::GrantAlive, !grant.revoked)?;
    unused(ctx, &token, &grant)?;
    let alive = session_lives(ctx, &grant)?;
    ctx.check(Check::SessionAlive, alive)?;
    let may = ctx.settings.may_sign_in(&grant.person);
    ctx.check(Check::PersonMaySignIn, may).map_err(|refused| refused.because(Refusal::GrantRevoked))?;
    let scopes = narrowed(ctx, &grant, params)?;

    let audience = audience(ctx, client, &grant, params)?;
    let kept_until = token.until;
    let rotate = ctx.settings.policy.rotate_refresh_tokens;
    let grant_id = token.grant.clone();
    if rotate && token.replaced_at.is_none() {
        token.replaced_at = Some(ctx.now);
        let until = token.until;
        ctx.records.put(name, token, until);
    }
    let with_id_token = scopes.contains("openid");
    let wish = Wish { scopes, audience, with_refresh_token: rotate, with_id_token, kept_until, is_refresh: true };
    Ok(issue(ctx, client, (grant_id, grant), wish))
}

/// A replaced token that comes again was stolen, or is used by two at once. Nobody can tell which, so the family ends,
/// [RFC 9700 §4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2). Within the grace it is forgiven.
fn unused(ctx: &mut Ctx<'_>, token: &Refresh, grant: &Grant) -> Result<(), Refused> {
    let grace = ctx.settings.policy.refresh_grace;
    let reused = token.replaced_at.filter(|at| ctx.now >= at.plus(grace));
    let Some(at) = reused else { return ctx.check(Check::RefreshUnused, true) };
    let mut revoked = Grant::clone(grant);
    revoked.revoked = true;
    ctx.records.put(Name::Grant(token.grant.clone()), revoked, token.until);
    let ago = ctx.now.since(at);
    ctx.check_as(Check::RefreshUnused, false, |refused| refused.got(format!("a token that was replaced {ago} s ago")))
}

/// Without `offline_access` a refresh token lives as long as the sign-in,
/// [Back-Channel Logout §2.7](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions).
pub(in crate::flows) fn session_lives(ctx: &Ctx<'_>, grant: &Grant) -> Result<bool, Stop> {
    let Some(id) = grant.session.as_ref().filter(|_| !grant.scopes.contains("offline_access")) else { return Ok(true) };
    let session: Option<Session> = ctx.records.get(&Name::Session(id.clone()))?;
    Ok(session.is_some_and(|session| !session.ended && ctx.now < session.until))
}

fn narrowed(ctx: &mut Ctx<'_>, grant: &Grant, params: &Params) -> Result<Scopes, Refused> {
    let Some(asked) = params.get("scope").map(Scopes::from) else { return Ok(grant.scopes.clone()) };
    ctx.check_as(Check::ScopeWithinGrant, asked.is_within(&grant.scopes), |refused| {
        refused.got(asked.to_string()).expected(format!("some of: {}", grant.scopes))
    })?;
    Ok(asked)
}
