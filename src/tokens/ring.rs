//! The keys of one realm: which one signs, which ones are still published.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use foldhash::quality::RandomState;
use jsonwebtoken::EncodingKey;
use serde_json::Value;

use crate::protocol::{AccessId, GrantId, Kid, Lifetime, Map, UnixTime};

use super::{Alg, DecryptionKeys, JweAlg, KeyChoice, KeyState, Opened, SigningKey, TokenDraft, Unverified};

/// A handle on a set of keys; cloning it copies nothing.
#[derive(Clone, Debug)]
pub struct KeyRing {
    keys: Arc<[Arc<SigningKey>]>,
    /// The keys that apps encrypt for.
    decryption: Option<Arc<DecryptionKeys>>,
    /// Public keys of others, published beside these.
    lent: Arc<[Map]>,
    own: Arc<OwnSignatures>,
}

impl KeyRing {
    /// A ring of these keys. For each algorithm the first key that serves it signs.
    pub fn new(keys: Vec<SigningKey>) -> Self {
        Self {
            keys: keys.into_iter().map(Arc::new).collect(),
            decryption: None,
            lent: Arc::default(),
            own: Arc::default(),
        }
    }

    /// The same ring, with keys that apps can encrypt for.
    #[must_use]
    pub(super) fn decrypting_by(self, keys: DecryptionKeys) -> Self {
        Self { decryption: Some(Arc::new(keys)), ..self }
    }

    /// What is in a token that an app encrypted, see [`DecryptionKeys::decrypt`].
    pub fn decrypt(&self, token: &str, secret: Option<&str>) -> Option<String> {
        self.decryption.as_ref()?.decrypt(token, secret)
    }

    /// Signs a draft, [RFC 7515 §7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1). Header members of the draft win over the ring's own.
    pub fn sign(&self, draft: &TokenDraft) -> String {
        let alg = draft.key.alg();
        let mut header = Map::new();
        header.insert("alg".into(), alg.map_or("none", Alg::as_str).into());
        let key = alg.and_then(|alg| self.current(alg));
        if let Some((alg, key)) = alg.zip(key) {
            header.insert("kid".into(), key.kid_for(alg).into());
        }
        header.extend(draft.header.clone());
        header.retain(|_, value| !value.is_null());
        let claims = draft.text.as_ref().map_or_else(|| segment(&draft.claims), |text| URL_SAFE_NO_PAD.encode(text));
        let message = format!("{}.{claims}", segment(&header));
        let signature = match (&draft.key, key) {
            (KeyChoice::Secret(secret), _) => by_secret(&message, secret.as_bytes()),
            (KeyChoice::Bytes(secret), _) => by_secret(&message, secret),
            (KeyChoice::Foreign(alg, key), _) => key.sign(*alg, message.as_bytes()),
            (KeyChoice::Current(alg), Some(key)) => key.sign(*alg, message.as_bytes()),
            (KeyChoice::Current(_) | KeyChoice::Unsigned, _) => String::new(),
        };
        let token = format!("{message}.{signature}");
        if key.is_some() && draft.text.is_none() && matches!(draft.key, KeyChoice::Current(_)) {
            // Only an access token stands for something here, and the drafts of those say what.
            let jti = draft.claims.get("jti").and_then(Value::as_str).filter(|_| draft.grant.is_some());
            let access = jti.map(|jti| OwnAccess { id: jti.into(), grant: draft.grant.clone() });
            self.own.remember(&token, &header, access);
        }
        token
    }

    /// Opens a token that this ring signed, by a key that is still published.
    pub fn open(&self, token: &str, now: UnixTime) -> Result<Opened, Unverified> {
        let opened = Opened::read(token)?;
        let alg = opened.alg().ok_or(Unverified::Algorithm)?;
        let kid = opened.header.get("kid").and_then(Value::as_str);
        let key = self
            .published(now)
            .find(|key| key.serves(alg) && kid == Some(key.kid_for(alg).as_str()))
            .ok_or(Unverified::Key)?;
        if self.own.get(token).is_some() || super::verify::holds(token, key.public(), alg) {
            return Ok(opened);
        }
        Err(Unverified::Signature)
    }

    /// The access token, if this ring signed it itself not long ago, by a key that is still published. What was signed here needs
    /// neither be verified nor be read again.
    pub fn own_access_token(&self, token: &str, now: UnixTime) -> Option<OwnAccess> {
        let own = self.own.get(token)?;
        let published = self.published(now).any(|key| own.kid.as_str().starts_with(key.kid().as_str()));
        own.access.filter(|_| published)
    }

    /// Whether some key is published for a while only.
    pub fn changes_with_time(&self) -> bool {
        self.keys.iter().any(|key| key.published_until.is_some())
    }

    /// The keys to publish, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5). A key that serves two algorithms is there for the
    /// second one as well where `signs` says that something is signed by it.
    pub fn jwks(&self, now: UnixTime, signs: impl Fn(Alg) -> bool) -> Map {
        self.jwks_for(now, signs, |_| false)
    }

    /// The same, where apps encrypt by these algorithms.
    pub fn jwks_for(&self, now: UnixTime, signs: impl Fn(Alg) -> bool, encrypt: impl Fn(JweAlg) -> bool) -> Map {
        let encryption = self.decryption.iter().flat_map(|keys| keys.published(&encrypt));
        let keys = self.public_halves(now, signs).chain(encryption).chain(self.lent.iter().cloned()).map(Value::Object);
        Map::from_iter([("keys".to_owned(), Value::Array(keys.collect()))])
    }

    /// The public halves of the keys that are published.
    pub fn public_halves(&self, now: UnixTime, signs: impl Fn(Alg) -> bool) -> impl Iterator<Item = Map> {
        self.published(now).flat_map(move |key| {
            let more = key.algs().iter().skip(1).filter(|alg| signs(**alg)).map(|alg| key.jwk_for(*alg));
            std::iter::once(key.jwk().clone()).chain(more).collect::<Vec<_>>()
        })
    }

    /// A ring that publishes keys of others as well, where it has none of the same name.
    #[must_use]
    pub fn lent(&self, others: impl IntoIterator<Item = Map>) -> Self {
        let mut lent: Vec<Map> = Vec::new();
        for jwk in others {
            let known = self.keys.iter().map(|key| key.jwk()).chain(&lent);
            if !known.into_iter().any(|known| known.get("kid") == jwk.get("kid")) {
                lent.push(jwk);
            }
        }
        Self { lent: lent.into(), ..self.clone() }
    }

    /// Whether these are the very keys of another ring.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
    }

    /// A ring in which `key` signs and the keys that it replaces stay published for a while,
    /// [Core §10.1.1](https://openid.net/specs/openid-connect-core-1_0.html#RotateSigKeys).
    #[must_use]
    pub fn rotated(&self, key: SigningKey, now: UnixTime, grace: Lifetime) -> Self {
        let replaced = |old: &SigningKey| Alg::PUBLIC.iter().any(|alg| old.serves(*alg) && key.serves(*alg));
        let kept: Vec<_> = self
            .published(now)
            .filter(|old| old.kid() != key.kid())
            .map(|old| match old.state {
                KeyState::Signing if replaced(old) => Arc::new(old.being(KeyState::Retired, Some(now.plus(grace)))),
                _ => Arc::clone(old),
            })
            .collect();
        self.of(std::iter::once(Arc::new(key)).chain(kept))
    }

    /// A ring that publishes `key` beside the others, and does not sign with it yet.
    #[must_use]
    pub fn announcing(&self, key: &SigningKey) -> Self {
        let announced = Arc::new(key.being(KeyState::Announced, None));
        self.of(self.keys.iter().cloned().chain([announced]))
    }

    /// The announced key for an algorithm, ready to sign.
    pub fn announced(&self, alg: Alg) -> Option<SigningKey> {
        let announced = self.keys.iter().find(|key| key.state == KeyState::Announced && key.serves(alg));
        announced.map(|key| key.being(KeyState::Signing, None))
    }

    /// A ring without this key, and with another in its place.
    #[must_use]
    pub fn without(&self, kid: &str, successor: Option<SigningKey>) -> Self {
        let others = self.keys.iter().filter(|key| key.kid().as_str() != kid).cloned();
        self.of(successor.map(Arc::new).into_iter().chain(others))
    }

    /// A ring of just these keys, taken from this one or from `other`; the name of the first that neither has.
    pub fn selected(&self, other: &Self, wanted: &[(&str, KeyState, Option<UnixTime>)]) -> Result<Self, String> {
        let find = |kid: &str| self.keys.iter().chain(other.keys.iter()).find(|key| key.kid().as_str() == kid);
        let select = |(kid, state, until): &(&str, KeyState, Option<UnixTime>)| {
            find(kid).map(|key| Arc::new(key.being(*state, *until))).ok_or_else(|| (*kid).to_owned())
        };
        Ok(self.of(wanted.iter().map(select).collect::<Result<Vec<_>, _>>()?))
    }

    fn of(&self, keys: impl IntoIterator<Item = Arc<SigningKey>>) -> Self {
        Self { keys: keys.into_iter().collect(), ..self.clone() }
    }

    /// The key that signs by this algorithm.
    pub fn current(&self, alg: Alg) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.state == KeyState::Signing && key.serves(alg)).map(Arc::as_ref)
    }

    /// The keys that are published at this time.
    pub fn published(&self, now: UnixTime) -> impl Iterator<Item = &Arc<SigningKey>> {
        self.keys.iter().filter(move |key| key.published_until.is_none_or(|until| now < until))
    }
}

fn by_secret(message: &str, secret: &[u8]) -> String {
    jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret), Alg::HS256.for_jsonwebtoken())
        .expect("any bytes can key an HMAC")
}

fn segment(members: &Map) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(members).expect("a JSON object can always be written"))
}

/// Hashes of the tokens that the ring signed last. Verifying one of them again needs no arithmetic: UserInfo would
/// otherwise spend most of its time on a signature that this very process made.
#[derive(Debug, Default)]
struct OwnSignatures(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    known: HashMap<[u8; 32], Own, RandomState>,
    oldest_first: VecDeque<[u8; 32]>,
}

/// What is known of an access token that was signed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnAccess {
    /// Its `jti`.
    pub id: AccessId,
    /// What it stands for.
    pub grant: Option<GrantId>,
}

/// What is known of a token that was signed here.
#[derive(Clone, Debug)]
struct Own {
    kid: Kid,
    access: Option<OwnAccess>,
}

impl OwnSignatures {
    const MOST: usize = 8192;

    fn remember(&self, token: &str, header: &Map, access: Option<OwnAccess>) {
        let hash = sha256(token);
        let kid = header.get("kid").and_then(Value::as_str).unwrap_or_default().into();
        let own = Own { kid, access };
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.known.insert(hash, own).is_some() {
            return;
        }
        remembered.oldest_first.push_back(hash);
        if remembered.oldest_first.len() > Self::MOST
            && let Some(oldest) = remembered.oldest_first.pop_front()
        {
            remembered.known.remove(&oldest);
        }
    }

    fn get(&self, token: &str) -> Option<Own> {
        let hash = sha256(token);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).known.get(&hash).cloned()
    }
}

fn sha256(token: &str) -> [u8; 32] {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    hash.as_ref().try_into().expect("SHA-256 has 32 bytes")
}
