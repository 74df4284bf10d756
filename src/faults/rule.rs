//! What a realm is told to answer otherwise than it would.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::world::PersonAnswer;

use super::{Plan, fault};

/// Who made a rule: the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Whoever answered the sign-in page chose it there.
    SignInPage,
    /// A test said who signs in next.
    NextLogin,
    /// A test asked for a fault.
    Fault,
}

/// Which token of an answer an edit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seam {
    /// The ID token.
    IdToken,
    /// The access token.
    AccessToken,
    /// The signed answer of UserInfo.
    UserInfo,
}

/// A change of a token before it is signed.
#[derive(Clone, Debug, PartialEq)]
pub enum DraftEdit {
    /// Something is put behind a claim that is there.
    Append(&'static str, &'static str),
    /// A claim has another value.
    Set(&'static str, &'static str),
}

/// A change of a token after it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureEdit {
    /// The signature no longer holds.
    Corrupt,
}

/// A change of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyEdit {
    /// Something is put behind a parameter of the way back that is there.
    AppendToReturn(&'static str, &'static str),
}

/// What a rule does, and so at which seam.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Seam Person: someone answers in the person's place.
    Person(PersonAnswer),
    /// Seam Draft: a claim is untrue.
    Draft(Seam, DraftEdit),
    /// Seam Signature: a signature is untrue.
    Signature(Seam, SignatureEdit),
    /// Seam Reply: the answer is untrue.
    Reply(ReplyEdit),
}

/// When a rule speaks. Nothing said means always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Only for this client.
    pub client: Option<String>,
    /// Only about this person.
    pub user: Option<String>,
}

impl Match {
    pub(super) fn fits(&self, client: &str, user: Option<&str>) -> bool {
        self.client.as_deref().is_none_or(|wanted| wanted == client)
            && self.user.as_deref().is_none_or(|wanted| Some(wanted) == user)
    }
}

/// One rule. Its budget is shared by all copies, so that parallel requests cannot spend it twice.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it is called in the journal: a fault's id.
    pub name: String,
    /// When it speaks.
    pub when: Match,
    /// What it does.
    pub effect: Effect,
    /// Who made it.
    pub origin: Origin,
    left: Option<Arc<AtomicU32>>,
}

impl Rule {
    /// A rule that speaks whenever it fits.
    pub fn new(name: &str, origin: Origin, effect: Effect) -> Self {
        Self { name: name.to_owned(), when: Match::default(), effect, origin, left: None }
    }

    /// The rule of a fault in the catalogue.
    pub fn of_fault(id: &str, origin: Origin) -> Option<Self> {
        fault(id).map(|fault| Self::new(fault.id, origin, (fault.effect)()))
    }

    /// The same rule, speaking so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.left = Some(Arc::new(AtomicU32::new(times)));
        self
    }

    /// The same rule, speaking only here.
    #[must_use]
    pub fn when(mut self, when: Match) -> Self {
        self.when = when;
        self
    }

    /// Takes one time of the budget, if there is one left.
    pub(super) fn spend(&self) -> bool {
        let Some(left) = &self.left else { return true };
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    fn is_spent(&self) -> bool {
        self.left.as_ref().is_some_and(|left| left.load(Ordering::Relaxed) == 0)
    }
}

/// A realm's rules.
#[derive(Debug, Default)]
pub struct RuleBook(Mutex<Vec<Rule>>);

impl RuleBook {
    /// Adds a rule; among equals the older one speaks first.
    pub fn add(&self, rule: Rule) {
        let mut rules = self.lock();
        rules.retain(|rule| !rule.is_spent());
        rules.push(rule);
        rules.sort_by_key(|rule| rule.origin);
    }

    /// Forgets every rule.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The rules for one request.
    pub fn plan(&self) -> Plan {
        Plan::new(self.lock().iter().filter(|rule| !rule.is_spent()).cloned().collect())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
