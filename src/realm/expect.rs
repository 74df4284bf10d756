//! Waiting for something to happen, and saying what came instead.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::protocol::{Lifetime, Subject, nearest, words};
use crate::spec::Check;
use crate::world::Endpoint;

use super::{Entry, Event, Realm};

/// The longest that anyone may wait.
const LONGEST: Duration = Duration::from_mins(10);

/// Something that should happen, or have happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// What.
    pub event: Event,
    /// In which case.
    #[serde(default, rename = "where")]
    pub wanted: Where,
    /// Exactly so often; at least once, where nothing is said. It is waited until the time is over, since one more may come; 0 means never
    /// while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// How long to wait; where nothing is said, only what has happened counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Lifetime>,
    /// Only exchanges behind this number count.
    #[serde(default)]
    pub after: u64,
}

/// In which case something should happen. What is not said may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Where {
    /// `client_id`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `sub`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The request's `state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The flow's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<u64>,
    /// The endpoint, such as `token`, or `token_endpoint` as discovery has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "endpoints")]
    pub endpoint: Option<String>,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The check that failed, such as `PkceMatches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "checks")]
    pub check: Option<String>,
    /// A check that held, such as `PkceMatches`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "checks")]
    pub held: Option<String>,
    /// What decided the answer: a fault's id, `next-login`, `+bad-nonce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
}

fn endpoints(_: &mut SchemaGenerator) -> Schema {
    let keys = Endpoint::ALL.iter().map(|endpoint| endpoint.key());
    let mut names: Vec<&str> = keys.clone().map(short).chain(keys).collect();
    names.sort_unstable();
    names.dedup();
    words(names)
}

fn checks(_: &mut SchemaGenerator) -> Schema {
    words(Check::ALL.iter().map(|check| check.name()))
}

/// What was expected did happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Met {
    /// How often.
    pub count: usize,
    /// The exchanges, by number.
    pub exchanges: Vec<u64>,
}

/// What was expected did not happen; what came instead, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unmet {
    /// What was expected and how often it came.
    pub sentence: String,
    /// What came instead.
    pub near_misses: Vec<String>,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)?;
        self.near_misses.iter().try_for_each(|miss| write!(f, "\n  {miss}"))
    }
}

impl std::error::Error for Unmet {}

impl Expectation {
    /// This should happen at least once.
    pub fn of(event: Event) -> Self {
        Self { event, wanted: Where::default(), count: None, within: None, after: 0 }
    }

    /// At this client.
    #[must_use]
    pub fn at(mut self, client: &str) -> Self {
        self.wanted.client = Some(client.to_owned());
        self
    }

    /// About this person.
    #[must_use]
    pub fn by(mut self, user: &str) -> Self {
        self.wanted.user = Some(user.to_owned());
        self
    }

    /// In this case.
    #[must_use]
    pub fn when(mut self, wanted: Where) -> Self {
        self.wanted = wanted;
        self
    }

    /// Exactly so often.
    #[must_use]
    pub const fn times(mut self, count: usize) -> Self {
        self.count = Some(count);
        self
    }

    /// Waiting so long, counted in whole seconds.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        let seconds = u32::try_from(time.as_secs()).unwrap_or(u32::MAX).max(1);
        self.within = Some(Lifetime::of_seconds(seconds));
        self
    }

    /// What can never be: the field and a sentence.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        if self.within.is_some_and(|within| within.duration() > LONGEST) {
            return Err(("within", "nobody may wait longer than ten minutes".into()));
        }
        self.wanted.check()
    }

    fn matches<'a>(&self, entries: &'a [Arc<Entry>]) -> Vec<&'a Arc<Entry>> {
        entries.iter().filter(|entry| self.happened(entry) && self.wanted.misses(entry).is_empty()).collect()
    }

    fn happened(&self, entry: &Entry) -> bool {
        entry.number > self.after && entry.events.contains(&self.event)
    }

    fn unmet(&self, entries: &[Arc<Entry>]) -> Unmet {
        let came = self.matches(entries).len();
        let wanted = self.wanted.in_words();
        let wanted_times = self.count.map_or_else(|| "at least once".to_owned(), times);
        let within = self.within.map(|time| format!(" within {}", time.in_words())).unwrap_or_default();
        let (event, came) = (self.event.as_str(), times(came));
        let sentence = format!("expected {event}{wanted} {wanted_times}{within}, but it came {came}");
        Unmet { sentence, near_misses: self.near_misses(entries) }
    }

    /// The same event in other cases, then other events in the same case, each kind once.
    fn near_misses(&self, entries: &[Arc<Entry>]) -> Vec<String> {
        const MOST: usize = 6;
        let mut kinds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        let matches = self.matches(entries);
        if let Some(count) = self.count.filter(|_| !matches.is_empty()) {
            let text = format!("{} of {count} came", matches.len());
            kinds.insert(text, matches.iter().map(|entry| entry.number).collect());
        }
        for entry in entries.iter().filter(|entry| entry.number > self.after) {
            let misses = self.wanted.misses(entry);
            let text = if self.happened(entry) && !misses.is_empty() {
                format!("{} came, but {}", self.event.as_str(), misses.join(", and "))
            } else if !self.happened(entry) && misses.is_empty() && !entry.events.is_empty() {
                let came: Vec<&str> = entry.events.iter().map(|event| event.as_str()).collect();
                let refused = entry.refused.as_ref().map(|refused| format!(": {}", refused.in_full()));
                format!("{} came instead{}", came.join(" and "), refused.unwrap_or_default())
            } else {
                continue;
            };
            kinds.entry(text).or_default().push(entry.number);
        }
        if kinds.is_empty() {
            let count = entries.iter().filter(|entry| entry.number > self.after).count();
            return vec![if count == 0 {
                "nothing came at all".into()
            } else {
                format!("{count} other exchanges came")
            }];
        }
        let listed = |(text, numbers): (String, Vec<u64>)| {
            let numbers: Vec<String> = numbers.iter().take(8).map(|number| format!("#{number}")).collect();
            format!("{text} ({})", numbers.join(", "))
        };
        let mut kinds: Vec<(String, Vec<u64>)> = kinds.into_iter().collect();
        let rank = |text: &str| match text {
            text if text.ends_with(" came") => 0,
            text if text.starts_with(self.event.as_str()) => 1,
            _ => 2,
        };
        kinds.sort_by_key(|(text, numbers)| (rank(text), numbers.first().copied()));
        kinds.into_iter().take(MOST).map(listed).collect()
    }
}

/// How often, in words.
fn times(count: usize) -> String {
    match count {
        0 => "not at all".into(),
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

/// An endpoint's name as faults have it: `token` for `token_endpoint`.
fn short(endpoint: &str) -> &str {
    match endpoint {
        "openid_configuration" | "oauth_authorization_server" => "discovery",
        "jwks_uri" => "jwks",
        "authorization_endpoint" => "authorize",
        other => other.strip_suffix("_endpoint").unwrap_or(other),
    }
}

/// A word that is none of a short list.
fn not_among(what: &str, word: &str, known: &[&str]) -> String {
    let near = nearest(word, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
    format!("There is no {what} `{word}`.{near} There are: {}.", known.join(", "))
}

impl Where {
    /// What can never be: the field and a sentence.
    fn check(&self) -> Result<(), (&'static str, String)> {
        if let Some(endpoint) = &self.endpoint {
            let known: Vec<&str> = Endpoint::ALL.iter().map(|known| short(known.key())).collect();
            if !known.contains(&short(endpoint)) {
                return Err(("where.endpoint", not_among("endpoint", endpoint, &known)));
            }
        }
        for (field, named) in [("where.check", &self.check), ("where.held", &self.held)] {
            let Some(check) = named else { continue };
            let known: Vec<&str> = Check::ALL.iter().map(|known| known.name()).collect();
            if !known.contains(&check.as_str()) {
                let near = nearest(check, known).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
                return Err((field, format!("There is no check `{check}`.{near}")));
            }
        }
        Ok(())
    }

    /// What is otherwise, in words; nothing, where everything fits.
    fn misses(&self, entry: &Entry) -> Vec<String> {
        let mut misses = Vec::new();
        let mut compare = |name: &str, wanted: Option<&str>, is: Option<&str>| {
            if let Some(wanted) = wanted.filter(|wanted| Some(*wanted) != is) {
                misses
                    .push(format!("{name} was {}, not {wanted}", is.filter(|is| !is.is_empty()).unwrap_or("not said")));
            }
        };
        compare("client", self.client.as_deref(), Some(entry.client.as_str()));
        compare("user", self.user.as_deref(), entry.user.as_ref().map(Subject::as_str));
        compare("state", self.state.as_deref(), entry.state.as_deref());
        compare("endpoint", self.endpoint.as_deref().map(short), Some(short(entry.endpoint.key())));
        let number = |n: Option<u64>| n.map(|n| n.to_string());
        compare("flow", number(self.flow).as_deref(), number(entry.flow).as_deref());
        compare("status", self.status.map(|s| s.to_string()).as_deref(), Some(&entry.status.to_string()));
        let failed = entry.refused.as_ref().map(|refused| refused.check.name());
        compare("the check that failed", self.check.as_deref(), failed);
        if let Some(wanted) = &self.held
            && !entry.trace.iter().any(|checked| checked.held && checked.check.name() == wanted)
        {
            misses.push(format!("the check {wanted} was not made, or did not hold"));
        }
        if let Some(wanted) = &self.decided_by
            && entry.applied.iter().all(|decided| decided.by != *wanted)
        {
            let by: Vec<&str> = entry.applied.iter().map(|decided| decided.by.as_str()).collect();
            let by = if by.is_empty() { "nobody".to_owned() } else { by.join(", ") };
            misses.push(format!("it was decided by {by}, not {wanted}"));
        }
        misses
    }

    fn in_words(&self) -> String {
        let Ok(serde_json::Value::Object(members)) = serde_json::to_value(self) else { return String::new() };
        let said: Vec<String> = members
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        if said.is_empty() { String::new() } else { format!(" with {}", said.join(" ")) }
    }
}

impl Realm {
    /// Waits until something has happened, by the machine's clock. The complaint says what came instead.
    pub async fn expect(&self, expectation: &Expectation) -> Result<Met, Unmet> {
        let mut newest = self.journal.follow();
        let within = expectation.within.map_or(Duration::ZERO, Lifetime::duration).min(LONGEST);
        let over = tokio::time::sleep(within);
        tokio::pin!(over);
        loop {
            newest.mark_unchanged();
            let entries = self.journal.entries();
            let matches = expectation.matches(&entries);
            let came = matches.len();
            let met = || Met { count: came, exchanges: matches.iter().map(|entry| entry.number).collect() };
            match expectation.count {
                None if came > 0 => return Ok(met()),
                Some(count) if came > count => return Err(expectation.unmet(&entries)),
                // Exactly so often means that no more come while the time lasts.
                Some(count) if came == count && within.is_zero() => return Ok(met()),
                _ => {}
            }
            tokio::select! {
                () = &mut over => {
                    return if expectation.count == Some(came) { Ok(met()) } else { Err(expectation.unmet(&entries)) };
                }
                changed = newest.changed() => {
                    if changed.is_err() || newest.borrow().ended {
                        return Err(expectation.unmet(&entries));
                    }
                }
            }
        }
    }
}
