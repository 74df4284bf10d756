//! A part of the records in memory: found by name, forgotten by expiry and by age.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use hashbrown::HashTable;
use slab::Slab;

use crate::protocol::UnixTime;
use crate::world::{Record, RecordKey};

/// A record, and what is needed to find and to forget it.
#[derive(Debug)]
pub(super) struct StoredRecord {
    pub(super) name: RecordKey,
    pub(super) hash: u64,
    /// Moves with each change, upwards only.
    pub(super) version: u64,
    pub(super) until: UnixTime,
    pub(super) record: Arc<Record>,
    pub(super) bytes: usize,
}

/// Where a record of this version was put. Nothing is there any more, or another version is, once it was changed or forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    version: u64,
    index: usize,
}

/// The records that hash to one place. Both queues may name slots that are stale by now: taking them out at once would cost more than
/// passing over them later.
#[derive(Debug, Default)]
pub(super) struct Shard {
    records: Slab<StoredRecord>,
    by_name: HashTable<usize>,
    /// What expires first comes first.
    expiries: BinaryHeap<Reverse<(UnixTime, Slot)>>,
    /// What was written longest ago comes first.
    ages: VecDeque<Slot>,
    bytes: usize,
}

/// Each insertion forgets at most so many expired records, so that none waits for a great cleaning.
const CLEANED: usize = 2;

/// Queues this much longer than what is in them are freed of what is stale.
const SPARE: usize = 32;

impl Shard {
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &StoredRecord> {
        self.records.iter().map(|(_, stored)| stored)
    }

    pub(super) fn get(&self, (name, hash): (&RecordKey, u64), now: UnixTime) -> Option<&StoredRecord> {
        let index = self.by_name.find(hash, |index| self.records[*index].name == *name)?;
        self.records.get(*index).filter(|stored| now < stored.until)
    }

    pub(super) fn remove(&mut self, name: &RecordKey, hash: u64) {
        let Self { records, by_name, .. } = self;
        if let Some(index) = by_name.find(hash, |index| records[*index].name == *name).copied() {
            self.take_out(index);
        }
    }

    fn take_out(&mut self, index: usize) {
        let stored = self.records.remove(index);
        self.bytes = self.bytes.saturating_sub(stored.bytes);
        if let Ok(found) = self.by_name.find_entry(stored.hash, |other| *other == index) {
            found.remove();
        }
    }

    pub(super) fn insert(&mut self, stored: StoredRecord, now: UnixTime, most: usize) {
        let (hash, version, until) = (stored.hash, stored.version, stored.until);
        self.remove(&stored.name, hash);
        self.make_room(now, stored.bytes, most);
        self.bytes += stored.bytes;
        let index = self.records.insert(stored);
        self.by_name.insert_unique(hash, index, |index| self.records[*index].hash);
        let slot = Slot { version, index };
        self.ages.push_back(slot);
        self.expiries.push(Reverse((until, slot)));
        self.drop_stale();
    }

    fn holds(records: &Slab<StoredRecord>, slot: Slot) -> bool {
        records.get(slot.index).is_some_and(|stored| stored.version == slot.version)
    }

    fn forget(&mut self, slot: Slot) -> bool {
        let holds = Self::holds(&self.records, slot);
        if holds {
            self.take_out(slot.index);
        }
        holds
    }

    /// Forgets what has expired, a little at a time, and of the oldest as many as there is need of room.
    fn make_room(&mut self, now: UnixTime, needed: usize, most: usize) {
        let mut cleaned = 0;
        while cleaned < CLEANED {
            let Some(Reverse((_, slot))) = self.expiries.peek().filter(|Reverse((until, _))| *until <= now).copied()
            else {
                break;
            };
            self.expiries.pop();
            cleaned += usize::from(self.forget(slot));
        }
        while self.bytes + needed > most {
            let Some(slot) = self.ages.pop_front() else { break };
            self.forget(slot);
        }
    }

    /// Both queues stay about as long as what is kept, however often it is changed.
    fn drop_stale(&mut self) {
        let Self { records, expiries, ages, .. } = self;
        let most = 2 * records.len() + SPARE;
        if ages.len() > most {
            ages.retain(|slot| Self::holds(records, *slot));
        }
        if expiries.len() > most {
            expiries.retain(|Reverse((_, slot))| Self::holds(records, *slot));
        }
    }
}
