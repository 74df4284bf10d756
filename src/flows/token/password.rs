//! A person's password, typed into the app, [RFC 6749 §4.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.3).
//! [RFC 9700 §2.4](https://www.rfc-editor.org/rfc/rfc9700#section-2.4) forbids it, so it is off unless a client lists it.

use crate::flows::client_keys::id_token_recipient;
use crate::flows::issue::{TokenSet, audience, issue as issue_tokens};
use crate::flows::sign_in::authenticate;
use crate::flows::visit::{asked_or_registered, scopes_allowed};
use crate::protocol::{Params, Scopes};
use crate::spec::{Check, Refusal};
use crate::world::{Ctx, Grant, Interrupt, Issuance, SignedInUser};

use super::AuthenticatedClient;

pub(super) fn issue(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Interrupt> {
    let typed = ctx.parameter(params, "username")?;
    // RFC 6749 §5.2: whatever is wrong with the person's credentials is `invalid_grant`.
    let invalid = |refused: crate::spec::FailedCheck| refused.because(Refusal::PasswordWrong);
    let user = authenticate(ctx, typed, params.get("password").unwrap_or_default());
    let user = user.map_err(invalid)?;
    ctx.check_as(Check::PersonMaySignIn, !user.locked, |refused| {
        refused.got(user.sub.as_str()).says(format!("{} is locked: every sign-in is refused", user.shown_name()))
    })
    .map_err(invalid)?;
    let scopes = asked_or_registered(client, Scopes::from(params.get("scope").unwrap_or_default()));
    scopes_allowed(ctx, client, &scopes)?;
    let grant = Grant {
        auth_time: Some(ctx.now),
        amr: vec!["pwd".into()],
        ..Grant::new(&ctx.settings.issuer, client.client_id(), SignedInUser::known(user.sub), scopes.clone())
    };
    let id = ctx.entropy.id().into();
    let audience = audience(ctx, client, &grant, params)?;
    let recipient = id_token_recipient(ctx, client)?;
    let with_refresh_token = client.wants_refresh_token(&scopes);
    let tokens = TokenSet { recipient, with_refresh_token, ..TokenSet::of(scopes, audience) };
    Ok(issue_tokens(ctx, client, (id, grant.into()), tokens))
}
