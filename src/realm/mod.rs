//! A whole provider: people, apps and keys, a profile, rules, a journal. The one place where all of them meet.

mod clock;
mod context;
mod decide;
mod event;
mod exchange;
mod expect;
pub mod export;
mod handshake;
mod hold;
mod journal;
mod keys;
mod lesson;
mod lessons;
mod logout_call;
mod match_facts;
mod mint;
mod note;
mod notices;
mod outbox;
mod patience;
mod realms;
mod record_keys;
mod resource;
mod rules;
mod seams;
mod sessions;
mod snapshot;
mod step_through;
mod unsent;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::config::{Config, Mistake};
use crate::faults::RuleBook;
use crate::profile::{Documents, Profile};
use crate::protocol::{Map, Params, UnixTime};
use crate::store::{Store, Unavailable};
use crate::tokens::{KeyRing, Opened};
use crate::world::{
    AccessToken, Clock, Ctx, Entropy, Failure, Interaction, Outcome, Purpose, Record, RecordKey, RefreshToken, Request,
    Settings,
};

pub use clock::Expiry;
pub use event::Event;
pub use expect::{Expectation, Met, Unmet, Where};
pub use hold::{Alteration, Breakpoints, HoldView};
pub use journal::{Entry, Journal, Message, Remembered, Wire};
pub use keys::KeyView;
pub use lesson::{Lesson, LessonStep, StepDone};
pub use mint::{Minted, TokenSpec};
pub use outbox::{Outbox, Posted};
pub use patience::Patience;
pub use realms::{CloseGuard, Mount, NotOpened, Realms, Resolved};
pub use record_keys::record_keys;
pub use sessions::SessionView;
pub use snapshot::{Snapshot, SnapshotError};
pub use unsent::Unsent;
pub use view::{CheckView, ExchangeView, FlowView, MessageView, RefusedView};

/// A flow: given what is and what was asked, what should happen.
pub type Flow = fn(&mut Ctx<'_>, &Request) -> Result<Outcome, Failure>;

/// The name of the realm at the root.
pub const ROOT: &str = "default";

/// What a realm is opened with.
pub struct RealmOptions {
    /// Its name.
    pub name: String,
    /// What it is told to be, now and after each reset.
    pub config: Config,
    /// What mistakes call the configuration.
    pub source: String,
    /// The URL below which all of it is: its issuer, where the profile adds nothing.
    pub root_url: String,
    /// Its keys.
    pub keys: KeyRing,
    /// Where its records are kept.
    pub store: Arc<dyn Store>,
    /// How it calls others.
    pub outbox: Arc<dyn Outbox>,
    /// How much its journal keeps.
    pub remembered: Remembered,
}

/// One provider.
pub struct Realm {
    name: String,
    configured: Mutex<Configured>,
    settings: RwLock<Arc<Settings>>,
    clock: RwLock<Clock>,
    profile: Profile,
    documents: Documents,
    store: Arc<dyn Store>,
    entropy: Entropy,
    outbox: Arc<dyn Outbox>,
    /// Keys that are published beside the realm's own, since a sign-in's lie needs them.
    borrowed: Mutex<Vec<(Map, UnixTime)>>,
    snapshots: Mutex<Vec<(String, Arc<Snapshot>)>>,
    /// How often it was reset: what a request of before would write is not written any more.
    resets: Arc<AtomicU64>,
    /// What it is told to answer otherwise than it would.
    rules: RuleBook,
    /// What happened.
    journal: Arc<Journal>,
    /// What waits until somebody lets it go.
    holds: hold::Holds,
    /// Lessons of one's own, by name.
    lessons: Mutex<BTreeMap<String, Lesson>>,
    /// The steps of lessons that were seen to be done: in which exchange.
    steps_done: Mutex<BTreeMap<(String, usize), u64>>,
}

/// What a realm was told to be, by whom, and what it is told to be now.
struct Configured {
    source: String,
    initial: Config,
    initial_keys: KeyRing,
    current: Config,
}

impl Realm {
    /// Opens a realm, unless its configuration has a mistake.
    pub fn open(options: RealmOptions) -> Result<Self, Box<Mistake>> {
        let RealmOptions { name, config, source, root_url, keys, store, outbox, remembered } = options;
        let profile = Profile::named(config.profile.as_deref());
        let profile = profile.map_err(|why| Box::new(Mistake::new(&source, why)))?;
        let mut settings = config.settings(&source, &root_url, keys.clone())?;
        profile.complete(&mut settings, &name);
        let stream = if name == ROOT { "" } else { &name };
        let seed = config.seed.filter(|_| !config.strict);
        let entropy = seed.map_or_else(Entropy::default, |seed| Entropy::seeded(seed, stream));
        Ok(Self {
            name,
            configured: Mutex::new(Configured { source, initial: config.clone(), initial_keys: keys, current: config }),
            settings: RwLock::new(Arc::new(settings)),
            clock: RwLock::default(),
            profile,
            documents: Documents::default(),
            store,
            entropy,
            outbox,
            borrowed: Mutex::default(),
            snapshots: Mutex::default(),
            resets: Arc::default(),
            rules: RuleBook::default(),
            journal: Arc::new(Journal::of(remembered)),
            holds: hold::Holds::default(),
            lessons: Mutex::default(),
            steps_done: Mutex::default(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the realm is told to be, now.
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The configuration that it runs on, changes included.
    pub fn config(&self) -> Config {
        self.configured().current.clone()
    }

    /// Tells the realm to be otherwise, now and after a reset. Records stay: who is signed in stays signed in; so does what was changed while it
    /// ran, until the next reset. What of it stays, in words.
    pub fn configure(&self, config: &Config, source: &str) -> Result<Vec<String>, Box<Mistake>> {
        let mut configured = self.configured();
        let (merged, stays) = config.with_changes(&configured.initial, &configured.current);
        self.take(&merged, source)?;
        source.clone_into(&mut configured.source);
        configured.initial = config.clone();
        configured.current = merged;
        Ok(stays)
    }

    /// Changes what the realm is told to be, until the next reset, one change after the other. Nothing changes if `change` says
    /// no, or if the outcome would have a mistake.
    pub fn change<T, E: From<Box<Mistake>>>(&self, change: impl FnOnce(&mut Config) -> Result<T, E>) -> Result<T, E> {
        let mut configured = self.configured();
        let mut config = configured.current.clone();
        let done = change(&mut config)?;
        self.take(&config, "the change")?;
        configured.current = config;
        Ok(done)
    }

    /// Makes settings of a configuration; issuer and keys stay what they are.
    fn take(&self, config: &Config, source: &str) -> Result<(), Box<Mistake>> {
        let before = self.settings();
        let mut settings = config.settings(source, &before.root.url, before.keys.clone())?;
        self.profile.complete(&mut settings, &self.name);
        self.replace_settings(settings);
        Ok(())
    }

    fn replace_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }

    fn configured(&self) -> MutexGuard<'_, Configured> {
        self.configured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request that waits under a name to be asked again, by [`crate::flows::ask_again`].
    pub async fn waiting_request(&self, name: &str) -> Option<Params> {
        let key = RecordKey::Interaction(name.into());
        let found = self.store.load(std::slice::from_ref(&key), self.now()).await.ok()?.pop()?.record?;
        match &*found {
            Record::Interaction(Interaction { purpose: Purpose::AskAgain(params), .. }) => Some(Params::clone(params)),
            _ => None,
        }
    }

    /// What it is told to answer otherwise than it would.
    pub const fn rules(&self) -> &RuleBook {
        &self.rules
    }

    /// What happened.
    pub const fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Where records are kept.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Where codes, tokens and ids come from.
    pub const fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// Revokes a token: an access token alone, a refresh token with everything that came of the same agreement. What it was.
    pub async fn revoke(&self, token: &str) -> Result<Option<&'static str>, Unavailable> {
        let now = self.now();
        let refresh = record_keys::refresh_key(token);
        let access = RecordKey::AccessToken(Opened::claimed_jti(token).unwrap_or_else(|| token.into()).into());
        let kept = now.plus(self.settings().policy.lifetimes.refresh_token);
        self.change_records(vec![refresh.clone(), access.clone()], |records| {
            if let Some(token) = records.get::<RefreshToken>(&refresh)? {
                records.revoke(&token.grant, kept)?;
                return Ok(Some("refresh_token"));
            }
            let Some(mut token) = records.get::<Arc<AccessToken>>(&access)? else { return Ok(None) };
            Arc::make_mut(&mut token).revoked = true;
            let until = token.until;
            records.put(access.clone(), token, until);
            Ok(Some("access_token"))
        })
        .await
    }

    /// Forgets every record, rule and journal entry, and is what it was at the start: people, apps, keys, chance and time.
    pub async fn reset(&self) -> Result<(), Unavailable> {
        self.resets.fetch_add(1, Ordering::Relaxed);
        self.store.clear().await?;
        {
            let mut configured = self.configured();
            configured.current = configured.initial.clone();
            let root_url = self.settings().root.url.clone();
            let settings = configured.initial.settings(&configured.source, &root_url, configured.initial_keys.clone());
            let mut settings = settings.map_err(|mistake| Unavailable(mistake.to_string()))?;
            self.profile.complete(&mut settings, &self.name);
            self.replace_settings(settings);
        }
        self.entropy.restart();
        self.borrowed.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.rules.clear();
        let _ = self.set_breakpoints(Breakpoints::default());
        self.steps_done.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.journal.clear();
        self.set_clock(|_| Clock::default());
        Ok(())
    }
}

impl fmt::Debug for Realm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realm").field("issuer", &self.settings().issuer).finish_non_exhaustive()
    }
}

impl fmt::Debug for RealmOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealmOptions").field("root_url", &self.root_url).finish_non_exhaustive()
    }
}
