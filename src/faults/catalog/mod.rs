//! The lies by name: what is altered, what a correct app does, and where that is written. One file for each kind.

mod api;
mod authorization;
mod connection;
mod discovery;
mod id_token;
mod id_token_broken;
mod id_token_hybrid;
mod id_token_shape;
mod jwks;
mod kind;
mod logout;
mod logout_back;
mod mix_up;
mod person;
mod refresh;
mod registration;
mod session_check;
mod token;
mod token_policy;
mod transport;
mod userinfo;

use schemars::{Schema, SchemaGenerator};

use crate::protocol::ResponseType;
use crate::protocol::words;
use crate::world::{AccessTokenFormat, Client, Settings};

use super::effect::Effect;
use super::matching::{Match, Point};
use super::options::FaultOptions;

use crate::tokens::TokenKind;
pub use kind::{FaultKind, Verdict};

impl FaultKind {
    /// What is wrong with a wish for this lie, if something is: the field and a sentence.
    pub(crate) fn check(&self, options: &FaultOptions) -> Result<(), (&'static str, String)> {
        let FaultOptions { delay, seconds, issuer, realm, url } = options;
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
        let speaks = |point: Point| self.effects.iter().any(|effect| effect.may_speak_at(point, &ResponseType::ALL));
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
    id_token_hybrid::FAULTS,
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
    logout_back::FAULTS,
    mix_up::FAULTS,
    registration::FAULTS,
    session_check::FAULTS,
    transport::FAULTS,
    connection::FAULTS,
    api::FAULTS,
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

pub(super) fn all() -> impl Iterator<Item = &'static FaultKind> {
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
