//! Where records are kept between two requests: loaded by name, committed by version, all or nothing.

mod memory;
mod shard;
pub mod suite;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::protocol::UnixTime;
use crate::world::{Change, Record, RecordKey, Versioned};

pub use memory::{InMemory, Memory};

/// The place did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store does not answer: {}", self.0)
    }
}

impl std::error::Error for Unavailable {}

/// How much room the records of a realm may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// So many MiB, as they are configured.
    pub mib: u32,
    /// Whether it is one of many realms, with a part of it.
    pub shared: bool,
}

/// Where the realms of one server keep their records: handed in by whoever starts it.
pub trait Stores: fmt::Debug + Send + Sync {
    /// The place for the records of the realm of this name.
    fn open(&self, realm: &str, room: Room) -> Arc<dyn Store>;
}

/// A place for records. What it must do is what [`suite`] tests.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The records of these names, in this order. One that has expired is as good as none.
    async fn load(&self, names: &[RecordKey], now: UnixTime) -> Result<Vec<Versioned>, Unavailable>;

    /// Writes all changes if every record still has the version that was seen, or none of them and says `false`.
    async fn commit(&self, changes: Vec<(RecordKey, u64, Change)>, now: UnixTime) -> Result<bool, Unavailable>;

    /// Every record that has not expired, with its name and its expiry.
    async fn all(&self, now: UnixTime) -> Result<Vec<(RecordKey, Arc<Record>, UnixTime)>, Unavailable>;

    /// Forgets everything.
    async fn clear(&self) -> Result<(), Unavailable>;
}
