//! The journal as JSON: one exchange, one flow.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::faults::Applied;
use crate::protocol::{UnixTime, words};
use crate::reply::Delivery;
use crate::spec::FailedCheck;
use crate::world::Endpoint;

use super::{Entry, Event, Message, Realm};

/// One exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExchangeView {
    /// Counted from 1.
    pub number: u64,
    /// By the realm's clock, in seconds since 1970.
    pub at: UnixTime,
    /// The flow that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<u64>,
    /// The HTTP method.
    #[schemars(schema_with = "methods")]
    pub method: String,
    /// The endpoint, by its name in discovery; `elsewhere`, where nothing is.
    #[schemars(schema_with = "endpoints")]
    pub endpoint: String,
    /// The path that was asked for.
    pub path: String,
    /// The client that was named.
    pub client: String,
    /// The person that it came to be about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The request's `state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The request's `nonce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// How the answer was delivered, if not at once and whole: `late`, `never`, `reset`, `cut`, `dripping`, `chunked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default, schema_with = "deliveries")]
    pub delivery: Option<String>,
    /// What happened here, in a word; the app may not have heard of it.
    pub events: Vec<Event>,
    /// The checks in order.
    pub checks: Vec<CheckView>,
    /// What was served though it was not quite as registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedView>,
    /// The rules that had their way.
    pub decided_by: Vec<Applied>,
    /// What came, with secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<MessageView>,
    /// What went, with secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<MessageView>,
}

fn methods(_: &mut SchemaGenerator) -> Schema {
    words(["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "?"])
}

fn endpoints(_: &mut SchemaGenerator) -> Schema {
    words(Endpoint::ALL.iter().map(|endpoint| endpoint.key()))
}

fn deliveries(_: &mut SchemaGenerator) -> Schema {
    words(["late", "never", "reset", "cut", "dripping", "chunked"])
}

/// A check that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckView {
    /// Its name.
    pub name: String,
    /// Whether it held.
    pub held: bool,
    /// What was so, in the words of this case: the rule where it held, what is wrong where it did not.
    pub sentence: String,
    /// Where that is written.
    pub section: String,
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedView {
    /// The check that failed.
    pub check: String,
    /// OAuth's error.
    pub error: String,
    /// What was wrong, on what value, and what to do; more than the app is told.
    pub explanation: String,
}

/// A message as it travelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageView {
    /// Request or status line.
    pub line: String,
    /// The headers in order.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it is kept; what is no UTF-8 is U+FFFD.
    pub body: String,
    /// How many bytes the body had.
    pub length: usize,
}

/// One sign-in, from the first redirect to the last token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FlowView {
    /// The number of its first exchange.
    pub id: u64,
    /// The client.
    pub client: String,
    /// The person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The request's `state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// When it began, by the realm's clock, in seconds since 1970.
    pub began: UnixTime,
    /// When something happened last.
    pub last: UnixTime,
    /// What happened in it, in order.
    pub events: Vec<Event>,
    /// What was refused last, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The rules that had their way.
    pub decided_by: Vec<Applied>,
    /// Its exchanges, by number.
    pub exchanges: Vec<u64>,
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let head = message.head_text();
        let mut lines = head.split("\r\n").filter(|line| !line.is_empty());
        let line = lines.next().unwrap_or_default().to_owned();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            line,
            headers: lines.filter_map(header).collect(),
            body: String::from_utf8_lossy(&message.body).into_owned(),
            length: message.length,
        }
    }
}

impl From<&Entry> for ExchangeView {
    fn from(entry: &Entry) -> Self {
        let check = |(check, held, sentence): (crate::spec::Check, bool, String)| CheckView {
            name: check.name().into(),
            held,
            sentence,
            section: check.section().into(),
        };
        let refused = entry.refused.as_ref().map(|refused| RefusedView {
            check: refused.check.name().into(),
            error: refused.refusal.error().into(),
            explanation: refused.in_full(),
        });
        Self {
            number: entry.number,
            at: entry.at,
            flow: entry.flow,
            method: entry.method.as_str().into(),
            endpoint: entry.endpoint.key().into(),
            path: entry.path.to_string(),
            client: entry.client.to_string(),
            user: entry.user.as_ref().map(ToString::to_string),
            state: entry.state.as_deref().map(str::to_owned),
            nonce: entry.nonce.as_deref().map(str::to_owned),
            status: entry.status,
            delivery: delivery(entry.delivery).map(str::to_owned),
            events: entry.events.clone(),
            checks: entry.checks().map(check).collect(),
            remarks: entry.trace.remarks.clone(),
            refused,
            decided_by: entry.applied.clone(),
            request: entry.wire.as_ref().map(|wire| (&wire.request).into()),
            response: entry.wire.as_ref().map(|wire| (&wire.response).into()),
        }
    }
}

const fn delivery(delivery: Delivery) -> Option<&'static str> {
    match delivery {
        Delivery::Now => None,
        Delivery::After(_) => Some("late"),
        Delivery::Never => Some("never"),
        Delivery::Reset => Some("reset"),
        Delivery::HalfBody => Some("cut"),
        Delivery::Drip(_) => Some("dripping"),
        Delivery::Chunked => Some("chunked"),
    }
}

impl Realm {
    /// The flows that the journal has, oldest first.
    pub fn flows(&self) -> Vec<FlowView> {
        let mut flows: BTreeMap<u64, Vec<Arc<Entry>>> = BTreeMap::new();
        for entry in self.journal.entries() {
            if let Some(flow) = entry.flow {
                flows.entry(flow).or_default().push(entry);
            }
        }
        flows.into_iter().map(|(id, entries)| flow(id, &entries)).collect()
    }

    /// The exchanges of one flow, in order.
    pub fn exchanges_of(&self, flow: u64) -> Vec<Arc<Entry>> {
        self.journal.entries().into_iter().filter(|entry| entry.flow == Some(flow)).collect()
    }
}

fn flow(id: u64, entries: &[Arc<Entry>]) -> FlowView {
    let first = |of: fn(&Entry) -> Option<String>| entries.iter().find_map(|entry| of(entry));
    let mut decided: Vec<Applied> = Vec::new();
    for by in entries.iter().flat_map(|entry| &entry.applied) {
        if !decided.contains(by) {
            decided.push(by.clone());
        }
    }
    FlowView {
        id,
        client: first(|entry| Some(entry.client.to_string()).filter(|client| !client.is_empty())).unwrap_or_default(),
        user: first(|entry| entry.user.as_ref().map(ToString::to_string)),
        state: first(|entry| entry.state.as_deref().map(str::to_owned)),
        began: entries.first().map_or(UnixTime(0), |entry| entry.at),
        last: entries.last().map_or(UnixTime(0), |entry| entry.at),
        events: entries.iter().flat_map(|entry| entry.events.clone()).collect(),
        refused: entries.iter().rev().find_map(|entry| entry.refused.as_ref().map(FailedCheck::in_full)),
        decided_by: decided,
        exchanges: entries.iter().map(|entry| entry.number).collect(),
    }
}
