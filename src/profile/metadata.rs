//! Discovery, made of the same tables as the routes and the checks, so that it can neither boast nor be modest.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::protocol::{ChallengeMethod, Map, Prompt, ResponseMode, ResponseType};
use crate::tokens::{Alg, JweAlg, JweEnc};
use crate::world::{AuthMethod, BackChannel, Endpoint, GrantType, Settings, SigningAlg, SubjectType};

/// Endpoints that the browser goes to, so they are always below the root.
const FRONT_CHANNEL: [Endpoint; 2] = [Endpoint::Authorize, Endpoint::EndSession];

/// Endpoints that apps call directly, so each caller must be told a host that works where it is.
const BACK_CHANNEL: [Endpoint; 5] =
    [Endpoint::Token, Endpoint::UserInfo, Endpoint::Jwks, Endpoint::Introspection, Endpoint::Revocation];

/// The metadata, [Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata) and
/// [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2). `base` is scheme and authority of the request.
pub(super) fn document(settings: &Settings, base: &str) -> Map {
    let back = match &settings.back_channel {
        BackChannel::Issuer => settings.root.url.clone(),
        BackChannel::Follow => format!("{base}{}", settings.root_path()),
        BackChannel::At(url) => url.clone(),
    };
    let mut members = Map::new();
    members.insert("issuer".into(), settings.issuer.as_str().into());
    for endpoint in FRONT_CHANNEL {
        members.insert(endpoint.key().into(), settings.url_of(endpoint).into());
    }
    // A profile may have no such page.
    if settings.routes.contains_key(&Endpoint::CheckSession) {
        let at = settings.url_of(Endpoint::CheckSession);
        members.insert(Endpoint::CheckSession.key().into(), at.into());
    }
    for endpoint in BACK_CHANNEL {
        members.insert(endpoint.key().into(), settings.url_below(&back, endpoint).into());
    }
    if settings.registration.offered && settings.routes.contains_key(&Endpoint::Registration) {
        let at = settings.url_below(&back, Endpoint::Registration);
        members.insert(Endpoint::Registration.key().into(), at.into());
    }
    let Value::Object(abilities) = abilities(settings) else { return members };
    members.extend(abilities);
    members
}

fn abilities(settings: &Settings) -> Value {
    let scopes: Vec<&String> = settings.scopes.keys().collect();
    let methods = methods(settings);
    let with_secret = methods.iter().filter(|method| **method != "none").collect::<Vec<_>>();
    let mut abilities = json!({
        "scopes_supported": scopes,
        "claims_supported": claims(settings),
        "response_types_supported": ResponseType::ALL.map(|offered| offered.to_string()),
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::as_str),
        "grant_types_supported": grant_types(settings),
        // Any value that an app asks for is reached; these are the ones that are best known.
        "acr_values_supported": ["0", "1", "phr", "phrh"],
        "subject_types_supported": SubjectType::ALL.map(SubjectType::as_str),
        "id_token_signing_alg_values_supported": algs_or_none(settings),
        "userinfo_signing_alg_values_supported": algs_or_none(settings),
        "introspection_signing_alg_values_supported": algs(settings),
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": with_secret,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ChallengeMethod::ALL.map(ChallengeMethod::as_str),
        "prompt_values_supported": Prompt::ALL.map(Prompt::as_str),
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal", "aggregated", "distributed"],
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": algs_or_none(settings),
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "ui_locales_supported": ["en"],
        "claims_locales_supported": claims_locales(settings),
    });
    if !nobody_registers(settings) {
        for answer in ["id_token", "userinfo", "introspection", "request_object"] {
            abilities[format!("{answer}_encryption_alg_values_supported")] = json!(JweAlg::ALL.map(JweAlg::as_str));
            abilities[format!("{answer}_encryption_enc_values_supported")] = json!(JweEnc::ALL.map(JweEnc::as_str));
        }
    }
    if methods.iter().any(|method| method.ends_with("_jwt")) {
        for endpoint in ["token", "introspection", "revocation"] {
            abilities[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")] =
                json!(Alg::ALL.map(Alg::as_str));
        }
    }
    abilities
}

/// Whether every client that there can be is one that nobody registered.
fn nobody_registers(settings: &Settings) -> bool {
    settings.accepts_any_client() && !settings.registration.offered
}

/// A client that nobody registered has no key and no secret to verify a JWT with.
fn methods(settings: &Settings) -> Vec<&'static str> {
    let by_jwt = |method: &AuthMethod| matches!(method, AuthMethod::ClientSecretJwt | AuthMethod::PrivateKeyJwt);
    let offered = AuthMethod::ALL.into_iter().filter(|method| !nobody_registers(settings) || !by_jwt(method));
    offered.map(AuthMethod::as_str).collect()
}

/// Nor can anything be signed for it by a secret.
fn algs(settings: &Settings) -> Vec<&'static str> {
    let offered = Alg::ALL.into_iter().filter(|alg| !nobody_registers(settings) || *alg != Alg::HS256);
    offered.map(Alg::as_str).collect()
}

/// Some may be unsigned as well.
fn algs_or_none(settings: &Settings) -> Vec<&'static str> {
    [SigningAlg::Unsigned.as_str()].into_iter().chain(algs(settings)).collect()
}

/// The password grant is offered only where some client may use it.
fn grant_types(settings: &Settings) -> Vec<&'static str> {
    let password = settings.clients.values().any(|client| client.may_use(GrantType::Password));
    GrantType::ALL
        .into_iter()
        .filter(|grant_type| *grant_type != GrantType::Password || password)
        .map(GrantType::as_str)
        .collect()
}

/// The languages in which something is known of somebody.
fn claims_locales(settings: &Settings) -> BTreeSet<&str> {
    let tagged = settings.users.iter().flat_map(|user| user.claims.keys());
    tagged.filter_map(|name| name.split_once('#').map(|(_, tag)| tag)).chain(["en"]).collect()
}

fn claims(settings: &Settings) -> Vec<&str> {
    let mut names: Vec<&str> =
        ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "c_hash", "s_hash", "sid"]
            .into();
    let opened: BTreeSet<&str> = settings.scopes.values().flatten().map(String::as_str).collect();
    names.extend(opened);
    names
}
