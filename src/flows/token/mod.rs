//! The token endpoint, [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2): one file for each way of getting tokens.

mod assertion;
mod authorization_code;
mod client_credentials;
mod issue;
mod password;
mod refresh;
mod verify_client;

pub(super) use refresh::session_lives;
pub use verify_client::{AuthenticatedClient, verify_client};

use crate::spec::Check;
use crate::world::{Asked, Ctx, Failure, GrantType, Outcome, Stop};

/// An app asks for tokens.
pub fn token(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let client = verify_client(ctx, asked)?;
    let grant_type = grant_type(ctx, &client, asked)?;
    let issuance = match grant_type {
        GrantType::AuthorizationCode => authorization_code::redeem(ctx, &client, &asked.params),
        GrantType::RefreshToken => refresh::refresh(ctx, &client, &asked.params),
        GrantType::ClientCredentials => client_credentials::issue(ctx, &client, &asked.params),
        GrantType::Password => password::issue(ctx, &client, &asked.params),
    }?;
    Ok(Outcome::Issue(Box::new(issuance)))
}

fn grant_type(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, asked: &Asked) -> Result<GrantType, Stop> {
    let sent = asked.params.get("grant_type");
    ctx.check_as(Check::ParameterPresent, sent.is_some(), |refused| refused.expected("grant_type"))?;
    let sent = sent.unwrap_or_default();
    let known = GrantType::ALL.into_iter().find(|grant_type| grant_type.as_str() == sent);
    ctx.check_as(Check::GrantTypeKnown, known.is_some(), |refused| {
        refused.got(sent).expected(GrantType::ALL.map(GrantType::as_str).join(", "))
    })?;
    let grant_type = ctx.require(Check::GrantTypeKnown, known)?;
    let allowed = client.may_use(grant_type);
    ctx.check_as(Check::GrantTypeAllowed, allowed, |refused| refused.got(sent))?;
    Ok(grant_type)
}
