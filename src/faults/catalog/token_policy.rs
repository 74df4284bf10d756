//! What the token endpoint asks of the client, and what kind of tokens it gives.

use std::sync::Arc;

use super::kind::section::TOKEN_ANSWER;
use super::kind::{FaultKind, handle, tolerate};
use crate::faults::effect::Effect::Override;
use crate::faults::matching::Point::Token;
use crate::world::{AccessTokenFormat, AuthMethod};

const PKCE: &str = "https://www.rfc-editor.org/rfc/rfc7636#section-4.6";
const CLIENT_AUTH: &str = "https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication";

macro_rules! only_by {
    ($($id:literal $method:ident $name:literal)*) => {
        &[$(handle($id, concat!("Only ", $name, " is accepted from the client."), &["token.status", "token.error", "token.www-authenticate"], (
            CLIENT_AUTH,
            &[Override(|p, f| only(p, f, AuthMethod::$method))],
        ))
        .so("uses the method that it is configured for, and says clearly what was refused"),)*]
    };
}

/// One way of authenticating at a time.
pub(super) const CLIENT_AUTHENTICATION: &[FaultKind] = only_by! {
    "tok.client_auth.client_secret_basic" ClientSecretBasic "client_secret_basic"
    "tok.client_auth.client_secret_post" ClientSecretPost "client_secret_post"
    "tok.client_auth.client_secret_jwt" ClientSecretJwt "client_secret_jwt"
    "tok.client_auth.private_key_jwt" PrivateKeyJwt "private_key_jwt"
    "tok.client_auth.none" None "none"
};

fn only(
    overrides: &mut crate::faults::effect::Overrides<'_>,
    facts: &crate::faults::EditContext<'_>,
    method: AuthMethod,
) -> bool {
    if facts.facts.point != Token {
        return false;
    }
    let Some(mut client) = facts.client() else { return false };
    client.unregistered = false;
    client.secret = client.secret.or_else(|| crate::faults::edit::client_secret(facts));
    client.token_endpoint_auth_method = Some(method);
    overrides.settings.either_way_of_secret = false;
    overrides.settings.clients.insert(client.client_id(), client.into());
    true
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "tok.client_secret.rotated",
        "The client's secret has changed.",
        &["token.status", "token.error", "token.www-authenticate"],
        (
            "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse",
            &[Override(|p, f| {
                if f.facts.point != Token || f.client().is_none_or(|client| client.is_public()) {
                    return false;
                }
                let Some(mut client) = f.client() else { return false };
                client.unregistered = false;
                client.secret = Some("the-secret-of-tomorrow".into());
                p.settings.clients.insert(client.client_id(), client.into());
                true
            })],
        ),
    )
    .so("says clearly that its secret was refused"),
    handle(
        "tok.pkce.required",
        "PKCE is required of every client.",
        &["authorize"],
        (
            PKCE,
            &[Override(|p, f| {
                let Some(mut client) = f.client().filter(|client| !client.require_pkce) else { return false };
                if client.unregistered {
                    return false;
                }
                client.require_pkce = true;
                p.settings.clients.insert(client.client_id(), client.into());
                f.facts.point == crate::faults::matching::Point::Authorize
                    && f.request.params.get("code_challenge").is_none()
            })],
        ),
    )
    .so("sends code_challenge with S256 in any case"),
    tolerate(
        "tok.at.jwt_vs_opaque",
        "Access tokens are opaque where they were JWTs, or the other way round.",
        &["access_token", "id_token.at_hash"],
        (
            "https://www.rfc-editor.org/rfc/rfc9068#section-6",
            &[Override(|p, f| {
                if f.facts.point != Token {
                    return false;
                }
                let client = p.settings.clients.get_mut(f.facts.client.as_str()).map(Arc::make_mut);
                let own = client.and_then(|client| client.access_token_format.as_mut());
                let format = own.unwrap_or(&mut p.settings.policy.access_token_format);
                *format = match format {
                    AccessTokenFormat::Jwt => AccessTokenFormat::Opaque,
                    AccessTokenFormat::Opaque => AccessTokenFormat::Jwt,
                };
                true
            })],
        ),
    )
    .so("does not look into access tokens"),
    tolerate(
        "time.token_lifetime",
        "Tokens live for so many seconds as `with.seconds` says, one where it says nothing.",
        &["token.expires_in", "access_token.exp", "id_token.exp", "id_token.at_hash"],
        (
            TOKEN_ANSWER,
            &[Override(|p, f| {
                let seconds = u32::try_from(f.seconds(1)).unwrap_or(1);
                let lifetime = crate::protocol::Lifetime::of_seconds(seconds);
                let client = p.settings.clients.get_mut(f.facts.client.as_str()).map(Arc::make_mut);
                let own = client.and_then(|client| client.lifetimes.as_mut());
                let lifetimes = own.unwrap_or(&mut p.settings.policy.lifetimes);
                (lifetimes.access_token, lifetimes.id_token) = (lifetime, lifetime);
                f.facts.point == Token
            })],
        ),
    )
    .so("refreshes or signs in again in time"),
];
