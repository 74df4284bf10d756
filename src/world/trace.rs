//! The checks that were made, and what was seen when they were.

use std::fmt;
use std::sync::Arc;

use crate::protocol::{Lifetime, Millis};
use crate::spec::Check;

/// The checks that were made, once each and in order, and whether each held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    checks: Vec<Checked>,
    /// What was used of what was given in the person's place.
    pub used: Used,
    /// What was served though it was not quite as registered, a sentence each.
    pub remarks: Vec<String>,
}

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub check: Check,
    /// Whether it held.
    pub held: bool,
    /// What was seen.
    pub seen: Seen,
}

/// What was seen when a check held: kept as values, since most are never read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// Nothing that the rule does not say.
    #[default]
    Nothing,
    /// A value.
    Value(Arc<str>),
    /// The names of parameters.
    Names(Vec<&'static str>),
    /// How old something is, and how long it lives.
    Age(Millis, Lifetime),
    /// For how many seconds something is good yet.
    Left(i64),
}

/// What a flow used of a [`Preset`](super::Preset).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Who signs in.
    pub answer: bool,
    /// What is agreed to.
    pub consent: bool,
}

impl Trace {
    /// The checks in order.
    pub fn iter(&self) -> impl Iterator<Item = &Checked> {
        self.checks.iter()
    }

    /// Whether this check was made, and held.
    pub fn held(&self, check: Check) -> bool {
        self.checks.iter().any(|checked| checked.check == check && checked.held)
    }

    /// The check that failed, if one did.
    pub fn failed(&self) -> Option<Check> {
        self.checks.iter().rev().find(|checked| !checked.held).map(|checked| checked.check)
    }

    /// Forgets all, before a flow is run once more.
    pub fn clear(&mut self) {
        self.checks.clear();
        self.remarks.clear();
        self.used = Used::default();
    }

    /// Notes a check that was made. One that is made of several things in turn is noted once: where it was made first, or where it failed.
    pub fn note(&mut self, check: Check, held: bool) {
        if self.checks.capacity() == 0 {
            // Most requests make about a dozen.
            self.checks.reserve(12);
        }
        let known = self.checks.iter().position(|checked| checked.check == check);
        match known {
            Some(_) if held => return,
            Some(known) => drop(self.checks.remove(known)),
            None => {}
        }
        self.checks.push(Checked { check, held, seen: Seen::Nothing });
    }

    /// Notes what was seen when a check held.
    pub fn see(&mut self, check: Check, seen: Seen) {
        let Some(checked) = self.checks.iter_mut().find(|checked| checked.check == check) else { return };
        match (&mut checked.seen, seen) {
            (Seen::Names(known), Seen::Names(more)) => known.extend(more),
            (known, seen) => *known = seen,
        }
    }
}

/// What was true, with the values of this case; or what is wrong in general.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.held {
            return f.write_str(self.check.breach());
        }
        let rule = self.check.rule();
        match &self.seen {
            Seen::Nothing => f.write_str(rule),
            Seen::Value(value) => write!(f, "{rule}: {value}"),
            Seen::Names(names) => write!(f, "{rule}: {}", names.join(", ")),
            Seen::Age(age, lives) => write!(f, "{} is {age} old and lives {}", self.subject(), lives.in_words()),
            Seen::Left(seconds) => {
                let left = Millis::of_seconds(*seconds);
                write!(f, "{} is good for {left} yet", self.subject())
            }
        }
    }
}

impl Checked {
    /// What a rule is about that says how old it may be.
    fn subject(&self) -> &'static str {
        match self.check {
            Check::CodeFresh => "the code",
            Check::RefreshFresh => "the refresh token",
            Check::SessionAlive => "the sign-in",
            _ => "the access token",
        }
    }
}
