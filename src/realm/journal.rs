//! What happened: each exchange with the checks that were made and whatever decided it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::faults::Decided;
use crate::protocol::UnixTime;
use crate::spec::Refused;
use crate::world::{Endpoint, Method, Trace};

/// One exchange.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counted from 1.
    pub number: u64,
    /// By the realm's clock.
    pub at: UnixTime,
    /// How the door was knocked at.
    pub method: Method,
    /// The door.
    pub endpoint: Endpoint,
    /// The client that was named, shortened.
    pub client: String,
    /// The person that it came to be about.
    pub user: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// The checks in order.
    pub trace: Trace,
    /// What failed.
    pub refused: Option<Refused>,
    /// The rules that had their way.
    pub decided: Vec<Decided>,
}

/// As a test's failure message shows it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref().map(|user| format!(" for {user}")).unwrap_or_default();
        writeln!(
            f,
            "#{} {} {} by {}{user} → {}",
            self.number,
            self.method.as_str(),
            self.endpoint.key(),
            self.client,
            self.status
        )?;
        for (check, held) in self.trace.iter() {
            writeln!(f, "   {} {}: {}", if held { '✓' } else { '✗' }, check.name(), check.sentence())?;
        }
        if let Some(refused) = &self.refused {
            writeln!(f, "   → {}", refused.in_full())?;
        }
        for decided in &self.decided {
            writeln!(f, "   decided by {} ({:?})", decided.by, decided.origin)?;
        }
        Ok(())
    }
}

/// The last thousand exchanges.
#[derive(Debug, Default)]
pub struct Journal {
    entries: Mutex<VecDeque<Arc<Entry>>>,
    count: AtomicU64,
}

impl Journal {
    const MOST: usize = 1_000;

    /// Adds an exchange, and gives it its number.
    pub fn note(&self, mut entry: Entry) {
        entry.number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == Self::MOST {
            entries.pop_front();
        }
        entries.push_back(Arc::new(entry));
    }

    /// The exchanges, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The newest exchange.
    pub fn last(&self) -> Option<Arc<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).back().cloned()
    }

    /// How many exchanges there were, those included that are forgotten.
    pub fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.count.store(0, Ordering::Relaxed);
    }
}
