//! What a realm is told to answer otherwise than it would.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Lifetime, UnixTime};
use crate::world::Draw;

use super::matching::{Match, Origin};
use super::{FaultKind, Login, Plan};

/// The numbers and names that some faults take; each fault has its own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FaultOptions {
    /// How long an answer is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Lifetime>,
    /// A number of seconds: a skew, a lifetime, a `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// The other issuer of a mix-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The realm whose issuer that is; the first realm, where a mix-up in another realm names nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Someone answers in the person's place.
    NextLogin(Box<Login>),
    /// A lie from the catalogue.
    Fault(&'static FaultKind, FaultOptions),
}

/// How often a rule speaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// So many times; without it, as often as it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// With this probability, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rate: Option<f64>,
    /// Only each so-manieth time that it would.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Forgotten after this time, by the realm's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Lifetime>,
}

/// One rule, shared by all requests in which it speaks: its counters see to it that they cannot spend it twice.
#[derive(Debug)]
pub struct Rule {
    /// Its name in the rule book: a number.
    pub id: u64,
    /// What it is called in the journal: a fault's id, `next-login`.
    pub name: String,
    /// When it speaks.
    pub when: Match,
    /// What it does.
    pub act: Action,
    /// Who made it.
    pub origin: Origin,
    /// How often it speaks.
    pub budget: Budget,
    /// Until when, by the realm's clock.
    pub until: Option<UnixTime>,
    /// How often it spoke, and how often it was taken for a request that is not answered yet.
    spent: AtomicU32,
    reserved: AtomicU32,
    matched: AtomicU32,
    /// How often it fitted an answer in which there was nothing to alter.
    idle: AtomicU32,
}

impl Rule {
    /// A rule that speaks whenever it fits.
    pub fn new(name: &str, origin: Origin, act: Action) -> Self {
        Self {
            id: 0,
            name: name.to_owned(),
            when: Match::default(),
            act,
            origin,
            budget: Budget::default(),
            until: None,
            spent: AtomicU32::default(),
            reserved: AtomicU32::default(),
            idle: AtomicU32::default(),
            matched: AtomicU32::default(),
        }
    }

    /// The same rule, speaking only so often.
    #[must_use]
    pub fn within(mut self, budget: Budget, now: UnixTime) -> Self {
        self.until = budget.ttl.map(|ttl| now.plus(ttl));
        self.budget = budget;
        self
    }

    /// The same rule, speaking only here.
    #[must_use]
    pub fn when(mut self, when: Match) -> Self {
        self.when = when;
        self
    }

    /// How often it spoke.
    pub fn applied(&self) -> u32 {
        self.spent.load(Ordering::Relaxed)
    }

    /// How often it will speak yet, if that is limited.
    pub fn left(&self) -> Option<u32> {
        self.budget.times.map(|times| times.saturating_sub(self.applied()))
    }

    /// Whether chance and count let it speak this time.
    pub(super) fn may_speak(&self, draw: &mut Draw) -> bool {
        let met = self.matched.fetch_add(1, Ordering::Relaxed) + 1;
        if self.budget.every.is_some_and(|every| !met.is_multiple_of(every.max(1))) {
            return false;
        }
        self.budget.rate.is_none_or(|rate| draw.chance(rate))
    }

    /// Takes one time of the budget, if there is one left.
    pub(super) fn reserve(&self) -> bool {
        let most = self.budget.times.unwrap_or(u32::MAX);
        let next = |spent: u32| (spent < most).then_some(spent + 1);
        // Counted first: whoever sees the budget spent must see as well that some of it may come back.
        self.reserved.fetch_add(1, Ordering::SeqCst);
        let reserved = self.spent.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next).is_ok();
        if !reserved {
            self.reserved.fetch_sub(1, Ordering::SeqCst);
        }
        reserved
    }

    /// What was taken was used.
    pub(super) fn spend(&self) {
        self.reserved.fetch_sub(1, Ordering::SeqCst);
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self) {
        self.spent.fetch_sub(1, Ordering::SeqCst);
        self.reserved.fetch_sub(1, Ordering::SeqCst);
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it fitted an answer in which there was nothing to alter.
    pub fn idle(&self) -> u32 {
        self.idle.load(Ordering::Relaxed)
    }

    /// How often chance and count were asked about it.
    pub fn matched(&self) -> u32 {
        self.matched.load(Ordering::Relaxed)
    }

    /// The same rule as it was kept: with the number that it had, so long a life as it had, and what was counted.
    #[must_use]
    pub fn resumed(mut self, id: u64, until: Option<UnixTime>, met: u32) -> Self {
        (self.id, self.until, self.matched) = (id, until, met.into());
        self
    }

    fn is_over(&self, now: UnixTime) -> bool {
        let spent = self.left() == Some(0) && self.reserved.load(Ordering::SeqCst) == 0;
        spent || self.until.is_some_and(|until| now >= until)
    }
}

/// A realm's rules.
#[derive(Debug, Default)]
pub struct RuleBook {
    rules: Mutex<Vec<Arc<Rule>>>,
    count: AtomicU64,
    /// Whether there are any: most requests meet none.
    some: AtomicU32,
}

impl RuleBook {
    /// The most rules that are kept.
    pub const MOST: usize = 10_000;

    /// Adds a rule and says its number; among equals what the older one writes stands. `None` if the book is full.
    pub fn add(&self, mut rule: Rule, now: UnixTime) -> Option<u64> {
        let mut rules = self.lock();
        rules.retain(|rule| !rule.is_over(now));
        if rules.len() >= Self::MOST {
            return None;
        }
        if rule.id == 0 || rules.iter().any(|known| known.id == rule.id) {
            rule.id = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        }
        let id = rule.id;
        self.count.fetch_max(id, Ordering::Relaxed);
        rules.push(Arc::new(rule));
        rules.sort_by_key(|rule| rule.origin);
        self.some.store(1, Ordering::Relaxed);
        Some(id)
    }

    /// The rules that may still speak, strongest first.
    pub fn list(&self, now: UnixTime) -> Vec<Arc<Rule>> {
        let mut rules = self.standing(now);
        rules.retain(|rule| rule.left() != Some(0));
        rules
    }

    /// The same, with those whose last time was taken by a request that is not answered yet.
    fn standing(&self, now: UnixTime) -> Vec<Arc<Rule>> {
        self.lock().iter().filter(|rule| !rule.is_over(now)).cloned().collect()
    }

    /// Forgets the rules that are meant, and says how many there were.
    pub fn forget(&self, meant: impl Fn(&Rule) -> bool) -> usize {
        let mut rules = self.lock();
        let before = rules.len();
        rules.retain(|rule| !meant(rule));
        self.some.store(u32::from(!rules.is_empty()), Ordering::Relaxed);
        before - rules.len()
    }

    /// Forgets every rule. Numbers are not given again: whoever holds one must not mean another rule by it.
    pub fn clear(&self) {
        self.forget(|_| true);
    }

    /// The rules for one request.
    pub fn plan(&self, now: UnixTime) -> Plan {
        if self.some.load(Ordering::Relaxed) == 0 {
            return Plan::default();
        }
        Plan::new(self.standing(now))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Rule>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
