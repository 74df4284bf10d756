//! How a flow ended, in a few words.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::faults::{Applied, Origin, Verdict, fault};
use crate::protocol::UnixTime;
use crate::realm::{Entry, Event};
use crate::world::{Endpoint, Method};

use super::carried::header;
use super::draw::SILENCE;

/// How far a flow came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ending {
    /// It goes on.
    Open(String),
    /// It came to where it should.
    Well(String),
    /// It was refused, or the app went quiet.
    Badly(String),
}

impl Ending {
    /// In a few words.
    pub fn words(&self) -> &str {
        match self {
            Self::Open(words) | Self::Well(words) | Self::Badly(words) => words,
        }
    }
}

/// How these exchanges of one flow ended; `now` is the realm's time.
pub fn ended(entries: &[Arc<Entry>], now: UnixTime) -> Ending {
    let Some(last) = entries.last() else { return Ending::Open(String::new()) };
    if let Some(failed) = not_told(entries) {
        let how = if failed.status == 0 { "no answer".to_owned() } else { format!("it answered {}", failed.status) };
        return Ending::Badly(format!("{} was not told: {how}", failed.client));
    }
    // What was refused and then done right is no failure.
    let refused = last.refused.as_ref().filter(|_| !last.events.contains(&Event::SignedIn));
    if let Some(refused) = refused {
        return Ending::Badly(refused.sentence());
    }
    let (count, had) = (entries.len(), |event| entries.iter().any(|entry| entry.events.contains(&event)));
    let asked = had(Event::SignInAsked) || had(Event::ConsentAsked);
    let applied = || entries.iter().flat_map(|entry| &entry.applied);
    let lie = applied().find(|by| is_lie(by));
    let lied = lie.or_else(|| applied().next()).map(|by| format!(" · {}", by.by)).unwrap_or_default();
    // An app that got an untrue token, and shows it nobody, has noticed.
    if let Some(lie) = lie
        && last.events.contains(&Event::CodeRedeemed)
        && now.since(last.at) >= SILENCE
    {
        return Ending::Badly(format!("went quiet after a lie: {}", lie.by));
    }
    // What an API refuses is no failure of the sign-in.
    let answer = entries.iter().rev().find(|entry| entry.endpoint != Endpoint::ProtectedResource).unwrap_or(last);
    if answer.status >= 400 || answer.status == 0 {
        let status = if answer.status == 0 { "none".to_owned() } else { answer.status.to_string() };
        return Ending::Badly(format!("the answer was {status}{lied}"));
    }
    let told = |words: &str| format!("{words}, {count} message{}{lied}", if count == 1 { "" } else { "s" });
    if had(Event::SignedOut) || had(Event::LogoutDelivered) {
        return Ending::Well(told("signed out"));
    }
    if had(Event::TokenRefreshed) {
        return Ending::Well(told("tokens refreshed"));
    }
    if had(Event::CodeRedeemed) {
        return Ending::Well(told(if asked { "signed in" } else { "single sign-on, no page" }));
    }
    if had(Event::TokenIssued) {
        let by_browser = entries.iter().any(|entry| entry.endpoint == Endpoint::Authorize);
        return Ending::Well(match (by_browser, asked) {
            (true, true) => told("signed in by the browser alone"),
            (true, false) => told("single sign-on, no page"),
            (false, _) => told("a token"),
        });
    }
    if had(Event::CodeIssued) {
        return if now.since(last.at) >= SILENCE {
            Ending::Badly("the code was never redeemed".to_owned())
        } else {
            Ending::Open("the app has the code".to_owned())
        };
    }
    if by_script(last) {
        return Ending::Badly("a script asked, and was let read nothing".to_owned());
    }
    by_last_event(last, told)
}

/// How a flow ended that came to nothing yet, or was no sign-in.
fn by_last_event(last: &Entry, told: impl Fn(&str) -> String) -> Ending {
    match last.events.last() {
        Some(Event::SignInAsked) => Ending::Open("waiting on the sign-in page".to_owned()),
        Some(Event::ConsentAsked) => Ending::Open("waiting on the consent page".to_owned()),
        Some(Event::SignOutAsked) => Ending::Open("waiting on the sign-out page".to_owned()),
        Some(Event::ClientRegistered) => Ending::Well(told("an app registered itself")),
        Some(Event::ClientChanged) => Ending::Well(told("an app described itself anew")),
        Some(Event::ClientRemoved) => Ending::Well(told("an app removed its registration")),
        _ if last.endpoint == Endpoint::Introspection => Ending::Well(told("a token looked at")),
        _ => Ending::Well(told("done")),
    }
}

/// The first app that could not be told that a sign-in is over, and was not told later either.
pub(super) fn not_told(entries: &[Arc<Entry>]) -> Option<&Entry> {
    let failed = entries.iter().find(|entry| {
        let later = |other: &&Arc<Entry>| other.number > entry.number && other.client == entry.client;
        entry.events.contains(&Event::LogoutFailed)
            && !entries.iter().filter(later).any(|other| other.events.contains(&Event::LogoutDelivered))
    });
    failed.map(|entry| &**entry)
}

/// Whether an exchange is about what somebody looks for: a person, an app, an error, or any value that travelled.
pub fn mentions(entry: &Entry, wanted: &str) -> bool {
    let wanted = wanted.trim();
    let lower = wanted.to_lowercase();
    let has = |text: &str| text.to_lowercase().contains(&lower);
    if has(entry.client.as_str()) || entry.user.as_ref().is_some_and(|user| has(user.as_str())) || has(&entry.path) {
        return true;
    }
    if entry
        .refused
        .as_ref()
        .is_some_and(|refused| has(&refused.in_full()) || has(refused.check.name()) || has(refused.refusal.error()))
    {
        return true;
    }
    if entry.events.iter().any(|event| has(event.as_str())) || entry.applied.iter().any(|by| has(&by.by)) {
        return true;
    }
    super::carried(entry).iter().any(|carried| carried.value.contains(wanted))
}

/// The exchanges of each flow that the journal has.
pub fn by_flow(entries: &[Arc<Entry>]) -> BTreeMap<u64, Vec<Arc<Entry>>> {
    let mut flows: BTreeMap<u64, Vec<Arc<Entry>>> = BTreeMap::new();
    for entry in entries {
        if let Some(flow) = entry.flow {
            flows.entry(flow).or_default().push(Arc::clone(entry));
        }
    }
    flows
}

/// Whether a script of some page asked for what only a browser can go to. Browsers say so themselves, by
/// [Fetch Metadata](https://www.w3.org/TR/fetch-metadata/) where the address is a safe one, and by `Origin` anywhere. Node's `fetch`,
/// which no page is in the way of, sends the mode alone.
pub(super) fn by_script(entry: &Entry) -> bool {
    let Some(wire) = entry.wire.as_ref().filter(|_| entry.endpoint == Endpoint::Authorize) else { return false };
    let sent = |name| header(&wire.request, name);
    let by_fetch = sent("sec-fetch-site").is_some() && sent("sec-fetch-mode").is_some_and(|mode| mode == "cors");
    by_fetch || entry.method == Method::Get && sent("origin").is_some()
}

/// Whether an app should notice what decided an answer: a decision in a person's place is none of its business, and neither is
/// what it must tolerate.
pub(super) fn is_lie(by: &Applied) -> bool {
    by.origin != Origin::NextLogin && fault(&by.by).is_none_or(|kind| kind.verdict != Verdict::Tolerate)
}
