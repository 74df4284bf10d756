//! The sample API tells of its calls, and is told which lies to tell: what it answers is in the journal beside the provider's own.

use bytes::Bytes;

use crate::faults::{FaultContext, MatchFacts, Point};
use crate::protocol::{ClientId, Subject, shortened};
use crate::reply::{Body, Delivery, Reply, ResourceCall};
use crate::tokens::Opened;
use crate::world::{Endpoint, Method, Record, RecordKey, Request, Trace};

use super::{Entry, Event, Message, Realm, Wire};

impl Realm {
    /// What is answered in place of the honest answer, if some rule says so; and the call in the journal.
    pub async fn answered_by_api(&self, call: ResourceCall, mut reply: Reply) -> Reply {
        let (settings, now) = (self.settings(), self.now());
        let client = ClientId::from(call.client.as_str());
        let user = Some(call.user.as_str()).filter(|user| !user.is_empty()).map(Subject::from);
        let facts = MatchFacts { client: client.clone(), user: user.clone(), ..MatchFacts::at(Point::Api) };
        let request = Request::outgoing(Endpoint::ProtectedResource, &call.url);
        let mut plan = self.plan(settings.strict, now);
        plan.choose(&facts, &self.entropy.draw());
        let context = FaultContext { now, settings: &settings, request: &request, facts: &facts };
        plan.alter_reply(&mut reply, context);
        let flow_keys = match &call.token {
            Some(token) => self.grant_of(token).await.into_iter().collect(),
            None => Vec::new(),
        };
        let mut trace = Trace::default();
        trace.remarks.extend(call.refused.iter().map(|why| format!("the API refused: {why}")));
        // Something that is not there is no refusal.
        let event = match reply.status {
            _ if reply.delivery == Delivery::HalfBody => Some(Event::ApiRefused),
            200..300 => Some(Event::ApiCalled),
            401 | 403 | 429 | 500.. => Some(Event::ApiRefused),
            _ => None,
        };
        self.note(Entry {
            number: 0,
            at: now,
            method: Method::named(&call.method),
            endpoint: Endpoint::ProtectedResource,
            path: shortened(&call.url).into(),
            client: client.shortened(),
            user: user.as_ref().map(Subject::shortened),
            status: reply.status,
            applied: plan.applied(),
            trace,
            refused: None,
            events: event.into_iter().collect(),
            flow_keys,
            state: None,
            nonce: None,
            flow: None,
            resets: self.resets.load(std::sync::atomic::Ordering::Relaxed),
            delivery: reply.delivery,
            wire: Some(Wire { request: Message::received(call.head, &call.body), response: answer(&reply) }),
        });
        reply
    }

    /// What a token was granted with, by which its calls belong to a flow.
    async fn grant_of(&self, token: &str) -> Option<RecordKey> {
        let name = Opened::claimed_jti(token).unwrap_or_else(|| token.to_owned());
        let key = RecordKey::AccessToken(name.as_str().into());
        let found = self.store.load(&[key], self.now()).await.ok()?.pop()?.record?;
        match &*found {
            Record::AccessToken(access) => Some(RecordKey::Grant(access.grant.clone())),
            _ => None,
        }
    }
}

/// The answer as it travelled.
fn answer(reply: &Reply) -> Message {
    let mut head = format!("HTTP/1.1 {}\r\n", reply.status).into_bytes();
    let (media_type, body) = match &reply.body {
        Body::Json(text) => ("application/json", text.clone()),
        Body::Raw { media_type, bytes } => (media_type.as_str(), Bytes::from(bytes.clone())),
        _ => ("", Bytes::new()),
    };
    let media_type = Some(("content-type", media_type)).filter(|(_, value)| !value.is_empty());
    let others = reply.headers.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in media_type.into_iter().chain(others) {
        head.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    Message::sent(head, &body)
}
