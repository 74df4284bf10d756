//! How far an app came that is pointed here for the first time, and what is missing where it stopped.

use std::sync::Arc;

use crate::realm::{Entry, Event};
use crate::world::{Endpoint, Settings};

use super::carried::header;

/// One step of an app's first sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstStep {
    /// What the app does.
    pub title: &'static str,
    /// Whether it did.
    pub done: bool,
    /// Whether it is the first that is missing.
    pub next: bool,
    /// What is missing.
    pub missing: String,
}

const STEPS: [(&str, &[Event], &str); 5] = [
    (
        "Found the metadata",
        &[Event::DiscoveryRead],
        "The app has not read the discovery document. Is its issuer the one above, and is it started?",
    ),
    (
        "Sent somebody to sign in",
        &[Event::SignInAsked, Event::CodeIssued, Event::ConsentAsked],
        "Nobody was sent here to sign in yet. Press the app's sign-in button; a library that refuses http stops before it.",
    ),
    (
        "Redeemed a code",
        &[Event::CodeRedeemed],
        "No code was redeemed yet. Sign in on the page; if that is done, the app's callback refused what it got: look at the flow.",
    ),
    (
        "Fetched the keys",
        &[Event::KeysRead],
        "The keys were not read yet, so no signature was verified by them. An app that trusts a token straight from the token endpoint may do without.",
    ),
    (
        "Asked UserInfo",
        &[Event::UserinfoRead],
        "UserInfo was not asked. An app that needs no more than the ID token may do without.",
    ),
];

/// The steps, by what the journal has seen.
pub fn first_steps(journal: &[Arc<Entry>], settings: &Settings) -> Vec<FirstStep> {
    let seen: Vec<Event> = journal.iter().flat_map(|entry| entry.events.iter().copied()).collect();
    let mut stopped = false;
    let step = |(title, events, missing): &(&'static str, &[Event], &str)| {
        let done = events.iter().any(|event| seen.contains(event));
        let next = !done && !stopped;
        stopped |= !done;
        let by_another_name =
            if next && events.contains(&Event::SignInAsked) { another_name(journal, settings) } else { None };
        FirstStep { title, done, next, missing: by_another_name.unwrap_or_else(|| (*missing).to_owned()) }
    };
    STEPS.iter().map(step).collect()
}

/// The metadata was read under a name that is not the issuer's, which is what a library compares with its own setting.
fn another_name(journal: &[Arc<Entry>], settings: &Settings) -> Option<String> {
    let read = journal.iter().rev().find(|entry| entry.endpoint == Endpoint::Discovery)?;
    let host = header(&read.wire.as_ref()?.request, "host").filter(|host| *host != settings.root.authority)?;
    Some(format!(
        "The app read the metadata at {host}, but the issuer is {}. Libraries compare the two, and stop: set the app's issuer to that, or start with --public-url to be called {host}.",
        settings.issuer
    ))
}
