//! From an HTTP request to what flows see of it.

mod body;
mod browser;
mod credentials;
mod place;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{COOKIE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method as HttpMethod};

use crate::flows;
use crate::protocol::{BrowserId, Params};
use crate::realm::{Flow, Message, Realm};
use crate::spec::{Check, Refused};
use crate::world::{Asked, Credential, Endpoint, Method, Settings};

use super::record;
use super::routes;

pub(super) use browser::{cookie_name, cookies, of as browser};
pub(super) use place::{base, is_local, same_place};

/// A request that was read. Whatever is wrong with it is for the flow to refuse, so that every refusal is told and recorded alike.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) endpoint: Endpoint,
    pub(super) method: Option<Method>,
    pub(super) params: Params,
    pub(super) credential: Option<Credential>,
    pub(super) headers: HeaderMap,
    /// The `login_hint` without the realm that it names, if it names one.
    pub(super) hint: Option<String>,
    unreadable: Option<Refused>,
    head: Vec<u8>,
    body: Bytes,
}

impl Came {
    /// Reads a request, and leaves nothing of it.
    pub(super) async fn read(endpoint: Endpoint, request: &mut Request) -> Self {
        let (parts, body) = std::mem::take(request).into_parts();
        let method = match parts.method {
            HttpMethod::GET | HttpMethod::HEAD => Some(Method::Get),
            HttpMethod::POST => Some(Method::Post),
            _ => None,
        };
        let served = method.filter(|method| routes::flow(endpoint, *method).is_some());
        let (read, body) = match served {
            Some(Method::Get) => (Ok(Params::parse(parts.uri.query().unwrap_or_default().as_bytes())), Bytes::new()),
            Some(Method::Post) => body::form(&parts, body, endpoint).await,
            None => (Err(method_not_allowed(endpoint, &parts)), Bytes::new()),
        };
        let (params, unreadable) = match read {
            Ok(params) => (params, None),
            Err(refused) => (Params::default(), Some(refused)),
        };
        let (credential, head) = (credentials::read(&parts.headers), record::head(&parts));
        Self { endpoint, method, params, credential, headers: parts.headers, hint: None, unreadable, head, body }
    }

    /// The flow that answers it.
    pub(super) fn flow(&self) -> Flow {
        let refusing: Flow =
            if routes::is_for_browsers(self.endpoint) { flows::refuse_on_a_page } else { flows::refuse };
        self.method.and_then(|method| routes::flow(self.endpoint, method)).unwrap_or(refusing)
    }

    /// What the flow sees, taken out.
    pub(super) fn take_asked(&mut self, settings: &Settings, browser: Option<BrowserId>) -> Asked {
        let base = base(&self.headers, settings);
        let foreign = self.posted_by_our_page(&base, &settings.issuer).err();
        let unreadable = self.unreadable.take().or(foreign);
        Asked {
            endpoint: self.endpoint,
            method: self.method.unwrap_or(Method::Get),
            params: if unreadable.is_some() { Params::default() } else { self.take_meant() },
            cross_origin: self.headers.contains_key(ORIGIN),
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

    /// The request as it travelled, taken out: no flow sees it.
    pub(super) fn take_message(&mut self) -> Message {
        Message::received(std::mem::take(&mut self.head), &self.body)
    }

    /// A form that comes without the browser's cookie may come from another site, whose forms browsers send without it. Asking the
    /// same by GET brings the cookie along; answering as if nobody were known would replace it, and sign the person out.
    pub(super) fn again_with_cookie(&self, realm: &Realm, settings: &Settings) -> Option<String> {
        /// Longer requests are answered as they are: not every browser and proxy would pass them on as a URL.
        const LONGEST: usize = 8 * 1024;
        let by_form = self.method == Some(Method::Post) && self.unreadable.is_none();
        let entrance = matches!(self.endpoint, Endpoint::Authorize | Endpoint::EndSession);
        if !entrance || !by_form || cookie(&self.headers, &cookie_name(realm, settings)).is_some() {
            return None;
        }
        let query = self.params.to_query();
        let path = settings.routes.get(&self.endpoint).map_or("", String::as_str);
        (query.len() <= LONGEST).then(|| format!("{}{path}?{query}", settings.issuer_path()))
    }

    /// Forms of our pages carry a secret of their visit. That they are posted by a page of ours is a second lock on that door:
    /// `SameSite` does not keep the ports of `localhost` apart.
    fn posted_by_our_page(&self, base: &str, issuer: &str) -> Result<(), Refused> {
        let ours = matches!(self.endpoint, Endpoint::SignIn | Endpoint::Consent | Endpoint::SignOut);
        if !ours || self.method != Some(Method::Post) {
            return Ok(());
        }
        match self.headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or("null")) {
            Some(origin) if !same_place(origin, base) && !same_place(origin, issuer) => {
                Err(Refused::by(Check::FormFromOurPage).got(origin).expected(base))
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

fn method_not_allowed(endpoint: Endpoint, parts: &Parts) -> Refused {
    let served: Vec<&str> = [Method::Get, Method::Post]
        .into_iter()
        .filter(|method| routes::flow(endpoint, *method).is_some())
        .map(Method::as_str)
        .collect();
    Refused::by(Check::MethodAllowed).got(parts.method.as_str()).expected(served.join(", "))
}
