//! Revocation: this token is no longer wanted, [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009).

use std::sync::Arc;

use crate::spec::{Check, FailedCheck, quoted};
use crate::world::{Ctx, Failure, Grant, Interrupt, Outcome, RecordKey, RefreshToken, Request};

use super::token::{AuthenticatedClient, refresh_name, verify_client};
use super::userinfo::access;

/// An app gives a token back. One that is unknown is as good as revoked, §2.2.
pub fn revoke(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let client = verify_client(ctx, request)?;
    let token = ctx.parameter(&request.params, "token")?;
    if !revoke_refresh_token(ctx, &client, token)? {
        revoke_access_token(ctx, &client, token)?;
    }
    Ok(Outcome::Done)
}

/// With a refresh token goes everything that came of the same agreement, §2.1.
fn revoke_refresh_token(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, token: &str) -> Result<bool, Interrupt> {
    let found: Option<RefreshToken> = ctx.records.get(&RecordKey::RefreshToken(refresh_name(ctx, token)))?;
    let Some(refresh) = found else { return Ok(false) };
    ctx.check_as(Check::TokenOfThisClient, refresh.client == client.client_id(), |refused| {
        of_another(refused, client)
    })?;
    ctx.records.revoke(&refresh.grant, refresh.until)?;
    Ok(true)
}

fn of_another(refused: FailedCheck, client: &AuthenticatedClient) -> FailedCheck {
    refused.says(format!("The token was issued to another app than {}", quoted(&client.id)))
}

fn revoke_access_token(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, token: &str) -> Result<(), Interrupt> {
    let Ok((id, mut access)) = access(ctx, token)? else { return Ok(()) };
    let name = RecordKey::AccessToken(id);
    let grant: Option<Arc<Grant>> = ctx.records.get(&RecordKey::Grant(access.grant.clone()))?;
    let own = grant.is_some_and(|grant| grant.client == client.client_id());
    ctx.check_as(Check::TokenOfThisClient, own, |refused| of_another(refused, client))?;
    Arc::make_mut(&mut access).revoked = true;
    let until = access.until;
    ctx.records.put(name, access, until);
    Ok(())
}
