//! What can be wrong, each with the signs that it is known by. The first that fits is told.

use serde_json::Value;
use url::Url;

use crate::protocol::ChallengeMethod;
use crate::realm::{Entry, Event};
use crate::spec::Check;
use crate::tokens::Opened;
use crate::world::Endpoint;

use super::carried::header;
use super::case::{Case, Evidence};
use super::ending::{by_script, is_lie, not_told};
use super::{Carried, carried, tokens_in};

/// What a rule found.
pub(super) struct Found {
    pub(super) sentence: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) fix: String,
}

impl Found {
    fn that(sentence: impl Into<String>, evidence: Vec<Evidence>, fix: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), evidence, fix: fix.into() }
    }
}

/// So many seconds later an app that was content with its tokens would not begin anew.
const SOON: i64 = 60;

type Rule = fn(&Case<'_>) -> Option<Found>;

/// The special before the general: what was refused first, then what came to nothing without a word.
pub(super) const RULES: &[(&str, Rule)] = &[
    ("refresh_loop", refresh_loop),
    ("lie", lie),
    ("code_redeemed_twice", code_redeemed_twice),
    ("redirect_uri_differs", redirect_uri_differs),
    ("verifier_of_another_sign_in", verifier_of_another_sign_in),
    ("secret_wrong", secret_wrong),
    ("secret_sent_another_way", secret_sent_another_way),
    ("clock_off", clock_off),
    ("refused", refused),
    ("logout_not_taken", logout_not_taken),
    ("asked_by_script", asked_by_script),
    ("host_switched", host_switched),
    ("state_never_sent", state_never_sent),
    ("keys_older_than_rotation", keys_older_than_rotation),
    ("nonce_never_sent", nonce_never_sent),
    ("code_never_redeemed", code_never_redeemed),
];

/// The value of a name that came with a request.
fn sent(entry: &Entry, name: &str) -> Option<String> {
    let all = carried(entry);
    let found = all.into_iter().find(|carried: &Carried| carried.place.is_request() && carried.name == name)?;
    Some(found.value)
}

fn failed(case: &Case<'_>, check: Check) -> Option<String> {
    let refused = case.refused()?.refused.as_ref().filter(|refused| refused.check == check)?;
    Some(refused.sentence())
}

/// A lie that was told on purpose explains whatever the app did next.
fn lie(case: &Case<'_>) -> Option<Found> {
    let by = case.flow.iter().flat_map(|entry| &entry.applied).find(|by| is_lie(by))?;
    let noticed = case.refused().is_some() || case.silent_with_code().is_some() || case.silent_with_tokens().is_some();
    let not_told = not_told(case.flow).is_some_and(|entry| !entry.applied.is_empty());
    if !noticed && !not_told {
        return None;
    }
    let seen = case
        .flow
        .iter()
        .filter(|entry| entry.applied.contains(by))
        .map(|entry| Evidence::odd(format!("#{} {} was decided by {}", entry.number, entry.path, by.by)));
    Some(Found::that(
        format!("Standin lied, as it was told to: {}", by.by),
        seen.collect(),
        "If the app refused, it did well. Turn the fault off to have the truth again.",
    ))
}

fn code_redeemed_twice(case: &Case<'_>) -> Option<Found> {
    let sentence = failed(case, Check::CodeUnused)?;
    let times =
        case.flow.iter().filter(|entry| entry.endpoint == Endpoint::Token && sent(entry, "code").is_some()).count();
    Some(Found::that(
        sentence,
        vec![
            Evidence::odd(format!("the code was brought {times} times")),
            Evidence::odd("the first one got the tokens; they are revoked now, since one of the two may be a thief"),
        ],
        "Handle the callback once: a page that is rendered twice, an effect that runs twice in development, or a reload sends the code again. Redirect away from the callback as soon as it is handled.",
    ))
}

fn redirect_uri_differs(case: &Case<'_>) -> Option<Found> {
    let at_once = failed(case, Check::RedirectUriRegistered);
    let (sentence, where_else) = match at_once {
        Some(sentence) => (sentence, "the registered one"),
        None => (failed(case, Check::RedirectUriRepeated)?, "the one of the authorization request"),
    };
    let received = sent(case.refused()?, "redirect_uri").unwrap_or_default();
    Some(Found::that(
        sentence,
        vec![Evidence::odd(format!("redirect_uri came as `{received}`"))],
        format!(
            "Send {where_else}, character by character: scheme, host, port, path and a slash at the end all count."
        ),
    ))
}

fn verifier_of_another_sign_in(case: &Case<'_>) -> Option<Found> {
    failed(case, Check::PkceMatches)?;
    let entry = case.refused()?;
    let verifier = sent(entry, "code_verifier")?;
    let challenge = ChallengeMethod::S256.challenge_of(&verifier);
    let other = case.journal.iter().rev().find(|other| {
        other.flow != entry.flow
            && other.endpoint == Endpoint::Authorize
            && sent(other, "code_challenge").as_deref() == Some(&challenge)
    })?;
    let flow = other.flow.unwrap_or(other.number);
    Some(Found::that(
        format!("The code_verifier belongs to another sign-in of the same app, flow #{flow}"),
        vec![
            Evidence::odd(format!("the SHA-256 of the verifier is the code_challenge of #{}", other.number)),
            Evidence::odd("it is not the code_challenge of the request that this code came of"),
        ],
        "Two sign-ins were begun, and the second overwrote what the first had kept: another tab, a double click, a prefetch. Keep verifier, state and nonce under the state, not in one place for all.",
    ))
}

fn secret_wrong(case: &Case<'_>) -> Option<Found> {
    let sentence = failed(case, Check::ClientSecretMatches)?;
    let client = &case.refused()?.client;
    Some(Found::that(
        sentence,
        vec![Evidence::fine(format!("{client} is registered")), Evidence::odd("the secret that came is another")],
        format!(
            "Compare the app's secret with the one that `standin clients show {client}` prints. A space at the end, quotes, or an old .env file are the usual reasons."
        ),
    ))
}

fn secret_sent_another_way(case: &Case<'_>) -> Option<Found> {
    let sentence = failed(case, Check::ClientMethodAllowed)?;
    let entry = case.refused()?;
    let way =
        if sent(entry, "Authorization").is_some() { "client_secret_basic" } else { "client_secret_post, or none" };
    Some(Found::that(
        sentence,
        vec![Evidence::odd(format!("the request came with {way}"))],
        "Set the library's client authentication to the registered method, or register the one that it uses: token_endpoint_auth_method.",
    ))
}

/// The app's own clock can be seen where it signs something itself.
fn clock_off(case: &Case<'_>) -> Option<Found> {
    failed(case, Check::ClientAssertionValid)?;
    let entry = case.refused()?;
    let assertion = Opened::read(&sent(entry, "client_assertion")?).ok()?;
    let made = assertion.time("iat").or_else(|| assertion.time("nbf"))?;
    let ahead = made.since(entry.at);
    if ahead.abs() < 60 {
        return None;
    }
    let (by, how) = (ahead.abs(), if ahead > 0 { "ahead of" } else { "behind" });
    Some(Found::that(
        format!("The app's clock is {by} s {how} the provider's"),
        vec![Evidence::odd(format!("the assertion says that it was made at {}, and came at {}", made.0, entry.at.0))],
        "Set the clock of the app's machine or container. `standin time show` says what time it is here: it may have been moved by a test.",
    ))
}

/// An app that is refused by an API refreshes once. One that goes on and on is caught in a loop.
fn refresh_loop(case: &Case<'_>) -> Option<Found> {
    let refreshes: Vec<_> = case.flow.iter().filter(|entry| entry.events.contains(&Event::TokenRefreshed)).collect();
    let (first, last) = (refreshes.first()?, refreshes.last()?);
    let within = last.at.since(first.at);
    if refreshes.len() < 4 || within > 10 {
        return None;
    }
    let refused = case.flow.iter().filter(|entry| entry.events.contains(&Event::ApiRefused)).count();
    let mut evidence =
        vec![Evidence::odd(format!("{} refreshes between #{} and #{}", refreshes.len(), first.number, last.number))];
    if refused > 0 {
        evidence.push(Evidence::odd(format!("the API refused {refused} calls meanwhile, whatever the token")));
    }
    Some(Found::that(
        format!("The app refreshed {} times in {within} s", refreshes.len()),
        evidence,
        "Refresh once when the API says 401, and try again once. If that is refused as well, the token is not the reason: say so, or sign in anew.",
    ))
}

/// Every other refusal says itself what is wrong.
fn refused(case: &Case<'_>) -> Option<Found> {
    let last = case.flow.last()?;
    let refused = last.refused.as_ref()?;
    let checks =
        last.checks().map(|(_, held, sentence)| if held { Evidence::fine(sentence) } else { Evidence::odd(sentence) });
    Some(Found::that(refused.sentence(), checks.collect(), refused.hint()))
}

fn logout_not_taken(case: &Case<'_>) -> Option<Found> {
    let entry = not_told(case.flow)?;
    let remark = entry.trace.remarks.first().cloned()?;
    let fix = match entry.status {
        0 => {
            "Nothing listens at backchannel_logout_uri, or it does not answer in time. Is the app running, under this name?"
        }
        404 => "backchannel_logout_uri leads to a path that the app does not have.",
        _ => "The app is to answer 200 or 204. Its own log says why it did not.",
    };
    Some(Found::that(remark, vec![Evidence::odd(format!("POST {} → {}", entry.path, entry.status))], fix))
}

fn code_never_redeemed(case: &Case<'_>) -> Option<Found> {
    let issued = case.silent_with_code()?;
    let silent = case.now.since(issued.at);
    Some(Found::that(
        "The app got a code, and never redeemed it",
        vec![
            Evidence::fine("code, state and iss were delivered to the browser"),
            Evidence::odd(format!("no call to the token endpoint for {silent} s")),
        ],
        "Look into the app's own log at the callback: it refused the answer (state, iss), or the page at redirect_uri is not the library's. A cookie that did not come back is the usual reason.",
    ))
}

/// A script asked for what a person is to see. CORS lets it read nothing of another origin, and a sign-in page is none of its own.
fn asked_by_script(case: &Case<'_>) -> Option<Found> {
    let entry = case.flow.iter().find(|entry| by_script(entry))?;
    let origin = header(&entry.wire.as_ref()?.request, "origin").filter(|origin| origin != "null");
    let mut evidence = vec![Evidence::odd(format!(
        "#{} was sent by a script: its headers say so, Origin and Sec-Fetch-Mode",
        entry.number
    ))];
    evidence.push(match origin {
        Some(origin) => Evidence::odd(format!("it is a script of {origin}, which may not read this page")),
        None => Evidence::odd("it was sent here by a redirect of the app, which the script had asked"),
    });
    Some(Found::that(
        "A script asked for the sign-in page, and CORS refused it the answer: a browser has to go there itself",
        evidence,
        "Navigate instead of fetching: a link, a form, or location.href, also to the app's own sign-in route. A router that fetches links ahead, as Next.js does, needs a plain <a> there, or prefetch={false}. An app's API answers a fetch with 401 and leaves the going to the page.",
    ))
}

/// The browser began at one name of the machine, and is sent back to another: the cookie with the state stays behind.
fn host_switched(case: &Case<'_>) -> Option<Found> {
    case.silent_with_code()?;
    let request = case.request()?;
    let from = header(&request.wire.as_ref()?.request, "referer").and_then(|from| Url::parse(&from).ok())?;
    let to = sent(request, "redirect_uri").and_then(|to| Url::parse(&to).ok())?;
    let names = (from.host_str()?, to.host_str()?);
    if names.0 == names.1 || from.port_or_known_default() != to.port_or_known_default() {
        return None;
    }
    Some(Found::that(
        "The app left its cookie behind",
        vec![
            Evidence::odd(format!("the browser came from {}", from.origin().ascii_serialization())),
            Evidence::odd(format!("redirect_uri says {}", to.origin().ascii_serialization())),
            Evidence::odd(format!("no call to the token endpoint for {} s", case.now.since(request.at))),
        ],
        format!(
            "Pick one name and stay on it: open the app at {}, or have it send a redirect_uri of {}. To a browser {} and {} are two sites, each with cookies of its own.",
            to.origin().ascii_serialization(),
            from.origin().ascii_serialization(),
            names.0,
            names.1
        ),
    ))
}

/// A library that makes a state insists on it; an app that sends none has nothing to compare, and some refuse then.
fn state_never_sent(case: &Case<'_>) -> Option<Found> {
    case.silent_with_code()?;
    let request = case.request()?;
    if sent(request, "state").is_some() {
        return None;
    }
    Some(Found::that(
        "The app sent no state, so it cannot tell its own answer from a stranger's",
        vec![Evidence::odd(format!("#{} has no state", request.number)), Evidence::odd("the code was never redeemed")],
        "Let the library make the authorization URL: it makes state and nonce, and keeps them for the callback.",
    ))
}

/// The token is signed by a key that the app cannot know: it read the keys before the rotation, and not since.
fn keys_older_than_rotation(case: &Case<'_>) -> Option<Found> {
    let redeemed = case.silent_with_tokens()?;
    let token = tokens_in(redeemed).into_iter().find(|token| token.name == "id_token")?;
    let kid = token.opened.header.get("kid")?.as_str()?.to_owned();
    let reads = || case.journal.iter().filter(|entry| entry.endpoint == Endpoint::Jwks);
    let before = reads().rfind(|entry| entry.number < redeemed.number)?;
    let again = reads().any(|entry| entry.number > redeemed.number);
    if again || publishes(before, &kid) {
        return None;
    }
    Some(Found::that(
        "The ID token is signed by a key that was not published when the keys were read last: the app has the older ones",
        vec![
            Evidence::odd(format!("the token's kid is {kid}")),
            Evidence::odd(format!("the keys were read last in #{}, without it", before.number)),
            Evidence::odd("nobody has read them since"),
        ],
        "Read the key set again when a kid is unknown, at most once in a while. Libraries do so by themselves unless the keys were copied into the configuration.",
    ))
}

/// A library that makes a nonce insists on it. An app that sends none may be content; one that begins anew at once, for the same
/// person, and never used its tokens, was not.
fn nonce_never_sent(case: &Case<'_>) -> Option<Found> {
    let redeemed = case.flow.iter().rev().find(|entry| entry.events.contains(&Event::CodeRedeemed))?;
    let request = case.request().filter(|request| sent(request, "nonce").is_none())?;
    let tokens = tokens_in(redeemed);
    let id_token = tokens.iter().find(|token| token.name == "id_token")?;
    let used = case.flow.iter().any(|entry| entry.number > redeemed.number);
    let again = case.journal.iter().find(|entry| {
        entry.number > redeemed.number
            && entry.flow != redeemed.flow
            && entry.events.contains(&Event::CodeIssued)
            && (&entry.client, &entry.user) == (&redeemed.client, &redeemed.user)
    })?;
    if used || id_token.opened.claim("nonce").is_some() || again.at.since(redeemed.at) > SOON {
        return None;
    }
    Some(Found::that(
        "The app sent no nonce, so the ID token has none, and the app seems to insist on one",
        vec![
            Evidence::odd(format!("#{} has no nonce", request.number)),
            Evidence::odd(format!("the tokens of #{} were shown to nobody", redeemed.number)),
            Evidence::odd(format!("the app began anew {} s later, for the same person", again.at.since(redeemed.at))),
        ],
        "Let the library make the authorization URL: it makes state and nonce, and keeps them for the callback.",
    ))
}

/// Whether a key set that was answered has a key of this name.
fn publishes(entry: &Entry, kid: &str) -> bool {
    let Some(wire) = &entry.wire else { return true };
    let keys = serde_json::from_slice::<Value>(&wire.response.body).unwrap_or_default();
    let all = keys["keys"].as_array().cloned().unwrap_or_default();
    all.is_empty() || all.iter().any(|key| key["kid"] == kid)
}
