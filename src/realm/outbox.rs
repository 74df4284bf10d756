//! Calls that the provider makes itself: a client's keys are fetched, an app is told that a sign-in is over.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use futures_util::future::join_all;
use serde_json::Value;

use crate::protocol::{Params, SessionId, Subject, UnixTime, shortened};
use crate::reply::Delivery;
use crate::store::Unavailable;
use crate::tokens::{TokenDraft, TokenKind};
use crate::world::{Client, Endpoint, Errand, Method, Record, RecordKey, Session, Settings, Trace};

use super::context::Exchange;
use super::{Entry, Event, Realm, Wire};

/// The way out. Whoever opens a realm hands one in; calls are few, small, and never go where a redirect points.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Brings a JSON document, such as a client's `jwks_uri`; the complaint is a sentence.
    async fn fetch(&self, url: &str) -> Result<Value, String>;

    /// Posts a form. What was sent, and what came back: the status, or why there is none.
    async fn post(&self, url: &str, form: &Params) -> Posted;
}

/// A form that was posted.
#[derive(Debug)]
pub struct Posted {
    /// The bytes that went, and those that came.
    pub wire: Wire,
    /// The answer's status; the complaint is a sentence.
    pub status: Result<u16, String>,
}

/// How often a call is made that does not get through, [Back-Channel Logout §2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest):
/// once more, where the network or the app failed in passing.
const ATTEMPTS: usize = 2;

/// One call that is to be made.
struct OutgoingCall {
    client: Arc<Client>,
    url: String,
    form: Params,
    about: (SessionId, Subject),
}

impl Realm {
    /// Does what a flow asked for beside its answer. All calls go out at once; the answer waits for them, so that whoever is
    /// sent back to an app finds it informed.
    pub(super) async fn run_errands(&self, exchange: &mut Exchange<'_>) {
        let errands = exchange.records.take_errands();
        if errands.is_empty() {
            return;
        }
        let settings = Arc::clone(&exchange.settings);
        let calls = self.calls(&settings, &errands, |draft| exchange.finish(TokenKind::Logout, draft));
        self.make(calls, exchange.resets).await;
    }

    /// The same for what is ended without a request of an app.
    pub(super) async fn run_errands_of(&self, errands: &[Errand], resets: u64) {
        let settings = self.settings();
        let calls = self.calls(&settings, errands, |draft| settings.keys.sign(&draft));
        self.make(calls, resets).await;
    }

    /// Tells an app once more that a sign-in is over, as the journal's exchange of this number did. `None` if there is no such
    /// exchange, or if the sign-in or the app is forgotten by now.
    pub async fn retry_logout(&self, number: u64) -> Result<Option<u64>, Unavailable> {
        let entries = self.journal.entries();
        let told = |entry: &&Arc<Entry>| entry.number == number && entry.endpoint == Endpoint::BackChannelLogout;
        let Some(entry) = entries.iter().find(told) else { return Ok(None) };
        let session = entry.flow_keys.iter().find_map(|key| match key {
            RecordKey::Session(id) => Some(id.clone()),
            _ => None,
        });
        let Some(id) = session else { return Ok(None) };
        let (key, client) = (RecordKey::Session(id.clone()), entry.client.clone());
        let found = self.store.load(std::slice::from_ref(&key), self.now()).await?.pop().and_then(|found| found.record);
        let Some(Record::Session(session)) = found.as_deref() else { return Ok(None) };
        let only = Session { clients: [client].into(), ..session.clone() };
        let before = self.journal.count();
        self.run_errands_of(
            &[Errand::SessionEnded { id, session: Box::new(only) }],
            self.resets.load(Ordering::Relaxed),
        )
        .await;
        Ok(self
            .journal
            .since(before)
            .iter()
            .find(|entry| entry.endpoint == Endpoint::BackChannelLogout)
            .map(|entry| entry.number))
    }

    fn calls(
        &self,
        settings: &Settings,
        errands: &[Errand],
        mut sign: impl FnMut(TokenDraft) -> String,
    ) -> Vec<OutgoingCall> {
        let mut calls = Vec::new();
        for Errand::SessionEnded { id, session } in errands {
            for client in session.clients.iter().filter_map(|client| settings.clients.get(client)) {
                let Some(url) = &client.backchannel_logout_uri else { continue };
                let token = sign(self.draft_logout_token(settings, client, (id, session)));
                calls.push(OutgoingCall {
                    client: Arc::clone(client),
                    url: url.to_string(),
                    form: Params::default().with("logout_token", &token),
                    about: (id.clone(), session.person.sub.clone()),
                });
            }
        }
        calls
    }

    fn draft_logout_token(&self, settings: &Settings, client: &Client, ended: (&SessionId, &Session)) -> TokenDraft {
        let jti = self.entropy.draw().id();
        self.profile.draft_logout_token(settings, client, ended, (self.now(), &jti))
    }

    /// Makes the calls, all at once. They are made to the end even if nobody waits for them any more.
    async fn make(&self, calls: Vec<OutgoingCall>, resets: u64) {
        let made = calls.into_iter().map(|call| {
            let (outbox, journal, now) = (Arc::clone(&self.outbox), Arc::clone(&self.journal), self.now());
            let current = Arc::clone(&self.resets);
            tokio::spawn(async move {
                let posted = post(&*outbox, &call).await;
                let entry = entry_of(call, posted, (now, resets));
                entry.trace.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
                if current.load(Ordering::Relaxed) == resets {
                    journal.note(entry);
                }
            })
        });
        join_all(made).await;
    }
}

async fn post(outbox: &dyn Outbox, call: &OutgoingCall) -> Posted {
    let mut posted = outbox.post(&call.url, &call.form).await;
    for _ in 1..ATTEMPTS {
        if posted.status.as_ref().is_ok_and(|status| *status < 500) {
            break;
        }
        posted = outbox.post(&call.url, &call.form).await;
    }
    posted
}

/// What the journal keeps of a call that was made.
fn entry_of(call: OutgoingCall, posted: Posted, (now, resets): (UnixTime, u64)) -> Entry {
    let OutgoingCall { client, url, about: (session, sub), .. } = call;
    let mut trace = Trace::default();
    let told = matches!(posted.status, Ok(200 | 204));
    if !told {
        let why = posted.status.as_ref().map_or_else(Clone::clone, |status| format!("it answered {status}"));
        trace.remarks.push(format!("{} was not told that the sign-in is over: {why}", client.shown_name()));
    }
    Entry {
        number: 0,
        at: now,
        method: Method::Post,
        endpoint: Endpoint::BackChannelLogout,
        path: shortened(&url).into(),
        client: client.client_id().shortened(),
        user: Some(sub.shortened()),
        status: posted.status.unwrap_or(0),
        trace,
        refused: None,
        applied: Vec::new(),
        events: vec![if told { Event::LogoutDelivered } else { Event::LogoutFailed }],
        flow_keys: vec![RecordKey::Session(session)],
        state: None,
        nonce: None,
        flow: None,
        resets,
        delivery: Delivery::Now,
        wire: Some(posted.wire),
    }
}
