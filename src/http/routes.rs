//! Every door of a realm, with the flow behind it. The paths are the profile's, the same that discovery publishes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Method as HttpMethod, Uri};
use axum::response::Response;
use axum::routing::any;
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

use crate::flows;
use crate::realm::{Flow, Realm};
use crate::reply::{Body, Reply};
use crate::world::{Endpoint, Method};

use super::extract::{self, cookies};
use super::reply::respond;

/// The flow for a method at a door, if the door serves it.
pub(super) fn flow(endpoint: Endpoint, method: Method) -> Option<Flow> {
    use Method::{Get, Post};
    Some(match (endpoint, method) {
        (Endpoint::Discovery | Endpoint::ServerMetadata, Get) => flows::metadata,
        (Endpoint::Jwks, Get) => flows::keys,
        (Endpoint::Authorize, Get | Post) => flows::authorize,
        (Endpoint::SignIn, Get) => flows::ask_sign_in,
        (Endpoint::SignIn, Post) => flows::answer_sign_in,
        (Endpoint::Consent, Get) => flows::ask_consent,
        (Endpoint::Consent, Post) => flows::answer_consent,
        (Endpoint::Token, Post) => flows::token,
        (Endpoint::UserInfo, Get | Post) => flows::userinfo,
        (Endpoint::Introspection, Post) => flows::introspect,
        (Endpoint::Revocation, Post) => flows::revoke,
        (Endpoint::EndSession, Get | Post) => flows::end_session,
        (Endpoint::SignOut, Post) => flows::answer_sign_out,
        _ => return None,
    })
}

/// Whether a person's browser is the caller, so that answers are pages and cookies matter.
pub(super) const fn is_for_browsers(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::EndSession | Endpoint::SignOut
    )
}

/// The realm's doors, as paths below its issuer's host.
pub(super) fn doors(realm: &Arc<Realm>) -> Router {
    let (mut for_browsers, mut for_apps) = (Router::new(), Router::new());
    for (endpoint, path) in paths(realm) {
        let realm = Arc::clone(realm);
        let handler = any(move |request: Request| answer(realm, endpoint, request));
        if is_for_browsers(endpoint) {
            for_browsers = for_browsers.route(&path, handler);
        } else {
            for_apps = for_apps.route(&path, handler);
        }
    }
    for_browsers.layer(cookies(realm)).merge(for_apps.layer(cors()))
}

/// Each endpoint's path. Metadata is also where [RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3) puts it:
/// the well-known part before the issuer's own path.
fn paths(realm: &Realm) -> Vec<(Endpoint, String)> {
    let settings = realm.settings();
    let root = settings.issuer_path();
    let mut paths = Vec::new();
    for (endpoint, path) in &settings.routes {
        paths.push((*endpoint, format!("{root}{path}")));
        if !root.is_empty() && path.starts_with("/.well-known/") {
            paths.push((*endpoint, format!("{path}{root}")));
        }
    }
    paths
}

/// Every door's handler: a value in, a value out.
async fn answer(realm: Arc<Realm>, endpoint: Endpoint, request: Request) -> Response {
    let cookie_sent = !is_for_browsers(endpoint) || extract::sends_cookie(&realm, request.headers());
    let knocked = extract::knocked(&realm, endpoint, request).await;
    if let Some(again) = extract::asked_without_cookie(&realm, &knocked, cookie_sent) {
        if let Some(session) = knocked.session {
            let _ = session.flush().await;
        }
        return respond("", Reply::new(303, Body::Onward(again)).uncached()).await;
    }
    let reply = realm.exchange(&knocked.asked, knocked.flow).await;
    if let Some(session) = knocked.session.filter(|_| reply.signs_in) {
        // Whoever planted a cookie before the sign-in must not share it afterwards.
        let _ = session.cycle_id().await;
    }
    respond(realm.settings().issuer_path(), reply).await
}

/// Browser apps read answers and errors alike, with credentials where they send them. No cookie is read behind these doors,
/// so naming the caller's origin gives nothing away.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([HttpMethod::GET, HttpMethod::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers([WWW_AUTHENTICATE, CONTENT_TYPE])
        .max_age(std::time::Duration::from_mins(10))
}

/// The paths that exist, to be suggested for one that does not.
pub(super) fn nearest(realm: &Realm, uri: &Uri) -> Option<String> {
    let wanted = uri.path();
    if wanted.len() > 100 {
        return None;
    }
    let known = paths(realm).into_iter().map(|(_, path)| path);
    let known = known.chain(["/".to_owned(), "/_control/v1/health".to_owned(), "/_control/v1/tokens".to_owned()]);
    let scored = known.map(|path| (strsim::normalized_damerau_levenshtein(&path, wanted), path));
    scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(score, _)| *score > 0.5).map(|(_, path)| path)
}
