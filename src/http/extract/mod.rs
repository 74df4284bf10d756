//! From an HTTP request to what flows see of it.

mod base;
mod body;
mod browser;
mod credentials;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{ACCEPT, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method as HttpMethod};

use crate::flows;
use crate::protocol::{BrowserId, Map, Params};
use crate::realm::{Flow, Message, Realm};
use crate::spec::{Check, FailedCheck, quoted};
use crate::world::{self, Credential, Endpoint, Method, Reads, Settings};

use body::ReadBody;

use super::record;
use super::routes;

pub(super) use base::{base, is_local, same_place};
pub(super) use body::BodyKind;
pub(super) use browser::{cookie_name, cookies, of as browser, renew, state_cookie};

/// A request that was read. Whatever is wrong with it is for the flow to refuse, so that every refusal is told and recorded alike.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) endpoint: Endpoint,
    pub(super) method: Method,
    path: Arc<str>,
    pub(super) params: Params,
    json: Option<Map>,
    pub(super) credential: Option<Credential>,
    pub(super) headers: HeaderMap,
    /// The `login_hint` without the realm that it names, if it names one.
    pub(super) hint: Option<String>,
    /// Whether it came by TLS that ends here.
    pub(super) secure: bool,
    unreadable: Option<FailedCheck>,
    head: Vec<u8>,
    body: Bytes,
}

impl Received {
    /// Reads a request, and leaves nothing of it.
    pub(super) async fn read(endpoint: Endpoint, request: &mut Request) -> Self {
        let (parts, body) = std::mem::take(request).into_parts();
        let method = method(&parts.method);
        let by_query = || Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let (read, body) = match (routes::flow(endpoint, method), method) {
            (Some(_), Method::Post | Method::Put) => {
                body::read(&parts, body, (endpoint, routes::body_kind(endpoint))).await
            }
            (Some(_), _) => (Ok(ReadBody { params: by_query(), json: None }), Bytes::new()),
            (None, _) => (Err(method_not_allowed(endpoint, &parts)), Bytes::new()),
        };
        let (ReadBody { params, json }, unreadable) = match read {
            Ok(read) => (read, None),
            Err(refused) => (ReadBody::default(), Some(refused)),
        };
        let (credential, head) = (credentials::read(&parts.headers), record::head(&parts));
        let path = parts.uri.path().into();
        Self {
            endpoint,
            method,
            path,
            params,
            json,
            credential,
            headers: parts.headers,
            hint: None,
            secure: false,
            unreadable,
            head,
            body,
        }
    }

    /// A request to an address where nothing is.
    pub(super) fn elsewhere(request: &mut Request, refused: FailedCheck) -> Self {
        let (parts, _) = std::mem::take(request).into_parts();
        Self {
            endpoint: Endpoint::Elsewhere,
            method: method(&parts.method),
            path: parts.uri.path().into(),
            params: Params::default(),
            json: None,
            credential: None,
            hint: None,
            secure: false,
            unreadable: Some(refused),
            head: record::head(&parts),
            headers: parts.headers,
            body: Bytes::new(),
        }
    }

    /// Has the request refused, whatever it asks for.
    pub(super) fn refuse(&mut self, refused: FailedCheck) {
        self.endpoint = Endpoint::Elsewhere;
        self.unreadable = Some(refused);
    }

    /// The flow that answers it.
    pub(super) fn flow(&self) -> Flow {
        let refusing: Flow =
            if routes::is_for_browsers(self.endpoint) { flows::refuse_on_a_page } else { flows::refuse };
        routes::flow(self.endpoint, self.method).unwrap_or(refusing)
    }

    /// What the flow sees, taken out.
    pub(super) fn take_request(
        &mut self,
        settings: &Settings,
        (browser, former_cookie): (Option<BrowserId>, bool),
    ) -> world::Request {
        let base = base(&self.headers, settings, self.secure);
        let foreign = self.posted_by_our_page(&base, &settings.issuer).err();
        let unreadable = self.unreadable.take().or(foreign);
        world::Request {
            endpoint: self.endpoint,
            method: self.method,
            former_cookie,
            path: Arc::clone(&self.path),
            host: self.host().into(),
            reads: reads(&self.headers),
            params: if unreadable.is_some() { Params::default() } else { self.take_meant() },
            cross_origin: self.headers.contains_key(ORIGIN),
            json: self.json.take(),
            credential: self.credential.take(),
            browser,
            base,
            unreadable,
        }
    }

    /// The parameters, with the `login_hint` that the realm is meant to see.
    fn take_meant(&mut self) -> Params {
        let params = std::mem::take(&mut self.params);
        let Some(hint) = &self.hint else { return params };
        let meant =
            |(name, value): (&str, &str)| (name.to_owned(), if name == "login_hint" { hint } else { value }.to_owned());
        params.iter().map(meant).collect()
    }

    /// The host that the browser asked for: a proxy in front of us may have put another name in its place.
    fn host(&self) -> &str {
        let header = |name: &str| self.headers.get(name).and_then(|value| value.to_str().ok());
        header("x-forwarded-host").or_else(|| header(HOST.as_str())).unwrap_or_default()
    }

    /// The request as it travelled, taken out: no flow sees it.
    pub(super) fn take_message(&mut self) -> Message {
        Message::received(std::mem::take(&mut self.head), &self.body)
    }

    /// A form that comes without the browser's cookie may come from another site, whose forms browsers send without it. Asking the
    /// same by GET brings the cookie along; answering as if nobody were known would replace it, and sign the person out.
    pub(super) fn comes_without_cookie(&self, realm: &Realm, settings: &Settings) -> bool {
        let by_form = self.method == Method::Post && self.unreadable.is_none();
        let entrance = matches!(self.endpoint, Endpoint::Authorize | Endpoint::EndSession);
        entrance && by_form && cookie(&self.headers, &cookie_name(realm, settings)).is_none()
    }

    /// The cookie by which apps watch the sign-in, where it is to hold something else than it does.
    pub(super) fn new_state_cookie(&self, name: &str, state: &str, settings: &Settings) -> Option<HeaderValue> {
        if cookie(&self.headers, name).unwrap_or_default() == state {
            return None;
        }
        // A script reads it, in a frame of another site's page.
        let kind = if settings.issuer.starts_with("https:") { "SameSite=None; Secure" } else { "SameSite=Lax" };
        let path = Some(settings.root_path()).filter(|path| !path.is_empty()).unwrap_or("/");
        HeaderValue::try_from(format!("{name}={state}; Path={path}; {kind}")).ok()
    }

    /// Takes up the request that waits to be asked again.
    pub(super) async fn take_up(&mut self, realm: &Realm) {
        let entrance = matches!(self.endpoint, Endpoint::Authorize | Endpoint::EndSession);
        if let Some(name) = self.params.get(flows::AGAIN).filter(|_| entrance)
            && let Some(params) = realm.waiting_request(name).await
        {
            self.params = params;
        }
    }

    /// Forms of our pages carry a secret of their visit. That they are posted by a page of ours is a second lock:
    /// `SameSite` does not keep the ports of `localhost` apart.
    fn posted_by_our_page(&self, base: &str, issuer: &str) -> Result<(), FailedCheck> {
        let ours = matches!(self.endpoint, Endpoint::SignIn | Endpoint::Consent | Endpoint::SignOut);
        if !ours || self.method != Method::Post {
            return Ok(());
        }
        match self.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null")) {
            Some(origin) if !same_place(origin, base) && !same_place(origin, issuer) => {
                let say = format!(
                    "The form was posted by a page of {}, and this provider is {issuer}; if that page is its own under another name, start \
                     it with --public-url {origin}",
                    quoted(origin)
                );
                Err(FailedCheck::by(Check::FormFromOurPage).got(origin).expected(base).says(say))
            }
            _ => Ok(()),
        }
    }
}

/// The value of a cookie, if it was sent.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = sent.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// What a caller says that it reads.
fn reads(headers: &HeaderMap) -> Reads {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    match accept {
        accept if accept.contains("text/html") => Reads::Pages,
        accept if accept.contains("application/token-introspection+jwt") => Reads::IntrospectionJwt,
        _ => Reads::Anything,
    }
}

fn method(sent: &HttpMethod) -> Method {
    match *sent {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::HEAD => Method::Head,
        HttpMethod::PUT => Method::Put,
        HttpMethod::PATCH => Method::Patch,
        HttpMethod::DELETE => Method::Delete,
        HttpMethod::OPTIONS => Method::Options,
        _ => Method::Other,
    }
}

fn method_not_allowed(endpoint: Endpoint, parts: &Parts) -> FailedCheck {
    let served: Vec<&str> = [Method::Get, Method::Post, Method::Put, Method::Delete]
        .into_iter()
        .filter(|method| routes::flow(endpoint, *method).is_some())
        .map(Method::as_str)
        .collect();
    let (sent, served, path) = (parts.method.as_str(), served.join(", "), parts.uri.path());
    let say = format!("{} does not serve {sent}, only {served}", quoted(path));
    FailedCheck::by(Check::MethodAllowed).got(sent).expected(served).says(say)
}
