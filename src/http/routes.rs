//! Every endpoint of a realm, with the flow behind it. The paths are the profile's, the same that discovery publishes.

use super::extract::BodyKind;
use crate::flows;
use crate::protocol::nearest;
use crate::realm::{Flow, Realm};
use crate::world::{Endpoint, Method, Settings};

/// The flow for a method at an endpoint, if the endpoint serves it.
pub(super) fn flow(endpoint: Endpoint, method: Method) -> Option<Flow> {
    use Method::{Delete, Get, Head, Post, Put};
    Some(match (endpoint, method) {
        (Endpoint::Discovery | Endpoint::ServerMetadata, Get | Head) => flows::metadata,
        (Endpoint::Jwks, Get | Head) => flows::keys,
        (Endpoint::DistributedClaims, Get | Head) => flows::distributed_claims,
        (Endpoint::CheckSession, Get | Head) => flows::check_session,
        (Endpoint::Elsewhere, _) => flows::nowhere,
        (Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::EndSession, Head) => flows::look,
        (Endpoint::Authorize, Get | Post) => flows::authorize,
        (Endpoint::SignIn, Get) => flows::ask_sign_in,
        (Endpoint::SignIn, Post) => flows::answer_sign_in,
        (Endpoint::Consent, Get) => flows::ask_consent,
        (Endpoint::Consent, Post) => flows::answer_consent,
        (Endpoint::Token, Post) => flows::token,
        (Endpoint::UserInfo, Get | Head | Post) => flows::userinfo,
        (Endpoint::Introspection, Post) => flows::introspect,
        (Endpoint::Revocation, Post) => flows::revoke,
        (Endpoint::Registration, Post) => flows::register,
        (Endpoint::Registration, Get | Head) => flows::show_client,
        (Endpoint::Registration, Put) => flows::replace_client,
        (Endpoint::Registration, Delete) => flows::remove_client,
        (Endpoint::EndSession, Get | Post) => flows::end_session,
        (Endpoint::SignOut, Post) => flows::answer_sign_out,
        _ => return None,
    })
}

/// The endpoints whose body is a JSON object; every other's is a form.
const READ_JSON: &[Endpoint] = &[Endpoint::Registration];

/// What the body of a request to an endpoint is to be.
pub(super) fn body_kind(endpoint: Endpoint) -> BodyKind {
    if READ_JSON.contains(&endpoint) { BodyKind::Json } else { BodyKind::Form }
}

/// Whether a person's browser is the caller, so that answers are pages and cookies matter.
pub(super) const fn is_for_browsers(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::EndSession | Endpoint::SignOut
    )
}

/// The documents whose place may be in front of the issuer's path, [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3).
const IN_FRONT: [(&str, Endpoint); 2] = [
    ("/.well-known/openid-configuration", Endpoint::Discovery),
    ("/.well-known/oauth-authorization-server", Endpoint::ServerMetadata),
];

/// A path as it would be with the well-known part behind the issuer's own: the issuer's path, and the document.
pub(super) fn well_known(path: &str) -> Option<(&str, Endpoint)> {
    IN_FRONT.iter().find_map(|(document, endpoint)| {
        let issuer = path.strip_prefix(document).filter(|issuer| issuer.starts_with('/'))?;
        Some((issuer, *endpoint))
    })
}

/// The endpoint at a path below the root.
pub(super) fn endpoint(settings: &Settings, below: &str) -> Option<Endpoint> {
    let offered = |endpoint: &Endpoint| *endpoint != Endpoint::Registration || settings.registration.offered;
    settings.routes.iter().find(|(_, route)| *route == below).map(|(endpoint, _)| *endpoint).filter(offered)
}

/// The path that exists and is nearest to one that does not: the whole of it, or its end, as where a vendor's longer path was meant.
pub(super) fn nearest_path(realm: &Realm, wanted: &str) -> Option<String> {
    let settings = realm.settings();
    let root = settings.root_path();
    let own = [Endpoint::SignIn, Endpoint::Consent, Endpoint::SignOut];
    let routes = settings.routes.iter().filter(|(endpoint, _)| !own.contains(endpoint));
    let known: Vec<String> = routes.map(|(_, route)| format!("{root}{route}")).collect();
    let more = ["/_control/v1/health", "/_control/v1/openapi.json"];
    let by_end = || {
        let end = wanted.trim_end_matches('/').rsplit('/').next().filter(|end| end.len() > 2)?;
        known.iter().find(|path| path.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(end)))
    };
    let near = nearest(wanted, known.iter().map(String::as_str).chain(more));
    by_end().cloned().or_else(|| near.map(str::to_owned))
}
