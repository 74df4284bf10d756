//! From an HTTP request to what flows see of it.

mod body;
mod browser;
mod credentials;
mod place;

use axum::extract::Request;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method as HttpMethod};
use tower_sessions::Session;

use crate::flows;
use crate::protocol::Params;
use crate::realm::{Flow, Realm};
use crate::spec::{Check, Refused};
use crate::world::{Asked, Endpoint, Method};

use super::routes;

pub(super) use browser::cookies;
pub(super) use place::{base, is_local, same_place};

/// A request that was read, and the flow that will answer it.
pub(super) struct Knocked {
    pub(super) asked: Asked,
    pub(super) flow: Flow,
    pub(super) session: Option<Session>,
}

/// A form that comes without the browser's cookie may come from another site, whose forms browsers send without it. Asking the
/// same by GET brings the cookie along; answering as if nobody were known would replace it, and sign the person out.
pub(super) fn asked_without_cookie(realm: &Realm, knocked: &Knocked, cookie_sent: bool) -> Option<String> {
    /// Longer requests are answered as they are: not every browser and proxy would pass them on as a URL.
    const LONGEST: usize = 8 * 1024;
    let asked = &knocked.asked;
    let by_form = asked.method == Method::Post && asked.unreadable.is_none();
    let entrance = matches!(asked.endpoint, Endpoint::Authorize | Endpoint::EndSession);
    let query = asked.params.to_query();
    let settings = realm.settings();
    let path = settings.routes.get(&asked.endpoint).map_or("", String::as_str);
    let again = entrance && by_form && !cookie_sent && query.len() <= LONGEST;
    again.then(|| format!("{}{path}?{query}", settings.issuer_path()))
}

/// Whether the request brings the cookie of a browser that was seen.
pub(super) fn sends_cookie(realm: &Realm, headers: &HeaderMap) -> bool {
    let name = format!("{}=", browser::cookie_name(&realm.settings().issuer));
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|text| text.split(';')).any(|pair| pair.trim().starts_with(&name))
}

/// Reads a request. Whatever is wrong with it is for the flow to refuse, so that every refusal is told and recorded alike.
pub(super) async fn knocked(realm: &Realm, endpoint: Endpoint, request: Request) -> Knocked {
    let (parts, body) = request.into_parts();
    let settings = realm.settings();
    let base = base(&parts.headers, &settings);
    let method = match parts.method {
        HttpMethod::GET | HttpMethod::HEAD => Some(Method::Get),
        HttpMethod::POST => Some(Method::Post),
        _ => None,
    };
    let found = method.and_then(|method| Some((method, routes::flow(endpoint, method)?)));
    let read = match found {
        Some((Method::Get, _)) => Ok(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())),
        Some((Method::Post, _)) => body::form(&parts, body, endpoint).await,
        None => Err(method_not_allowed(endpoint, &parts)),
    };
    let read =
        read.and_then(|params| from_our_page(endpoint, &parts, method, (&base, &settings.issuer)).map(|()| params));
    let session = parts.extensions.get::<Session>().cloned();
    let browser = browser::of(realm, endpoint, session.as_ref()).await;
    let on_a_page = routes::is_for_browsers(endpoint);
    let refusing: Flow = if on_a_page { flows::refuse_on_a_page } else { flows::refuse };
    let (params, unreadable) = match read {
        Ok(params) => (params, None),
        Err(refused) => (Params::default(), Some(refused)),
    };
    let asked = Asked {
        endpoint,
        method: method.unwrap_or(Method::Get),
        params,
        credential: credentials::read(&parts.headers),
        browser,
        base,
        unreadable,
    };
    Knocked { asked, flow: found.map_or(refusing, |(_, flow)| flow), session }
}

fn method_not_allowed(endpoint: Endpoint, parts: &Parts) -> Refused {
    let served: Vec<&str> = [Method::Get, Method::Post]
        .into_iter()
        .filter(|method| routes::flow(endpoint, *method).is_some())
        .map(Method::as_str)
        .collect();
    Refused::by(Check::MethodAllowed).got(parts.method.as_str()).expected(served.join(", "))
}

/// Forms of our pages carry a secret of their visit. That they are posted by a page of ours is a second lock on that door:
/// `SameSite` does not keep the ports of `localhost` apart.
fn from_our_page(
    endpoint: Endpoint,
    parts: &Parts,
    method: Option<Method>,
    (base, issuer): (&str, &str),
) -> Result<(), Refused> {
    let ours = matches!(endpoint, Endpoint::SignIn | Endpoint::Consent | Endpoint::SignOut);
    let origin = parts.headers.get("origin").map(|origin| origin.to_str().unwrap_or("null"));
    match origin {
        Some(origin) if ours && method == Some(Method::Post) => {
            if same_place(origin, base) || same_place(origin, issuer) {
                Ok(())
            } else {
                Err(Refused::by(Check::FormFromOurPage).got(origin).expected(base))
            }
        }
        _ => Ok(()),
    }
}
