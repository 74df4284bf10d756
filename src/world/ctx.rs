//! What a flow sees.

use crate::protocol::{AccessId, Millis, Params, UnixTime};
use crate::spec::{Check, FailedCheck};

use super::{Draw, Preset, Records, Seen, Settings, Trace, Understood};

/// Everything that a flow can know and change: no clock, no dice, no network.
#[derive(Debug)]
pub struct Ctx<'a> {
    /// The realm's time, the same for the whole request.
    pub now: UnixTime,
    /// The same to the millisecond, for whoever says how old something is.
    pub now_ms: Millis,
    /// What the realm is told to be.
    pub settings: &'a Settings,
    /// What the request is about, as it was read.
    pub understood: &'a Understood,
    /// The records at hand. What is written here is kept, whether the flow then agrees or refuses: a replayed code
    /// ends its family by being refused.
    pub records: &'a mut Records,
    /// This request's own chance.
    pub entropy: &'a mut Draw,
    /// Whether a flow may ask to be run again in the next second: not on a clock that stands still.
    pub may_wait: bool,
    /// What was given in the person's place, so that no page needs to be shown.
    pub preset: Option<&'a Preset>,
    /// The bearer token and its id, if this very process signed it not long ago: then nothing about it needs to be verified.
    pub recognised: Option<(&'a str, &'a AccessId)>,
    /// What was checked so far.
    pub trace: &'a mut Trace,
}

impl Ctx<'_> {
    /// Verifies and records. There is no other way to refuse.
    pub fn check(&mut self, check: Check, holds: bool) -> Result<(), FailedCheck> {
        self.check_as(check, holds, |refused| refused)
    }

    /// Verifies and records, and says more about the case if it fails.
    pub fn check_as(
        &mut self,
        check: Check,
        holds: bool,
        more: impl FnOnce(FailedCheck) -> FailedCheck,
    ) -> Result<(), FailedCheck> {
        if holds {
            self.trace.note(check, true);
            return Ok(());
        }
        Err(more(self.refuse(check)))
    }

    /// Verifies that something was found, and hands it over.
    pub fn require<T>(&mut self, check: Check, found: Option<T>) -> Result<T, FailedCheck> {
        self.require_as(check, found, |refused| refused)
    }

    /// Verifies that something was found, and says more about the case if it was not.
    pub fn require_as<T>(
        &mut self,
        check: Check,
        found: Option<T>,
        more: impl FnOnce(FailedCheck) -> FailedCheck,
    ) -> Result<T, FailedCheck> {
        match found {
            Some(found) => {
                self.trace.note(check, true);
                Ok(found)
            }
            None => Err(more(self.refuse(check))),
        }
    }

    /// A check that failed.
    pub fn refuse(&mut self, check: Check) -> FailedCheck {
        self.trace.note(check, false);
        FailedCheck::by(check)
    }

    /// What was seen when a check held.
    pub fn see(&mut self, check: Check, seen: Seen) {
        self.trace.see(check, seen);
    }

    /// A parameter that must be sent.
    pub fn parameter<'p>(&mut self, params: &'p Params, name: &'static str) -> Result<&'p str, FailedCheck> {
        let missing = |refused: FailedCheck| refused.says(format!("{name} is missing")).expected(name);
        let value = self.require_as(Check::ParameterPresent, params.get(name), missing)?;
        self.see(Check::ParameterPresent, Seen::Names(vec![name]));
        Ok(value)
    }

    /// No parameter is sent twice, and each is text.
    pub fn readable_parameters(&mut self, params: &Params) -> Result<(), FailedCheck> {
        let repeated = params.repeated();
        self.check_as(Check::ParameterOnce, repeated.is_none(), |refused| {
            let name = repeated.unwrap_or_default();
            refused.says(format!("{name} was sent more than once")).got(name)
        })?;
        match params.garbled() {
            Some(name) => {
                Err(self.refuse(Check::ParameterUsable).says(format!("{name} is not UTF-8 once it is decoded")))
            }
            None => Ok(()),
        }
    }
}
