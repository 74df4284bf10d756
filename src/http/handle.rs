//! Every endpoint's handler: a request becomes a value, a value becomes a response, and both are recorded.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, COOKIE, ORIGIN, SET_COOKIE, USER_AGENT,
};
use axum::http::{HeaderValue, Method as HttpMethod, Response as HttpResponse, StatusCode};
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_sessions::Session;

use crate::flows::ask_again;
use crate::realm::{Realm, Unsent};
use crate::reply::{Cors, Delivery};
use crate::spec::FailedCheck;
use crate::world::{Endpoint, Method, Settings};

use super::delivery::deliver;
use super::extract::{self, Received};
use super::pages::At;
use super::peer::Peer;
use super::record;
use super::reply::respond;
use super::routes::is_for_browsers;
use super::state::AppState;

/// The realm that answers, and in whose name.
struct Target {
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
    received.secure = peer.is_some_and(Peer::is_secure);
    let (realm, settings) = state.routed(realm, &mut received).await;
    received.take_up(&realm).await;
    let target = Target { realm, settings };
    let message = received.take_message();
    let (mut response, answer) = if is_for_browsers(endpoint) && received.method != Method::Head {
        Box::pin(to_browser(target, received)).await
    } else if received.headers.contains_key(ORIGIN) {
        Box::pin(to_app_in_a_browser(state, target, received)).await
    } else {
        let (response, answer) = exchange(target, received, None).await;
        (response, Some(answer))
    };
    let Some(Answer { unsent, body, delivery, cors }) = answer else { return response };
    allow(&mut response, cors);
    unsent.note(record::wire(message, &response, &body));
    if matches!(delivery, Delivery::Now | Delivery::After(_)) {
        return response;
    }
    Box::pin(deliver(response, body, delivery, peer)).await
}

/// What is known of an answer beside the response itself.
struct Answer {
    unsent: Unsent,
    body: Bytes,
    delivery: Delivery,
    cors: Cors,
}

/// The exchange as the innermost service of a layer that adds headers. Such a layer hands on a response and nothing else, so what
/// is known beside it is put here. It is called once.
#[derive(Clone)]
struct Innermost {
    input: Arc<Mutex<Option<(Target, Received)>>>,
    output: Arc<Mutex<Option<Answer>>>,
}

impl Service<Request> for Innermost {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (input, output) = (taken(&self.input), Arc::clone(&self.output));
        Box::pin(async move {
            let Some((target, received)) = input else { return Ok(StatusCode::INTERNAL_SERVER_ERROR.into_response()) };
            let session = request.extensions().get::<Session>().cloned();
            let (response, answer) = exchange(target, received, session).await;
            *output.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
            Ok(response)
        })
    }
}

fn taken<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A browser is known by its cookie; one that was never seen gets one.
async fn to_browser(target: Target, received: Received) -> (Response, Option<Answer>) {
    let mut request = Request::new(axum::body::Body::empty());
    request.headers_mut().extend(received.headers.get_all(COOKIE).iter().map(|cookie| (COOKIE, cookie.clone())));
    let layer = extract::cookies(&target.realm, &target.settings);
    within(layer, request, target, received).await
}

/// Apps that run in a browser may read the answer.
async fn to_app_in_a_browser(state: &AppState, target: Target, received: Received) -> (Response, Option<Answer>) {
    let mut request = Request::new(axum::body::Body::empty());
    request.headers_mut().extend(received.headers.get(ORIGIN).cloned().map(|origin| (ORIGIN, origin)));
    within(state.cors.clone(), request, target, received).await
}

async fn within<L, S, B>(layer: L, request: Request, target: Target, received: Received) -> (Response, Option<Answer>)
where
    L: Layer<Innermost, Service = S>,
    S: Service<Request, Response = HttpResponse<B>, Error = Infallible>,
    HttpResponse<B>: IntoResponse,
{
    let innermost = Innermost { input: Arc::new(Mutex::new(Some((target, received)))), output: Arc::default() };
    let output = Arc::clone(&innermost.output);
    let response = layer.layer(innermost).oneshot(request).await;
    (response.unwrap_or_else(|never| match never {}).into_response(), taken(&output))
}

async fn preflight(state: &AppState, request: &mut Request) -> Response {
    let nothing = service_fn(|_: Request| async { Ok::<_, Infallible>(().into_response()) });
    state.cors.layer(nothing).oneshot(std::mem::take(request)).await.into_response()
}

/// The order of every message: it is decided, held as long as it is to be held, written, and then noted by whoever called.
async fn exchange(target: Target, mut received: Received, session: Option<Session>) -> (Response, Answer) {
    let Target { realm, settings } = target;
    let again = received.comes_without_cookie(&realm, &settings);
    // A browser that is about to come back with its cookie gets no other one.
    let session = session.filter(|_| !again);
    let flow = if again { ask_again } else { received.flow() };
    let browser = extract::browser(&realm, received.endpoint, session.as_ref()).await;
    let request = received.take_request(&settings, browser);
    let (reply, entry) = realm.exchange(&request, flow, Arc::clone(&settings)).await;
    let agent = received.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let mut unsent = Unsent::new(Arc::clone(&realm), entry);
    if let Some(session) = session.filter(|_| reply.signs_in) {
        extract::renew(&session, request.browser.as_ref().filter(|_| request.former_cookie)).await;
    }
    let reply = unsent.hold(agent, reply).await;
    let (delivery, cors) = (reply.delivery, reply.cors);
    let watches = is_for_browsers(received.endpoint) || received.endpoint == Endpoint::CheckSession;
    let state_cookie = if watches { extract::state_cookie(&realm, &settings) } else { String::new() };
    let state = reply.browser_state.clone();
    let at = At { state_cookie: &state_cookie, ..At::of(&realm, &settings) };
    let (mut response, body) = respond(&at, reply);
    if let Some(cookie) = state.and_then(|state| received.new_state_cookie(&state_cookie, &state, &settings)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    (response, Answer { unsent, body, delivery, cors })
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
