//! A code becomes tokens, [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3).

use std::sync::Arc;

use crate::flows::alive::{self, alive};
use crate::flows::client_keys::id_token_recipient;
use crate::flows::issue::{TokenSet, audience, issue};
use crate::protocol::{CodeValue, Params, pkce};
use crate::spec::{Check, FailedCheck, compared, quoted};
use crate::world::{AuthMethod, Code, Ctx, Grant, Interrupt, Issuance, RecordKey, Seen};

use super::AuthenticatedClient;

pub(super) fn redeem(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, params: &Params) -> Result<Issuance, Interrupt> {
    let sent = ctx.parameter(params, "code")?;
    let name = RecordKey::Code(CodeValue::from(sent));
    let code: Option<Code> = ctx.records.get(&name)?;
    let mut code = ctx.require(Check::CodeKnown, code)?;
    ctx.check_as(Check::CodeOfThisClient, code.client == client.client_id(), |refused| {
        let say = format!("The code was issued to another app than {}", quoted(&client.id));
        refused.says(say).aside(format!("it was issued to {}", code.client))
    })?;
    let grant: Option<Arc<Grant>> = ctx.records.get(&RecordKey::Grant(code.grant.clone()))?;
    let issuer = &ctx.settings.issuer;
    let grant = ctx.require(Check::CodeKnown, grant.filter(|grant| grant.issuer == *issuer))?;
    unused(ctx, &code)?;
    fresh(ctx, client, &code)?;
    redirect_uri_repeated(ctx, &code, params)?;
    proof_key(ctx, client, &code, params)?;
    alive(ctx, &grant, alive::GRANT)?;

    let audience = audience(ctx, client, &grant, params)?;
    let recipient = id_token_recipient(ctx, client)?;
    code.redeemed_at = Some(ctx.now);
    let kept = code.until.plus(super::super::next_step::USED_CODE);
    let grant_id = code.grant.clone();
    ctx.records.put(name, code, kept);
    let with_refresh_token = client.wants_refresh_token(&grant.scopes);
    let tokens = TokenSet { recipient, with_refresh_token, ..TokenSet::of(grant.scopes.clone(), audience) };
    Ok(issue(ctx, client, (grant_id, grant), tokens))
}

fn fresh(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, code: &Code) -> Result<(), FailedCheck> {
    let (age, lives) = (ctx.now_ms.since(code.issued_at), ctx.settings.lifetimes(client).code);
    ctx.check_as(Check::CodeFresh, ctx.now < code.until, |refused| {
        refused.says(format!("The code is {age} old and lives {}", lives.in_words()))
    })?;
    ctx.see(Check::CodeFresh, Seen::Age(age, lives));
    Ok(())
}

/// [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3). The caller may be a thief, who is not told what would be right.
fn redirect_uri_repeated(ctx: &mut Ctx<'_>, code: &Code, params: &Params) -> Result<(), FailedCheck> {
    let sent = params.get("redirect_uri").unwrap_or_default();
    ctx.check_as(Check::RedirectUriRepeated, sent == code.redirect_uri, |refused| match sent {
        "" => refused.says("redirect_uri is missing: the one of the authorization request is needed again"),
        _ => refused.got(sent).aside(format!("it is {}", compared(sent, &code.redirect_uri))),
    })
}

/// A second use means that somebody else has the code, and perhaps the tokens: they end,
/// [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2).
fn unused(ctx: &mut Ctx<'_>, code: &Code) -> Result<(), Interrupt> {
    let Some(at) = code.redeemed_at else { return Ok(ctx.check(Check::CodeUnused, true)?) };
    let kept = ctx.now.plus(ctx.settings.policy.lifetimes.refresh_token);
    ctx.records.revoke(&code.grant, kept)?;
    let ago = ctx.now.since(at);
    Err(ctx.refuse(Check::CodeUnused).says(format!("The code was redeemed {ago} s ago already")).into())
}

/// Whoever redeems must be who asked, [RFC 7636 §4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6).
fn proof_key(ctx: &mut Ctx<'_>, client: &AuthenticatedClient, code: &Code, params: &Params) -> Result<(), FailedCheck> {
    let verifier = params.get("code_verifier");
    if ctx.settings.policy.lenient_pkce {
        return Ok(());
    }
    let Some(challenge) = &code.challenge else {
        ctx.check(Check::PkceExpected, verifier.is_none())?;
        // An unregistered client shows only here whether it has a secret.
        if client.method() == AuthMethod::None {
            return Err(ctx.refuse(Check::PkceUsed));
        }
        return Ok(());
    };
    let verifier = ctx.require(Check::PkceVerifierGiven, verifier)?;
    let (well_formed, method) = (pkce::is_well_formed(verifier), challenge.method.as_str());
    ctx.check_as(Check::PkceMatches, well_formed && challenge.accepts(verifier), |refused| {
        let refused = refused.aside(format!("code_verifier={verifier}, code_challenge={}", challenge.value));
        refused.says(if well_formed {
            format!("code_verifier does not belong to the code_challenge of this sign-in, by {method}")
        } else {
            let length = verifier.chars().count();
            format!("code_verifier has {length} characters, or some that are not allowed; 43 to 128 of A-Z a-z 0-9 - . _ ~ are")
        })
    })?;
    ctx.see(Check::PkceMatches, Seen::Value(method.into()));
    Ok(())
}
