//! One request and its answer. Whoever knows [`Realm::exchange`] knows the product.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::faults::{FaultContext, MatchFacts, Plan};
use crate::flows::understand;
use crate::profile::Rendering;
use crate::protocol::{Millis, UnixTime};
use crate::reply::Reply;
use crate::spec::Check;
use crate::store::Unavailable;
use crate::tokens::OwnAccess;
use crate::world::{
    Credential, Decision, Draw, Endpoint, Outcome, Preset, Records, Request, Settings, Trace, Understood,
};

use super::{Entry, Flow, Realm, match_facts, notices};

/// What is known of one request, from its arrival to its answer. Each step adds to it.
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request,
    pub(super) flow: Flow,
    /// What the flow is told that the realm is: a fault may have altered it.
    pub(super) settings: Arc<Settings>,
    /// The time that the flow is told, which a fault may have moved as well.
    pub(super) now: UnixTime,
    pub(super) now_ms: Millis,
    /// The realm's time, by which records are kept and forgotten.
    pub(super) realm_time: UnixTime,
    /// This request's own chance.
    pub(super) draw: Draw,
    /// Whether the flow may ask to be run again in the next second.
    pub(super) may_wait: bool,
    /// The bearer token, if this process signed it not long ago.
    pub(super) own_token: Option<OwnAccess>,
    /// How often the realm had been reset when the request came.
    pub(super) resets: u64,
    /// What the request is about.
    pub(super) understood: Understood,
    pub(super) records: Records,
    pub(super) trace: Trace,
    /// The rules that fit, and what they are matched against.
    pub(super) plan: Plan,
    pub(super) facts: MatchFacts,
    /// What was decided beforehand in the person's place.
    pub(super) preset: Option<Preset>,
    /// Why the records that it names cannot be had.
    pub(super) unavailable: Option<Unavailable>,
}

impl Realm {
    /// Answers one request. `settings` are the realm's own, or those of the issuer in whose name it answers.
    pub async fn exchange(&self, request: &Request, flow: Flow, settings: Arc<Settings>) -> (Reply, Entry) {
        let mut exchange = self.begin(request, flow, settings);
        self.load_named(&mut exchange).await;
        exchange.understand();
        exchange.choose_rules();
        let mut decision = self.decide(&mut exchange).await;
        exchange.plan.spend_preset(exchange.trace.used);
        notices::suggest(&mut decision, &exchange);
        self.save_user(&decision);
        let happened = exchange.happened(&decision);
        self.run_errands(&mut exchange).await;
        self.alter_person(&mut exchange, &mut decision);
        let signed = self.sign(&mut exchange, &decision);
        let mut reply = self.profile.render(&self.rendering(&exchange), decision, signed);
        self.alter_reply(&mut exchange, &mut reply);
        let entry = exchange.noted(happened, &reply);
        (reply, entry)
    }

    fn begin<'a>(&self, request: &'a Request, flow: Flow, settings: Arc<Settings>) -> Exchange<'a> {
        let clock = self.clock();
        let now_ms = clock.now_ms();
        let now = now_ms.seconds();
        Exchange {
            own_token: bearer(request).and_then(|token| settings.keys.own_access_token(token, now)),
            request,
            flow,
            settings,
            now,
            now_ms,
            realm_time: now,
            draw: self.entropy.draw(),
            may_wait: clock.runs(),
            resets: self.resets.load(Ordering::Relaxed),
            understood: Understood::default(),
            records: Records::default(),
            trace: Trace::default(),
            plan: self.rules.plan(now),
            facts: MatchFacts::at(match_facts::point(request.endpoint)),
            preset: None,
            unavailable: None,
        }
    }

    /// Someone whom the claim editor's "save as user" made is among the people until the next reset.
    fn save_user(&self, decision: &Decision) {
        let Ok(Outcome::SaveUser(user, _)) = decision else { return };
        let saved = self.change(|config| {
            let mut people = config.people();
            people.retain(|known| known.sub != user.sub);
            people.push(crate::world::User::clone(user));
            config.user = Some(people);
            Ok::<_, Box<crate::config::Mistake>>(())
        });
        if let Err(mistake) = saved {
            tracing::warn!("{} was not saved: {mistake}", user.sub);
        }
    }

    fn rendering<'a>(&'a self, exchange: &'a Exchange<'_>) -> Rendering<'a> {
        let (settings, documents) = (&exchange.settings, &self.documents);
        Rendering { settings, documents, request: exchange.request, now: exchange.now }
    }

    fn alter_reply(&self, exchange: &mut Exchange<'_>, reply: &mut Reply) {
        if exchange.request.endpoint == Endpoint::Jwks {
            self.publish_borrowed(reply, exchange.now);
        }
        let (plan, context) = exchange.plan();
        plan.alter_reply(reply, context);
        notices::add_to_page(reply, exchange);
        reply.signs_in = exchange.trace.held(Check::PersonMaySignIn) || exchange.request.former_cookie;
    }
}

impl Exchange<'_> {
    fn understand(&mut self) {
        self.understood = understand(self.request, &self.records);
        match_facts::before(self);
    }

    /// The rules that speak in this request; then those that speak before anything is decided.
    fn choose_rules(&mut self) {
        self.plan.choose(&self.facts, &self.draw);
        self.override_settings();
        self.preset = self.preset();
    }

    /// The rules, and what they look at.
    pub(super) fn plan(&mut self) -> (&mut Plan, FaultContext<'_>) {
        let Self { plan, facts, settings, request, now, .. } = self;
        (plan, FaultContext { now: *now, settings, request, facts })
    }

    /// More is known with the decision of whom the request is about, and so of which rules speak.
    pub(super) fn learn(&mut self, decision: &Decision) {
        if let Some(grant) = decision.as_ref().ok().and_then(|outcome| outcome.grant()) {
            match_facts::learn(&mut self.facts, grant);
        }
        self.plan.choose(&self.facts, &self.draw);
    }
}

/// The bearer token of a request.
pub(super) fn bearer(request: &Request) -> Option<&str> {
    match &request.credential {
        Some(Credential::Bearer(token)) => Some(token),
        _ => None,
    }
}
