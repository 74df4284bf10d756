//! One request and its answer. Whoever knows [`Realm::exchange`] knows the product.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::faults::MatchFacts;
use crate::flows;
use crate::profile::Rendering;
use crate::reply::Reply;
use crate::spec::Check;
use crate::world::{Decision, Endpoint, Outcome, Records, Request, Settings, Trace, Understood};

use super::context::{Exchange, bearer};
use super::outbox::not_called;
use super::{Entry, Flow, Realm, match_facts, notices};

impl Realm {
    /// Answers one request. `settings` are the realm's own, or those of the issuer in whose name it answers.
    pub async fn exchange(&self, request: &Request, flow: Flow, settings: Arc<Settings>) -> (Reply, Entry) {
        let mut exchange = self.begin(request, flow, settings);
        self.load_named(&mut exchange).await;
        self.fetch_reference(&mut exchange).await;
        exchange.understand();
        exchange.choose_rules();
        let mut decision = self.decide(&mut exchange).await;
        exchange.plan.spend_preset(exchange.trace.used);
        notices::suggest(&mut decision, &exchange);
        self.save_user(&decision);
        self.save_client(&decision);
        let happened = exchange.happened(&decision);
        self.run_errands(&mut exchange, &decision).await;
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
            plan: self.plan(settings.strict, now),
            flow,
            settings,
            now,
            now_ms,
            realm_time: now,
            draw: self.entropy.draw(),
            may_wait: clock.runs(),
            resets: self.resets.load(Ordering::Relaxed),
            fetched: None,
            understood: Understood::default(),
            records: Records::default(),
            trace: Trace::default(),
            facts: MatchFacts::at(match_facts::point(request.endpoint)),
            preset: None,
            unavailable: None,
        }
    }

    /// A request may say only where the rest of it is.
    async fn fetch_reference(&self, exchange: &mut Exchange<'_>) {
        let Some((url, may_call)) = flows::reference(&exchange.settings, exchange.request) else { return };
        // Few requests come here, and all would carry the room for it.
        exchange.fetched = Some(if may_call {
            Box::pin(self.outbox.fetch_text(url.as_str())).await
        } else {
            Err(not_called(url.as_str()))
        });
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

    /// A client that registered itself is among the clients until it is removed, or until the next reset.
    fn save_client(&self, decision: &Decision) {
        let Ok(Outcome::Client(change)) = decision else { return };
        let saved = self.change(|config| {
            change.apply(&mut config.client);
            Ok::<_, Box<crate::config::Mistake>>(())
        });
        if let Err(mistake) = saved {
            tracing::warn!("a client was not saved: {mistake}");
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
        reply.browser_state = exchange.browser_state();
        reply.signs_in = exchange.trace.held(Check::PersonMaySignIn) || exchange.request.former_cookie;
    }
}
