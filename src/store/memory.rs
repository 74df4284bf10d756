//! Records in memory, gone when the process ends.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use foldhash::quality::RandomState;

use crate::protocol::UnixTime;
use crate::world::{Change, Record, RecordKey, Versioned};

use super::{Room, Store, Stores, Unavailable};

const SHARDS: usize = 64;

/// What a record takes beside its own text: names in three maps, an `Arc`, the tables' spare room. Measured, and rounded up.
const OVERHEAD: usize = 420;

/// The default store, bounded by bytes. Past the bound whatever was written longest ago goes first: what would expire first is what is being
/// used right now, such as codes and open pages. Sharded, so that requests do not queue behind one lock.
#[derive(Debug)]
pub struct Memory {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    versions: AtomicU64,
    bytes_of_shard: usize,
}

/// The default: a memory of its own for each realm.
#[derive(Clone, Copy, Debug, Default)]
pub struct InMemory;

impl Stores for InMemory {
    fn open(&self, _: &str, room: Room) -> Arc<dyn Store> {
        Arc::new(if room.shared { Memory::small(room.mib) } else { Memory::of_mib(room.mib) })
    }
}

#[derive(Debug, Default)]
struct Shard {
    /// By a hash that is seeded and quick: nearly all names are drawn by chance, not by whoever asks.
    records: HashMap<RecordKey, StoredRecord, RandomState>,
    /// Names by expiry; the version tells names of one second apart.
    expiries: BTreeMap<(UnixTime, u64), RecordKey>,
    /// Expiry by version, and so by age: with both, the name is in `expiries`.
    ages: BTreeMap<u64, UnixTime>,
    /// About how many bytes the records take.
    bytes: usize,
}

#[derive(Debug)]
struct StoredRecord {
    version: u64,
    until: UnixTime,
    record: Arc<Record>,
    bytes: usize,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of_mib(24)
    }
}

impl Memory {
    /// A store for records of so many MiB, give or take the evenness of their names.
    pub fn of_mib(mib: u32) -> Self {
        Self::with_shards(usize::try_from(mib).unwrap_or(usize::MAX).saturating_mul(1024 * 1024), SHARDS)
    }

    /// A store for a realm of many, with a quarter of what a provider alone has: empty it takes little, and its requests are few enough to
    /// queue behind fewer locks.
    pub fn small(mib: u32) -> Self {
        Self::with_shards(usize::try_from(mib).unwrap_or(usize::MAX).saturating_mul(1024 * 1024) / 4, 4)
    }

    /// A store for records of so many bytes.
    pub fn of_bytes(bytes: usize) -> Self {
        Self::with_shards(bytes, SHARDS)
    }

    fn with_shards(bytes: usize, shards: usize) -> Self {
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            hasher: RandomState::default(),
            versions: AtomicU64::new(1),
            bytes_of_shard: bytes / shards,
        }
    }

    /// How many records are kept, expired ones included that nobody came across yet.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).records.len()).sum()
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).bytes).sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard_of(&self, name: &RecordKey) -> usize {
        usize::try_from(self.hasher.hash_one(name) % self.shards.len() as u64).unwrap_or_default()
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn get(&self, name: &RecordKey, now: UnixTime) -> Option<&StoredRecord> {
        self.records.get(name).filter(|kept| now < kept.until)
    }

    fn remove(&mut self, name: &RecordKey) {
        if let Some(kept) = self.records.remove(name) {
            self.expiries.remove(&(kept.until, kept.version));
            self.ages.remove(&kept.version);
            self.bytes = self.bytes.saturating_sub(kept.bytes);
        }
    }

    fn insert(&mut self, name: RecordKey, kept: StoredRecord, now: UnixTime, most: usize) {
        self.remove(&name);
        self.make_room(now, kept.bytes, most);
        self.bytes += kept.bytes;
        self.ages.insert(kept.version, kept.until);
        self.expiries.insert((kept.until, kept.version), name.clone());
        self.records.insert(name, kept);
    }

    /// Each insertion forgets at most two expired records, so that none waits for a great cleaning, and of the oldest as many as there is need of
    /// room.
    fn make_room(&mut self, now: UnixTime, needed: usize, most: usize) {
        for _ in 0..2 {
            let first = self.expiries.first_key_value().filter(|((until, _), _)| *until <= now);
            let Some(name) = first.map(|(_, name)| name.clone()) else { break };
            self.remove(&name);
        }
        while self.bytes + needed > most {
            let Some((version, until)) = self.ages.first_key_value().map(|(version, until)| (*version, *until)) else {
                break;
            };
            let Some(name) = self.expiries.get(&(until, version)).cloned() else { break };
            self.remove(&name);
        }
    }
}

#[async_trait]
impl Store for Memory {
    async fn load(&self, names: &[RecordKey], now: UnixTime) -> Result<Vec<Versioned>, Unavailable> {
        let load = |name: &RecordKey| {
            let shard = lock(&self.shards[self.shard_of(name)]);
            let kept = shard.get(name, now);
            kept.map_or_else(Versioned::default, |kept| Versioned {
                version: kept.version,
                record: Some(Arc::clone(&kept.record)),
            })
        };
        Ok(names.iter().map(load).collect())
    }

    async fn commit(&self, changes: Vec<(RecordKey, u64, Change)>, now: UnixTime) -> Result<bool, Unavailable> {
        // Shards are locked in order, so that two commits cannot wait for each other.
        let mut needed: Vec<usize> = changes.iter().map(|(name, ..)| self.shard_of(name)).collect();
        needed.sort_unstable();
        needed.dedup();
        let mut locked: Vec<(usize, MutexGuard<'_, Shard>)> =
            needed.into_iter().map(|index| (index, lock(&self.shards[index]))).collect();
        let place = |locked: &[(usize, MutexGuard<'_, Shard>)], name: &RecordKey| {
            let wanted = self.shard_of(name);
            locked.binary_search_by_key(&wanted, |(index, _)| *index).expect("every shard of a change is locked")
        };
        let moved = changes.iter().any(|(name, seen, _)| {
            let shard = &locked[place(&locked, name)].1;
            shard.get(name, now).map_or(0, |kept| kept.version) != *seen
        });
        if moved {
            return Ok(false);
        }
        for (name, _, (record, until)) in changes {
            let at = place(&locked, &name);
            let shard = &mut locked[at].1;
            match record {
                Some(record) => {
                    let version = self.versions.fetch_add(1, Ordering::Relaxed);
                    let bytes = OVERHEAD + record.size();
                    shard.insert(name, StoredRecord { version, until, record, bytes }, now, self.bytes_of_shard);
                }
                None => shard.remove(&name),
            }
        }
        Ok(true)
    }

    async fn all(&self, now: UnixTime) -> Result<Vec<(RecordKey, Arc<Record>, UnixTime)>, Unavailable> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            let live = shard.records.iter().filter(|(_, kept)| now < kept.until);
            all.extend(live.map(|(name, kept)| (name.clone(), Arc::clone(&kept.record), kept.until)));
        }
        Ok(all)
    }

    async fn clear(&self) -> Result<(), Unavailable> {
        for shard in &self.shards {
            *lock(shard) = Shard::default();
        }
        Ok(())
    }
}
