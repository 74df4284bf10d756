//! A client asks for itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

use crate::flows::issue::{TokenSet, audience, issue as issue_tokens};
use crate::flows::visit::{asked_or_registered, scopes_allowed};
use crate::protocol::{Map, Params, Scopes};
use crate::spec::{Check, quoted};
use crate::world::{AuthMethod, Ctx, Grant, Interrupt, Issuance, SignedInUser};

use super::AuthenticatedClient;

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Interrupt> {
    ctx.check_as(Check::ClientConfidential, client.method() != AuthMethod::None, |refused| {
        refused.says(format!("{} did not authenticate, and gets no token of its own so", quoted(client.shown_name())))
    })?;
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
