//! The token endpoint, [RFC 6749 §3.2](https://www.rfc-editor.org/rfc/rfc6749#section-3.2): one file for each way of getting tokens.

mod assertion;
mod authorization_code;
mod client_credentials;
mod issue;
mod password;
mod refresh;
mod verify_client;

pub(super) use refresh::{refresh_name, session_lives};
pub use verify_client::{AuthenticatedClient, verify_client};

use crate::flows::visit::grant_type_allowed;
use crate::protocol::nearest;
use crate::spec::{Check, Meant, quoted};
use crate::world::{Asked, Ctx, Failure, GrantType, Outcome, Seen, Stop};

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
    let sent = ctx.parameter(&asked.params, "grant_type")?;
    let known = GrantType::ALL.into_iter().find(|grant_type| grant_type.as_str() == sent);
    let grant_type = ctx.require_as(Check::GrantTypeKnown, known, |refused| {
        let names = GrantType::ALL.map(GrantType::as_str);
        let meant = nearest(sent, names).map(|word| Meant::Word { word: word.to_owned(), link: None });
        let say = format!("The grant type {} is not offered", quoted(sent));
        refused.got(sent).expected(names.join(", ")).says(say).meant(meant)
    })?;
    ctx.see(Check::GrantTypeKnown, Seen::Value(grant_type.as_str().into()));
    grant_type_allowed(ctx, client, grant_type)?;
    Ok(grant_type)
}
