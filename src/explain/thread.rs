//! A value followed through a flow: where it was born, where it was carried, where it was checked.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::realm::Entry;
use crate::world::Endpoint;

use super::{Carried, Place, ReadToken, carried, tokens_in};

/// A value met in an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Touch {
    /// The exchange's number.
    pub exchange: u64,
    /// What happened to the value there.
    pub note: String,
    /// Whether it was compared with what it must be, and fitted.
    pub checked: bool,
}

/// A value and the exchanges that it was met in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Thread {
    /// What it is called.
    pub name: &'static str,
    /// The exchanges in order.
    pub touches: Vec<Touch>,
}

/// How a value is found in an exchange, and what is said of it there.
type Find = fn(&Entry, &[Carried], &[ReadToken]) -> Option<(String, bool)>;

const THREADS: &[(&str, Find)] = &[
    ("state", state),
    ("nonce", nonce),
    ("code", code),
    ("code_verifier", verifier),
    ("kid", kid),
    ("sid", sid),
    ("refresh_token", refresh),
];

/// The values that can be followed in these exchanges: those that were met twice at least.
pub fn threads(entries: &[Arc<Entry>]) -> Vec<Thread> {
    let read: Vec<_> = entries.iter().map(|entry| (entry, carried(entry), tokens_in(entry))).collect();
    let follow = |(name, find): &(&'static str, Find)| {
        let met = read.iter().filter_map(|(entry, carried, tokens)| {
            let (note, checked) = find(entry, carried, tokens)?;
            Some(Touch { exchange: entry.number, note, checked })
        });
        Thread { name, touches: met.collect() }
    };
    THREADS.iter().map(follow).filter(|thread| thread.touches.len() > 1).collect()
}

fn has(all: &[Carried], place: Place, name: &str) -> bool {
    all.iter().any(|carried| carried.place == place && carried.name == name)
}

fn sent(all: &[Carried], name: &str) -> bool {
    has(all, Place::Query, name) || has(all, Place::Form, name)
}

fn claim(tokens: &[ReadToken], name: &str) -> bool {
    tokens.iter().any(|token| token.name == "id_token" && token.opened.claims.contains_key(name))
}

fn said(note: &str, checked: bool) -> (String, bool) {
    (note.to_owned(), checked)
}

fn state(_: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<(String, bool)> {
    if has(all, Place::Redirect, "state") {
        // The app's browser brings it back, where only the app can compare it.
        return Some(said("handed back unchanged, for the app to compare", true));
    }
    if sent(all, "state") { Some(said("made by the app", false)) } else { None }
}

fn nonce(_: &Entry, all: &[Carried], tokens: &[ReadToken]) -> Option<(String, bool)> {
    if claim(tokens, "nonce") {
        return Some(said("sealed into the ID token, for the app to compare", true));
    }
    if sent(all, "nonce") { Some(said("made by the app", false)) } else { None }
}

fn code(entry: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<(String, bool)> {
    if has(all, Place::Redirect, "code") {
        return Some(said("made here, and sent by the browser", false));
    }
    let redeemed = entry.endpoint == Endpoint::Token && has(all, Place::Form, "code");
    if !redeemed {
        return None;
    }
    if entry.refused.is_none() {
        Some(said("redeemed: good, once", true))
    } else {
        Some(said("brought, and refused", false))
    }
}

fn verifier(entry: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<(String, bool)> {
    if sent(all, "code_challenge") {
        return Some(said("its SHA-256 is stored as the challenge", false));
    }
    if !has(all, Place::Form, "code_verifier") {
        return None;
    }
    if entry.refused.is_none() {
        Some(said("the verifier fits", true))
    } else {
        Some(said("the verifier comes", false))
    }
}

fn kid(entry: &Entry, _: &[Carried], tokens: &[ReadToken]) -> Option<(String, bool)> {
    if entry.endpoint == Endpoint::Jwks {
        return Some(said("its public half is published", true));
    }
    let named = tokens.iter().find_map(|token| token.opened.header.get("kid")?.as_str().map(str::to_owned))?;
    let received = tokens.iter().any(|token| token.name == "id_token");
    Some((
        if received { format!("{named} signs the tokens") } else { format!("a token signed by {named} is shown") },
        false,
    ))
}

fn sid(entry: &Entry, all: &[Carried], tokens: &[ReadToken]) -> Option<(String, bool)> {
    if entry.endpoint == Endpoint::BackChannelLogout {
        return Some(said("the app is told that it is over", true));
    }
    if has(all, Place::Query, "id_token_hint") || has(all, Place::Form, "id_token_hint") {
        return Some(said("named by the ID token, and ended", true));
    }
    if claim(tokens, "sid") { Some(said("told to the app in the ID token", false)) } else { None }
}

fn refresh(_: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<(String, bool)> {
    let (used, got) = (has(all, Place::Form, "refresh_token"), has(all, Place::Answer, "refresh_token"));
    match (used, got) {
        (true, true) => Some(said("used up, and followed by the next", true)),
        (true, false) => Some(said("used", true)),
        (false, true) => Some(said("given to the app", false)),
        (false, false) => None,
    }
}
