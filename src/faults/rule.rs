//! One rule: what it does, when, and how often.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::protocol::UnixTime;
use crate::world::Draw;

use super::catalog::FaultKind;
use super::login::Login;
use super::matching::{Match, Origin};
use super::options::{Budget, FaultOptions};

/// What a rule does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Someone answers in the person's place.
    NextLogin(Box<Login>),
    /// A lie from the catalogue.
    Fault(&'static FaultKind, FaultOptions),
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
    pub action: Action,
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
    pub fn new(name: &str, origin: Origin, action: Action) -> Self {
        Self {
            id: 0,
            name: name.to_owned(),
            when: Match::default(),
            action,
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
    pub fn spoke(&self) -> u32 {
        self.spent.load(Ordering::Relaxed)
    }

    /// How often it will speak yet, if that is limited.
    pub fn left(&self) -> Option<u32> {
        self.budget.times.map(|times| times.saturating_sub(self.spoke()))
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

    /// Gives back what was taken and not used, since there was nothing to alter.
    pub(super) fn give_back(&self) {
        self.give_back_unasked();
        self.idle.fetch_add(1, Ordering::Relaxed);
    }

    /// The same where it is too early to say whether there will be something to alter.
    pub(super) fn give_back_unasked(&self) {
        self.spent.fetch_sub(1, Ordering::SeqCst);
        self.reserved.fetch_sub(1, Ordering::SeqCst);
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

    pub(super) fn is_over(&self, now: UnixTime) -> bool {
        let spent = self.left() == Some(0) && self.reserved.load(Ordering::SeqCst) == 0;
        spent || self.until.is_some_and(|until| now >= until)
    }
}
