//! Every way of getting tokens ends here.

use std::sync::Arc;

use crate::flows::visit::resources_usable;
use crate::protocol::{GrantId, Lifetime, Params, Scopes, UnixTime};
use crate::spec::{Check, FailedCheck, one_of, quoted};
use crate::world::{AccessToken, AccessTokenFormat, Client, Ctx, Grant, Issuance, RecordKey, RefreshToken};

/// How much longer than a token its record is kept, so that an expired one is told from an unknown one.
const EXPIRED: Lifetime = Lifetime::of_seconds(3_600);

/// What the ways differ in.
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the answer that is there or not")]
pub(super) struct Wish {
    pub(super) scopes: Scopes,
    /// The access token's `aud`. It is looked at before anything is written: what a flow wrote stays, refused or not.
    pub(super) audience: Vec<String>,
    pub(super) with_refresh_token: bool,
    pub(super) with_id_token: bool,
    /// Until when what was agreed to must be remembered, beyond the new tokens' own lifetimes.
    pub(super) kept_until: UnixTime,
    pub(super) is_refresh: bool,
    /// Whether this request, or the one before it, named the API that the token is for.
    pub(super) names_resource: bool,
}

/// Names the new tokens and keeps their records.
pub(super) fn issue(
    ctx: &mut Ctx<'_>,
    client: &Arc<Client>,
    (grant_id, grant): (GrantId, Arc<Grant>),
    wish: Wish,
) -> Issuance {
    let lifetimes = ctx.settings.lifetimes(client);
    let opaque = ctx.settings.access_token_format(client) == AccessTokenFormat::Opaque;
    let access = if opaque { ctx.entropy.secret() } else { ctx.entropy.id() };
    let access_until = ctx.now.plus(lifetimes.access_token);
    let record = AccessToken {
        grant: grant_id.clone(),
        scopes: wish.scopes.clone(),
        audience: wish.audience.clone(),
        issued_at: ctx.now,
        until: access_until,
        opaque,
        revoked: false,
    };
    ctx.records.put(RecordKey::AccessToken(access.as_str().into()), record, access_until.plus(EXPIRED));
    let mut kept_until = access_until.max(wish.kept_until);
    let refresh = wish.with_refresh_token.then(|| ctx.entropy.secret());
    let refresh_until = refresh.is_some().then(|| ctx.now.plus(lifetimes.refresh_token));
    if let Some(value) = &refresh {
        let until = ctx.now.plus(lifetimes.refresh_token);
        let record = RefreshToken { grant: grant_id.clone(), client: grant.client.clone(), until, replaced_at: None };
        ctx.records.put(RecordKey::RefreshToken(value.as_str().into()), record, until.plus(EXPIRED));
        kept_until = kept_until.max(until);
    }
    ctx.records.put(RecordKey::Grant(grant_id.clone()), grant.clone(), kept_until.plus(EXPIRED));
    Issuance {
        client: Arc::clone(client),
        grant,
        grant_id,
        scopes: wish.scopes,
        access: access.into(),
        audience: wish.audience,
        access_until,
        refresh: refresh.map(Into::into),
        with_id_token: wish.with_id_token,
        refresh_until,
        is_refresh: wish.is_refresh,
        names_resource: wish.names_resource,
    }
}

/// Whether this request, or the one before it, named an API, [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2).
pub(super) fn names_resource(grant: &Grant, params: &Params) -> bool {
    !grant.resource.is_empty() || params.get("resource").is_some()
}

/// Whom the access token is for, [RFC 8707 §2.2](https://www.rfc-editor.org/rfc/rfc8707#section-2.2); the issuer, if nobody said.
pub(super) fn audience(
    ctx: &mut Ctx<'_>,
    client: &Client,
    grant: &Grant,
    params: &Params,
) -> Result<Vec<String>, FailedCheck> {
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
        return Ok(named);
    }
    Ok(vec![client.audience.clone().unwrap_or_else(|| ctx.settings.issuer.clone())])
}
