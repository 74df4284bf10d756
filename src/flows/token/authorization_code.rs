//! A code becomes tokens, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use std::sync::Arc;

use crate::protocol::{CodeValue, Params, pkce};
use crate::spec::{Check, Refused};
use crate::world::{AuthMethod, Code, Ctx, Grant, Issuance, Name, Stop};

use super::AuthenticatedClient;
use super::issue::{Wish, audience, issue};

pub(super) fn redeem(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Stop> {
    let sent = params.get("code");
    ctx.check_as(Check::ParameterPresent, sent.is_some(), |refused| refused.expected("code"))?;
    let name = Name::Code(CodeValue::from(sent.unwrap_or_default()));
    let code: Option<Code> = ctx.records.get(&name)?;
    let mut code = ctx.require(Check::CodeKnown, code)?;
    ctx.check(Check::CodeOfThisClient, code.client == client.client_id())?;
    let grant: Option<Arc<Grant>> = ctx.records.get(&Name::Grant(code.grant.clone()))?;
    let issuer = &ctx.settings.issuer;
    let grant = ctx.require(Check::CodeKnown, grant.filter(|grant| grant.issuer == *issuer))?;
    unused(ctx, &code, &grant)?;
    ctx.check(Check::CodeFresh, ctx.now < code.until)?;
    let redirect_uri = params.get("redirect_uri").unwrap_or_default();
    ctx.check_as(Check::RedirectUriRepeated, redirect_uri == code.redirect_uri, |refused| {
        refused.got(redirect_uri).aside(format!("it was {}", code.redirect_uri))
    })?;
    proof_key(ctx, client, &code, params)?;

    let audience = audience(ctx, client, &grant, params)?;
    code.redeemed_at = Some(ctx.now);
    let kept = code.until.plus(super::super::next_step::USED_CODE);
    let grant_id = code.grant.clone();
    ctx.records.put(name, code, kept);
    let scopes = grant.scopes.clone();
    let wish = Wish {
        audience,
        with_refresh_token: client.wants_refresh_token(&scopes),
        with_id_token: scopes.contains("openid"),
        scopes,
        kept_until: ctx.now,
        is_refresh: false,
    };
    Ok(issue(ctx, client, (grant_id, grant), wish))
}

/// A second use means that somebody else has the code, and perhaps the tokens: they end,
/// [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2).
fn unused(ctx: &mut Ctx<'_>, code: &Code, grant: &Grant) -> Result<(), Refused> {
    let Some(at) = code.redeemed_at else { return ctx.check(Check::CodeUnused, true) };
    let mut revoked = Grant::clone(grant);
    revoked.revoked = true;
    let kept = ctx.now.plus(ctx.settings.policy.lifetimes.refresh_token);
    ctx.records.put(Name::Grant(code.grant.clone()), revoked, kept);
    let ago = ctx.now.since(at);
    ctx.check_as(Check::CodeUnused, false, |refused| refused.got(format!("a code that was redeemed {ago} s ago")))
}

/// Whoever redeems must be who asked, [RFC 7636 §4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6).
fn proof_key(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, code: &Code, params: &Params) -> Result<(), Refused> {
    let verifier = params.get("code_verifier");
    if ctx.settings.policy.lenient_pkce {
        return Ok(());
    }
    let Some(challenge) = &code.challenge else {
        ctx.check(Check::PkceExpected, verifier.is_none())?;
        // An unregistered client shows only here whether it has a secret.
        return ctx.check(Check::PkceUsed, client.method() != AuthMethod::None);
    };
    let verifier = ctx.require(Check::PkceVerifierGiven, verifier)?;
    let matches = pkce::is_well_formed(verifier) && challenge.accepts(verifier);
    let method = challenge.method.as_str();
    ctx.check_as(Check::PkceMatches, matches, |refused| {
        refused
            .expected(format!("43 to 128 characters that fit the challenge by {method}"))
            .aside(format!("code_verifier={verifier}, code_challenge={}", challenge.value))
    })
}
