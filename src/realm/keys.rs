//! A realm's keys: rotated, announced, revoked.

use std::sync::PoisonError;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{Kid, Lifetime, Map, UnixTime};
use crate::reply::{Body, Reply};
use crate::tokens::{Alg, KeyError, KeyRing, KeyState, SigningKey};
use crate::world::Settings;

use super::Realm;

/// How long a key is published that a sign-in's lie needs.
const BORROWED: Lifetime = Lifetime::of_seconds(3_600);

/// A key, as much of it as everybody may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyView {
    /// Its name.
    pub kid: String,
    /// The algorithms that it serves.
    pub algs: Vec<Alg>,
    /// What it is there for.
    pub state: KeyState,
    /// Until when it stays published, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<UnixTime>,
}

impl Realm {
    /// The keys that are published.
    pub fn keys(&self) -> Vec<KeyView> {
        let settings = self.settings();
        let view = |key: &SigningKey| KeyView {
            kid: key.kid().to_string(),
            algs: key.algs().to_vec(),
            state: key.state(),
            published_until: key.published_until(),
        };
        settings.keys.published(self.now()).map(|key| view(key)).collect()
    }

    /// The public keys that are needed to verify what this realm says in the name of an issuer whose keys are `known`.
    pub fn keys_beside(&self, known: &KeyRing) -> Vec<Map> {
        let (settings, now) = (self.settings(), self.now());
        let own = settings.keys.public_halves(now, |alg| settings.signs_by(alg)).filter(|_| !settings.keys.is(known));
        let borrowed = self.borrowed.lock().unwrap_or_else(PoisonError::into_inner);
        let live = borrowed.iter().filter(|(_, until)| *until > now).map(|(key, _)| key.clone());
        own.chain(live).collect()
    }

    /// Signs with a new key from now on, the announced one if there is one; the old one stays published for `grace`.
    pub fn rotate_keys(&self, alg: Alg, grace: Lifetime) -> Result<Kid, KeyError> {
        let announced = self.settings().keys.announced(alg);
        let key = match announced {
            Some(key) => key,
            None => SigningKey::generate(alg)?,
        };
        let (kid, now) = (key.kid().clone(), self.now());
        self.change_keys(|settings| settings.keys = settings.keys.rotated(key, now, grace));
        Ok(kid)
    }

    /// Publishes a new key that signs nothing yet.
    pub fn announce_key(&self, alg: Alg) -> Result<Kid, KeyError> {
        let key = SigningKey::generate(alg)?;
        let kid = key.kid().clone();
        self.change_keys(|settings| settings.keys = settings.keys.announcing(&key));
        Ok(kid)
    }

    /// Publishes a key no longer, at once; if it signed, a new one signs in its place. `false` if there is no such key.
    pub fn revoke_key(&self, kid: &str) -> Result<bool, KeyError> {
        let now = self.now();
        let settings = self.settings();
        let Some(key) = settings.keys.published(now).find(|key| key.kid().as_str() == kid) else { return Ok(false) };
        let successor = match key.state() {
            KeyState::Signing => Some(SigningKey::generate(key.algs()[0])?),
            KeyState::Announced | KeyState::Retired => None,
        };
        self.change_keys(|settings| settings.keys = settings.keys.without(kid, successor));
        Ok(true)
    }

    fn change_keys(&self, change: impl FnOnce(&mut Settings)) {
        // What the realm is told to be is changed under the same lock, or one change would undo the other.
        let _configured = self.configured();
        let mut settings = Settings::clone(&self.settings());
        change(&mut settings);
        self.replace_settings(settings);
    }

    /// Publishes keys that a lie of a sign-in needs, for a while.
    pub(super) fn borrow_keys(&self, keys: Vec<Map>, now: UnixTime) {
        if keys.is_empty() {
            return;
        }
        let mut borrowed = self.borrowed.lock().unwrap_or_else(PoisonError::into_inner);
        borrowed.retain(|(known, until)| *until > now && !keys.contains(known));
        borrowed.extend(keys.into_iter().map(|key| (key, now.plus(BORROWED))));
    }

    /// Adds the borrowed keys to the key set.
    pub(super) fn publish_borrowed(&self, reply: &mut Reply, now: UnixTime) {
        let borrowed = self.borrowed.lock().unwrap_or_else(PoisonError::into_inner);
        if borrowed.is_empty() {
            return;
        }
        let Body::Json(text) = &reply.body else { return };
        let Ok(mut document) = serde_json::from_slice::<Value>(text) else { return };
        if let Some(keys) = document.get_mut("keys").and_then(Value::as_array_mut) {
            let live = borrowed.iter().filter(|(_, until)| *until > now);
            let new = |key: &&Map| keys.iter().all(|known| known.get("kid") != key.get("kid"));
            let new: Vec<Value> = live.map(|(key, _)| key).filter(new).cloned().map(Value::Object).collect();
            keys.extend(new);
        }
        reply.body = Body::Json(document.to_string().into());
    }
}
