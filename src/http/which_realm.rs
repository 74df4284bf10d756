//! One app, many realms: which of them a request is for, where the app knows one issuer only.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::response::{IntoResponse as _, Response};
use url::Url;

use crate::protocol::Params;
use crate::realm::{Realm, record_keys};
use crate::world::{BackChannel, Endpoint, Entropy, Settings};

use super::extract::{Received, cookie, cookie_name};
use super::not_found::no_such_realm;
use super::state::AppState;
use super::tickets::HEADER;

/// What a browser shows to be led to a realm.
pub(super) struct Ticket {
    /// The cookie's name.
    pub(super) cookie: String,
    /// Its value.
    pub(super) value: String,
    /// A URL that sets it.
    pub(super) url: String,
}

impl AppState {
    /// A ticket for a realm.
    pub(super) fn ticket(&self, realm: &Realm) -> Ticket {
        // Not of the realm's own chance: that begins anew with a reset, and tickets do not.
        let value = Entropy::default().draw().secret();
        self.tickets.keep(&value, realm.name());
        let root = self.realms.root.settings();
        let url = format!("{}/ticket/{value}", root.issuer.trim_end_matches('/'));
        Ticket { cookie: self.ticket_cookie(), value, url }
    }

    /// Sets the cookie of a ticket, and sends the browser on to a loopback address or to the app.
    pub(super) fn redeem_ticket(&self, value: &str, request: &Request) -> Response {
        let root = self.realms.root.settings();
        let Some(realm) = self.tickets.realm_of(value).and_then(|name| self.realms.get(&name)) else {
            let what = "this ticket is none of ours, or its realm is closed: make another by POST /_control/v1/realms/NAME/tickets";
            return (StatusCode::NOT_FOUND, what).into_response();
        };
        let params = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
        let path = if root.root_path().is_empty() { "/" } else { root.root_path() };
        let secure = if root.issuer.starts_with("https:") { "; Secure" } else { "" };
        let cookie = format!("{}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}", self.ticket_cookie());
        let headers = [(SET_COOKIE, cookie), (CACHE_CONTROL, "no-store".to_owned())];
        match params.get("return_to").map(|to| (to, may_return_to(to, &realm.settings()))) {
            None => (headers, format!("This browser is in the realm {} now.\n", realm.name())).into_response(),
            Some((to, true)) => (StatusCode::SEE_OTHER, headers, [(LOCATION, to.to_owned())]).into_response(),
            Some((_, false)) => {
                let what = "return_to may lead to a loopback address, or to the origin of a registered redirect URI";
                (StatusCode::BAD_REQUEST, what).into_response()
            }
        }
    }

    /// The realm that a request to the root is for, and the settings in whose name it answers: by header, by ticket, by
    /// `login_hint`, or by a code or token that the realm gave before. Whoever asks for keys, and does not say for which realm,
    /// gets those of all: an app's library reads them without our header.
    pub(super) async fn routed(&self, realm: Arc<Realm>, received: &mut Received) -> (Arc<Realm>, Arc<Settings>) {
        let settings = realm.settings();
        if !Arc::ptr_eq(&realm, &self.realms.root)
            || self.realms.is_single() && !self.tickets.exist() && !received.headers.contains_key(HEADER)
        {
            return (realm, settings);
        }
        let guest = match self.named_guest(received) {
            Ok(Some(guest)) => Some(guest),
            Ok(None) => self.by_record(received).await,
            Err(name) => {
                received.refuse(no_such_realm(&self.realms, &name));
                None
            }
        };
        match guest {
            Some(guest) if !Arc::ptr_eq(&guest, &realm) => {
                let own = in_the_name_of(&settings, &guest.settings());
                (guest, Arc::new(own))
            }
            _ if received.endpoint == Endpoint::Jwks => {
                let guests = self.realms.list().into_iter();
                let keys = settings.keys.lent(guests.flat_map(|(guest, ..)| guest.keys_beside(&settings.keys)));
                (realm, Arc::new(Settings { keys, ..Settings::clone(&settings) }))
            }
            _ => (realm, settings),
        }
    }

    /// The realm that a header, a ticket or a hint names; or the name that nobody has.
    fn named_guest(&self, received: &mut Received) -> Result<Option<Arc<Realm>>, String> {
        if let Some(name) = received.headers.get(HEADER).map(|name| name.to_str().unwrap_or("?").to_owned()) {
            return self.realms.get(&name).map(Some).ok_or(name);
        }
        Ok(self.by_ticket(received)?.or_else(|| self.by_login_hint(received)))
    }

    /// The realm of a ticket. One that is closed is no reason to go on in another.
    fn by_ticket(&self, received: &Received) -> Result<Option<Arc<Realm>>, String> {
        let ticket = cookie(&received.headers, &self.ticket_cookie());
        let Some(name) = ticket.and_then(|ticket| self.tickets.realm_of(ticket)) else { return Ok(None) };
        self.realms.get(&name).map(Some).ok_or(name)
    }

    fn ticket_cookie(&self) -> String {
        let root = &self.realms.root;
        cookie_name(root, &root.settings()).replacen("standin", "standin-realm", 1)
    }

    /// `worker-3/alice@example.com`: the realm is named before the last slash, and taken off.
    fn by_login_hint(&self, received: &mut Received) -> Option<Arc<Realm>> {
        let (name, hint) = received.params.get("login_hint")?.rsplit_once('/')?;
        let (realm, hint) = (self.realms.get(name)?, hint.to_owned());
        received.hint = Some(hint);
        Some(realm)
    }

    /// Whoever brings a code, a token or a page's form is where it was made.
    async fn by_record(&self, received: &Received) -> Option<Arc<Realm>> {
        let names = record_keys(&received.params, received.credential.as_ref());
        if names.is_empty() || knows(&self.realms.root, &names).await {
            return None;
        }
        for (realm, ..) in self.realms.list() {
            if knows(&realm, &names).await {
                return Some(realm);
            }
        }
        None
    }
}

async fn knows(realm: &Realm, names: &[crate::world::RecordKey]) -> bool {
    let loaded = realm.store().load(names, realm.now()).await;
    loaded.is_ok_and(|loaded| loaded.iter().any(|versioned| versioned.record.is_some()))
}

/// A realm that answers at the root speaks with the root's issuer: it is the one that the app knows.
fn in_the_name_of(root: &Settings, guest: &Settings) -> Settings {
    Settings {
        issuer: root.issuer.clone(),
        root: root.root.clone(),
        issuer_below_root: root.issuer_below_root.clone(),
        subject_type: root.subject_type,
        routes: root.routes.clone(),
        back_channel: match &root.back_channel {
            BackChannel::At(url) => BackChannel::At(url.clone()),
            other => other.clone(),
        },
        ..guest.clone()
    }
}

fn may_return_to(to: &str, settings: &Settings) -> bool {
    let Ok(url) = Url::parse(to) else { return false };
    let registered = settings.clients.values().flat_map(|client| &client.redirect_uris);
    let same_origin = |uri: &String| Url::parse(uri).is_ok_and(|uri| uri.origin() == url.origin());
    crate::world::is_loopback_uri(to)
        || matches!(url.scheme(), "http" | "https") && registered.into_iter().any(same_origin)
}
