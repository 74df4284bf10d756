//! Which client is calling, and whether it is who it says, [Core §9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication).

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use crate::flows::documents::readable;
use crate::flows::sign_in::same;
use crate::flows::visit::unknown_client;
use crate::spec::{Check, FailedCheck, Refusal, one_of, quoted};
use crate::world::{AuthMethod, Client, Credential, Ctx, Interrupt, Request, Seen};

use super::assertion;

/// A client that proved who it is, as far as it has something to prove it with. Only [`verify_client`] makes one.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Arc<Client>,
    method: AuthMethod,
}

impl AuthenticatedClient {
    /// How it proved who it is.
    pub const fn method(&self) -> AuthMethod {
        self.method
    }
}

impl Deref for AuthenticatedClient {
    type Target = Arc<Client>;

    fn deref(&self) -> &Arc<Client> {
        &self.client
    }
}

/// What a request says about its client.
struct Claimed<'a> {
    id: Option<Cow<'a, str>>,
    secret: Option<&'a str>,
    /// The secret before it was decoded, if that made a difference.
    as_sent: Option<&'a str>,
    assertion: Option<&'a str>,
    method: AuthMethod,
}

/// Finds and verifies the client of a request to the token endpoint or one of its neighbours.
pub fn verify_client(ctx: &mut Ctx<'_>, request: &Request) -> Result<AuthenticatedClient, Interrupt> {
    readable(ctx, request)?;
    ctx.readable_parameters(&request.params)?;
    let claimed = claimed(ctx, request)?;
    let id = ctx.require(Check::ClientNamed, claimed.id)?;
    let settings = ctx.settings;
    let client = ctx.require_as(Check::ClientKnown, settings.client(&id), |refused| {
        unknown_client(refused, settings, &id, |_| String::new()).because(Refusal::ClientNotRegistered)
    })?;
    ctx.see(Check::ClientKnown, Seen::Value(id.as_ref().into()));
    method_allowed(ctx, &client, claimed.method)?;
    match claimed.method {
        AuthMethod::None => {}
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            secret_matches(ctx, &client, (claimed.secret, claimed.as_sent))?;
        }
        AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt => {
            assertion::verify(ctx, &client, request, claimed.assertion.unwrap_or_default())?;
        }
    }
    Ok(AuthenticatedClient { client, method: claimed.method })
}

/// The two ways of sending a secret are one as far as most providers care, so the other than the registered one is served and remarked on.
fn method_allowed(ctx: &mut Ctx<'_>, client: &Client, method: AuthMethod) -> Result<(), FailedCheck> {
    // Nobody registered a method for a client that nobody registered.
    if client.unregistered
        && matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::None)
    {
        return Ok(());
    }
    let expected = expected_methods(client);
    let by_secret = |method: AuthMethod| matches!(method, AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost);
    let other_way =
        by_secret(method) && expected.iter().any(|expected| by_secret(*expected)) && ctx.settings.either_way_of_secret;
    let sent = method.as_str();
    let (app, names) = (
        || quoted(client.shown_name()),
        || expected.iter().map(|method| method.as_str().to_owned()).collect::<Vec<_>>(),
    );
    if other_way && !expected.contains(&method) {
        let served = "many providers serve either; --strict refuses it";
        let (app, names) = (app(), one_of(&names()));
        ctx.trace.remarks.push(format!("{app} is registered for {names}, and sent {sent}: {served}"));
    }
    ctx.check_as(Check::ClientMethodAllowed, other_way || expected.contains(&method), |refused| {
        let (app, expected) = (app(), one_of(&names()));
        let say = match method {
            AuthMethod::None => format!("{app} sent no credentials, and is registered for {expected}"),
            _ => format!("{app} authenticated by {sent}, and is registered for {expected}"),
        };
        refused.got(sent).expected(expected).says(say)
    })?;
    ctx.see(Check::ClientMethodAllowed, Seen::Value(sent.into()));
    Ok(())
}

/// Any secret will do for a client that nobody registered, so nothing is compared then.
fn secret_matches(
    ctx: &mut Ctx<'_>,
    client: &Client,
    (sent, as_sent): (Option<&str>, Option<&str>),
) -> Result<(), FailedCheck> {
    if client.unregistered {
        return Ok(());
    }
    let right = client.secret.as_deref();
    let is_right = |sent: &str| right.is_some_and(|right| same(right, sent));
    ctx.check_as(Check::ClientSecretMatches, is_right(sent.unwrap_or_default()), |refused| {
        let app = quoted(client.shown_name());
        if as_sent.is_some_and(is_right) {
            return refused.because(Refusal::ClientSecretUnencoded).says(format!(
                "The secret of {app} is right, but not encoded: in HTTP Basic it is form-encoded first, in UTF-8, so that + is sent as \
                 %2B (RFC 6749 section 2.3.1)"
            ));
        }
        refused.says(format!("client_secret is not the one of {app}"))
    })
}

/// Collects what was sent, which must be one way of authenticating, [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3).
fn claimed<'a>(ctx: &mut Ctx<'_>, request: &'a Request) -> Result<Claimed<'a>, FailedCheck> {
    let in_body = (request.params.get("client_id"), request.params.get("client_secret"));
    let in_header = match &request.credential {
        Some(Credential::Basic { id, secret, .. }) => Some((id.as_str(), secret.as_str())),
        _ => None,
    };
    let as_sent = match &request.credential {
        Some(Credential::Basic { as_sent, .. }) => as_sent.as_deref(),
        _ => None,
    };
    let assertion = request.params.get("client_assertion");
    let ways = [in_header.is_some(), in_body.1.is_some(), assertion.is_some()];
    let once = ways.iter().filter(|used| **used).count() <= 1
        && in_header.zip(in_body.0).is_none_or(|((header, _), body)| header == body);
    ctx.check(Check::ClientAuthenticatesOnce, once)?;
    if let Some(assertion) = assertion {
        let kind = request.params.get("client_assertion_type");
        let right = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        ctx.check_as(Check::ClientAssertionValid, kind == Some(right), |refused| {
            let kind = kind.unwrap_or("not sent");
            refused.got(kind).expected(right).says(format!("client_assertion_type is {kind}, not {right}"))
        })?;
        let (id, method) = assertion::read(assertion);
        let id = in_body.0.map(Cow::Borrowed).or(id.map(Cow::Owned));
        return Ok(Claimed { id, secret: None, as_sent: None, assertion: Some(assertion), method });
    }
    let claimed = |id: Option<&'a str>, secret: Option<&'a str>, method| {
        let secret = secret.filter(|secret| !secret.is_empty());
        let method = if secret.is_some() { method } else { AuthMethod::None };
        Claimed { id: id.map(Cow::Borrowed), secret, as_sent, assertion: None, method }
    };
    Ok(match in_header {
        Some((id, secret)) => claimed(Some(id), Some(secret), AuthMethod::ClientSecretBasic),
        None => claimed(in_body.0, in_body.1, AuthMethod::ClientSecretPost),
    })
}

/// The ways in which this client may authenticate.
fn expected_methods(client: &Client) -> Vec<AuthMethod> {
    use AuthMethod::{ClientSecretBasic, ClientSecretJwt, ClientSecretPost, None as Nothing, PrivateKeyJwt};
    if client.unregistered {
        return vec![ClientSecretBasic, ClientSecretPost, Nothing];
    }
    if let Some(method) = client.token_endpoint_auth_method {
        return vec![method];
    }
    let by_key = client.jwks.is_some() || client.jwks_uri.is_some();
    match (client.secret.is_some(), by_key) {
        (true, false) => vec![ClientSecretBasic, ClientSecretPost, ClientSecretJwt],
        (false, true) => vec![PrivateKeyJwt],
        (true, true) => vec![ClientSecretBasic, ClientSecretPost, ClientSecretJwt, PrivateKeyJwt],
        (false, false) => vec![Nothing],
    }
}
