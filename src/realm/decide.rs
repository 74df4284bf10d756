//! Load, decide, commit: how a flow comes to its records, and what it changes to the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::{FaultContext, MatchFacts, Plan};
use crate::protocol::{Lifetime, Millis, UnixTime};
use crate::store::Unavailable;
use crate::tokens::OwnAccess;
use crate::world::{
    Change, Clock, Credential, Ctx, Decision, Draw, Failure, Preset, Record, RecordKey, Records, Request, Settings,
    Trace, Versioned,
};

use super::case::{after, points_to};
use super::{Flow, Realm};

/// How often a flow is run again: for each record that turns out to be needed, and for each race that is lost.
const MOST_RUNS: usize = 64;

/// How long a client's fetched keys are believed, and how long a failure to fetch them is, by the machine's clock: the client lives by that,
/// whatever time it is for the realm.
const FETCHED_KEYS: Millis = Millis(60_000);
const FAILED_FETCH: Millis = Millis(1_000);

/// How long the record of a client's keys is kept, by the realm's clock.
const KEPT_KEYS: Lifetime = Lifetime::of_seconds(86_400);

/// What a flow decides on: the request, and the world as it is at this moment.
pub(super) struct Exchange<'a> {
    pub(super) request: &'a Request,
    pub(super) flow: Flow,
    pub(super) settings: Arc<Settings>,
    /// The time that the flow is told: a lie may have moved it.
    pub(super) now: UnixTime,
    pub(super) now_ms: Millis,
    /// The realm's time, by which records are kept and forgotten.
    pub(super) honest: UnixTime,
    pub(super) draw: Draw,
    pub(super) may_wait: bool,
    pub(super) recognised: Option<OwnAccess>,
    pub(super) resets: u64,
    pub(super) person: Option<Preset>,
}

impl Exchange<'_> {
    /// What stays the same while lies look at it.
    pub(super) fn context<'s>(&'s self, facts: &'s MatchFacts) -> FaultContext<'s> {
        FaultContext { now: self.now, settings: &self.settings, request: self.request, facts }
    }

    /// A second later, by the realm's clock; a lie about the time is told again.
    fn later(&mut self, now: Millis) {
        let passed = now.seconds().since(self.honest);
        self.honest = now.seconds();
        self.now = UnixTime(self.now.0.saturating_add(passed));
        self.now_ms = Millis(self.now_ms.0.saturating_add(Millis::of_seconds(passed).0));
        self.may_wait = false;
    }
}

impl Realm {
    /// A flow that lost a race, or needs a record more, is run again on what is then known. Whom the request is about is known with the
    /// decision, and so which lies speak of it; one of them may alter what a new code stands for.
    pub(super) async fn decide(
        &self,
        on: &mut Exchange<'_>,
        (records, trace): (&mut Records, &mut Trace),
        (plan, case): (&mut Plan, &mut MatchFacts),
    ) -> Result<Decision, Unavailable> {
        for _ in 0..MOST_RUNS {
            trace.clear();
            let mut entropy = on.draw.clone();
            let mut ctx = Ctx {
                now: on.now,
                now_ms: on.now_ms,
                settings: &on.settings,
                records,
                entropy: &mut entropy,
                person: on.person.as_ref(),
                may_wait: on.may_wait,
                recognised: bearer(on.request).zip(on.recognised.as_ref().map(|own| &own.id)),
                trace,
            };
            match (on.flow)(&mut ctx, on.request) {
                Err(Failure::Need(name)) => {
                    records.undo();
                    // Few requests come here, and all would carry the room for it.
                    Box::pin(self.load_or_fetch(records, name, on.honest)).await?;
                }
                Err(Failure::NextSecond) => {
                    records.undo();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    on.later(self.clock().now_ms());
                }
                decision => {
                    after(case, &decision);
                    plan.choose(case, &on.draw);
                    plan.alter_code(records, on.context(case));
                    let changes = kept_long_enough(records.changes(), on);
                    if self.resets.load(Ordering::Relaxed) != on.resets {
                        return Err(Unavailable("the realm was reset while this was asked".into()));
                    }
                    if changes.is_empty() || self.store.commit(changes, on.honest).await? {
                        return Ok(decision);
                    }
                    records.undo();
                    let known = records.keys();
                    self.load(records, known, on.honest).await?;
                }
            }
        }
        Err(Unavailable("too many requests are changing the same records".into()))
    }

    pub(super) async fn load(
        &self,
        records: &mut Records,
        names: Vec<RecordKey>,
        now: UnixTime,
    ) -> Result<(), Unavailable> {
        if names.is_empty() {
            return Ok(());
        }
        let mut wanted = names;
        // Whoever needs a code will need what it stands for: one pointer further is loaded unasked.
        for further in [true, false] {
            let loaded = self.store.load(&wanted, now).await?;
            let pointers = loaded.iter().filter_map(|versioned| points_to(versioned.record.as_deref()?));
            let next = if further {
                pointers.filter(|name| !records.has(name) && !wanted.contains(name)).collect()
            } else {
                Vec::new()
            };
            wanted.into_iter().zip(loaded).for_each(|(name, versioned)| records.add(name, versioned));
            if next.is_empty() {
                break;
            }
            wanted = next;
        }
        Ok(())
    }

    /// A record that a flow found that it needs. A client's keys come from the client where nobody has them yet, or where
    /// a flow that was shown them asks once more.
    async fn load_or_fetch(&self, records: &mut Records, name: RecordKey, now: UnixTime) -> Result<(), Unavailable> {
        let RecordKey::ClientKeys(uri) = &name else { return self.load(records, vec![name], now).await };
        let shown_before = records.has(&name);
        let stored = self.store.load(std::slice::from_ref(&name), now).await?.pop().unwrap_or_default();
        let machine = Clock::default().now_ms();
        if let Some(Record::ClientKeys(keys)) = stored.record.as_deref().filter(|_| !shown_before)
            && let Some(age) = age_of(keys, machine)
        {
            let mut keys = keys.clone();
            keys["stale"] = (age > Millis(0)).into();
            records.add(name, Versioned { version: stored.version, record: Some(Arc::new(Record::from(keys))) });
            return Ok(());
        }
        let mut keys = match (self.fetch)(uri.clone()).await {
            Ok(document) => json!({ "keys": document.get("keys") }),
            Err(error) => json!({ "error": error }),
        };
        keys["fetched_at"] = machine.0.into();
        let record = Arc::new(Record::from(keys));
        let change = (Some(Arc::clone(&record)), now.plus(KEPT_KEYS));
        // Whoever fetched at the same time fetched the same: a lost race is no loss.
        self.store.commit(vec![(name.clone(), stored.version, change)], now).await?;
        records.add(name, Versioned { version: stored.version, record: Some(record) });
        Ok(())
    }
}

/// What is written by a clock that a lie has put back is kept as long as by an honest one: it would be forgotten at once otherwise.
fn kept_long_enough(mut changes: Vec<(RecordKey, u64, Change)>, on: &Exchange<'_>) -> Vec<(RecordKey, u64, Change)> {
    let put_back = on.honest.since(on.now).max(0);
    for (.., (_, until)) in &mut changes {
        until.0 = until.0.saturating_add(put_back);
    }
    changes
}

/// How old a client's keys are, while they are believed.
fn age_of(keys: &Value, machine: Millis) -> Option<Millis> {
    let age = machine.since(Millis(keys.get("fetched_at").and_then(Value::as_i64)?));
    let believed = if keys.get("error").is_some() { FAILED_FETCH } else { FETCHED_KEYS };
    (age < believed).then_some(age)
}

/// The bearer token of a request.
pub(super) fn bearer(request: &Request) -> Option<&str> {
    match &request.credential {
        Some(Credential::Bearer(token)) => Some(token),
        _ => None,
    }
}
