//! Connections to a realm that do not become safe, since somebody wished for it: what is known of them is in the journal.

use std::sync::atomic::Ordering;

use crate::faults::{FaultContext, MatchFacts, Point, TlsFlaw};
use crate::protocol::ClientId;
use crate::reply::Delivery;
use crate::world::{Endpoint, Request, Trace};

use super::{Entry, Realm};

impl Realm {
    /// What is wrong with the next TLS handshake, if some rule says so.
    pub fn next_flaw(&self) -> Option<TlsFlaw> {
        let (settings, now) = (self.settings(), self.now());
        let facts = MatchFacts::at(Point::Connection);
        let mut plan = self.plan(settings.strict, now);
        if plan.is_silent(&facts) {
            return None;
        }
        plan.choose(&facts, &self.entropy.draw());
        let request = Request::outgoing(Endpoint::Connection, "");
        let context = FaultContext { now, settings: &settings, request: &request, facts: &facts };
        let flaw = plan.handshake_flaw(context)?;
        self.note(Entry {
            number: 0,
            at: now,
            method: request.method,
            endpoint: Endpoint::Connection,
            path: "(a TLS handshake)".into(),
            client: ClientId::default(),
            user: None,
            status: 0,
            applied: plan.applied(),
            trace: Trace::default(),
            refused: None,
            events: Vec::new(),
            flow_keys: Vec::new(),
            state: None,
            nonce: None,
            flow: None,
            resets: self.resets.load(Ordering::Relaxed),
            delivery: Delivery::Now,
            wire: None,
        });
        Some(flaw)
    }
}
