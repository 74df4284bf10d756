//! Introspection: is this token good, and for what? [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662)

use std::sync::Arc;

use serde_json::Value;

use crate::protocol::Map;
use crate::spec::{Check, quoted};
use crate::world::{
    AuthMethod, Ctx, Failure, Grant, Interrupt, Introspection, Outcome, Reads, RecordKey, RefreshToken, Request,
};

use super::alive::is_alive;
use super::client_keys::recipient;
use super::token::{refresh_name, session_lives, verify_client};
use super::userinfo::access;

/// An API asks about a token. What is wrong with the token is no error: it is not active, and nothing more is said.
pub fn introspect(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let client = verify_client(ctx, request)?;
    ctx.check_as(Check::ClientConfidential, client.method() != AuthMethod::None, |refused| {
        refused
            .says(format!("{} did not authenticate, and learns nothing about tokens so", quoted(client.shown_name())))
    })?;
    let token = ctx.parameter(&request.params, "token")?;
    let [_, _, registered, _] = client.encryption();
    let as_jwt = request.reads == Reads::IntrospectionJwt;
    let recipient = if as_jwt { recipient(ctx, &client, registered)? } else { None };
    let inactive = || Map::from_iter([("active".to_owned(), Value::Bool(false))]);
    let members = describe(ctx, token)?.unwrap_or_else(inactive);
    let client = Arc::clone(&client);
    Ok(Outcome::Introspection(Box::new(Introspection { client, members, as_jwt, recipient })))
}

fn describe(ctx: &Ctx<'_>, token: &str) -> Result<Option<Map>, Interrupt> {
    if let Ok((id, access)) = access(ctx, token)? {
        let Some(grant) = alive(ctx, &access.grant)?.filter(|_| !access.revoked && ctx.now < access.until) else {
            return Ok(None);
        };
        let mut members = common(ctx, &grant, &access.scopes.to_string());
        members.insert("token_type".into(), "Bearer".into());
        members.insert("aud".into(), access.audience.clone().into());
        members.insert("iat".into(), access.issued_at.0.into());
        members.insert("exp".into(), access.until.0.into());
        if token.contains('.') {
            members.insert("jti".into(), id.as_str().into());
        }
        return Ok(Some(members));
    }
    let Some(refresh) = ctx.records.get::<RefreshToken>(&RecordKey::RefreshToken(refresh_name(ctx, token)))? else {
        return Ok(None);
    };
    let replaced = refresh.replaced_at.is_some_and(|at| ctx.now >= at.plus(ctx.settings.policy.refresh_grace));
    let Some(grant) = alive(ctx, &refresh.grant)?.filter(|_| !replaced && ctx.now < refresh.until) else {
        return Ok(None);
    };
    if !session_lives(ctx, &grant)? {
        return Ok(None);
    }
    let mut members = common(ctx, &grant, &grant.scopes.to_string());
    members.insert("exp".into(), refresh.until.0.into());
    Ok(Some(members))
}

fn alive(ctx: &Ctx<'_>, id: &crate::protocol::GrantId) -> Result<Option<Arc<Grant>>, Interrupt> {
    Ok(ctx.records.get::<Arc<Grant>>(&RecordKey::Grant(id.clone()))?.filter(|grant| is_alive(ctx.settings, grant)))
}

fn common(ctx: &Ctx<'_>, grant: &Grant, scope: &str) -> Map {
    let mut members = Map::new();
    members.insert("active".into(), true.into());
    members.insert("iss".into(), ctx.settings.issuer.as_str().into());
    let subject = ctx.settings.subject_for(&grant.client, &grant.person.sub);
    members.insert("sub".into(), subject.as_str().into());
    members.insert("client_id".into(), grant.client.as_str().into());
    if !scope.is_empty() {
        members.insert("scope".into(), scope.into());
    }
    // For an API that wants a surer or fresher sign-in, RFC 9470 §6.2.
    members.extend(grant.acr.as_deref().map(|acr| ("acr".to_owned(), acr.into())));
    members.extend(grant.auth_time.map(|at| ("auth_time".to_owned(), at.0.into())));
    let known = ctx.settings.claims_of(&grant.person);
    let username = known.and_then(|claims| claims.get("preferred_username")).cloned();
    members.extend(username.map(|name| ("username".to_owned(), name)));
    members
}
