//! Every rule of a realm.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::protocol::UnixTime;

use super::plan::Plan;
use super::rule::Rule;

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
