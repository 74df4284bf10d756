//! `alice+bad-nonce@example.com`: a person and what happens to their sign-in, in one name. No call before, nothing to clean up.

use crate::spec::Refusal;
use crate::world::{Preset, Settings, UserDecision};

use super::catalog::{FAULTS, find as fault};
use super::matching::{FaultTag, Origin};

/// What a word behind `+` does.
#[derive(Clone, Copy, Debug)]
pub enum TestIdentityEffect {
    /// The sign-in is refused so.
    Fails(Refusal),
    /// The sign-in carries this fault along.
    Fault(&'static str),
    /// The person proved who they are in these ways.
    Proof(&'static [&'static str]),
}

/// Every short word: the word, what it means in a sentence, and what it does. A fault's id is a word as well.
pub const TEST_IDENTITIES: &[(&str, &str, TestIdentityEffect)] = &[
    ("deny", "The person says no: access_denied.", TestIdentityEffect::Fails(Refusal::UserDenied)),
    ("locked", "The account is locked: access_denied.", TestIdentityEffect::Fails(Refusal::PersonLocked)),
    (
        "mfa-required",
        "A second factor is needed: interaction_required.",
        TestIdentityEffect::Fails(Refusal::SecondFactorNeeded),
    ),
    ("broken", "The provider is broken: server_error.", TestIdentityEffect::Fails(Refusal::ProviderBroken)),
    ("busy", "The provider is busy: temporarily_unavailable.", TestIdentityEffect::Fails(Refusal::ProviderBusy)),
    ("mfa", "Signed in with a second factor: amr is pwd, otp, mfa.", TestIdentityEffect::Proof(&["pwd", "otp", "mfa"])),
    ("slow", "Each answer of this sign-in comes late.", TestIdentityEffect::Fault("net.latency")),
    ("bad-nonce", "The ID token's nonce is not the app's.", TestIdentityEffect::Fault("idt.nonce.wrong")),
    ("no-nonce", "The ID token has no nonce.", TestIdentityEffect::Fault("idt.nonce.missing")),
    ("bad-sig", "The ID token's signature does not hold.", TestIdentityEffect::Fault("idt.sig.corrupt")),
    ("alg-none", "The ID token is not signed at all.", TestIdentityEffect::Fault("idt.alg.none")),
    ("expired", "The ID token has expired.", TestIdentityEffect::Fault("idt.exp.past")),
    ("wrong-aud", "The ID token is for another client.", TestIdentityEffect::Fault("idt.aud.wrong")),
    ("wrong-iss", "The ID token is from another issuer.", TestIdentityEffect::Fault("idt.iss.wrong")),
    ("bad-state", "The state that comes back is not the app's.", TestIdentityEffect::Fault("authz.state.wrong")),
    ("no-id-token", "There is no ID token.", TestIdentityEffect::Fault("tok.id_token.missing")),
    ("token-500", "The token endpoint answers 500.", TestIdentityEffect::Fault("tok.500")),
    (
        "rotate-key",
        "The tokens are signed by a key that is new in the key set.",
        TestIdentityEffect::Fault("jwks.rotate"),
    ),
    ("no-refresh", "There is no refresh token.", TestIdentityEffect::Fault("rt.never_issued")),
    ("refresh-fails", "Refreshing is answered by invalid_grant.", TestIdentityEffect::Fault("rt.invalid_grant")),
    ("wrong-sub", "UserInfo is about somebody else.", TestIdentityEffect::Fault("ui.sub.differs")),
    ("no-email", "There is no email.", TestIdentityEffect::Fault("id.email.missing")),
    ("unverified", "The email is not verified.", TestIdentityEffect::Fault("id.email.unverified")),
    ("new-sub", "The same email with another sub.", TestIdentityEffect::Fault("id.sub.changed")),
    ("no-name", "There is no name.", TestIdentityEffect::Fault("id.name.missing")),
    ("html-name", "The name is markup.", TestIdentityEffect::Fault("id.name.html")),
    ("many-groups", "250 groups.", TestIdentityEffect::Fault("id.groups.many")),
    ("no-groups", "There are no groups.", TestIdentityEffect::Fault("id.groups.missing")),
];

/// Reads a username or `login_hint`. `None` unless it names a person of the configuration and nothing but known words.
pub(super) fn read(text: &str, settings: &Settings) -> Option<Preset> {
    let text = text.trim();
    if !text.contains('+') || settings.users.iter().any(|user| user.answers_to(text)) {
        return None;
    }
    let (local, domain) = text.split_once('@').map_or((text, None), |(local, domain)| (local, Some(domain)));
    let mut words = local.split('+');
    let name = words.next().filter(|name| !name.is_empty())?;
    let whole = domain.map_or_else(|| name.to_owned(), |domain| format!("{name}@{domain}"));
    let user = settings.users.iter().find(|user| user.answers_to(&whole))?;
    let (mut amr, mut tags) = (vec!["user".to_owned()], Vec::new());
    let mut failure = None;
    for word in words {
        match tag(word)? {
            TestIdentityEffect::Fails(refusal) => failure = failure.or(Some(refusal)),
            TestIdentityEffect::Fault(id) => tags.push(FaultTag::write(Origin::TestIdentity, &format!("+{word}"), id)),
            TestIdentityEffect::Proof(proof) => amr = proof.iter().map(|way| (*way).to_owned()).collect(),
        }
    }
    let answer = match failure {
        Some(refusal) => UserDecision::Decline(refusal),
        None => UserDecision::SignIn { sub: user.sub.clone(), claims: None, told: Vec::new(), amr, age: 0, tags },
    };
    Some(Preset { answer: Some(answer), consent: None, only_if_asked: false })
}

/// A name that is almost a test identity: what is wrong with it, and what was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearly {
    /// In words, to stand behind "it is no test identity".
    pub why: String,
    /// The whole name that was probably meant.
    pub name: Option<String>,
}

/// What a name with a `+` was probably meant to be; nothing, where it is a person's or a test identity's.
pub fn nearest(text: &str, settings: &Settings) -> Option<Nearly> {
    let text = text.trim();
    if read(text, settings).is_some() || settings.users.iter().any(|user| user.answers_to(text)) {
        return None;
    }
    let (local, domain) = text.split_once('@').map_or((text, None), |(l, d)| (l, Some(d)));
    let (name, words) = local.split_once('+')?;
    let joined = |name: &str, words: &str| match domain {
        Some(domain) => format!("{name}+{words}@{domain}"),
        None => format!("{name}+{words}"),
    };
    if name.is_empty() {
        return Some(Nearly { why: "there is no name before the +".into(), name: None });
    }
    let whole = domain.map_or_else(|| name.to_owned(), |domain| format!("{name}@{domain}"));
    if settings.users.iter().any(|user| user.answers_to(&whole)) {
        let unknown = words.split('+').find(|word| tag(word).is_none())?;
        let known = TEST_IDENTITIES.iter().map(|(word, ..)| *word).chain(FAULTS.iter().map(|fault| fault.id));
        let near = crate::protocol::nearest(unknown, known);
        let meant = near.map(|near| joined(name, &words.replace(unknown, near)));
        let all = if meant.is_none() { ", and `standin fault list` has them all" } else { "" };
        return Some(Nearly { why: format!("there is no word `+{unknown}`{all}"), name: meant });
    }
    let near = settings.nearest_person(&whole).or_else(|| settings.nearest_person(name));
    let near = near.map(|user| match (domain, user.text("email")) {
        (Some(_), Some(email)) => email.replacen('@', &format!("+{words}@"), 1),
        _ => format!("{}+{words}", user.sub),
    });
    Some(Nearly { why: format!("nobody here is called `{whole}`"), name: near })
}

fn tag(word: &str) -> Option<TestIdentityEffect> {
    let short = TEST_IDENTITIES.iter().find(|(name, ..)| *name == word).map(|(.., tag)| *tag);
    short.or_else(|| fault(word).map(|fault| TestIdentityEffect::Fault(fault.id)))
}
