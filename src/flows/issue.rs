//! Every way of getting tokens ends here, whichever answer carries them.

use std::sync::Arc;

use crate::protocol::{GrantId, Lifetime, Params, Scopes, UnixTime};
use crate::spec::{Check, FailedCheck, one_of, quoted};
use crate::tokens::Recipient;
use crate::world::{
    AccessSlot, AccessToken, AccessTokenFormat, Client, Ctx, Grant, IdTokenSlot, Issuance, RecordKey, RefreshSlot,
    RefreshToken,
};

use super::visit::resources_usable;

/// How much longer than a token its record is kept, so that an expired one is told from an unknown one.
const EXPIRED: Lifetime = Lifetime::of_seconds(3_600);

/// Which tokens are wanted.
pub(super) struct TokenSet {
    pub(super) scopes: Scopes,
    /// Whom an access token is for, if there is one. It is looked at before anything is written: what a flow wrote stays, refused or not.
    pub(super) access: Option<Audience>,
    pub(super) id_token: Option<IdTokenSlot>,
    /// Whom the ID token is encrypted for, if it is: looked at beforehand as well.
    pub(super) recipient: Option<Arc<Recipient>>,
    pub(super) with_refresh_token: bool,
    /// Until when what was agreed to must be remembered, beyond the new tokens' own lifetimes.
    pub(super) kept_until: UnixTime,
}

impl TokenSet {
    /// An access token for these scopes, and an ID token where `openid` is among them.
    pub(super) fn of(scopes: Scopes, audience: Audience) -> Self {
        let id_token = scopes.contains("openid").then_some(IdTokenSlot { says_nonce: true, says_scopes: false });
        Self {
            scopes,
            access: Some(audience),
            id_token,
            recipient: None,
            with_refresh_token: false,
            kept_until: UnixTime(0),
        }
    }
}

/// Names the new tokens and keeps their records.
pub(super) fn issue(
    ctx: &mut Ctx<'_>,
    client: &Arc<Client>,
    (grant_id, grant): (GrantId, Arc<Grant>),
    wanted: TokenSet,
) -> Issuance {
    let TokenSet { scopes, access, id_token, recipient, with_refresh_token, kept_until } = wanted;
    let access = access.map(|audience| access_token(ctx, client, &grant_id, (&scopes, audience)));
    let refresh = with_refresh_token.then(|| refresh_token(ctx, client, &grant_id, &grant));
    let lasts = [access.as_ref().map(|slot| slot.until), refresh.as_ref().map(|slot| slot.until)];
    let until = lasts.into_iter().flatten().fold(kept_until.max(ctx.now), UnixTime::max);
    ctx.records.put(RecordKey::Grant(grant_id.clone()), Arc::clone(&grant), until.plus(EXPIRED));
    Issuance { client: Arc::clone(client), grant, grant_id, scopes, access, id_token, recipient, refresh }
}

fn access_token(
    ctx: &mut Ctx<'_>,
    client: &Client,
    grant_id: &GrantId,
    (scopes, audience): (&Scopes, Audience),
) -> AccessSlot {
    let opaque = ctx.settings.access_token_format(client) == AccessTokenFormat::Opaque;
    let name = if opaque { ctx.entropy.secret() } else { ctx.entropy.id() };
    let until = ctx.now.plus(ctx.settings.lifetimes(client).access_token);
    let record = AccessToken {
        grant: grant_id.clone(),
        scopes: scopes.clone(),
        audience: audience.names.clone(),
        issued_at: ctx.now,
        until,
        opaque,
        revoked: false,
    };
    let slot =
        AccessSlot { name: name.into(), audience: audience.names, until, names_resource: audience.asked_for, opaque };
    ctx.records.put(RecordKey::AccessToken(slot.name.clone()), record, until.plus(EXPIRED));
    slot
}

fn refresh_token(ctx: &mut Ctx<'_>, client: &Client, grant_id: &GrantId, grant: &Grant) -> RefreshSlot {
    let until = ctx.now.plus(ctx.settings.lifetimes(client).refresh_token);
    let slot = RefreshSlot { value: ctx.entropy.secret().into(), until };
    let record = RefreshToken { grant: grant_id.clone(), client: grant.client.clone(), until, replaced_at: None };
    ctx.records.put(RecordKey::RefreshToken(slot.value.clone()), record, until.plus(EXPIRED));
    slot
}

/// Whom an access token is for.
pub(super) struct Audience {
    names: Vec<String>,
    /// Whether this request, or the one before it, named the API.
    asked_for: bool,
}

/// Whom the access token is for, [RFC 8707 §2.2](https://www.rfc-editor.org/rfc/rfc8707#section-2.2); the issuer, if nobody said.
pub(super) fn audience(
    ctx: &mut Ctx<'_>,
    client: &Client,
    grant: &Grant,
    params: &Params,
) -> Result<Audience, FailedCheck> {
    let asked: Vec<String> = params.all("resource").filter(|uri| !uri.is_empty()).map(str::to_owned).collect();
    resources_usable(ctx, &asked)?;
    if !asked.is_empty() && !grant.resource.is_empty() {
        let beyond = asked.iter().find(|resource| !grant.resource.contains(resource));
        ctx.check_as(Check::ResourceGranted, beyond.is_none(), |refused| {
            let (beyond, granted) = (beyond.map_or("", String::as_str), one_of(&grant.resource));
            let say = format!("resource {} was not part of the authorization request, {granted} was", quoted(beyond));
            refused.got(beyond).expected(granted).says(say)
        })?;
    }
    let named = if asked.is_empty() { grant.resource.clone() } else { asked };
    if !named.is_empty() {
        return Ok(Audience { names: named, asked_for: true });
    }
    let one = client.audience.clone().unwrap_or_else(|| ctx.settings.issuer.clone());
    Ok(Audience { names: vec![one], asked_for: false })
}
