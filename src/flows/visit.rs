//! An authorization request whose client, way back and parameters were checked.

use std::sync::Arc;

use url::Url;

use crate::protocol::{AuthorizeRequest, Complaint, Params, ResponseType, Scopes, Subject, nearest};
use crate::spec::{Check, FailedCheck, Suggestion, one_of, quoted};
use crate::world::{Client, Ctx, Destination, Endpoint, Failure, GrantType, Interrupt, ReturnAddress, Seen, Settings};

use super::{hint, request_object};

/// One app's question to one person, [Core §3.1.2.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequestValidation).
pub(super) struct Visit {
    pub(super) client: Arc<Client>,
    pub(super) destination: Destination,
    pub(super) request: Arc<AuthorizeRequest>,
    /// Whom the app expects, by `id_token_hint` or by the `claims` parameter; nobody in particular, if empty.
    pub(super) expected: Vec<Subject>,
}

impl Visit {
    /// Until client and redirect URI are known, whatever is wrong goes on a page; from then on it goes back to the app. What was
    /// checked when the page was opened is checked again when it is answered: the configuration may have changed.
    pub(super) fn open(ctx: &mut Ctx<'_>) -> Result<Self, Failure> {
        let request = ctx.understood.authorization.clone().unwrap_or_default();
        let on_a_page = |refused: FailedCheck| Interrupt::from(refused).on_a_page();
        let client = client(ctx, &request.params).map_err(on_a_page)?;
        let address = ReturnAddress::find(ctx, &client, &request).map_err(on_a_page)?;
        let destination = Destination::App(Box::new(address));
        let checked = Self::check(ctx, &client, request);
        let (request, expected) = checked.map_err(|refused| destination.refuse(refused))?;
        Ok(Self { client, destination, request, expected })
    }

    fn check(
        ctx: &mut Ctx<'_>,
        client: &Client,
        mut request: Arc<AuthorizeRequest>,
    ) -> Result<(Arc<AuthorizeRequest>, Vec<Subject>), Interrupt> {
        if let Some(object) = &ctx.understood.request_object {
            request_object::verify(ctx, client, object)?;
        }
        complaints_as_checks(ctx, &ctx.understood.complaints)?;
        ctx.readable_parameters(&request.params)?;
        response_type_allowed(ctx, client, request.response_type)?;
        if request.response_type.code {
            grant_type_allowed(ctx, client, GrantType::AuthorizationCode)?;
        }
        if request.response_type.has_tokens() {
            grant_type_allowed(ctx, client, GrantType::Implicit)?;
        }
        if request.acr_values.is_empty() && !client.default_acr_values.is_empty() {
            Arc::make_mut(&mut request).acr_values.clone_from(&client.default_acr_values);
        }
        if request.scopes.is_empty()
            && let Some(registered) = &client.scope
        {
            Arc::make_mut(&mut request).scopes = registered.clone();
        }
        scopes_allowed(ctx, client, &request.scopes)?;
        if request.response_type.id_token {
            let asks = request.scopes.contains("openid");
            ctx.check_as(Check::OpenidAsked, asks, |refused| {
                let response_type = quoted(&request.response_type.to_string());
                refused.says(format!(
                    "The scope openid is missing, and response_type {response_type} asks for an ID token"
                ))
            })?;
        }
        resources_usable(ctx, &request.resource)?;
        pkce_used(ctx, client, &request)?;
        let expected = match request.id_token_hint() {
            None => wanted_by_name(ctx, client, &request),
            Some(token) => {
                let opened = hint::open(ctx, token);
                let why = opened.as_ref().err().map_or("", |why| why.sentence());
                let refused = |refused: FailedCheck| refused.says(format!("id_token_hint {why}"));
                let opened = ctx.require_as(Check::IdTokenHintValid, opened.ok(), refused)?;
                hint::person_of(ctx, &opened).into_iter().collect()
            }
        };
        Ok((request, expected))
    }
}

/// Whom the `claims` parameter names; or the `login_hint`, where people sign in by it without a page.
fn wanted_by_name(ctx: &Ctx<'_>, client: &Client, request: &AuthorizeRequest) -> Vec<Subject> {
    let meant = |sub: &str| ctx.settings.person_behind(&client.client_id(), sub);
    let wanted: Vec<Subject> = request.claims.wanted_values("sub").into_iter().map(meant).collect();
    let by_hint = ctx.settings.auto_login.as_deref() == Some("login_hint") && wanted.is_empty();
    let hint = request.login_hint().filter(|_| by_hint);
    let hinted = hint.and_then(|hint| ctx.settings.users.iter().find(|user| user.answers_to(hint)));
    wanted.into_iter().chain(hinted.map(|user| user.sub.clone())).collect()
}

fn pkce_used(ctx: &mut Ctx<'_>, client: &Client, request: &AuthorizeRequest) -> Result<(), FailedCheck> {
    if !request.response_type.code || !client.is_public() && !client.require_pkce {
        return Ok(());
    }
    ctx.check_as(Check::PkceUsed, request.challenge.is_some(), |refused| {
        let why = if client.is_public() { "has no secret" } else { "is registered with require_pkce" };
        refused.says(format!("code_challenge is missing, and {} {why}", quoted(client.shown_name())))
    })
}

/// What a client asks for; where it asks for nothing, what it is registered for, [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).
pub(super) fn asked_or_registered(client: &Client, asked: Scopes) -> Scopes {
    match &client.scope {
        Some(registered) if asked.is_empty() => registered.clone(),
        _ => asked,
    }
}

/// Whether a client may get tokens in this way. Where nothing is registered about it, nothing is checked.
pub(super) fn grant_type_allowed(ctx: &mut Ctx<'_>, client: &Client, grant_type: GrantType) -> Result<(), FailedCheck> {
    if client.grant_types.is_none() && client.may_use(grant_type) {
        return Ok(());
    }
    let name = grant_type.as_str();
    ctx.check_as(Check::GrantTypeAllowed, client.may_use(grant_type), |refused| {
        refused.got(name).says(format!("{} is not registered for the grant type {name}", quoted(client.shown_name())))
    })?;
    ctx.see(Check::GrantTypeAllowed, Seen::Value(name.into()));
    Ok(())
}

/// Where nothing is registered about it, nothing is checked: the grant types say enough.
fn response_type_allowed(ctx: &mut Ctx<'_>, client: &Client, asked: ResponseType) -> Result<(), FailedCheck> {
    let Some(registered) = &client.response_types else { return Ok(()) };
    ctx.check_as(Check::ResponseTypeAllowed, registered.contains(&asked), |refused| {
        let names: Vec<String> = registered.iter().map(ToString::to_string).collect();
        let (app, expected) = (quoted(client.shown_name()), one_of(&names));
        let say = format!(
            "{app} is not registered for the response_type {}, only for {expected}",
            quoted(&asked.to_string())
        );
        refused.got(asked.to_string()).expected(expected).says(say)
    })?;
    ctx.see(Check::ResponseTypeAllowed, Seen::Value(asked.to_string().into()));
    Ok(())
}

fn client(ctx: &mut Ctx<'_>, params: &Params) -> Result<Arc<Client>, FailedCheck> {
    let id = ctx.parameter(params, "client_id")?;
    let sent = params.all("client_id").filter(|id| !id.is_empty()).count();
    ctx.check_as(Check::ParameterOnce, sent == 1, |refused| {
        refused.got("client_id").says("client_id was sent more than once")
    })?;
    let settings = ctx.settings;
    let found = ctx.require_as(Check::ClientKnown, settings.client(id), |refused| {
        let path = settings.path_of(Endpoint::Authorize);
        let again = |id: &str| format!("{path}?{}", params.replacing("client_id", id).to_query());
        unknown_client(refused, settings, id, again)
    })?;
    ctx.see(Check::ClientKnown, Seen::Value(id.into()));
    Ok(found)
}

/// No app is registered under this name; the nearest one, with the same request for it.
pub(super) fn unknown_client(
    refused: FailedCheck,
    settings: &Settings,
    id: &str,
    again: impl FnOnce(&str) -> String,
) -> FailedCheck {
    let known: Vec<String> = settings.clients.keys().map(ToString::to_string).collect();
    let near = nearest(id, known.iter().map(String::as_str));
    let plain = id.replace('\'', "%27");
    let meant = match near {
        Some(near) => {
            Suggestion::Word { word: near.to_owned(), link: Some(again(near)).filter(|link| !link.is_empty()) }
        }
        None => {
            Suggestion::Command(format!("standin clients add '{plain}' --redirect-uri http://localhost:3000/callback"))
        }
    };
    let say = format!("No app is registered as {}", quoted(id));
    let refused = refused.got(id).expected(one_of(&known)).says(say).suggest(Some(meant));
    refused.aside(format!("the clients are those of {}", settings.source))
}

/// What parsing complained about, as checks. What is asked of every request is noted, so that the trace shows what was in order as well.
fn complaints_as_checks(ctx: &mut Ctx<'_>, complaints: &[Complaint]) -> Result<(), FailedCheck> {
    const FIRST: [Check; 2] = [Check::ParameterOnce, Check::ParameterPresent];
    let gravest = FIRST.iter().find_map(|check| complaints.iter().find(|complaint| check_of(complaint) == *check));
    if let Some(complaint) = gravest.or_else(|| complaints.first()) {
        return Err(described(ctx.refuse(check_of(complaint)), complaint));
    }
    ctx.check(Check::ParameterOnce, true)?;
    ctx.check(Check::ResponseTypeOffered, true)?;
    ctx.check(Check::ParameterUsable, true)
}

fn check_of(complaint: &Complaint) -> Check {
    match complaint {
        Complaint::Repeated(_) => Check::ParameterOnce,
        Complaint::Missing(_) => Check::ParameterPresent,
        Complaint::Unusable { parameter: "response_type", .. } => Check::ResponseTypeOffered,
        Complaint::Unusable { .. } => Check::ParameterUsable,
        Complaint::NotOffered(_) => Check::RegistrationOffered,
    }
}

fn described(refused: FailedCheck, complaint: &Complaint) -> FailedCheck {
    match complaint {
        Complaint::Repeated(name) => refused.got(name.as_str()).says(format!("{name} was sent more than once")),
        Complaint::Missing("nonce") => {
            refused.expected("nonce").says("nonce is missing, and an ID token that comes by the browser needs one")
        }
        Complaint::Missing(name) => refused.expected(*name).says(format!("{name} is missing")),
        Complaint::Unusable { parameter, got, expected } => {
            let near = nearest(got, expected.split([' ', ',']).filter(|word| word.len() > 3));
            let near = near.filter(|_| !got.contains(' ') && *parameter != "claims");
            let meant = near.map(|word| Suggestion::Word { word: word.to_owned(), link: None });
            let say = format!("{parameter} is {}, where {expected} is expected", quoted(got));
            refused.got(got.as_str()).expected(expected.as_str()).says(say).suggest(meant)
        }
        Complaint::NotOffered(name) => refused.got(*name),
    }
}

/// Whether these are scopes, and the client may ask for all of them.
pub(super) fn scopes_allowed(ctx: &mut Ctx<'_>, client: &Client, scopes: &Scopes) -> Result<(), FailedCheck> {
    if scopes.is_empty() {
        return Ok(());
    }
    let malformed = scopes.malformed();
    ctx.check_as(Check::ScopeWellFormed, malformed.is_none(), |refused| {
        let scope = malformed.unwrap_or_default();
        refused.got(scope).says(format!("The scope {} has a character that no scope may have", quoted(scope)))
    })?;
    let Some(allowed) = &client.scope else { return Ok(()) };
    let beyond = scopes.iter().find(|scope| !allowed.contains(scope));
    ctx.check_as(Check::ScopeAllowed, beyond.is_none(), |refused| {
        let (scope, app) = (beyond.unwrap_or_default(), quoted(client.shown_name()));
        let meant = nearest(scope, allowed.iter()).map(|word| Suggestion::Word { word: word.to_owned(), link: None });
        let say = format!("{app} may not ask for the scope {}, only for: {allowed}", quoted(scope));
        refused.got(scope).expected(format!("some of: {allowed}")).says(say).suggest(meant)
    })?;
    ctx.see(Check::ScopeAllowed, Seen::Value(scopes.to_string().into()));
    Ok(())
}

/// Whether these name APIs, [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2).
pub(super) fn resources_usable(ctx: &mut Ctx<'_>, resources: &[String]) -> Result<(), FailedCheck> {
    if resources.is_empty() {
        return Ok(());
    }
    let usable = |text: &&String| Url::parse(text).is_ok_and(|uri| uri.fragment().is_none());
    let bad = resources.iter().find(|resource| !usable(resource));
    ctx.check_as(Check::ResourceUsable, bad.is_none(), |refused| {
        let bad = bad.map_or("", String::as_str);
        refused.got(bad).says(format!("resource {} is not an absolute URI without a fragment", quoted(bad)))
    })
}
