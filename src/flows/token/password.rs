//! A person's password, typed into the app, [RFC 6749 §4.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.3).
//! [RFC 9700 §2.4](https://www.rfc-editor.org/rfc/rfc9700#section-2.4) forbids it, so it is off unless a client lists it.

use crate::flows::sign_in::authenticate;
use crate::protocol::{ClaimsRequest, Params, Scopes};
use crate::spec::{Check, Refusal};
use crate::world::{Ctx, Grant, Issuance, Person, Stop};

use super::AuthenticatedClient;
use super::issue::{Wish, audience, issue as give};

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Stop> {
    let typed = params.get("username");
    ctx.check_as(Check::ParameterPresent, typed.is_some(), |refused| refused.expected("username"))?;
    // RFC 6749 §5.2: whatever is wrong with the person's credentials is `invalid_grant`.
    let invalid = |refused: crate::spec::Refused| refused.because(Refusal::PasswordWrong);
    let user = authenticate(ctx, typed.unwrap_or_default(), params.get("password").unwrap_or_default());
    let user = user.map_err(invalid)?;
    ctx.check(Check::PersonMaySignIn, !user.locked).map_err(invalid)?;
    let scopes = Scopes::from(params.get("scope").unwrap_or_default());
    crate::flows::visit::scopes_allowed(ctx, client, &scopes)?;
    let grant = Grant {
        issuer: ctx.settings.issuer.clone(),
        client: client.client_id(),
        person: Person { sub: user.sub, claims: None },
        scopes: scopes.clone(),
        nonce: None,
        auth_time: Some(ctx.now),
        session: None,
        amr: vec!["pwd".into()],
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
        audience,
        with_refresh_token: client.wants_refresh_token(&scopes),
        with_id_token: scopes.contains("openid"),
        scopes,
        kept_until: ctx.now,
        is_refresh: false,
    };
    Ok(give(ctx, client, (id, grant.into()), wish))
}
