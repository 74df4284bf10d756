//! An authorization request whose client, way back and parameters were checked.

use std::sync::Arc;

use url::Url;

use crate::protocol::authorize::Complaint;
use crate::protocol::{AuthorizeRequest, Params, Scopes, Subject};
use crate::spec::{Check, Refused};
use crate::world::{Client, Ctx, Failure, GrantType, ReturnAddress, Stop};

use super::hint;

/// One app's question to one person, [Core §3.1.2.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation).
pub(super) struct Visit {
    pub(super) client: Arc<Client>,
    pub(super) address: ReturnAddress,
    pub(super) request: AuthorizeRequest,
    pub(super) params: Params,
    /// Whom the app expects, by `id_token_hint` or by the `claims` parameter; nobody in particular, if empty.
    pub(super) expected: Vec<Subject>,
}

impl Visit {
    /// Until client and redirect URI are known, whatever is wrong goes on a page; from then on it goes back to the app.
    pub(super) fn open(ctx: &mut Ctx<'_>, params: &Params) -> Result<Self, Failure> {
        let client = client(ctx, params).map_err(|refused| Stop::from(refused).on_a_page())?;
        let address = ReturnAddress::find(ctx, &client, params).map_err(|refused| Stop::from(refused).on_a_page())?;
        let checked = Self::check(ctx, &client, params);
        let (request, expected) = checked.map_err(|refused| Stop::from(refused).back_to(&address))?;
        Ok(Self { client, address, request, params: params.clone(), expected })
    }

    fn check(ctx: &mut Ctx<'_>, client: &Client, params: &Params) -> Result<(AuthorizeRequest, Vec<Subject>), Refused> {
        let (request, complaints) = AuthorizeRequest::parse(params);
        complaints_as_checks(ctx, &complaints)?;
        let allowed = client.may_use(GrantType::AuthorizationCode);
        ctx.check_as(Check::GrantTypeAllowed, allowed, |refused| refused.got("authorization_code"))?;
        scopes_allowed(ctx, client, &request.scopes)?;
        resources_usable(ctx, &request.resource)?;
        let pkce = request.challenge.is_some() || !(client.is_public() || client.require_pkce);
        ctx.check(Check::PkceUsed, pkce)?;
        let expected = match &request.id_token_hint {
            None => request.claims.wanted_values("sub").into_iter().map(Into::into).collect(),
            Some(token) => {
                let opened = hint::open(ctx, token);
                ctx.check_as(Check::IdTokenHintValid, opened.is_ok(), |refused| match &opened {
                    Err(why) => refused.got(format!("a token that {}", why.sentence())),
                    Ok(_) => refused,
                })?;
                opened.ok().and_then(|opened| opened.claim("sub").map(Into::into)).into_iter().collect()
            }
        };
        Ok((request, expected))
    }
}

fn client(ctx: &mut Ctx<'_>, params: &Params) -> Result<Arc<Client>, Refused> {
    let sent: Vec<&str> = params.all("client_id").filter(|id| !id.is_empty()).collect();
    ctx.check_as(Check::ParameterPresent, !sent.is_empty(), |refused| refused.expected("client_id"))?;
    ctx.check_as(Check::ParameterOnce, sent.len() == 1, |refused| refused.got("client_id"))?;
    let found = ctx.settings.client(sent[0]);
    let known: Vec<String> = ctx.settings.clients.keys().map(ToString::to_string).collect();
    ctx.check_as(Check::ClientKnown, found.is_some(), |refused| {
        refused.got(sent[0]).expected(crate::world::one_of(&known))
    })?;
    ctx.require(Check::ClientKnown, found)
}

/// What parsing complained about, as checks. Each check is noted, so that the trace shows what was in order as well.
fn complaints_as_checks(ctx: &mut Ctx<'_>, complaints: &[Complaint]) -> Result<(), Refused> {
    for check in [Check::ParameterOnce, Check::ParameterPresent, Check::RequestObjectOffered] {
        let fitting = complaints.iter().find(|complaint| check_of(complaint) == check);
        ctx.check_as(check, fitting.is_none(), |refused| fitting.map_or(refused.clone(), |c| described(refused, c)))?;
    }
    for complaint in complaints {
        ctx.check_as(check_of(complaint), false, |refused| described(refused, complaint))?;
    }
    ctx.check(Check::ResponseTypeOffered, true)?;
    ctx.check(Check::ParameterUsable, true)
}

fn check_of(complaint: &Complaint) -> Check {
    match complaint {
        Complaint::Repeated(_) => Check::ParameterOnce,
        Complaint::Missing(_) => Check::ParameterPresent,
        Complaint::Unusable { parameter: "response_type", .. } => Check::ResponseTypeOffered,
        Complaint::Unusable { .. } => Check::ParameterUsable,
        Complaint::NotOffered("request") => Check::RequestObjectOffered,
        Complaint::NotOffered("request_uri") => Check::RequestUriOffered,
        Complaint::NotOffered(_) => Check::RegistrationOffered,
    }
}

fn described(refused: Refused, complaint: &Complaint) -> Refused {
    match complaint {
        Complaint::Repeated(name) => refused.got(format!("{name} more than once")),
        Complaint::Missing(name) => refused.expected(*name),
        Complaint::Unusable { parameter, got, expected } => {
            refused.got(format!("{parameter}={got}")).expected(expected.as_str())
        }
        Complaint::NotOffered(name) => refused.got(*name),
    }
}

/// Whether these are scopes, and the client may ask for all of them.
pub(super) fn scopes_allowed(ctx: &mut Ctx<'_>, client: &Client, scopes: &Scopes) -> Result<(), Refused> {
    let malformed = scopes.malformed().map(str::to_owned);
    ctx.check_as(Check::ScopeWellFormed, malformed.is_none(), |refused| refused.got(malformed.unwrap_or_default()))?;
    let beyond = client
        .scope
        .as_ref()
        .and_then(|allowed| scopes.iter().find(|scope| !allowed.contains(scope)).map(str::to_owned));
    let allowed = client.scope.as_ref().map(ToString::to_string).unwrap_or_default();
    ctx.check_as(Check::ScopeAllowed, beyond.is_none(), |refused| {
        refused.got(beyond.unwrap_or_default()).expected(format!("some of: {allowed}"))
    })
}

/// Whether these name APIs, [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2).
pub(super) fn resources_usable(ctx: &mut Ctx<'_>, resources: &[String]) -> Result<(), Refused> {
    let usable = |text: &&String| Url::parse(text).is_ok_and(|uri| uri.fragment().is_none());
    let bad = resources.iter().find(|resource| !usable(resource));
    ctx.check_as(Check::ResourceUsable, bad.is_none(), |refused| refused.got(bad.map_or("", String::as_str)))
}
