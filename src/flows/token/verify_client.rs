//! Which client is calling, and whether it is who it says, [Core §9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication).

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use crate::flows::documents::readable;
use crate::flows::sign_in::same;
use crate::spec::{Check, Refusal, Refused};
use crate::world::{Asked, AuthMethod, Client, Credential, Ctx, Stop};

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
    assertion: Option<&'a str>,
    method: AuthMethod,
}

/// Finds and verifies the client of a request to the token endpoint or one of its neighbours.
pub fn verify_client(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<AuthenticatedClient, Stop> {
    readable(ctx, asked)?;
    let repeated = asked.params.repeated();
    ctx.check_as(Check::ParameterOnce, repeated.is_none(), |refused| refused.got(repeated.unwrap_or_default()))?;
    let claimed = claimed(ctx, asked)?;
    let id = ctx.require(Check::ClientNamed, claimed.id)?;
    let found = ctx.settings.client(&id);
    ctx.check_as(Check::ClientKnown, found.is_some(), |refused| {
        refused.because(Refusal::ClientNotRegistered).got(id.as_ref())
    })?;
    let client = ctx.require(Check::ClientKnown, found)?;
    let expected = expected_methods(&client);
    ctx.check_as(Check::ClientMethodAllowed, expected.contains(&claimed.method), |refused| {
        let names: Vec<String> = expected.iter().map(|method| method.as_str().to_owned()).collect();
        refused.got(claimed.method.as_str()).expected(crate::world::one_of(&names))
    })?;
    match claimed.method {
        AuthMethod::None => {}
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            let right = client.secret.as_deref();
            let holds =
                client.unregistered || right.is_some_and(|right| same(right, claimed.secret.unwrap_or_default()));
            ctx.check(Check::ClientSecretMatches, holds)?;
        }
        AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt => {
            assertion::verify(ctx, &client, asked, claimed.assertion.unwrap_or_default())?;
        }
    }
    Ok(AuthenticatedClient { client, method: claimed.method })
}

/// Collects what was sent, which must be one way of authenticating, [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3).
fn claimed<'a>(ctx: &mut Ctx<'_>, asked: &'a Asked) -> Result<Claimed<'a>, Refused> {
    let in_body = (asked.params.get("client_id"), asked.params.get("client_secret"));
    let in_header = match &asked.credential {
        Some(Credential::Basic { id, secret }) => Some((id.as_str(), secret.as_str())),
        _ => None,
    };
    let assertion = asked.params.get("client_assertion");
    let ways = [in_header.is_some(), in_body.1.is_some(), assertion.is_some()];
    let once = ways.iter().filter(|used| **used).count() <= 1
        && in_header.zip(in_body.0).is_none_or(|((header, _), body)| header == body);
    ctx.check(Check::ClientAuthenticatesOnce, once)?;
    if let Some(assertion) = assertion {
        let kind = asked.params.get("client_assertion_type");
        let right = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        ctx.check_as(Check::ClientAssertionValid, kind == Some(right), |refused| {
            refused.got(format!("client_assertion_type={}", kind.unwrap_or_default())).expected(right)
        })?;
        let (id, method) = assertion::read(assertion);
        let id = in_body.0.map(Cow::Borrowed).or(id.map(Cow::Owned));
        return Ok(Claimed { id, secret: None, assertion: Some(assertion), method });
    }
    let claimed = |id: Option<&'a str>, secret: Option<&'a str>, method| {
        let secret = secret.filter(|secret| !secret.is_empty());
        let method = if secret.is_some() { method } else { AuthMethod::None };
        Claimed { id: id.map(Cow::Borrowed), secret, assertion: None, method }
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
