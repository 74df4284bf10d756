//! Whom a request is for and about, as far as it can be known before and after it is decided: what rules are matched against.

use crate::faults::{FaultTag, MatchFacts, Point};
use crate::flows::understand;
use crate::world::{Decision, Endpoint, Grant, Outcome, Record};

use super::context::Exchange;

impl Exchange<'_> {
    /// Reads what the request is about.
    pub(super) fn understand(&mut self) {
        self.understood = understand(self.request, (&self.settings, &self.records), self.fetched.as_ref());
        before(self);
    }

    /// More is known with the decision of whom the request is about, and so of which rules speak.
    pub(super) fn learn(&mut self, decision: &Decision) {
        if let Some(grant) = decision.as_ref().ok().and_then(|outcome| outcome.grant()) {
            learn(&mut self.facts, grant);
        }
        if let Ok(Outcome::Client(change)) = decision {
            self.facts.client = change.client_id();
        }
        self.plan.choose(&self.facts, &self.draw);
    }
}

/// What is known before the flow runs.
fn before(exchange: &mut Exchange<'_>) {
    let Exchange { request, records, settings, understood, facts, .. } = exchange;
    facts.client = understood.client.clone();
    facts.login_hint = understood.login_hint().map(str::to_owned);
    facts.grant_type.clone_from(&understood.grant_type);
    facts.response_type = understood.authorization.as_ref().map(|asked| asked.response_type).unwrap_or_default();
    for record in records.iter() {
        match record {
            // An API that asks about a token is not the client that the token was given to.
            Record::Grant(grant) if request.endpoint == Endpoint::Introspection => {
                let asking = facts.client.clone();
                learn(facts, grant);
                facts.client = asking;
            }
            // A code or token of another client, shown by this one, says nothing about whom the request is from.
            Record::Grant(grant) if !facts.client.as_str().is_empty() && facts.client != grant.client => {}
            Record::Grant(grant) => learn(facts, grant),
            Record::Session(session) if request.endpoint == Endpoint::Consent => {
                facts.user = Some(session.person.sub.clone());
                facts.tags = session.tags.iter().map(|tag| FaultTag::read(tag)).collect();
            }
            _ => {}
        }
    }
    if request.endpoint == Endpoint::SignIn {
        let typed = request.params.get("sub").or(request.params.get("username"));
        let known = typed.and_then(|typed| settings.users.iter().find(|user| user.answers_to(typed)));
        facts.user = known.map(|user| user.sub.clone());
    }
}

/// What a grant tells.
fn learn(facts: &mut MatchFacts, grant: &Grant) {
    facts.client = grant.client.clone();
    facts.user = Some(grant.person.sub.clone());
    facts.login_hint.clone_from(&grant.login_hint);
    facts.tags = grant.tags.iter().map(|tag| FaultTag::read(tag)).collect();
}

/// The point at which an endpoint delivers.
pub(super) const fn point(endpoint: Endpoint) -> Point {
    match endpoint {
        Endpoint::Discovery | Endpoint::ServerMetadata => Point::Discovery,
        Endpoint::Jwks => Point::Jwks,
        // Nothing is told at an address where nothing is but what is told everywhere.
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::Elsewhere => Point::Authorize,
        Endpoint::Token => Point::Token,
        // Whoever plays somebody else there lies as UserInfo does.
        Endpoint::UserInfo | Endpoint::DistributedClaims => Point::Userinfo,
        Endpoint::Introspection => Point::Introspection,
        Endpoint::Revocation => Point::Revocation,
        Endpoint::CheckSession => Point::CheckSession,
        Endpoint::Registration => Point::Registration,
        Endpoint::EndSession | Endpoint::SignOut => Point::EndSession,
        Endpoint::BackChannelLogout => Point::BackChannelLogout,
        Endpoint::ProtectedResource => Point::Api,
        Endpoint::Connection => Point::Connection,
    }
}
