//! A realm in one readable file.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Mistake};
use crate::faults::{Action, Budget, Fault, Login, Rule};
use crate::protocol::UnixTime;
use crate::store::Unavailable;
use crate::tokens::KeyState;
use crate::world::{Clock, Record, RecordKey};

use super::{KeyView, Realm};

/// Everything that decides what a realm answers. No private key is in it: keys are named, and must be there to be restored.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of Standin that wrote it.
    pub standin: String,
    /// The issuer, to which tokens and codes belong.
    pub issuer: String,
    /// What the realm is told to be.
    pub config: Config,
    /// Its clock.
    pub clock: Clock,
    /// How many requests have drawn from its chance.
    pub drawn: u64,
    /// Its keys.
    pub keys: Vec<KeyView>,
    /// The next sign-ins that wait, and the faults that are on.
    #[serde(default)]
    pub rules: Vec<SavedRule>,
    /// Sessions, codes and tokens.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub records: Vec<SavedRecord>,
}

/// A record, its name, and until when it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedRecord {
    name: RecordKey,
    until: UnixTime,
    record: Arc<Record>,
}

/// A rule that stands, as whoever made it said it, with what is left of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SavedRule {
    /// Its number.
    #[serde(default)]
    pub id: u64,
    /// Until when, by the realm's clock, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
    /// How often it was counted, for one that speaks each so-manieth time only.
    #[serde(default)]
    pub met: u32,
    /// What it does.
    #[serde(flatten)]
    pub action: SavedAction,
}

/// What a rule does, as whoever made it said it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SavedAction {
    /// A next sign-in.
    NextLogin(Box<Login>),
    /// A fault.
    Fault(Box<Fault>),
}

impl SavedRule {
    fn of(rule: &Rule) -> Self {
        let times = rule.left();
        let action = match &rule.action {
            Action::NextLogin(login) => {
                let mut login = Login::clone(login);
                login.budget.times = times;
                SavedAction::NextLogin(Box::new(login))
            }
            Action::Fault(kind, with) => {
                let Budget { rate, every, ttl, .. } = rule.budget.clone();
                let (name, when, with) = (kind.id.to_owned(), rule.when.clone(), with.clone());
                SavedAction::Fault(Box::new(Fault { name, when, times, rate, every, ttl, with }))
            }
        };
        Self { id: rule.id, until: rule.until, met: rule.matched(), action }
    }
}

/// Why a snapshot was not restored.
#[derive(Debug)]
pub enum SnapshotError {
    /// It belongs to another issuer.
    Issuer(String),
    /// A key is not here.
    Key(String),
    /// The configuration in it has a mistake.
    Config(Box<Mistake>),
    /// A rule in it cannot stand.
    Rule(String),
    /// The store does not answer.
    Store(Unavailable),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issuer(issuer) => {
                write!(f, "the snapshot is of {issuer}: its codes and tokens would be refused here")
            }
            Self::Key(kid) => write!(
                f,
                "the key {kid} is not here, and no file holds private keys: restore where it was made, or save before rotating"
            ),
            Self::Config(mistake) => mistake.fmt(f),
            Self::Rule(why) => f.write_str(why),
            Self::Store(e) => e.fmt(f),
        }
    }
}

impl From<Unavailable> for SnapshotError {
    fn from(e: Unavailable) -> Self {
        Self::Store(e)
    }
}

/// The most snapshots that a realm keeps by name.
const MOST: usize = 32;

impl Realm {
    /// The realm as it is. Its journal is not part of it.
    pub async fn snapshot(&self) -> Result<Snapshot, Unavailable> {
        let mut records: Vec<SavedRecord> = self
            .store
            .all(self.now())
            .await?
            .into_iter()
            // Keys that a client publishes are fetched again.
            .filter(|(name, ..)| !matches!(name, RecordKey::ClientKeys(_)))
            .map(|(name, record, until)| SavedRecord { name, until, record })
            .collect();
        records.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Snapshot {
            standin: env!("CARGO_PKG_VERSION").into(),
            issuer: self.settings().issuer.clone(),
            config: self.config(),
            clock: self.clock(),
            drawn: self.entropy.drawn(),
            keys: self.keys(),
            rules: self.rules.list(self.now()).iter().map(|rule| SavedRule::of(rule)).collect(),
            records,
        })
    }

    /// Makes the realm what it was. The journal stays.
    pub async fn restore(&self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let settings = self.settings();
        if settings.issuer != snapshot.issuer {
            return Err(SnapshotError::Issuer(snapshot.issuer.clone()));
        }
        let seed = self.configured().initial_keys.clone();
        // The rules are made before anything is changed: a snapshot is restored whole or not at all.
        let rules: Vec<Rule> = snapshot.rules.iter().map(|kept| self.kept_rule(kept)).collect::<Result<_, _>>()?;
        let wanted: Vec<(&str, KeyState, Option<UnixTime>)> =
            snapshot.keys.iter().map(|key| (key.kid.as_str(), key.state, key.published_until)).collect();
        let keys = settings.keys.selected(&seed, &wanted).map_err(SnapshotError::Key)?;
        let mut restored =
            snapshot.config.settings("the snapshot", &settings.root.url, keys).map_err(SnapshotError::Config)?;
        self.profile.complete(&mut restored, self.name());
        // A request that is under way would write what it saw before into what is restored: it is answered as if by a reset.
        self.resets.fetch_add(1, Ordering::SeqCst);
        self.set_clock(|_| snapshot.clock);
        loop {
            self.store.clear().await?;
            let changes = snapshot.records.iter();
            let changes = changes.map(|kept| (kept.name.clone(), 0, (Some(Arc::clone(&kept.record)), kept.until)));
            if self.store.commit(changes.collect(), self.now()).await? {
                break;
            }
        }
        {
            let mut configured = self.configured();
            configured.current = snapshot.config.clone();
            self.replace_settings(restored);
        }
        self.entropy.continue_from(snapshot.drawn);
        self.rules.clear();
        let now = self.now();
        for rule in rules {
            let _ = self.rules.add(rule, now);
        }
        Ok(())
    }

    fn kept_rule(&self, kept: &SavedRule) -> Result<Rule, SnapshotError> {
        let rule = match &kept.action {
            SavedAction::NextLogin(login) => self.next_login_rule(login),
            SavedAction::Fault(fault) => self.fault_rule(fault),
        };
        let rule = rule.map_err(|(field, why)| SnapshotError::Rule(format!("{field}: {why}")))?;
        Ok(rule.resumed(kept.id, kept.until, kept.met))
    }

    /// Keeps a snapshot under a name, in place of an older one of that name.
    pub fn keep_snapshot(&self, name: &str, snapshot: Snapshot) {
        let mut kept = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, _)| known != name);
        if kept.len() == MOST {
            kept.remove(0);
        }
        kept.push((name.to_owned(), Arc::new(snapshot)));
    }

    /// The snapshot of this name.
    pub fn kept_snapshot(&self, name: &str) -> Option<Arc<Snapshot>> {
        let kept = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == name).map(|(_, snapshot)| Arc::clone(snapshot))
    }

    /// The names of the snapshots that are kept, oldest first.
    pub fn snapshot_names(&self) -> Vec<String> {
        let kept = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().map(|(name, _)| name.clone()).collect()
    }
}
