//! What a flow sees.

use crate::protocol::{AccessId, UnixTime};
use crate::spec::{Check, Refused};

use super::{Draw, Given, Records, Settings};

/// The checks that were made, in order, and whether each held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    checks: Vec<(Check, bool)>,
    /// What was used of what was given in the person's place.
    pub used: Used,
}

/// What a flow used of a [`Given`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Who signs in.
    pub answer: bool,
    /// What is agreed to.
    pub consent: bool,
}

impl Trace {
    /// The checks in order.
    pub fn iter(&self) -> impl Iterator<Item = (Check, bool)> {
        self.checks.iter().copied()
    }

    /// The check that failed, if one did.
    pub fn failed(&self) -> Option<Check> {
        self.checks.iter().rev().find(|(_, held)| !held).map(|(check, _)| *check)
    }

    /// Forgets all, before a flow is run once more.
    pub fn clear(&mut self) {
        self.checks.clear();
        self.used = Used::default();
    }

    /// Notes a check that was made elsewhere.
    pub fn note(&mut self, check: Check, held: bool) {
        if self.checks.capacity() == 0 {
            // Most requests make about a dozen.
            self.checks.reserve(16);
        }
        self.checks.push((check, held));
    }
}

/// Everything that a flow can know and change: no clock, no dice, no network.
#[derive(Debug)]
pub struct Ctx<'a> {
    /// The realm's time, the same for the whole request.
    pub now: UnixTime,
    /// What the realm is told to be.
    pub settings: &'a Settings,
    /// The records at hand. What is written here is kept, whether the flow then agrees or refuses: a replayed code
    /// ends its family by being refused.
    pub records: &'a mut Records,
    /// This request's own chance.
    pub entropy: &'a mut Draw,
    /// Whether a flow may ask to be run again in the next second: not on a clock that stands still.
    pub may_wait: bool,
    /// What was given in the person's place, so that no page needs to be shown.
    pub person: Option<&'a Given>,
    /// The bearer token and its id, if this very process signed it not long ago: then nothing about it needs to be verified.
    pub recognised: Option<(&'a str, &'a AccessId)>,
    /// What was checked so far.
    pub trace: &'a mut Trace,
}

impl Ctx<'_> {
    /// Verifies and records. There is no other way to refuse.
    pub fn check(&mut self, check: Check, holds: bool) -> Result<(), Refused> {
        self.check_as(check, holds, |refused| refused)
    }

    /// Verifies and records, and says more about the case if it fails.
    pub fn check_as(
        &mut self,
        check: Check,
        holds: bool,
        more: impl FnOnce(Refused) -> Refused,
    ) -> Result<(), Refused> {
        self.trace.note(check, holds);
        if holds { Ok(()) } else { Err(more(Refused::by(check))) }
    }

    /// Verifies that something was found, and hands it over.
    pub fn require<T>(&mut self, check: Check, found: Option<T>) -> Result<T, Refused> {
        self.check(check, found.is_some())?;
        found.ok_or_else(|| Refused::by(check))
    }
}
