//! A client asks for itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

use std::sync::Arc;

use crate::flows::issue::{TokenSet, audience, issue as issue_tokens};
use crate::flows::visit::{asked_or_registered, scopes_allowed};
use crate::protocol::{Map, Params, Scopes};
use crate::spec::{Check, quoted};
use crate::world::{
    AccessSlot, AccessToken, AuthMethod, Ctx, Grant, Interrupt, Issuance, RecordKey, SignedInUser, StaticToken,
};

use super::AuthenticatedClient;

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Interrupt> {
    ctx.check_as(Check::ClientConfidential, client.method() != AuthMethod::None, |refused| {
        refused.says(format!("{} did not authenticate, and gets no token of its own so", quoted(client.shown_name())))
    })?;
    if let Some(fixed) = ctx.settings.static_token.as_ref().filter(|fixed| fixed.client == client.id) {
        let record = ctx.records.get::<Arc<AccessToken>>(&RecordKey::AccessToken(fixed.token.as_str().into()))?;
        let revoked = record.is_some_and(|token| token.revoked);
        ctx.check_as(Check::GrantAlive, !revoked, |refused| {
            refused.says("The token that is bound to this client was revoked, and there is no other: a reset makes it good again")
        })?;
        return Ok(known_beforehand(ctx, client, fixed));
    }
    // What only a person can give is not a client's own to have.
    let scopes = asked_or_registered(client, Scopes::from(params.get("scope").unwrap_or_default()));
    let scopes = match params.get("scope") {
        Some(_) => scopes,
        None => scopes.filtered(|scope| !matches!(scope, "openid" | "offline_access")),
    };
    scopes_allowed(ctx, client, &scopes)?;
    let person = SignedInUser { claims: Some(Map::new()), ..SignedInUser::known(client.id.as_str().into()) };
    let grant = Grant::new(&ctx.settings.issuer, client.client_id(), person, scopes.clone());
    let id = ctx.entropy.id().into();
    let audience = audience(ctx, client, &grant, params)?;
    // Nobody signed in, so there is nobody for an ID token to be about.
    let tokens = TokenSet { id_token: None, ..TokenSet::of(scopes, audience) };
    Ok(issue_tokens(ctx, client, (id, grant.into()), tokens))
}

/// The token that is bound to this client, whatever scope was asked for: `scope` in the answer says what it opens.
fn known_beforehand(ctx: &Ctx<'_>, client: &AuthenticatedClient, fixed: &StaticToken) -> Issuance {
    let audience = client.audience.clone().unwrap_or_else(|| ctx.settings.issuer.clone());
    let (name, until) = (fixed.token.as_str().into(), ctx.now.plus(StaticToken::LASTS));
    Issuance {
        recipient: None,
        client: Arc::clone(client),
        grant: Arc::new(fixed.grant(&ctx.settings.issuer, ctx.now)),
        grant_id: StaticToken::grant_id(),
        scopes: fixed.scope.clone(),
        access: Some(AccessSlot { name, audience: vec![audience], until, names_resource: false, opaque: true }),
        id_token: None,
        refresh: None,
    }
}
