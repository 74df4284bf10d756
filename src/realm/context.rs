//! One request on its way: what each step of an exchange adds to.

use std::sync::Arc;

use crate::faults::{FaultContext, MatchFacts, Plan};
use crate::protocol::{Millis, UnixTime};
use crate::store::Unavailable;
use crate::tokens::OwnAccess;
use crate::world::{
    Browser, Credential, Draw, Endpoint, Preset, RecordKey, Records, Request, Session, Settings, Trace, Understood,
    browser_state,
};

use super::Flow;

/// What is known of one request, from its arrival to its answer. Each step adds to it.
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request,
    pub(super) flow: Flow,
    /// What the flow is told that the realm is: a fault may have altered it.
    pub(super) settings: Arc<Settings>,
    /// The time that the flow is told, which a fault may have moved as well.
    pub(super) now: UnixTime,
    pub(super) now_ms: Millis,
    /// The realm's time, by which records are kept and forgotten.
    pub(super) realm_time: UnixTime,
    /// This request's own chance.
    pub(super) draw: Draw,
    /// Whether the flow may ask to be run again in the next second.
    pub(super) may_wait: bool,
    /// The bearer token, if this process signed it not long ago.
    pub(super) own_token: Option<OwnAccess>,
    /// How often the realm had been reset when the request came.
    pub(super) resets: u64,
    /// What was behind the address that the request points to, or why nothing was.
    pub(super) fetched: Option<Result<String, String>>,
    /// What the request is about.
    pub(super) understood: Understood,
    pub(super) records: Records,
    pub(super) trace: Trace,
    /// The rules that fit, and what they are matched against.
    pub(super) plan: Plan,
    pub(super) facts: MatchFacts,
    /// What was decided beforehand in the person's place.
    pub(super) preset: Option<Preset>,
    /// Why the records that it names cannot be had.
    pub(super) unavailable: Option<Unavailable>,
}

impl Exchange<'_> {
    /// The rules, and what they look at.
    pub(super) fn plan(&mut self) -> (&mut Plan, FaultContext<'_>) {
        let Self { plan, facts, settings, request, now, .. } = self;
        (plan, FaultContext { now: *now, settings, request, facts })
    }
}

impl Exchange<'_> {
    /// What an app can watch the sign-in of this browser by, as it is after this request; nothing is said by requests that no browser
    /// makes, or where that is not known.
    pub(super) fn browser_state(&self) -> Option<String> {
        let pages = [Endpoint::Authorize, Endpoint::SignIn, Endpoint::Consent, Endpoint::EndSession, Endpoint::SignOut];
        let browser = self.request.browser.as_ref().filter(|_| pages.contains(&self.request.endpoint))?;
        let known: Browser = self.records.get(&RecordKey::Browser(browser.clone())).ok()?.unwrap_or_default();
        let Some(id) = known.session else { return Some(String::new()) };
        let session: Option<Session> = self.records.get(&RecordKey::Session(id.clone())).ok()?;
        let goes_on = session.is_some_and(|session| !session.ended && self.realm_time < session.until);
        Some(if goes_on { browser_state(&id) } else { String::new() })
    }
}

/// The bearer token of a request.
pub(super) fn bearer(request: &Request) -> Option<&str> {
    match &request.credential {
        Some(Credential::Bearer(token)) => Some(token),
        _ => None,
    }
}
