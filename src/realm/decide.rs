//! Load, decide, commit: how a flow comes to its records, and what it changes to the store.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::protocol::{Lifetime, Millis, UnixTime};
use crate::spec::{Check, FailedCheck};
use crate::store::Unavailable;
use crate::world::{Change, Clock, Ctx, Decision, Failure, Interrupt, Record, RecordKey, Records, Versioned};

use super::Realm;
use super::context::{Exchange, bearer};
use super::outbox::not_called;
use super::record_keys::{self, points_to};

/// How often a flow is run again: for each record that turns out to be needed, and for each race that is lost.
const MOST_RUNS: usize = 64;

/// How long a client's fetched keys are believed, and how long a failure to fetch them is, by the machine's clock: the client lives by that,
/// whatever time it is for the realm.
const FETCHED_KEYS: Millis = Millis(60_000);
const FAILED_FETCH: Millis = Millis(1_000);

/// How long the record of a client's keys is kept, by the realm's clock.
const KEPT_KEYS: Lifetime = Lifetime::of_seconds(86_400);

impl Exchange<'_> {
    /// A second later, by the realm's clock; a fault about the time still moves it.
    fn later(&mut self, now: Millis) {
        let passed = now.seconds().since(self.realm_time);
        self.realm_time = now.seconds();
        self.now = UnixTime(self.now.0.saturating_add(passed));
        self.now_ms = Millis(self.now_ms.0.saturating_add(Millis::of_seconds(passed).0));
        self.may_wait = false;
    }

    /// Runs the flow on what is known now.
    fn run(&mut self) -> Decision {
        self.trace.clear();
        let mut ctx = Ctx {
            now: self.now,
            now_ms: self.now_ms,
            settings: &self.settings,
            understood: &self.understood,
            records: &mut self.records,
            entropy: &mut self.draw.clone(),
            preset: self.preset.as_ref(),
            may_wait: self.may_wait,
            recognised: bearer(self.request).zip(self.own_token.as_ref().map(|own| &own.id)),
            trace: &mut self.trace,
        };
        (self.flow)(&mut ctx, self.request)
    }

    /// What is to be written. By a clock that a fault has put back it is kept as long as by the realm's: it would be forgotten at once
    /// otherwise.
    fn changes(&self) -> Vec<(RecordKey, u64, Change)> {
        let mut changes = self.records.changes();
        let put_back = self.realm_time.since(self.now).max(0);
        for (.., (_, until)) in &mut changes {
            until.0 = until.0.saturating_add(put_back);
        }
        changes
    }
}

impl Realm {
    /// The records that the request names.
    pub(super) async fn load_named(&self, exchange: &mut Exchange<'_>) {
        let keys = record_keys::of_request(exchange.request, exchange.own_token.as_ref());
        exchange.unavailable = self.load(&mut exchange.records, keys, exchange.realm_time).await.err();
    }

    /// What the flow decides; where the store does not answer, that is the decision.
    pub(super) async fn decide(&self, exchange: &mut Exchange<'_>) -> Decision {
        let decided = match exchange.unavailable.take() {
            None => self.load_decide_commit(exchange).await,
            Some(unavailable) => Err(unavailable),
        };
        decided.unwrap_or_else(|unavailable| {
            tracing::error!("{unavailable}");
            // Nothing of what the flow did came to pass.
            exchange.records.undo();
            exchange.trace.clear();
            exchange.trace.note(Check::StoreAnswers, false);
            Err(Failure::Tell(FailedCheck::by(Check::StoreAnswers)))
        })
    }

    /// A flow that lost a race, or needs a record more, is run again on what is then known. A rule may alter what a
    /// new code stands for.
    async fn load_decide_commit(&self, exchange: &mut Exchange<'_>) -> Result<Decision, Unavailable> {
        for _ in 0..MOST_RUNS {
            match exchange.run() {
                Err(Failure::Need(key)) => {
                    exchange.records.undo();
                    // Few requests come here, and all would carry the room for it.
                    Box::pin(self.load_or_fetch(&mut exchange.records, key, exchange.realm_time)).await?;
                }
                Err(Failure::NextSecond) => {
                    exchange.records.undo();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    exchange.later(self.clock().now_ms());
                }
                decision => {
                    exchange.learn(&decision);
                    exchange.alter_code();
                    let changes = exchange.changes();
                    if self.resets.load(Ordering::Relaxed) != exchange.resets {
                        return Err(Unavailable("the realm was reset while this was asked".into()));
                    }
                    if changes.is_empty() || self.store.commit(changes, exchange.realm_time).await? {
                        return Ok(decision);
                    }
                    exchange.records.undo();
                    let known = exchange.records.keys();
                    self.load(&mut exchange.records, known, exchange.realm_time).await?;
                }
            }
        }
        Err(Unavailable("too many requests are changing the same records".into()))
    }

    /// Changes records beside any request: load, change, commit, and once more where somebody else was faster.
    pub(super) async fn change_records<T>(
        &self,
        keys: Vec<RecordKey>,
        change: impl Fn(&mut Records) -> Result<T, Interrupt>,
    ) -> Result<T, Unavailable> {
        let (mut records, now) = (Records::default(), self.now());
        self.load(&mut records, keys, now).await?;
        for _ in 0..MOST_RUNS {
            match change(&mut records) {
                Err(Interrupt::Need(key)) => {
                    records.undo();
                    self.load(&mut records, vec![key], now).await?;
                }
                Err(Interrupt::Failed(refused)) => return Err(Unavailable(refused.sentence())),
                Ok(done) => {
                    let changes = records.changes();
                    if changes.is_empty() || self.store.commit(changes, now).await? {
                        return Ok(done);
                    }
                    records.undo();
                    let known = records.keys();
                    self.load(&mut records, known, now).await?;
                }
            }
        }
        Err(Unavailable("too many requests are changing the same records".into()))
    }

    async fn load(&self, records: &mut Records, names: Vec<RecordKey>, now: UnixTime) -> Result<(), Unavailable> {
        if names.is_empty() {
            return Ok(());
        }
        let mut wanted = names;
        // Whoever needs a code will need what it stands for: one pointer further is loaded unasked.
        for further in [true, false] {
            let mut loaded = self.store.load(&wanted, now).await?;
            self.add_known_beforehand(&wanted, &mut loaded, now);
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

    /// The records of a token that is known beforehand are there without having been written. What was written since, such as that it
    /// is revoked, is stronger.
    fn add_known_beforehand(&self, keys: &[RecordKey], loaded: &mut [Versioned], now: UnixTime) {
        let settings = self.settings();
        let Some(fixed) = &settings.static_token else { return };
        let client = settings.clients.get(fixed.client.as_str());
        let audience = client.and_then(|client| client.audience.as_deref());
        for (key, versioned) in keys.iter().zip(loaded).filter(|(_, versioned)| versioned.record.is_none()) {
            versioned.record = fixed.record(key, (&settings.issuer, audience), now).map(Arc::new);
        }
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
        let may_call = url::Url::parse(uri).is_ok_and(|url| self.settings().may_call(&url));
        let fetched = if may_call { self.outbox.fetch(uri).await } else { Err(not_called(uri)) };
        let mut keys = match fetched {
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

/// How old a client's keys are, while they are believed.
fn age_of(keys: &Value, machine: Millis) -> Option<Millis> {
    let age = machine.since(Millis(keys.get("fetched_at").and_then(Value::as_i64)?));
    let believed = if keys.get("error").is_some() { FAILED_FETCH } else { FETCHED_KEYS };
    (age < believed).then_some(age)
}
