//! Apps are told that a sign-in is over, whoever ended it: drafted, altered where a rule says so, sent, and written down.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use url::Url;

use crate::faults::{Applied, CallTiming, FaultContext, FaultTag, MatchFacts, Point};
use crate::protocol::{Params, SessionId, Subject, UnixTime, shortened};
use crate::reply::Delivery;
use crate::store::Unavailable;
use crate::tokens::TokenKind;
use crate::world::{Client, Decision, Endpoint, Errand, Method, Record, RecordKey, Request, Session, Settings, Trace};

use super::context::Exchange;
use super::outbox::{Outbox, Posted, not_called};
use super::{Entry, Event, Realm, Wire};

/// How often a call is made that does not get through, [Back-Channel Logout §2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest):
/// once more, where the network or the app failed in passing.
const ATTEMPTS: usize = 2;

/// One call that is to be made.
struct OutgoingCall {
    client: Arc<Client>,
    url: String,
    may_call: bool,
    form: Params,
    about: (SessionId, Subject),
    timing: CallTiming,
    applied: Vec<Applied>,
}

impl Realm {
    /// Does what a flow asked for beside its answer. All calls go out at once; the answer waits for them, so that whoever is
    /// sent back to an app finds it informed.
    pub(super) async fn run_errands(&self, exchange: &mut Exchange<'_>, decision: &Decision) {
        let mut errands = exchange.records.take_errands();
        errands.extend(exchange.told_too_early(decision));
        if !errands.is_empty() {
            self.tell_apps(&errands, exchange.resets).await;
        }
    }

    /// The same for what is ended without a request of an app.
    pub(super) async fn tell_apps(&self, errands: &[Errand], resets: u64) -> Vec<u64> {
        let settings = self.settings();
        let mut calls = Vec::new();
        for Errand::SessionEnded { id, session } in errands {
            for client in session.clients.iter().filter_map(|client| settings.clients.get(client)) {
                let Some(url) = &client.backchannel_logout_uri else { continue };
                calls.push(self.call(&settings, client, url.as_str(), (id, session)));
            }
        }
        self.make(calls, resets).await
    }

    /// The message for one app, with the lies that are told to just this one.
    fn call(
        &self,
        settings: &Settings,
        client: &Arc<Client>,
        url: &str,
        ended: (&SessionId, &Session),
    ) -> OutgoingCall {
        let (now, mut draw) = (self.now(), self.entropy.draw());
        let facts = MatchFacts {
            client: client.client_id(),
            user: Some(ended.1.person.sub.clone()),
            tags: ended.1.tags.iter().map(|tag| FaultTag::read(tag)).collect(),
            ..MatchFacts::at(Point::BackChannelLogout)
        };
        let request = Request::outgoing(Endpoint::BackChannelLogout, url);
        let context = FaultContext { now, settings, request: &request, facts: &facts };
        let mut plan = self.plan(settings.strict, now);
        plan.choose(&facts, &draw);
        let mut draft = self.profile.draft_logout_token(settings, client, ended, (now, &draw.id()));
        plan.alter_draft(TokenKind::Logout, &mut draft, context);
        let mut token = settings.keys.sign(&draft);
        plan.spoil(TokenKind::Logout, &mut token, context);
        let mut timing = CallTiming::default();
        plan.alter_call(&mut timing, context);
        OutgoingCall {
            client: Arc::clone(client),
            url: url.to_owned(),
            may_call: Url::parse(url).is_ok_and(|url| settings.may_call(&url)),
            form: Params::default().with("logout_token", &token),
            about: (ended.0.clone(), ended.1.person.sub.clone()),
            timing,
            applied: plan.applied(),
        }
    }

    /// Tells an app once more that a sign-in is over, as the journal's exchange of this number did. `None` if there is no such
    /// exchange, or if the sign-in or the app is forgotten by now; no number, if it is told late on purpose.
    pub async fn retry_logout(&self, number: u64) -> Result<Option<Option<u64>>, Unavailable> {
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
        let errand = Errand::SessionEnded { id, session: Box::new(only) };
        let numbers = self.tell_apps(&[errand], self.resets.load(Ordering::Relaxed)).await;
        Ok(Some(numbers.last().copied()))
    }

    /// Makes the calls, all at once, to the end even if nobody waits for them any more. The numbers of the exchanges that were
    /// waited for.
    async fn make(&self, calls: Vec<OutgoingCall>, resets: u64) -> Vec<u64> {
        let mut waited_for = Vec::new();
        for call in calls {
            let (outbox, journal, clock) = (Arc::clone(&self.outbox), Arc::clone(&self.journal), self.clock());
            let current = Arc::clone(&self.resets);
            let delay = call.timing.delay;
            let made = tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                let mut numbers = Vec::new();
                for posted in sent(&*outbox, &call).await {
                    let entry = entry_of(&call, posted, (clock.now(), resets));
                    entry.trace.remarks.iter().for_each(|remark| tracing::warn!("{remark}"));
                    if current.load(Ordering::Relaxed) == resets {
                        numbers.push(journal.note(entry));
                    }
                }
                numbers
            });
            // A call that is made late on purpose is not waited for.
            if delay == Duration::ZERO {
                waited_for.push(made);
            }
        }
        join_all(waited_for).await.into_iter().flatten().flatten().collect()
    }
}

/// Makes a call as often as it is to be made: each attempt, one after the other.
async fn sent(outbox: &dyn Outbox, call: &OutgoingCall) -> Vec<Posted> {
    let mut all = Vec::new();
    if !call.may_call {
        return vec![Posted { wire: Wire::default(), status: Err(not_called(&call.url)) }];
    }
    for _ in 0..call.timing.times {
        for attempt in 1..=ATTEMPTS {
            let posted = outbox.post(&call.url, &call.form, call.timing.pause).await;
            let done = attempt == ATTEMPTS || posted.status.as_ref().is_ok_and(|status| *status < 500);
            all.push(posted);
            if done {
                break;
            }
        }
    }
    if all.is_empty() {
        all.push(Posted { wire: Wire::default(), status: Err("the message was not sent, on purpose".to_owned()) });
    }
    all
}

/// What the journal keeps of a call that was made.
fn entry_of(call: &OutgoingCall, posted: Posted, (now, resets): (UnixTime, u64)) -> Entry {
    let OutgoingCall { client, url, about: (session, sub), applied, .. } = call;
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
        path: shortened(url).into(),
        client: client.client_id().shortened(),
        user: Some(sub.shortened()),
        status: posted.status.unwrap_or(0),
        trace,
        refused: None,
        applied: applied.clone(),
        events: vec![if told { Event::LogoutDelivered } else { Event::LogoutFailed }],
        flow_keys: vec![RecordKey::Session(session.clone())],
        state: None,
        nonce: None,
        flow: None,
        resets,
        delivery: Delivery::Now,
        wire: Some(posted.wire),
    }
}
