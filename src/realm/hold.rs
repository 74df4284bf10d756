//! Step through: an answer that is decided waits until somebody lets it go, alters it, or has it fail.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::protocol::{Params, UnixTime, words};
use crate::reply::{Body, Reply};
use crate::world::Endpoint;

use super::{Entry, Realm};

/// The longest that an answer is held. Whoever forgot it gets it then.
const LONGEST: Duration = Duration::from_secs(600);

/// The most answers that are held at once. Further ones go.
const MOST: usize = 100;

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

fn endpoints(_: &mut SchemaGenerator) -> Schema {
    let names = words(Endpoint::ALL.iter().map(|endpoint| endpoint.key()));
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
enum Release {
    AsItIs,
    Altered(Alteration),
}

/// What is held, and where more will be.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    breakpoints: Breakpoints,
    count: u64,
    waiting: BTreeMap<u64, (HoldView, oneshot::Sender<Release>)>,
}

impl Holds {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets a hold when whoever waited for the answer goes away.
struct Forget<'a>(&'a Realm, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.holds.lock().waiting.remove(&self.1);
        self.0.journal.nudge();
    }
}

impl Realm {
    /// Where answers are held.
    pub fn breakpoints(&self) -> Breakpoints {
        self.holds.lock().breakpoints.clone()
    }

    /// Holds answers here from now on, and nowhere else. Where none are held any more, those that wait go.
    pub fn set_breakpoints(&self, breakpoints: Breakpoints) -> Result<(), (&'static str, String)> {
        let known = |name: &String| Endpoint::ALL.iter().any(|endpoint| endpoint.key() == name);
        if let Some(odd) = breakpoints.endpoints.iter().find(|name| !known(name)) {
            let near = crate::protocol::nearest(odd, Endpoint::ALL.iter().map(|endpoint| endpoint.key()));
            let near = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            return Err(("endpoints", format!("`{odd}` is no endpoint.{near}")));
        }
        let none = !breakpoints.all && breakpoints.endpoints.is_empty();
        let mut held = self.holds.lock();
        held.breakpoints = breakpoints;
        if none {
            std::mem::take(&mut held.waiting)
                .into_values()
                .for_each(|(_, waiting)| drop(waiting.send(Release::AsItIs)));
        }
        drop(held);
        self.journal.nudge();
        Ok(())
    }

    /// The answers that are held, oldest first.
    pub fn holds(&self) -> Vec<HoldView> {
        self.holds.lock().waiting.values().map(|(view, _)| view.clone()).collect()
    }

    /// Lets an answer go, as it is or altered. `false` if none is held under this number.
    pub fn release(&self, id: u64, alteration: Option<Alteration>) -> bool {
        let waiting = self.holds.lock().waiting.remove(&id);
        let release = alteration.map_or(Release::AsItIs, Release::Altered);
        waiting.is_some_and(|(_, waiting)| waiting.send(release).is_ok())
    }

    /// Holds an answer, if it is one that is to be held; whether it was altered, and what is answered then.
    pub(super) async fn hold(&self, entry: &Entry, reply: Reply) -> (Reply, bool) {
        let (id, waiting) = {
            let mut held = self.holds.lock();
            let Breakpoints { all, endpoints } = &held.breakpoints;
            let here = *all || endpoints.iter().any(|name| name == entry.endpoint.key());
            if !here || held.waiting.len() >= MOST {
                return (reply, false);
            }
            held.count += 1;
            let (id, (sender, waiting)) = (held.count, oneshot::channel());
            held.waiting.insert(id, (view(id, entry, &reply), sender));
            (id, waiting)
        };
        self.journal.nudge();
        let _forget = Forget(self, id);
        match tokio::time::timeout(LONGEST, waiting).await {
            Ok(Ok(Release::Altered(alteration))) => (altered(reply, &alteration), true),
            _ => (reply, false),
        }
    }
}

fn view(id: u64, entry: &Entry, reply: &Reply) -> HoldView {
    let answer = match &reply.body {
        Body::Json(text) => String::from_utf8_lossy(text).into_owned(),
        Body::Return(back) => back.to_url().to_string(),
        Body::Redirect(path) => path.clone(),
        Body::Page(_) => "a page".to_owned(),
        _ => String::new(),
    };
    let by_browser =
        [Endpoint::Authorize, Endpoint::SignIn, Endpoint::Consent, Endpoint::EndSession, Endpoint::SignOut];
    HoldView {
        id,
        since: entry.at,
        method: entry.method.as_str().into(),
        path: entry.path.to_string(),
        endpoint: entry.endpoint.key().into(),
        client: entry.client.to_string(),
        user: entry.user.as_ref().map(ToString::to_string),
        status: reply.status,
        answer,
        back_channel: !by_browser.contains(&entry.endpoint),
    }
}

fn altered(mut reply: Reply, alteration: &Alteration) -> Reply {
    let Alteration { status, body, headers, params } = alteration;
    if let Body::Return(back) = &mut reply.body {
        let kept = back.params.iter().filter(|(name, _)| !params.contains_key(*name));
        let new =
            params.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()));
        back.params = kept.chain(new).map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Params>();
    }
    reply.status = status.unwrap_or(reply.status);
    if let Some(body) = body {
        let media_type = if serde_json::from_str::<serde_json::Value>(body).is_ok() {
            "application/json"
        } else {
            "text/plain; charset=utf-8"
        };
        reply.body = Body::Raw { media_type: media_type.to_owned(), bytes: body.clone().into_bytes() };
    }
    reply.headers.extend(headers.iter().map(|(name, value)| (name.clone().into(), value.clone().into())));
    reply
}
