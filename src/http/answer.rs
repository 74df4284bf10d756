//! Every door's handler: a request becomes a value, a value becomes a response, and both are recorded.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, Method as HttpMethod};
use axum::response::{IntoResponse as _, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};
use tower_sessions::Session;

use crate::flows::ask_again;
use crate::realm::Realm;
use crate::reply::{Cors, Delivery};
use crate::spec::Refused;
use crate::world::{Endpoint, Method, Settings};

use super::delivery::deliver;
use super::extract::{self, Came};
use super::front_door::Door;
use super::pages::At;
use super::peer::Peer;
use super::record::{self, Recorded};
use super::reply::respond;
use super::routes::is_for_browsers;

/// The realm that answers, and in whose name.
#[derive(Clone)]
struct Here {
    realm: Arc<Realm>,
    settings: Arc<Settings>,
}

/// Answers a request at an endpoint.
pub(super) async fn answer(
    door: &Door,
    realm: Arc<Realm>,
    endpoint: Endpoint,
    (request, peer): (&mut Request, Option<&Peer>),
) -> Response {
    if request.method() == HttpMethod::OPTIONS && !is_for_browsers(endpoint) {
        return preflight(door, request).await;
    }
    let came = Came::read(endpoint, request).await;
    respond_to(door, realm, came, peer).await
}

/// Refuses a request to an address where nothing is: as any other, so that it is in journal and log.
pub(super) async fn elsewhere(
    door: &Door,
    realm: Arc<Realm>,
    refused: Refused,
    (request, peer): (&mut Request, Option<&Peer>),
) -> Response {
    respond_to(door, realm, Came::elsewhere(request, refused), peer).await
}

async fn respond_to(door: &Door, realm: Arc<Realm>, mut came: Came, peer: Option<&Peer>) -> Response {
    let endpoint = came.endpoint;
    let (realm, settings) = door.routed(realm, &mut came).await;
    came.take_up(&realm).await;
    let here = Here { realm: Arc::clone(&realm), settings };
    let message = came.take_message();
    let (mut response, recorded) = if is_for_browsers(endpoint) && came.method != Method::Head {
        Box::pin(to_browser(here, came)).await
    } else if came.headers.contains_key(ORIGIN) {
        Box::pin(to_app_in_a_browser(door, here, came)).await
    } else {
        exchange(&here, &mut came, None).await
    };
    let Some(Recorded { mut entry, body, delivery, cors }) = recorded else { return response };
    allow(&mut response, cors);
    entry.wire = Some(record::wire(message, &response, &body));
    realm.note(entry);
    if delivery == Delivery::Now {
        return response;
    }
    Box::pin(deliver(response, body, delivery, peer)).await
}

/// A response, and what the journal is to know of it.
type Answered = (Response, Option<Recorded>);

/// A browser is known by its cookie; one that was never seen gets one.
async fn to_browser(here: Here, came: Came) -> Answered {
    let mut request = Request::new(axum::body::Body::empty());
    *request.headers_mut() = came.headers.clone();
    let layer = extract::cookies(&here.realm, &here.settings);
    let inner = service_fn(move |request: Request| {
        let (here, mut came) = (here.clone(), came.clone());
        async move {
            let session = request.extensions().get::<Session>().cloned();
            Ok::<_, Infallible>(carried(exchange(&here, &mut came, session).await))
        }
    });
    taken_out(layer.layer(inner).oneshot(request).await.into_response())
}

/// Apps that run in a browser may read the answer.
async fn to_app_in_a_browser(door: &Door, here: Here, came: Came) -> Answered {
    let mut request = Request::new(axum::body::Body::empty());
    request.headers_mut().extend(came.headers.get(ORIGIN).cloned().map(|origin| (ORIGIN, origin)));
    let inner = service_fn(move |_: Request| {
        let (here, mut came) = (here.clone(), came.clone());
        async move { Ok::<_, Infallible>(carried(exchange(&here, &mut came, None).await)) }
    });
    taken_out(door.cors.layer(inner).oneshot(request).await.into_response())
}

/// Layers that add headers hand on a response and nothing else, so it carries what is to be recorded.
fn carried((mut response, recorded): Answered) -> Response {
    if let Some(recorded) = recorded {
        response.extensions_mut().insert(recorded);
    }
    response
}

fn taken_out(mut response: Response) -> Answered {
    let recorded = response.extensions_mut().remove::<Recorded>();
    (response, recorded)
}

async fn preflight(door: &Door, request: &mut Request) -> Response {
    let nothing = service_fn(|_: Request| async { Ok::<_, Infallible>(().into_response()) });
    door.cors.layer(nothing).oneshot(std::mem::take(request)).await.into_response()
}

async fn exchange(Here { realm, settings }: &Here, came: &mut Came, session: Option<Session>) -> Answered {
    let again = came.comes_without_cookie(realm, settings);
    // A browser that is about to come back with its cookie gets no other one.
    let session = session.filter(|_| !again);
    let flow = if again { ask_again } else { came.flow() };
    let browser = extract::browser(realm, came.endpoint, session.as_ref()).await;
    let asked = came.take_asked(settings, browser);
    let (reply, entry) = realm.exchange(&asked, flow, Arc::clone(settings)).await;
    if let Some(session) = session.filter(|_| reply.signs_in) {
        extract::renew(&session, asked.browser.as_ref()).await;
    }
    let (delivery, cors) = (reply.delivery, reply.cors);
    let at = At { root: settings.issuer_path(), issuer: &settings.issuer, realm: realm.name() };
    let (response, body) = respond(&at, reply);
    (response, Some(Recorded { entry, body, delivery, cors }))
}

/// Browser apps read answers and errors alike, with credentials where they send them. No cookie is read behind these doors,
/// so naming the caller's origin gives nothing away.
pub(super) fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([HttpMethod::GET, HttpMethod::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .allow_credentials(true)
        .expose_headers([WWW_AUTHENTICATE, CONTENT_TYPE, RETRY_AFTER])
        .max_age(Duration::from_mins(10))
}

/// What a lie says about other origins, in place of what is true.
fn allow(response: &mut Response, cors: Cors) {
    let headers = response.headers_mut();
    if cors != Cors::Usual {
        headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    }
    if cors == Cors::Wildcard {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
}
