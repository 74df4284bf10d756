//! What the app checks on what it gets, one by one, so that each can be shown. Each is made by the library that the app is built on.

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier};
use openidconnect::{AccessToken, AccessTokenHash, Nonce};
use serde::{Deserialize, Serialize};

/// The checks that can be left out, to see why they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Switches {
    pub(super) state: bool,
    pub(super) nonce: bool,
    pub(super) pkce: bool,
    pub(super) signature: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self { state: true, nonce: true, pkce: true, signature: true }
    }
}

impl Switches {
    /// Each by its name.
    pub(super) fn rows(self) -> [(&'static str, bool); 4] {
        [("state", self.state), ("nonce", self.nonce), ("pkce", self.pkce), ("signature", self.signature)]
    }
}

/// A check that the app made, or would have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) held: bool,
    /// Whether it counts; a check that is switched off is made all the same, to show what it would have said.
    pub(super) counts: bool,
    pub(super) sentence: String,
}

impl Checked {
    pub(super) fn new(name: &str, held: bool, sentence: impl Into<String>) -> Self {
        Self { name: name.to_owned(), held, counts: true, sentence: sentence.into() }
    }

    pub(super) fn counting(self, counts: bool) -> Self {
        Self { counts, ..self }
    }
}

/// Whether all that count held.
pub(super) fn all_hold(checks: &[Checked]) -> bool {
    checks.iter().all(|check| check.held || !check.counts)
}

/// What an ID token is checked against.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) nonce: &'a Nonce,
    pub(super) access_token: &'a AccessToken,
    pub(super) switches: Switches,
}

/// The checks of an ID token, each alone: the verifier is told to look at nothing else, and each time by a new one.
pub(super) fn of_id_token<'v>(
    token: &CoreIdToken,
    verifier: impl Fn() -> CoreIdTokenVerifier<'v>,
    expected: &Expected<'_>,
) -> Vec<Checked> {
    let anything = |_: Option<&Nonce>| Ok::<(), String>(());
    // By a clock that stands at the beginning of time nothing has expired.
    let blind = || {
        let verifier = verifier().insecure_disable_signature_check().require_issuer_match(false);
        verifier.require_audience_match(false).set_time_fn(Default::default).set_issue_time_verifier_fn(|_| Ok(()))
    };
    let alone = |name: &str, verifier: CoreIdTokenVerifier<'v>, well: &str| {
        let made = token.claims(&verifier, anything);
        Checked::new(name, made.is_ok(), made.map_or_else(|e| reason(&e), |_| well.to_owned()))
    };
    let by_now =
        || verifier().insecure_disable_signature_check().require_issuer_match(false).require_audience_match(false);
    let mut checks = vec![
        alone("signature", blind().enable_signature_check(), "it is by a key that the provider publishes")
            .counting(expected.switches.signature),
        alone("iss", blind().require_issuer_match(true), &format!("it is {}", expected.issuer)),
        alone("aud", blind().require_audience_match(true), "it is this app"),
        alone("exp", by_now(), "it has not passed"),
    ];
    let blind_verifier = blind();
    let claims = token.claims(&blind_verifier, anything).ok();
    checks.push(nonce(claims.and_then(|claims| claims.nonce()), expected));
    if let Some(hash) = claims.and_then(|claims| claims.access_token_hash()) {
        let verifier = verifier();
        let of_token = token.signing_alg().ok().zip(token.signing_key(&verifier).ok());
        let of_token =
            of_token.and_then(|(alg, key)| AccessTokenHash::from_token(expected.access_token, alg, key).ok());
        let held = of_token.as_ref() == Some(hash);
        let how = if held { "it is" } else { "it is not" };
        checks.push(Checked::new("at_hash", held, format!("{how} the hash of the access token that came with it")));
    }
    checks
}

fn nonce(came: Option<&Nonce>, expected: &Expected<'_>) -> Checked {
    let same = came.is_some_and(|came| came.secret() == expected.nonce.secret());
    let sentence = if same {
        "it is the one that this sign-in began with".to_owned()
    } else {
        let came = came.map_or("missing", |nonce| nonce.secret());
        format!("it is {came}, and this sign-in began with {}", expected.nonce.secret())
    };
    Checked::new("nonce", same, sentence).counting(expected.switches.nonce)
}

/// An error with its reasons, without repeating what a reason says already.
pub(super) fn reason(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}
