//! What happened: each exchange with its bytes, the checks that were made and whatever decided it, threaded into flows.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::faults::Decided;
use crate::protocol::UnixTime;
use crate::spec::Refused;
use crate::world::{Endpoint, Method, Name, Trace};

use super::Event;

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
    /// What happened, in a word.
    pub events: Vec<Event>,
    /// The records by which it belongs to a flow.
    pub threads: Vec<Name>,
    /// The request's `state`, shortened.
    pub state: Option<String>,
    /// The request's `nonce`, shortened.
    pub nonce: Option<String>,
    /// The flow that it belongs to: the number of that flow's first exchange.
    pub flow: Option<u64>,
    /// The bytes.
    pub wire: Option<Wire>,
}

/// Request and answer as they travelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// What came.
    pub request: Message,
    /// What went.
    pub response: Message,
}

/// One message. Bodies are cut at [`Message::LONGEST`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// Request or status line, and the headers, each line ended by `\r\n`.
    pub head: String,
    /// The body, as far as it is kept.
    pub body: Vec<u8>,
    /// How many bytes the body had.
    pub length: usize,
}

impl Message {
    /// The most bytes of a body that are kept.
    pub const LONGEST: usize = 32 * 1024;

    /// A message with as much of its body as is kept.
    pub fn new(head: String, body: &[u8]) -> Self {
        Self { head, body: body[..body.len().min(Self::LONGEST)].to_vec(), length: body.len() }
    }
}

/// As a test's failure message shows it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref().map(|user| format!(" for {user}")).unwrap_or_default();
        let (method, endpoint) = (self.method.as_str(), self.endpoint.key());
        writeln!(f, "#{} {method} {endpoint} by {}{user} → {}", self.number, self.client, self.status)?;
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

/// The last exchanges.
#[derive(Debug)]
pub struct Journal {
    kept: Mutex<Kept>,
    capacity: usize,
    /// The number of the newest exchange, for whoever waits for one.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Arc<Entry>>,
    /// The flow of each record by which exchanges hang together.
    threads: HashMap<Name, u64>,
    count: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self::of(Self::MOST)
    }
}

impl Journal {
    /// The most exchanges that are kept.
    pub const MOST: usize = 1_000;

    /// A journal of so many exchanges.
    pub fn of(capacity: usize) -> Self {
        Self { kept: Mutex::default(), capacity, newest: watch::Sender::new(0) }
    }

    /// Adds an exchange, and gives it its number and its flow.
    pub fn note(&self, mut entry: Entry) {
        let mut kept = self.lock();
        kept.count += 1;
        entry.number = kept.count;
        entry.flow = kept.flow_of(&entry);
        if kept.entries.len() == self.capacity {
            kept.forget_oldest();
        }
        kept.entries.push_back(Arc::new(entry));
        let count = kept.count;
        drop(kept);
        self.newest.send_replace(count);
    }

    /// The exchanges, oldest first.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.iter().cloned().collect()
    }

    /// The exchanges behind this number.
    pub fn since(&self, number: u64) -> Vec<Arc<Entry>> {
        let kept = self.lock();
        let first = kept.entries.partition_point(|entry| entry.number <= number);
        kept.entries.range(first..).cloned().collect()
    }

    /// The newest exchange.
    pub fn last(&self) -> Option<Arc<Entry>> {
        self.lock().entries.back().cloned()
    }

    /// How many exchanges there were, those included that are forgotten.
    pub fn count(&self) -> u64 {
        self.lock().count
    }

    /// Tells of each new exchange.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.lock() = Kept::default();
        self.newest.send_replace(0);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The flow of an exchange: that of a record which another exchange met before it, or a new one where an app asks for a
    /// sign-in or a token. Documents belong to no flow.
    fn flow_of(&mut self, entry: &Entry) -> Option<u64> {
        let known = entry.threads.iter().find_map(|thread| self.threads.get(thread).copied());
        let begins = matches!(entry.endpoint, Endpoint::Authorize | Endpoint::Token | Endpoint::EndSession);
        let flow = known.or(begins.then_some(entry.number))?;
        for thread in &entry.threads {
            // A session belongs to the last flow that began with it.
            if !self.threads.contains_key(thread) {
                self.threads.insert(thread.clone(), flow);
            }
        }
        Some(flow)
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        // The threads of a flow go when the last exchange that met them goes.
        let needed = |name: &Name| self.entries.iter().rev().any(|entry| entry.threads.contains(name));
        let gone: Vec<&Name> = oldest.threads.iter().filter(|name| !needed(name)).collect();
        for name in gone {
            self.threads.remove(name);
        }
    }
}
