//! A whole provider: people, apps and keys, a profile, rules, a journal. The one place where all of them meet.

mod exchange;
mod journal;
mod mint;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use crate::faults::RuleBook;
use crate::profile::{Documents, Profile};
use crate::protocol::{Lifetime, UnixTime};
use crate::store::{Store, Unavailable};
use crate::tokens::{Alg, KeyError, SigningKey};
use crate::world::{Asked, Clock, Ctx, Entropy, Failure, Outcome, Settings};

pub use journal::{Entry, Journal};
pub use mint::{Minted, TokenKind, TokenSpec};

/// A flow: given what is and what was asked, what should happen.
pub type Flow = fn(&mut Ctx<'_>, &Asked) -> Result<Outcome, Failure>;

/// Brings a JSON document from a URL, such as a client's `jwks_uri`; the complaint is a sentence.
pub type Fetch = Arc<dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<Value, String>> + Send>> + Send + Sync>;

/// One provider.
pub struct Realm {
    settings: RwLock<Arc<Settings>>,
    clock: RwLock<Clock>,
    profile: Profile,
    documents: Documents,
    store: Arc<dyn Store>,
    entropy: Entropy,
    fetch: Fetch,
    /// What it is told to answer otherwise than it would.
    pub rules: RuleBook,
    /// What happened.
    pub journal: Journal,
}

impl Realm {
    /// Opens a realm.
    pub fn new(mut settings: Settings, store: Arc<dyn Store>, entropy: Entropy, fetch: Fetch) -> Self {
        let profile = Profile::generic();
        profile.complete(&mut settings);
        Self {
            settings: RwLock::new(Arc::new(settings)),
            clock: RwLock::default(),
            profile,
            documents: Documents::default(),
            store,
            entropy,
            fetch,
            rules: RuleBook::default(),
            journal: Journal::default(),
        }
    }

    /// What the realm is told to be, now.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells the realm to be otherwise. Records stay: who is signed in stays signed in.
    pub fn configure(&self, mut settings: Settings) {
        self.profile.complete(&mut settings);
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    /// The realm's time.
    pub fn now(&self) -> UnixTime {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).now()
    }

    /// Whether the realm's time goes on by itself.
    fn clock_runs(&self) -> bool {
        self.clock.read().unwrap_or_else(PoisonError::into_inner).runs()
    }

    /// Changes the realm's clock.
    pub fn set_clock(&self, change: impl FnOnce(Clock) -> Clock) {
        let mut clock = self.clock.write().unwrap_or_else(PoisonError::into_inner);
        *clock = change(*clock);
    }

    /// Signs with a new key from now on; the old one stays published for `grace`.
    pub fn rotate_keys(&self, alg: Alg, grace: Lifetime) -> Result<(), KeyError> {
        let key = SigningKey::generate(alg)?;
        let mut settings = Settings::clone(&self.settings());
        settings.keys = settings.keys.rotated(key, self.now(), grace);
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
        Ok(())
    }

    /// Where records are kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Where codes, tokens and ids come from.
    pub const fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Forgets every record, rule and journal entry; the clock is the machine's again.
    pub async fn reset(&self) -> Result<(), Unavailable> {
        self.store.clear().await?;
        self.rules.clear();
        self.journal.clear();
        self.set_clock(|_| Clock::default());
        Ok(())
    }
}

impl std::fmt::Debug for Realm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Realm").field("issuer", &self.settings().issuer).finish_non_exhaustive()
    }
}
