//! A client asks for itself, [RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4).

use crate::protocol::{ClaimsRequest, Map, Params, Scopes};
use crate::spec::Check;
use crate::world::{AuthMethod, Ctx, Grant, Issuance, Person, Stop};

use super::AuthenticatedClient;
use super::issue::{Wish, audience, issue as give};

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Stop> {
    ctx.check(Check::ClientConfidential, client.method() != AuthMethod::None)?;
    let scopes = Scopes::from(params.get("scope").unwrap_or_default());
    crate::flows::visit::scopes_allowed(ctx, client, &scopes)?;
    let grant = Grant {
        issuer: ctx.settings.issuer.clone(),
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
        login_hint: None,
        marks: Vec::new(),
        revoked: false,
    };
    let id = ctx.entropy.id().into();
    let audience = audience(ctx, client, &grant, params)?;
    let wish = Wish {
        scopes,
        audience,
        with_refresh_token: false,
        with_id_token: false,
        kept_until: ctx.now,
        is_refresh: false,
    };
    Ok(give(ctx, client, (id, grant.into()), wish))
}
