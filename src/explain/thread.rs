//! A value followed through a flow: where it was born, where it was carried, where it was checked.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::realm::{Entry, Event};
use crate::spec::Check;
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

/// What is seen of a value in an exchange.
struct Met {
    note: String,
    checked: bool,
    /// The value itself, where it can be compared with the first one that was met.
    value: Option<String>,
}

type Find = fn(&Entry, &[Carried], &[ReadToken]) -> Option<Met>;

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
        let mut first: Option<String> = None;
        let mut touches = Vec::new();
        for (entry, carried, tokens) in &read {
            let Some(Met { mut note, mut checked, value }) = find(entry, carried, tokens) else { continue };
            match (&first, &value) {
                (Some(first), Some(value)) if first != value => {
                    (note, checked) = (format!("another value: {}", crate::spec::quoted(value)), false);
                }
                (None, Some(value)) => first = Some(value.clone()),
                _ => {}
            }
            touches.push(Touch { exchange: entry.number, note, checked });
        }
        Thread { name, touches }
    };
    THREADS.iter().map(follow).filter(|thread| thread.touches.len() > 1).collect()
}

fn value<'a>(all: &'a [Carried], place: Place, name: &str) -> Option<&'a str> {
    all.iter().find(|carried| carried.place == place && carried.name == name).map(|carried| carried.value.as_str())
}

fn has(all: &[Carried], place: Place, name: &str) -> bool {
    all.iter().any(|carried| carried.place == place && carried.name == name)
}

fn sent<'a>(all: &'a [Carried], name: &str) -> Option<&'a str> {
    value(all, Place::Query, name).or_else(|| value(all, Place::Form, name))
}

fn claim(tokens: &[ReadToken], name: &str) -> Option<String> {
    let token = tokens.iter().find(|token| token.name == "id_token")?;
    let claim = token.opened.claims.get(name)?;
    Some(claim.as_str().map_or_else(|| claim.to_string(), str::to_owned))
}

fn said(note: &str, checked: bool) -> Met {
    Met { note: note.to_owned(), checked, value: None }
}

fn carrying(note: &str, checked: bool, value: impl Into<String>) -> Met {
    Met { value: Some(value.into()), ..said(note, checked) }
}

fn state(_: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<Met> {
    // The app's browser brings it back, where only the app can compare it.
    let back = value(all, Place::Redirect, "state");
    let back = back.map(|state| carrying("handed back unchanged, for the app to compare", true, state));
    back.or_else(|| sent(all, "state").map(|state| carrying("made by the app", false, state)))
}

fn nonce(_: &Entry, all: &[Carried], tokens: &[ReadToken]) -> Option<Met> {
    let sealed = claim(tokens, "nonce");
    let sealed = sealed.map(|nonce| carrying("sealed into the ID token, for the app to compare", true, nonce));
    sealed.or_else(|| sent(all, "nonce").map(|nonce| carrying("made by the app", false, nonce)))
}

fn code(entry: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<Met> {
    if let Some(code) = value(all, Place::Redirect, "code") {
        return Some(carrying("made here, and sent by the browser", false, code));
    }
    let code = value(all, Place::Form, "code").filter(|_| entry.endpoint == Endpoint::Token)?;
    let well = entry.refused.is_none() && entry.status < 400;
    Some(if well {
        carrying("redeemed: good, once", true, code)
    } else {
        carrying("brought, and refused", false, code)
    })
}

fn verifier(entry: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<Met> {
    if sent(all, "code_challenge").is_some() {
        return Some(said("its SHA-256 is stored as the challenge", false));
    }
    value(all, Place::Form, "code_verifier")?;
    let held = entry.trace.iter().any(|checked| checked.held && checked.check == Check::PkceMatches);
    Some(if held { said("the verifier fits", true) } else { said("the verifier comes", false) })
}

fn kid(entry: &Entry, all: &[Carried], tokens: &[ReadToken]) -> Option<Met> {
    if entry.endpoint == Endpoint::Jwks {
        let names = value(all, Place::Answer, "keys").unwrap_or_default();
        let keys: Vec<serde_json::Value> = serde_json::from_str(names).unwrap_or_default();
        let kids: Vec<&str> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
        return Some(said(&format!("published: {}", kids.join(", ")), !kids.is_empty()));
    }
    let named = tokens.iter().find_map(|token| token.opened.header.get("kid")?.as_str().map(str::to_owned))?;
    let received = tokens.iter().any(|token| token.name == "id_token");
    let note =
        if received { format!("{named} signs the tokens") } else { format!("a token signed by {named} is shown") };
    Some(said(&note, false))
}

fn sid(entry: &Entry, _: &[Carried], tokens: &[ReadToken]) -> Option<Met> {
    match entry.endpoint {
        Endpoint::BackChannelLogout if entry.events.contains(&Event::LogoutDelivered) => {
            Some(said("the app is told that it is over", true))
        }
        Endpoint::BackChannelLogout => Some(said("the app is not told that it is over", false)),
        Endpoint::EndSession if entry.events.contains(&Event::SignedOut) => {
            Some(said("named by the ID token, and ended", true))
        }
        _ => claim(tokens, "sid").map(|sid| carrying("told to the app in the ID token", false, sid)),
    }
}

fn refresh(_: &Entry, all: &[Carried], _: &[ReadToken]) -> Option<Met> {
    let (used, got) = (has(all, Place::Form, "refresh_token"), has(all, Place::Answer, "refresh_token"));
    match (used, got) {
        (true, true) => Some(said("used up, and followed by the next", true)),
        (true, false) => Some(said("used", true)),
        (false, true) => Some(said("given to the app", false)),
        (false, false) => None,
    }
}
