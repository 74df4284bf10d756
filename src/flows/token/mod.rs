//! The token endpoint, [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2): one file for each way of getting tokens.

mod assertion;
mod authorization_code;
mod client_credentials;
mod password;
mod refresh;
mod verify_client;

pub(super) use refresh::{refresh_name, session_lives};
pub use verify_client::{AuthenticatedClient, verify_client};

use crate::flows::visit::grant_type_allowed;
use crate::protocol::nearest;
use crate::spec::{Check, Suggestion, quoted};
use crate::world::{Ctx, Failure, GrantType, Interrupt, Outcome, Request, Seen};

/// An app asks for tokens.
pub fn token(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let client = verify_client(ctx, request)?;
    let grant_type = grant_type(ctx, &client, request)?;
    let issuance = match grant_type {
        GrantType::AuthorizationCode => authorization_code::redeem(ctx, &client, &request.params),
        GrantType::RefreshToken => refresh::refresh(ctx, &client, &request.params),
        GrantType::ClientCredentials => client_credentials::issue(ctx, &client, &request.params),
        GrantType::Password => password::issue(ctx, &client, &request.params),
        // Nobody comes here with it: it is not among those that are known at this endpoint.
        GrantType::Implicit => Err(ctx.refuse(Check::GrantTypeKnown).into()),
    }?;
    Ok(Outcome::Issue(Box::new(issuance)))
}

fn grant_type(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, request: &Request) -> Result<GrantType, Interrupt> {
    let sent = ctx.parameter(&request.params, "grant_type")?;
    let known = GrantType::AT_TOKEN_ENDPOINT.into_iter().find(|grant_type| grant_type.as_str() == sent);
    let grant_type = ctx.require_as(Check::GrantTypeKnown, known, |refused| {
        let names = GrantType::AT_TOKEN_ENDPOINT.map(GrantType::as_str);
        let meant = nearest(sent, names).map(|word| Suggestion::Word { word: word.to_owned(), link: None });
        let say = format!("The grant type {} is not offered", quoted(sent));
        refused.got(sent).expected(names.join(", ")).says(say).suggest(meant)
    })?;
    ctx.see(Check::GrantTypeKnown, Seen::Value(grant_type.as_str().into()));
    grant_type_allowed(ctx, client, grant_type)?;
    Ok(grant_type)
}
