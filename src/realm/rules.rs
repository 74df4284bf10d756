//! What a realm is told to answer otherwise: who signs in next, and which lies are told.

use crate::faults::{Action, Budget, Fault, FaultKind, Login, Match, Origin, Plan, Rule, RuleBook};
use crate::protocol::{UnixTime, nearest};
use crate::world::GrantType;

use super::Realm;

/// What is wrong with a rule: the field and a sentence.
type Wrong = (&'static str, String);

impl Realm {
    /// Has somebody answer the next sign-in in the person's place; the rule's number, or what is wrong: the field and a sentence.
    pub fn next_login(&self, login: &Login) -> Result<u64, (&'static str, String)> {
        self.add(self.next_login_rule(login)?, "match")
    }

    pub(super) fn next_login_rule(&self, login: &Login) -> Result<Rule, Wrong> {
        login.check(&self.settings())?;
        let budget = Budget { times: login.budget.times.or(Some(1)), ..login.budget.clone() };
        let rule = Rule::new("next-login", Origin::NextLogin, Action::NextLogin(Box::new(login.clone())));
        self.within(rule.when(login.when.clone()), budget)
    }

    /// Tells a lie from the catalogue; the rule's number, or what is wrong: the field and a sentence.
    pub fn fault(&self, fault: &Fault) -> Result<u64, (&'static str, String)> {
        self.add(self.fault_rule(fault)?, "name")
    }

    pub(super) fn fault_rule(&self, fault: &Fault) -> Result<Rule, Wrong> {
        let kind = FaultKind::named(&fault.name).map_err(|e| ("name", e))?;
        kind.check(&fault.with)?;
        let rule = Rule::new(kind.id, Origin::Fault, Action::Fault(kind, fault.with.clone()));
        self.within(rule.when(fault.when.clone()), fault.budget())
    }

    /// Why a rule may never speak, as far as that is known: whom it waits for is not here, or there will be nothing to alter.
    pub fn doubts(&self, rule: &Rule) -> Vec<String> {
        let (settings, Match { client, user, .. }) = (self.settings(), &rule.when);
        let mut doubts = Vec::new();
        if let Some(id) = client.as_deref().filter(|id| settings.client(id).is_none()) {
            let near = nearest(id, settings.clients.keys().map(crate::protocol::ClientId::as_str));
            let near = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            doubts.push(format!("No app is registered as `{id}`.{near}"));
        }
        if let Some(sub) = user.as_deref().filter(|sub| settings.user(&(*sub).into()).is_none()) {
            let near = settings.nearest_person(sub).map(|user| format!(" Did you mean `{}`?", user.sub));
            doubts.push(format!("Nobody here has the sub `{sub}`.{}", near.unwrap_or_default()));
        }
        if let Action::Fault(kind, _) = &rule.action {
            doubts.extend(kind.doubt(&settings, &rule.when));
        }
        if rule.spoke() == 0 && rule.idle() > 0 {
            let times = if rule.idle() == 1 { "once".to_owned() } else { format!("{} times", rule.idle()) };
            doubts.push(format!("It fitted an answer {times}, and found nothing in it to alter."));
        }
        doubts
    }

    fn within(&self, rule: Rule, budget: Budget) -> Result<Rule, Wrong> {
        let known = || GrantType::AT_TOKEN_ENDPOINT.map(GrantType::as_str);
        if let Some(other) = rule.when.grant_type.as_deref().filter(|name| !known().contains(name)) {
            return Err(("match.grant_type", format!("`{other}` is none of {}", known().join(", "))));
        }
        if budget.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Err(("rate", "a probability is from 0 to 1".into()));
        }
        if budget.every == Some(0) {
            return Err(("every", "each how manieth time? 1 is always".into()));
        }
        if budget.ttl.is_some_and(|ttl| ttl.seconds() == 0) {
            return Err(("ttl", "a rule that stands for no time never speaks".into()));
        }
        if budget.times == Some(0) {
            return Err(("times", "0 times is never: leave the rule out".into()));
        }
        Ok(rule.within(budget, self.now()))
    }

    /// What is told otherwise in one request: nothing, where the provider is strict.
    pub(super) fn plan(&self, strict: bool, now: UnixTime) -> Plan {
        if strict { Plan::default() } else { self.rules.plan(now) }
    }

    fn add(&self, rule: Rule, field: &'static str) -> Result<u64, Wrong> {
        if self.settings().strict {
            return Err((
                field,
                "nothing is told otherwise here, and nobody signs in without a page: the provider is strict".into(),
            ));
        }
        let full = || (field, format!("there are {} rules already", RuleBook::MOST));
        self.rules.add(rule, self.now()).ok_or_else(full)
    }
}
