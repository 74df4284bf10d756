//! Draws a flow: what this provider saw, and what must have happened in between, which is never drawn as seen.

use std::sync::Arc;

use url::Url;

use crate::protocol::UnixTime;
use crate::realm::{Entry, Event};
use crate::world::Endpoint;

use super::diagram::{Diagram, DiagramMessage, Party, Seen, Step};
use super::narration::told;
use super::{Carried, Place, carried, frames};

/// How long an app that got a code may take before its silence is worth a word, in seconds.
pub(super) const SILENCE: i64 = 10;

/// Draws a flow. `meanwhile` are readings of the key set, which belong to no flow; `now` is the realm's time.
pub fn diagram(entries: &[Arc<Entry>], meanwhile: &[Arc<Entry>], now: UnixTime) -> Diagram {
    let mut messages = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let all = carried(entry);
        messages.extend(before(entry, messages.is_empty()));
        messages.push(observed(entry, &all, entries));
        messages.extend(told_in_browser(entry));
        messages.extend(after(entry, &all, &entries[at + 1..], now));
        if brings_tokens(entry) {
            messages.extend(verified(entry, entries.get(at + 1), meanwhile));
        }
    }
    let with_api = messages.iter().any(|message| message.from == Party::Api || message.to == Party::Api);
    Diagram { with_api, messages }
}

fn brings_tokens(entry: &Entry) -> bool {
    entry.events.contains(&Event::CodeRedeemed) && entry.status < 400
}

/// What must have come before an app's browser asks here.
fn before(entry: &Entry, first: bool) -> Option<DiagramMessage> {
    let (label, title, sentence) = match entry.endpoint {
        Endpoint::Authorize if first => (
            "opens the app",
            "The app wants to know who this is",
            "Most apps answer this with a redirect, and keep state, nonce and verifier in a cookie of their own.",
        ),
        Endpoint::EndSession if first => (
            "presses “Sign out”",
            "The person wants to leave",
            "The app ends its own session, and sends the browser here to end this one as well.",
        ),
        _ => return None,
    };
    let step = if entry.endpoint == Endpoint::Authorize { Step::Ask } else { Step::SignOut };
    Some(inferred(step, (Party::Browser, Party::App), (label, "redirect to Standin"), (title, sentence)))
}

fn inferred(
    step: Step,
    (from, to): (Party, Party),
    (label, answer): (&str, &str),
    (title, sentence): (&'static str, &'static str),
) -> DiagramMessage {
    let (label, answer, about) = (label.to_owned(), answer.to_owned(), String::new());
    DiagramMessage {
        exchange: None,
        seen: Seen::Inferred,
        step,
        from,
        to,
        label,
        about,
        answer,
        failed: false,
        title,
        sentence,
    }
}

/// What follows from an answer: the browser goes where it was sent, and the app redeems what it was brought, or stays silent.
fn after(entry: &Entry, all: &[Carried], later: &[Arc<Entry>], now: UnixTime) -> Vec<DiagramMessage> {
    let to_app = all.iter().any(|carried| {
        carried.place == Place::Redirect
            && ["code", "error", "id_token", "access_token"].contains(&carried.name.as_str())
    });
    let signed_out = entry.events.contains(&Event::SignedOut) && location(entry).is_some();
    if !to_app && !signed_out {
        return Vec::new();
    }
    let path = location(entry).map_or_else(|| "the redirect_uri".to_owned(), |url| url.path().to_owned());
    let (step, title, sentence) = if signed_out {
        (Step::SignOut, "The browser is back at the app", "The app should show that nobody is signed in.")
    } else {
        (
            Step::CodeReturns,
            "The browser brings the answer to the app",
            "Standin does not see this hop. The app compares state with the one that it kept, and iss with its provider.",
        )
    };
    let mut messages =
        vec![inferred(step, (Party::Browser, Party::App), (&format!("GET {path}"), ""), (title, sentence))];
    let code = entry.events.contains(&Event::CodeIssued);
    let redeemed = later.iter().any(|entry| entry.endpoint == Endpoint::Token);
    let silent = now.since(entry.at);
    if code && !redeemed && silent >= SILENCE {
        messages.push(DiagramMessage {
            seen: Seen::Missing,
            failed: true,
            ..inferred(
                Step::Redeem,
                (Party::App, Party::Provider),
                (&format!("nothing for {silent} s"), ""),
                (
                    "The app got a code and went quiet",
                    "Nobody has redeemed the code. The app refused the answer, or never got it.",
                ),
            )
        });
    }
    messages
}

/// Each app's page that the browser opened when it signed out. What the app did with it is not seen here.
fn told_in_browser(entry: &Entry) -> Vec<DiagramMessage> {
    let title = "The browser tells an app that the sign-in is over";
    let sentence = "Standin's page opens a page of the app, unseen, with iss and sid. The app sees its own cookie, if the browser sends it to a frame at all.";
    let message = |(app, url): (String, Url)| DiagramMessage {
        about: app,
        ..inferred(Step::SignOut, (Party::Browser, Party::App), (&format!("GET {}", url.path()), ""), (title, sentence))
    };
    frames(entry).into_iter().map(message).collect()
}

fn location(entry: &Entry) -> Option<Url> {
    let location = super::carried::header(&entry.wire.as_ref()?.response, "location")?;
    Url::parse(&location).ok()
}

/// The app verifies the ID token: by keys that were read meanwhile, by whomever, or that it had already.
fn verified(redeemed: &Entry, next: Option<&Arc<Entry>>, meanwhile: &[Arc<Entry>]) -> Vec<DiagramMessage> {
    let until = next.map_or(u64::MAX, |next| next.number);
    let title = "The app verifies the ID token";
    let read = meanwhile.iter().find(|entry| {
        entry.endpoint == Endpoint::Jwks
            && (redeemed.number..until).contains(&entry.number)
            && entry.at.since(redeemed.at) <= SILENCE
    });
    let Some(read) = read else {
        let sentence = "It has the keys from before, or does not look: nothing here asked for them. It checks signature, iss, aud, exp and nonce.";
        let own = inferred(Step::Verify, (Party::App, Party::App), ("checks the ID token", ""), (title, sentence));
        return vec![own];
    };
    vec![DiagramMessage {
        exchange: Some(read.number),
        seen: Seen::Observed,
        sentence: "The key set was read just then. It has no sign of who read it: most likely this app, which finds the key by the kid of the token.",
        answer: answered(read),
        ..inferred(Step::Verify, (Party::App, Party::Provider), (&label(read), ""), (title, ""))
    }]
}

fn label(entry: &Entry) -> String {
    format!("{} {}", entry.method.as_str(), entry.path)
}

/// A message that came here.
fn observed(entry: &Entry, all: &[Carried], entries: &[Arc<Entry>]) -> DiagramMessage {
    let (step, title, sentence) = told(entry, all);
    let by_browser = matches!(
        entry.endpoint,
        Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent | Endpoint::EndSession | Endpoint::SignOut
    );
    let owner = entries.iter().find(|entry| !entry.client.as_str().is_empty()).map(|entry| &entry.client);
    let of_another = entry.endpoint == Endpoint::Introspection && owner.is_some_and(|owner| *owner != entry.client);
    let (from, to) = match entry.endpoint {
        _ if by_browser => (Party::Browser, Party::Provider),
        Endpoint::BackChannelLogout => (Party::Provider, Party::App),
        Endpoint::ProtectedResource => (Party::App, Party::Api),
        _ if of_another => (Party::Api, Party::Provider),
        _ => (Party::App, Party::Provider),
    };
    let about = match entry.endpoint {
        Endpoint::SignIn | Endpoint::Consent => entry.user.as_ref().map(ToString::to_string).unwrap_or_default(),
        Endpoint::Token => value(all, Place::Form, "grant_type"),
        Endpoint::BackChannelLogout => entry.client.to_string(),
        _ => String::new(),
    };
    DiagramMessage {
        exchange: Some(entry.number),
        seen: if never_sent(entry) { Seen::Missing } else { Seen::Observed },
        step,
        from,
        to,
        label: format!("{} {}", entry.method.as_str(), short(&entry.path)),
        about,
        answer: answered(entry),
        failed: entry.refused.is_some() || entry.status == 0 || entry.status >= 400,
        title,
        sentence,
    }
}

/// A message of ours that was held back on purpose.
fn never_sent(entry: &Entry) -> bool {
    entry.endpoint == Endpoint::BackChannelLogout && entry.wire.as_ref().is_none_or(|wire| wire.request.head.is_empty())
}

fn short(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.path().to_owned())
}

fn value(all: &[Carried], place: Place, name: &str) -> String {
    let found = all.iter().find(|carried| carried.place == place && carried.name == name);
    found.map(|carried| carried.value.clone()).unwrap_or_default()
}

/// The answer in a few words.
fn answered(entry: &Entry) -> String {
    if entry.status == 0 {
        return "no answer".to_owned();
    }
    let failed = entry.status >= 400 && entry.refused.is_none() && !entry.events.contains(&Event::ApiRefused);
    let what = match entry.events.last() {
        Some(Event::LogoutFailed) => "not told",
        // What was decided well, and then failed by hand or by a lie.
        _ if failed => "failed",
        Some(Event::SignInAsked) => "sign-in page",
        Some(Event::ConsentAsked) => "consent page",
        Some(Event::CodeIssued) => "back with a code",
        Some(Event::CodeRedeemed | Event::TokenRefreshed | Event::TokenIssued) => "tokens",
        Some(Event::UserinfoRead) => "claims",
        Some(Event::KeysRead) => "keys",
        Some(Event::SignedOut) => "signed out",
        Some(Event::SignOutAsked) => "sign-out page",
        Some(Event::TokenIntrospected) => "what the token is",
        Some(Event::TokenRevoked) => "revoked",
        Some(Event::Refused | Event::SignInFailed | Event::ApiRefused) => "refused",
        Some(Event::LogoutDelivered) => "told",
        _ => "",
    };
    format!("{} {what}", entry.status).trim_end().to_owned()
}

/// The exchanges of a flow, and the reading of the key set that is drawn with them.
pub fn with_keys(flow: &[Arc<Entry>], meanwhile: &[Arc<Entry>], drawn: &Diagram) -> Vec<Arc<Entry>> {
    let drawn_number =
        |entry: &&Arc<Entry>| drawn.messages.iter().any(|message| message.exchange == Some(entry.number));
    flow.iter().chain(meanwhile.iter().filter(drawn_number)).cloned().collect()
}
