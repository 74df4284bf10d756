//! What happened: each exchange with its bytes, the checks that were made and whatever decided it, threaded into flows.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use foldhash::quality::RandomState;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use crate::config::MemoryConfig;
use crate::faults::Applied;
use crate::protocol::{ClientId, Subject, UnixTime};
use crate::reply::Delivery;
use crate::spec::{Check, FailedCheck};
use crate::world::{Endpoint, Method, RecordKey, Trace};

use super::Event;

/// One exchange.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counted from 1.
    pub number: u64,
    /// By the realm's clock.
    pub at: UnixTime,
    /// Its method.
    pub method: Method,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The path that was asked for, shortened.
    pub path: Arc<str>,
    /// The client that was named, shortened.
    pub client: ClientId,
    /// The person that it came to be about.
    pub user: Option<Subject>,
    /// The answer's status.
    pub status: u16,
    /// The checks in order.
    pub trace: Trace,
    /// What failed.
    pub refused: Option<FailedCheck>,
    /// The rules that had their way.
    pub applied: Vec<Applied>,
    /// What happened, in a word.
    pub events: Vec<Event>,
    /// The records by which it belongs to a flow.
    pub flow_keys: Vec<RecordKey>,
    /// The request's `state`, shortened.
    pub state: Option<Arc<str>>,
    /// The request's `nonce`, shortened.
    pub nonce: Option<Arc<str>>,
    /// The flow that it belongs to: the number of that flow's first exchange.
    pub flow: Option<u64>,
    /// How often the realm had been reset when it was asked.
    pub resets: u64,
    /// How the answer was delivered, if not at once and whole.
    pub delivery: Delivery,
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
    /// Request or status line, and the headers, each line ended by `\r\n`. Header values may be no UTF-8.
    pub head: Vec<u8>,
    /// The body, as far as it is kept.
    pub body: Bytes,
    /// How many bytes the body had.
    pub length: usize,
}

impl Message {
    /// The most bytes of a body that are kept.
    pub const LONGEST: usize = 32 * 1024;

    /// The head as text; what is no UTF-8 is U+FFFD.
    pub fn head_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.head)
    }

    /// A message that was sent, with as much of its body as is kept. A body that is kept whole is shared with whoever sent it.
    pub fn sent(head: Vec<u8>, body: &Bytes) -> Self {
        if body.len() > Self::LONGEST {
            Self::received(head, body)
        } else {
            Self { head, body: body.clone(), length: body.len() }
        }
    }

    /// A message that came, with a copy of as much of its body as is kept: it may be a piece of a larger buffer.
    pub fn received(head: Vec<u8>, body: &[u8]) -> Self {
        Self { head, body: Bytes::copy_from_slice(&body[..body.len().min(Self::LONGEST)]), length: body.len() }
    }
}

impl Entry {
    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let message = |message: &Message| message.head.len() + message.body.len();
        let wire = self.wire.as_ref().map_or(0, |wire| message(&wire.request) + message(&wire.response));
        let lists = self.trace.iter().count() * 56 + self.flow_keys.len() * 96 + self.applied.len() * 64;
        size_of::<Self>() + wire + lists + self.path.len() + 256
    }

    /// The checks in order: which, whether it held, and what was so, in the words of this case.
    pub fn checks(&self) -> impl Iterator<Item = (Check, bool, String)> {
        self.trace.iter().map(|checked| {
            let refused = self.refused.as_ref().filter(|refused| !checked.held && refused.check == checked.check);
            let sentence = refused.map_or_else(|| checked.to_string(), FailedCheck::sentence);
            (checked.check, checked.held, sentence)
        })
    }
}

/// As a test's failure message shows it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_ref().map(|user| format!(" for {user}")).unwrap_or_default();
        let (method, path) = (self.method.as_str(), &self.path);
        writeln!(f, "#{} {method} {path} by {}{user} → {}", self.number, self.client, self.status)?;
        for (check, held, sentence) in self.checks() {
            writeln!(f, "   {} {}: {sentence}", if held { '✓' } else { '✗' }, check.name())?;
        }
        if let Some(refused) = &self.refused {
            writeln!(f, "   → {}", refused.in_full())?;
        }
        for remark in &self.trace.remarks {
            writeln!(f, "   ! {remark}")?;
        }
        for decided in &self.applied {
            writeln!(f, "   decided by {} ({:?})", decided.by, decided.origin)?;
        }
        Ok(())
    }
}

/// How much a journal keeps. What is oldest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The most exchanges.
    pub entries: usize,
    /// The most bytes that they take, messages included.
    pub bytes: usize,
}

impl Remembered {
    /// As much as a configuration says.
    pub fn of(memory: &MemoryConfig) -> Self {
        let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Self { entries: number(memory.journal_entries), bytes: number(memory.journal_mib).saturating_mul(1024 * 1024) }
    }

    /// For a realm that is one of many.
    #[must_use]
    pub const fn small(self) -> Self {
        Self { entries: self.entries / 2, bytes: self.bytes / 4 }
    }
}

impl Default for Remembered {
    fn default() -> Self {
        Self::of(&MemoryConfig::default())
    }
}

/// The last exchanges.
#[derive(Debug)]
pub struct Journal {
    kept: Mutex<Recent>,
    most: Remembered,
    /// For whoever waits for an exchange.
    newest: watch::Sender<Newest>,
}

/// How far a journal has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newest {
    /// The number of the newest exchange.
    pub number: u64,
    /// Whether nothing will come any more.
    pub ended: bool,
}

#[derive(Debug, Default)]
struct Recent {
    entries: VecDeque<Arc<Entry>>,
    /// The flow of each record by which exchanges hang together, and how many exchanges that are kept met it.
    flow_keys: HashMap<RecordKey, (u64, u32), RandomState>,
    /// The flows by the number of their first exchange.
    flows: BTreeMap<u64, Began>,
    count: u64,
    /// About how many bytes the exchanges take.
    bytes: usize,
}

/// What a flow began with.
#[derive(Debug, Default)]
struct Began {
    state: Option<Arc<str>>,
    nonce: Option<Arc<str>>,
    /// How many of its exchanges are kept.
    kept: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Self::of(Remembered::default())
    }
}

impl Journal {
    /// A journal that keeps so much, one exchange at least.
    pub fn of(most: Remembered) -> Self {
        Self { kept: Mutex::default(), most, newest: watch::Sender::default() }
    }

    /// Adds an exchange, and gives it its number and its flow; the number.
    pub fn note(&self, mut entry: Entry) -> u64 {
        let mut kept = self.lock();
        kept.count += 1;
        entry.number = kept.count;
        kept.thread(&mut entry);
        kept.bytes += entry.size();
        kept.entries.push_back(Arc::new(entry));
        while kept.entries.len() > 1 && (kept.entries.len() > self.most.entries || kept.bytes > self.most.bytes) {
            kept.forget_oldest();
        }
        let (number, followed) = (kept.count, self.newest.receiver_count() > 0);
        self.newest.send_if_modified(|newest| {
            newest.number = number;
            followed
        });
        number
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
    pub fn follow(&self) -> watch::Receiver<Newest> {
        // Under the lock: whoever notes an exchange meanwhile must know that there is somebody to tell.
        let _kept = self.lock();
        self.newest.subscribe()
    }

    /// Each exchange behind this number, those of before first and then each as it comes, until the journal ends.
    pub fn stream(self: Arc<Self>, after: u64) -> impl Stream<Item = Arc<Entry>> + Send {
        let newest = self.follow();
        let state = (self, after, newest, VecDeque::<Arc<Entry>>::new());
        stream::unfold(state, |(journal, mut after, mut newest, mut waiting)| async move {
            loop {
                if let Some(entry) = waiting.pop_front() {
                    after = entry.number;
                    return Some((entry, (journal, after, newest, waiting)));
                }
                let now = *newest.borrow_and_update();
                waiting.extend(journal.since(after));
                if waiting.is_empty() && (now.ended || newest.changed().await.is_err()) {
                    return None;
                }
            }
        })
    }

    /// Wakes whoever follows, though nothing new is written: something else changed that they may want to look at.
    pub fn nudge(&self) {
        self.newest.send_modify(|_| {});
    }

    /// Forgets all.
    pub fn clear(&self) {
        let mut kept = self.lock();
        // Numbers are not given again: whoever follows, or expects something behind one, goes on.
        *kept = Recent { count: kept.count, ..Recent::default() };
    }

    /// Tells whoever follows that nothing will come any more.
    pub fn end(&self) {
        self.newest.send_modify(|newest| newest.ended = true);
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    /// Gives an exchange its flow: that of a record which another exchange met before it, or a new one where an app asks for a
    /// sign-in or a token. Documents belong to no flow. What the flow began with is known of all its exchanges.
    fn thread(&mut self, entry: &mut Entry) {
        let Some(flow) = self.flow_of(entry) else { return };
        entry.flow = Some(flow);
        let began = self.flows.entry(flow).or_default();
        entry.state = entry.state.take().or_else(|| began.state.clone());
        entry.nonce = entry.nonce.take().or_else(|| began.nonce.clone());
        *began = Began { state: entry.state.clone(), nonce: entry.nonce.clone(), kept: began.kept + 1 };
        for thread in &entry.flow_keys {
            match self.flow_keys.get_mut(thread) {
                // A session belongs to the last flow that met it.
                Some(known) => *known = (if lasts(thread) { flow } else { known.0 }, known.1 + 1),
                None => drop(self.flow_keys.insert(thread.clone(), (flow, 1))),
            }
        }
    }

    fn flow_of(&self, entry: &Entry) -> Option<u64> {
        let known = |lasting: bool| {
            let flow_keys = entry.flow_keys.iter().filter(|thread| lasts(thread) == lasting);
            flow_keys.filter_map(|thread| self.flow_keys.get(thread)).map(|(flow, _)| *flow).next()
        };
        let ends = matches!(entry.endpoint, Endpoint::EndSession | Endpoint::SignOut | Endpoint::BackChannelLogout);
        let begins = matches!(
            entry.endpoint,
            Endpoint::Authorize | Endpoint::Token | Endpoint::EndSession | Endpoint::SignOut | Endpoint::Registration
        );
        known(false).or_else(|| known(true).filter(|_| ends)).or(begins.then_some(entry.number))
    }

    /// Names go with the last exchange that met them.
    fn forget_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.bytes = self.bytes.saturating_sub(oldest.size());
        if let Some(flow) = oldest.flow {
            if let Some(began) = self.flows.get_mut(&flow) {
                began.kept -= 1;
                if began.kept == 0 {
                    self.flows.remove(&flow);
                }
            }
            for thread in &oldest.flow_keys {
                if let Some(known) = self.flow_keys.get_mut(thread) {
                    known.1 -= 1;
                    if known.1 == 0 {
                        self.flow_keys.remove(thread);
                    }
                }
            }
        }
    }
}

/// Whether a record lasts for many flows.
const fn lasts(thread: &RecordKey) -> bool {
    matches!(thread, RecordKey::Session(_))
}
