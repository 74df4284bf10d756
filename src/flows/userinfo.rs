//! UserInfo: who is this token about? [Core §5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo)

use std::sync::Arc;

use serde_json::Value;

use crate::protocol::{AccessId, Millis};
use crate::spec::{Check, FailedCheck};
use crate::world::{
    AccessToken, Credential, Ctx, Failure, Grant, Interrupt, Method, Outcome, RecordKey, Request, Seen, UserInfo,
};

use super::alive::{self, alive, is_about_a_person};
use super::client_keys::recipient;
use super::documents::readable;

/// An app asks about the person.
pub fn userinfo(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    let token = bearer(ctx, request)?;
    let (access, grant) = find(ctx, token)?;
    let left = access.until.since(ctx.now);
    ctx.check_as(Check::TokenFresh, left > 0, |refused| {
        refused.says(format!("The access token expired {} ago", Millis::of_seconds(-left)))
    })?;
    ctx.see(Check::TokenFresh, Seen::Left(left));
    ctx.check(Check::TokenAlive, !access.revoked)?;
    let (person, openid) = (is_about_a_person(&grant), access.scopes.contains("openid"));
    ctx.check_as(Check::TokenForUserInfo, person && openid, |refused| {
        let scopes = access.scopes.to_string();
        match (person, scopes.as_str()) {
            (false, _) => refused.says("The access token is the app's own, and about no person"),
            (true, "") => refused.says("The access token has no scopes, and UserInfo needs openid"),
            (true, scopes) => {
                refused.says(format!("The access token has the scopes {scopes}, and UserInfo needs openid"))
            }
        }
    })?;
    // Whoever was deleted or locked since has nothing to be said about any more.
    alive(ctx, &grant, alive::TOKEN)?;
    let client = ctx.settings.clients.get(&grant.client).cloned();
    let recipient = match &client {
        Some(client) => {
            let [_, registered, ..] = client.encryption();
            recipient(ctx, client, registered)?
        }
        None => None,
    };
    Ok(Outcome::UserInfo(Box::new(UserInfo { client, grant, access, recipient })))
}

/// The token, from the header or the form, [RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750#section-2). Never from the query.
fn bearer<'a>(ctx: &mut Ctx<'_>, request: &'a Request) -> Result<&'a str, FailedCheck> {
    let in_header = match &request.credential {
        Some(Credential::Bearer(token)) => Some(token.as_str()),
        _ => None,
    };
    let in_form = request.params.get("access_token").filter(|_| request.method == Method::Post);
    ctx.check(Check::BearerOnce, in_header.is_none() || in_form.is_none())?;
    ctx.require(Check::BearerGiven, in_header.or(in_form))
}

/// The record of an access token, if it is one of ours and unaltered.
fn find(ctx: &mut Ctx<'_>, token: &str) -> Result<(Arc<AccessToken>, Arc<Grant>), Interrupt> {
    let found = access(ctx, token)?;
    let why = found.as_ref().err().copied();
    let found = found.ok().map(|(_, access)| access);
    ctx.check_as(Check::TokenKnown, found.is_some(), |refused| match why {
        Some(why) => refused.says(format!("The access token {why}")),
        None => refused,
    })?;
    let access = ctx.require(Check::TokenKnown, found)?;
    let grant: Option<Arc<Grant>> = ctx.records.get(&RecordKey::Grant(access.grant.clone()))?;
    let issuer = &ctx.settings.issuer;
    let grant = ctx.require(Check::TokenKnown, grant.filter(|grant| grant.issuer == *issuer))?;
    Ok((access, grant))
}

/// The record that a token stands for, or what is wrong with the token. A name alone opens nothing: the `jti` of a JWT can
/// be read by whoever sees it.
pub(super) fn access(
    ctx: &Ctx<'_>,
    token: &str,
) -> Result<Result<(AccessId, Arc<AccessToken>), &'static str>, Interrupt> {
    let id = match access_id(ctx, token) {
        Ok(id) => id,
        Err(why) => return Ok(Err(why)),
    };
    let found = ctx.records.get::<Arc<AccessToken>>(&RecordKey::AccessToken(id.clone()))?;
    let fitting = found.filter(|access| access.opaque != token.contains('.'));
    Ok(fitting.map(|access| (id, access)).ok_or_else(|| {
        // A record outlives its token for a while only.
        let opened = crate::tokens::Opened::read(token).ok();
        let expired = opened.and_then(|opened| opened.time("exp")).is_some_and(|exp| exp <= ctx.now);
        if expired { "has expired, and is forgotten by now" } else { "was not issued here, or is forgotten" }
    }))
}

/// An opaque token is its own name; a JWT's is its `jti`, once the signature holds.
fn access_id(ctx: &Ctx<'_>, token: &str) -> Result<AccessId, &'static str> {
    if !token.contains('.') {
        return Ok(token.into());
    }
    if let Some((known, id)) = ctx.recognised
        && known == token
    {
        return Ok(id.clone());
    }
    let opened = ctx.settings.keys.open(token, ctx.now).map_err(crate::tokens::Unverified::sentence)?;
    // RFC 9068 §4: an ID token must not pass for an access token.
    let typ = opened.header.get("typ").and_then(Value::as_str);
    if typ != Some("at+jwt") && typ != Some("JWT") {
        return Err("is no access token: its typ is neither at+jwt nor JWT");
    }
    let named = opened.claims.contains_key("client_id").then(|| opened.claim("jti")).flatten();
    named.map(Into::into).ok_or("is no access token: it has no jti and client_id, as an ID token has none")
}
