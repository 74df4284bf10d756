//! The lies by name: what is altered, what a correct app does, and where that is written. One file for each kind.

mod authorization;
mod discovery;
mod id_token;
mod id_token_broken;
mod id_token_shape;
mod jwks;
mod logout;
mod mix_up;
mod person;
mod refresh;
mod token;
mod token_policy;
mod transport;
mod userinfo;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::protocol::{nearest, words};
use crate::world::{AccessTokenFormat, Client, Settings};

use super::{Effect, Fault, FaultOptions, Match, Point, TEST_IDENTITIES, TestIdentityEffect};
use crate::tokens::TokenKind;

/// What a correct app does about a lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It must refuse.
    Reject,
    /// It must go on.
    Tolerate,
    /// It must neither crash nor make a session of it: an error page, another try, another sign-in.
    Handle,
}

/// A lie that can be asked for.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FaultKind {
    /// Its name for good.
    #[serde(rename = "name")]
    pub id: &'static str,
    /// What is altered, in a sentence.
    pub sentence: &'static str,
    /// What is altered on the wire, and nothing else is: `id_token.nonce`, `token.scope`, `userinfo.status`.
    pub altered: &'static [&'static str],
    /// What a correct app does, in a word.
    pub verdict: Verdict,
    /// What a correct app does.
    pub correct: &'static str,
    /// Where it is written.
    pub section: &'static str,
    #[serde(skip)]
    pub(super) effects: &'static [Effect],
}

const fn fault(
    verdict: Verdict,
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    (section, effects): (&'static str, &'static [Effect]),
) -> FaultKind {
    let correct = match verdict {
        Verdict::Reject => "refuses it, and makes no session",
        Verdict::Tolerate => "goes on",
        Verdict::Handle => "says what happened and offers another try; no crash, no loop, no session",
    };
    FaultKind { id, sentence, altered, verdict, correct, section, effects }
}

type Because = (&'static str, &'static [Effect]);

const fn reject(id: &'static str, sentence: &'static str, altered: &'static [&'static str], how: Because) -> FaultKind {
    fault(Verdict::Reject, id, sentence, altered, how)
}

const fn tolerate(
    id: &'static str,
    sentence: &'static str,
    altered: &'static [&'static str],
    how: Because,
) -> FaultKind {
    fault(Verdict::Tolerate, id, sentence, altered, how)
}

const fn handle(id: &'static str, sentence: &'static str, altered: &'static [&'static str], how: Because) -> FaultKind {
    fault(Verdict::Handle, id, sentence, altered, how)
}

impl FaultKind {
    /// With what a correct app does in just this case.
    const fn so(self, correct: &'static str) -> Self {
        Self { correct, ..self }
    }

    /// The lie of this name, or a sentence that names the likely one.
    pub fn named(id: &str) -> Result<&'static Self, String> {
        find(id).ok_or_else(|| {
            let wanted = id.to_ascii_lowercase();
            let by_word = TEST_IDENTITIES.iter().find_map(|(word, _, tag)| match tag {
                TestIdentityEffect::Fault(fault) if *word == wanted => Some(*fault),
                _ => None,
            });
            let near = by_word.or_else(|| nearest(&wanted, all().map(|fault| fault.id)));
            let hint = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            format!("There is no fault `{id}`.{hint}")
        })
    }
}

impl FaultKind {
    /// What is wrong with a wish for this lie, if something is: the field and a sentence.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), (&'static str, String)> {
        let FaultOptions { delay, seconds, issuer, realm, url } = &fault.with;
        let mix_up = self.id == "mix.as_swap" || self.id == "mix.metadata_confusion";
        let given = [
            ("with.delay", delay.is_some(), self.takes("delay")),
            ("with.seconds", seconds.is_some(), self.takes("seconds")),
            ("with.url", url.is_some(), self.takes("url")),
            ("with.issuer", issuer.is_some(), self.id.starts_with("mix.")),
            ("with.realm", realm.is_some(), self.id.starts_with("mix.")),
        ];
        if let Some((field, ..)) = given.into_iter().find(|(_, given, taken)| *given && !taken) {
            let name = field.trim_start_matches("with.");
            let takes: Vec<&str> = ["delay", "seconds", "url"].into_iter().filter(|name| self.takes(name)).collect();
            let instead = if takes.is_empty() { "nothing".to_owned() } else { takes.join(", ") };
            return Err((field, format!("`{}` takes no {name}: it takes {instead}", self.id)));
        }
        if mix_up && issuer.is_none() {
            return Err(("with.issuer", format!("`{}` needs the other issuer, or the other `realm`", self.id)));
        }
        Ok(())
    }

    /// Whether it takes this number or name: its sentence says so then.
    fn takes(&self, name: &str) -> bool {
        self.sentence.contains(&format!("`with.{name}`"))
    }

    /// Why there will be nothing to alter, if that can be told from how the clients are registered.
    pub(crate) fn doubt(&self, settings: &Settings, when: &Match) -> Option<String> {
        let speaks = |point: Point| self.effects.iter().any(|effect| effect.may_speak_at(point));
        if when.endpoint.is_some_and(|point| !speaks(point)) {
            return Some("It has nothing to alter at the endpoint that `match` names.".to_owned());
        }
        let client = when.client.as_deref();
        let of = |token: TokenKind| {
            self.effects.iter().all(|effect| match effect {
                Effect::Draft(of, _) | Effect::Spoil(of, _) => *of == token,
                _ => false,
            })
        };
        let clients: Vec<_> = match client {
            Some(id) => settings.client(id).into_iter().collect(),
            None => settings.clients.values().cloned().collect(),
        };
        let app = client.map_or_else(|| "no app".to_owned(), |id| format!("`{id}` is not"));
        let app = if client.is_some() { app } else { format!("{app} is") };
        if of(TokenKind::UserInfo) && clients.iter().all(|client| client.userinfo_signed_response_alg.is_none()) {
            return Some(format!("It alters signed UserInfo, and {app} registered with userinfo_signed_response_alg."));
        }
        let opaque = |client: &Client| settings.access_token_format(client) == AccessTokenFormat::Opaque;
        let all_opaque = if clients.is_empty() {
            settings.policy.access_token_format == AccessTokenFormat::Opaque
        } else {
            clients.iter().all(|client| opaque(client))
        };
        (of(TokenKind::Access) && all_opaque)
            .then(|| "It alters JWT access tokens, and they are opaque here.".to_owned())
    }
}

/// Every lie there is, kind by kind.
pub const FAULTS: Faults = Faults(&[
    id_token::FAULTS,
    id_token_shape::FAULTS,
    id_token_broken::FAULTS,
    authorization::FAULTS,
    authorization::ERRORS,
    token::FAULTS,
    token::ERRORS,
    token_policy::FAULTS,
    token_policy::CLIENT_AUTHENTICATION,
    refresh::FAULTS,
    userinfo::FAULTS,
    person::FAULTS,
    discovery::FAULTS,
    discovery::MISSING,
    jwks::FAULTS,
    logout::FAULTS,
    mix_up::FAULTS,
    transport::FAULTS,
]);

/// The catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Faults(&'static [&'static [FaultKind]]);

impl Faults {
    /// Each lie in order.
    pub fn iter(self) -> impl Iterator<Item = &'static FaultKind> {
        self.0.iter().copied().flatten()
    }
}

fn all() -> impl Iterator<Item = &'static FaultKind> {
    FAULTS.iter()
}

/// The names of all, as a schema has them.
pub(crate) fn fault_names(_: &mut SchemaGenerator) -> Schema {
    words(all().map(|fault| fault.id))
}

/// The lie of this name.
pub fn find(id: &str) -> Option<&'static FaultKind> {
    all().find(|fault| fault.id == id)
}

/// The lies that the sign-in page offers: id, label, and what is altered in a word.
pub const ON_THE_PAGE: [(&str, &str, &str); 4] = [
    ("idt.sig.corrupt", "Forged signature", "id_token"),
    ("idt.nonce.wrong", "Wrong nonce", "nonce"),
    ("idt.aud.wrong", "For another app", "aud"),
    ("authz.state.wrong", "State swapped", "state"),
];

/// Links that many rows share.
mod section {
    pub(super) const VALIDATION: &str = "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation";
    pub(super) const ID_TOKEN: &str = "https://openid.net/specs/openid-connect-core-1_0.html#IDToken";
    pub(super) const SIGNING: &str = "https://openid.net/specs/openid-connect-core-1_0.html#SigEnc";
    pub(super) const ROTATION: &str = "https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys";
    pub(super) const CLAIMS: &str = "https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims";
    pub(super) const STABILITY: &str = "https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability";
    pub(super) const USERINFO: &str = "https://openid.net/specs/openid-connect-core-1_0.html#UserInfoResponse";
    pub(super) const REFRESHED: &str = "https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse";
    pub(super) const AUTHZ_ERROR: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    pub(super) const AUTHZ_ANSWER: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    pub(super) const TOKEN_ANSWER: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.1";
    pub(super) const TOKEN_ERROR: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    pub(super) const BEARER: &str = "https://www.rfc-editor.org/rfc/rfc6750#section-3";
    pub(super) const JWT_TIMES: &str = "https://www.rfc-editor.org/rfc/rfc7519#section-2";
    pub(super) const JWS: &str = "https://www.rfc-editor.org/rfc/rfc7515";
    pub(super) const JWT_BCP: &str = "https://www.rfc-editor.org/rfc/rfc8725#section-3.1";
    pub(super) const JWT_BCP_KID: &str = "https://www.rfc-editor.org/rfc/rfc8725#section-3.10";
    pub(super) const JWK: &str = "https://www.rfc-editor.org/rfc/rfc7517#section-4";
    pub(super) const ISSUER: &str =
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation";
    pub(super) const METADATA: &str = "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata";
    pub(super) const CONFIG: &str =
        "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationResponse";
    pub(super) const HTTP: &str = "https://www.rfc-editor.org/rfc/rfc9110#section-15.6";
    pub(super) const MIX_UP: &str = "https://www.rfc-editor.org/rfc/rfc9700#section-4.4";
}
