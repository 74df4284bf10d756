//! Records in memory, gone when the process ends.

use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use foldhash::quality::RandomState;

use crate::protocol::UnixTime;
use crate::world::{Change, Record, RecordKey, Versioned};

use super::shard::{Shard, StoredRecord};
use super::{Room, Store, Stores, Unavailable};

const SHARDS: usize = 64;

/// What a record takes beside its own text: its name, its places by name, by age and by expiry, an `Arc`, the tables' spare room.
/// Measured, and rounded up.
const OVERHEAD: usize = 420;

/// The default store, bounded by bytes. Past the bound whatever was written longest ago goes first: what would expire first is what is being
/// used right now, such as codes and open pages. Sharded, so that requests do not queue behind one lock.
#[derive(Debug)]
pub struct Memory {
    shards: Vec<Mutex<Shard>>,
    /// Seeded and quick: nearly all names are drawn by chance, not by whoever asks.
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
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// About how many bytes they take.
    pub fn bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).bytes()).sum()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// By bits of the hash that the shard's own table makes little of: it places by the lowest, and compares the highest.
    fn shard_of(&self, hash: u64) -> usize {
        usize::try_from((hash >> 32) % self.shards.len() as u64).unwrap_or_default()
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for Memory {
    async fn load(&self, names: &[RecordKey], now: UnixTime) -> Result<Vec<Versioned>, Unavailable> {
        let load = |name: &RecordKey| {
            let hash = self.hasher.hash_one(name);
            let shard = lock(&self.shards[self.shard_of(hash)]);
            let stored = shard.get((name, hash), now);
            stored.map_or_else(Versioned::default, |stored| Versioned {
                version: stored.version,
                record: Some(Arc::clone(&stored.record)),
            })
        };
        Ok(names.iter().map(load).collect())
    }

    async fn commit(&self, changes: Vec<(RecordKey, u64, Change)>, now: UnixTime) -> Result<bool, Unavailable> {
        let hashes: Vec<u64> = changes.iter().map(|(name, ..)| self.hasher.hash_one(name)).collect();
        // Shards are locked in order, so that two commits cannot wait for each other.
        let mut needed: Vec<usize> = hashes.iter().map(|hash| self.shard_of(*hash)).collect();
        needed.sort_unstable();
        needed.dedup();
        let mut locked: Vec<(usize, MutexGuard<'_, Shard>)> =
            needed.into_iter().map(|index| (index, lock(&self.shards[index]))).collect();
        let place = |locked: &[(usize, MutexGuard<'_, Shard>)], hash: u64| {
            let wanted = self.shard_of(hash);
            locked.binary_search_by_key(&wanted, |(index, _)| *index).expect("every shard of a change is locked")
        };
        let moved = changes.iter().zip(&hashes).any(|((name, seen, _), hash)| {
            let shard = &locked[place(&locked, *hash)].1;
            shard.get((name, *hash), now).map_or(0, |stored| stored.version) != *seen
        });
        if moved {
            return Ok(false);
        }
        for ((name, _, (record, until)), hash) in changes.into_iter().zip(hashes) {
            let at = place(&locked, hash);
            let shard = &mut locked[at].1;
            match record {
                Some(record) => {
                    let version = self.versions.fetch_add(1, Ordering::Relaxed);
                    let bytes = OVERHEAD + record.size();
                    let stored = StoredRecord { name, hash, version, until, record, bytes };
                    shard.insert(stored, now, self.bytes_of_shard);
                }
                None => shard.remove(&name, hash),
            }
        }
        Ok(true)
    }

    async fn all(&self, now: UnixTime) -> Result<Vec<(RecordKey, Arc<Record>, UnixTime)>, Unavailable> {
        let mut all = Vec::new();
        for shard in &self.shards {
            let shard = lock(shard);
            let live = shard.iter().filter(|stored| now < stored.until);
            all.extend(live.map(|stored| (stored.name.clone(), Arc::clone(&stored.record), stored.until)));
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
