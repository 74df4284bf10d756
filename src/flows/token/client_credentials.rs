//! A client asks for itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

use crate::protocol::{AuthorizeRequest, ClaimsRequest, Map, Params, Scopes};
use crate::spec::Check;
use crate::world::{AuthMethod, Ctx, Grant, Issuance, Person, Stop};

use super::AuthenticatedClient;
use super::issue::{Wish, issue as give};

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Stop> {
    ctx.check(Check::ClientConfidential, client.method() != AuthMethod::None)?;
    let scopes = Scopes::from(params.get("scope").unwrap_or_default());
    let request = AuthorizeRequest { scopes: scopes.clone(), ..AuthorizeRequest::default() };
    crate::flows::visit::scopes_allowed(ctx, client, &request)?;
    let grant = Grant {
        client: client.client_id(),
        person: Person { sub: client.id.as_str().into(), claims: Some(Map::new()) },
        scopes: scopes.clone(),
        nonce: None,
        auth_time: None,
        session: None,
        amr: Vec::new(),
        acr: None,
        claims: ClaimsRequest::default(),
        resource: Vec::new(),
        marks: Vec::new(),
        revoked: false,
    };
    let id = ctx.entropy.id().into();
    let wish = Wish { scopes, with_refresh_token: false, with_id_token: false, is_refresh: false };
    Ok(give(ctx, client, (id, grant), params, wish))
}
