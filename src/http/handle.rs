//! Every endpoint's handler: a request becomes a value, a value becomes a response, and both are recorded.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ORIGIN};
use axum::http::{HeaderValue, Method as HttpMethod};
use axum::response::{IntoResponse as _, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_sessions::Session;

use crate::flows::ask_again;
use crate::realm::Realm;
use crate::reply::{Cors, Delivery};
use crate::spec::FailedCheck;
use crate::world::{Endpoint, Method, Settings};

use super::delivery::deliver;
use super::extract::{self, Received};
use super::pages::At;
use super::peer::Peer;
use super::record::{self, Recorded};
use super::reply::respond;
use super::routes::is_for_browsers;
use super::state::AppState;

/// The realm that answers, and in whose name.
#[derive(Clone)]
struct Here {
    realm: Arc<Realm>,
    settings: Arc<Settings>,
}

/// Answers a request at an endpoint.
pub(super) async fn handle(
    state: &AppState,
    realm: Arc<Realm>,
    endpoint: Endpoint,
    (request, peer): (&mut Request, Option<&Peer>),
) -> Response {
    if request.method() == HttpMethod::OPTIONS && !is_for_browsers(endpoint) {
        return preflight(state, request).await;
    }
    let received = Received::read(endpoint, request).await;
    respond_to(state, realm, received, peer).await
}

/// Refuses a request to an address where nothing is: as any other, so that it is in journal and log.
pub(super) async fn elsewhere(
    state: &AppState,
    realm: Arc<Realm>,
    refused: FailedCheck,
    (request, peer): (&mut Request, Option<&Peer>),
) -> Response {
    respond_to(state, realm, Received::elsewhere(request, refused), peer).await
}

async fn respond_to(state: &AppState, realm: Arc<Realm>, mut received: Received, peer: Option<&Peer>) -> Response {
    let endpoint = received.endpoint;
    let (realm, settings) = state.routed(realm, &mut received).await;
    received.take_up(&realm).await;
    let here = Here { realm: Arc::clone(&realm), settings };
    let message = received.take_message();
    let (mut response, recorded) = if is_for_browsers(endpoint) && received.method != Method::Head {
        Box::pin(to_browser(here, received)).await
    } else if received.headers.contains_key(ORIGIN) {
        Box::pin(to_app_in_a_browser(state, here, received)).await
    } else {
        exchange(&here, &mut received, None).await
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
async fn to_browser(here: Here, received: Received) -> Answered {
    let mut request = Request::new(axum::body::Body::empty());
    *request.headers_mut() = received.headers.clone();
    let layer = extract::cookies(&here.realm, &here.settings);
    let inner = service_fn(move |request: Request| {
        let (here, mut received) = (here.clone(), received.clone());
        async move {
            let session = request.extensions().get::<Session>().cloned();
            Ok::<_, Infallible>(carried(exchange(&here, &mut received, session).await))
        }
    });
    taken_out(layer.layer(inner).oneshot(request).await.into_response())
}

/// Apps that run in a browser may read the answer.
async fn to_app_in_a_browser(state: &AppState, here: Here, received: Received) -> Answered {
    let mut request = Request::new(axum::body::Body::empty());
    request.headers_mut().extend(received.headers.get(ORIGIN).cloned().map(|origin| (ORIGIN, origin)));
    let inner = service_fn(move |_: Request| {
        let (here, mut received) = (here.clone(), received.clone());
        async move { Ok::<_, Infallible>(carried(exchange(&here, &mut received, None).await)) }
    });
    taken_out(state.cors.layer(inner).oneshot(request).await.into_response())
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

async fn preflight(state: &AppState, request: &mut Request) -> Response {
    let nothing = service_fn(|_: Request| async { Ok::<_, Infallible>(().into_response()) });
    state.cors.layer(nothing).oneshot(std::mem::take(request)).await.into_response()
}

async fn exchange(Here { realm, settings }: &Here, received: &mut Received, session: Option<Session>) -> Answered {
    let again = received.comes_without_cookie(realm, settings);
    // A browser that is about to come back with its cookie gets no other one.
    let session = session.filter(|_| !again);
    let flow = if again { ask_again } else { received.flow() };
    let browser = extract::browser(realm, received.endpoint, session.as_ref()).await;
    let request = received.take_request(settings, browser);
    let (reply, entry) = realm.exchange(&request, flow, Arc::clone(settings)).await;
    if let Some(session) = session.filter(|_| reply.signs_in) {
        extract::renew(&session, request.browser.as_ref()).await;
    }
    let (delivery, cors) = (reply.delivery, reply.cors);
    let at = At::of(realm, settings);
    let (response, body) = respond(&at, reply);
    (response, Some(Recorded { entry, body, delivery, cors }))
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
