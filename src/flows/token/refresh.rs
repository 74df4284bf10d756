//! A refresh token becomes new tokens, [RFC 6749 §6](https://www.rfc-editor.org/rfc/rfc6749#section-6).

use std::sync::Arc;

use crate::flows::alive::{self, alive};
use crate::flows::client_keys::id_token_recipient;
use crate::flows::issue::{TokenSet, audience, issue};
use crate::protocol::{Millis, Params, RefreshValue, Scopes};
use crate::spec::{Check, FailedCheck, quoted};
use crate::tokens::Opened;
use crate::world::{Ctx, Grant, IdTokenSlot, Interrupt, Issuance, RecordKey, RefreshToken, Seen, Session};

use crate::tokens::REFRESH_TYP;

use super::AuthenticatedClient;

pub(super) fn refresh(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Interrupt> {
    let sent = ctx.parameter(params, "refresh_token")?;
    let name = RecordKey::RefreshToken(refresh_name(ctx, sent));
    let token: Option<RefreshToken> = ctx.records.get(&name)?;
    let mut token = ctx.require(Check::RefreshKnown, token)?;
    ctx.check_as(Check::RefreshOfThisClient, token.client == client.client_id(), |refused| {
        let say = format!("The refresh token was issued to another app than {}", quoted(&client.id));
        refused.says(say).aside(format!("it was issued to {}", token.client))
    })?;
    let left = token.until.since(ctx.now);
    ctx.check_as(Check::RefreshFresh, left > 0, |refused| {
        refused.says(format!("The refresh token expired {} ago", Millis::of_seconds(-left)))
    })?;
    ctx.see(Check::RefreshFresh, Seen::Left(left));
    let grant: Option<Arc<Grant>> = ctx.records.get(&RecordKey::Grant(token.grant.clone()))?;
    let issuer = &ctx.settings.issuer;
    let grant = ctx.require(Check::RefreshKnown, grant.filter(|grant| grant.issuer == *issuer))?;
    alive(ctx, &grant, alive::GRANT)?;
    unused(ctx, &token)?;
    let lives = session_lives(ctx, &grant)?;
    ctx.check(Check::SessionAlive, lives)?;
    let scopes = narrowed(ctx, &grant, params)?;

    let audience = audience(ctx, client, &grant, params)?;
    let recipient = id_token_recipient(ctx, client)?;
    let kept_until = token.until;
    let rotate = ctx.settings.policy.rotate_refresh_tokens;
    let grant_id = token.grant.clone();
    if rotate && token.replaced_at.is_none() {
        token.replaced_at = Some(ctx.now);
        let until = token.until;
        ctx.records.put(name, token, until);
    }
    // A refreshed ID token repeats no nonce, Core §12.2.
    let id_token = scopes.contains("openid").then_some(IdTokenSlot { says_nonce: false, says_scopes: false });
    let tokens =
        TokenSet { id_token, recipient, with_refresh_token: rotate, kept_until, ..TokenSet::of(scopes, audience) };
    Ok(issue(ctx, client, (grant_id, grant), tokens))
}

/// The name of a refresh token: a JWT's is its `jti`, once the signature holds; any other is its own.
pub(in crate::flows) fn refresh_name(ctx: &Ctx<'_>, token: &str) -> RefreshValue {
    if !token.contains('.') {
        return token.into();
    }
    let opened = ctx.settings.keys.open(token, ctx.now).ok();
    let refreshes = |opened: &Opened| opened.header.get("typ").and_then(serde_json::Value::as_str) == Some(REFRESH_TYP);
    opened.filter(refreshes).and_then(|opened| opened.claim("jti").map(Into::into)).unwrap_or_else(|| token.into())
}

/// A replaced token that comes again was stolen, or is used by two at once. Nobody can tell which, so the family ends,
/// [RFC 9700 §4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2). Within the grace it is forgiven.
fn unused(ctx: &mut Ctx<'_>, token: &RefreshToken) -> Result<(), Interrupt> {
    let grace = ctx.settings.policy.refresh_grace;
    let reused = token.replaced_at.filter(|at| ctx.now >= at.plus(grace));
    let Some(at) = reused else { return Ok(ctx.check(Check::RefreshUnused, true)?) };
    ctx.records.revoke(&token.grant, token.until)?;
    let ago = ctx.now.since(at);
    Err(ctx
        .refuse(Check::RefreshUnused)
        .says(format!("The refresh token was replaced by a newer one {ago} s ago"))
        .into())
}

/// Without `offline_access` a refresh token lives as long as the sign-in,
/// [Back-Channel Logout §2.7](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions).
pub(in crate::flows) fn session_lives(ctx: &Ctx<'_>, grant: &Grant) -> Result<bool, Interrupt> {
    let Some(id) = grant.session.as_ref().filter(|_| !grant.scopes.contains("offline_access")) else { return Ok(true) };
    let session: Option<Session> = ctx.records.get(&RecordKey::Session(id.clone()))?;
    Ok(session
        .is_some_and(|session| !session.ended && ctx.now < session.until && session.clients.contains(&grant.client)))
}

fn narrowed(ctx: &mut Ctx<'_>, grant: &Grant, params: &Params) -> Result<Scopes, FailedCheck> {
    let Some(asked) = params.get("scope").map(Scopes::from) else { return Ok(grant.scopes.clone()) };
    let beyond = asked.iter().find(|scope| !grant.scopes.contains(scope));
    ctx.check_as(Check::ScopeWithinGrant, beyond.is_none(), |refused| {
        let say = format!("The scope {} was not granted, only: {}", quoted(beyond.unwrap_or_default()), grant.scopes);
        refused.got(asked.to_string()).expected(format!("some of: {}", grant.scopes)).says(say)
    })?;
    Ok(asked)
}
