//! Answers that are held, as data.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::protocol::{UnixTime, words};
use crate::world::Endpoint;

use super::patience::{GaveUp, Patience};

/// Where answers are held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breakpoints {
    /// At every endpoint.
    pub all: bool,
    /// At these, by their names in discovery.
    #[schemars(schema_with = "endpoints")]
    pub endpoints: Vec<String>,
}

/// Where answers can be held: what others answer is not ours to hold.
pub(super) fn held_at() -> impl Iterator<Item = &'static str> {
    let others = |endpoint: &&Endpoint| {
        !matches!(endpoint, Endpoint::BackChannelLogout | Endpoint::ProtectedResource | Endpoint::Connection)
    };
    Endpoint::ALL.iter().filter(others).map(|endpoint| endpoint.key())
}

fn endpoints(_: &mut SchemaGenerator) -> Schema {
    let names = words(held_at());
    schemars::json_schema!({ "type": "array", "items": names })
}

/// An answer that is held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HoldView {
    /// Its number.
    pub id: u64,
    /// Since when, by the realm's clock, in seconds since 1970.
    pub since: UnixTime,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The endpoint, by its name in discovery.
    pub endpoint: String,
    /// The client.
    pub client: String,
    /// The person, if one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The status that would be answered.
    pub status: u16,
    /// What would be answered: the JSON, or the way back to the app.
    pub answer: String,
    /// Whether an app waits for it, and not a browser: most give up after 5 to 30 seconds.
    pub back_channel: bool,
    /// How long that app will wait, if its library is known, or if it gave up before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<Patience>,
}

/// What is answered otherwise than it would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Alteration {
    /// Another status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u16>,
    /// Another body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Headers beyond the others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Parameters of the way back to the app; an empty one is left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl Alteration {
    /// What is wrong with it: the field and a sentence.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        match self.status {
            Some(status) if !(200..=599).contains(&status) => {
                Err(("status", format!("{status} is no status of an answer: 200 to 599 are")))
            }
            _ => Ok(()),
        }
    }
}

/// How it goes on.
#[derive(Debug)]
pub(super) enum Release {
    AsItIs,
    Altered(Alteration),
}

/// What is held, and where more will be.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<Held>);

#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) breakpoints: Breakpoints,
    pub(super) count: u64,
    pub(super) gave_up: GaveUp,
    pub(super) waiting: BTreeMap<u64, (HoldView, oneshot::Sender<Release>)>,
}

impl Holds {
    pub(super) fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
