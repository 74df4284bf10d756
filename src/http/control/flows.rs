//! What happened: flows, exchanges as they come, exports, and waiting for something.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, Stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::protocol::Subject;
use crate::realm::{Entry, Event, ExchangeView, Expectation, FlowView, Met, Realm, export};

use super::operation::{Call, Operation, asks, sends, streams};
use super::problem::Problem;

/// One flow with its exchanges.
#[derive(Serialize, JsonSchema)]
struct Whole {
    #[serde(flatten)]
    flow: FlowView,
    /// Its exchanges, with the bytes.
    messages: Vec<ExchangeView>,
}

const FILTER: &[(&str, &str)] = &[
    ("client", "Only this client's"),
    ("user", "Only about this person"),
    ("state", "Only with this state"),
    ("event", "Only where this happened, such as code_redeemed"),
];

const FILTER_EVENTS: &[(&str, &str)] = &[
    ("client", "Only this client's"),
    ("user", "Only about this person"),
    ("state", "Only with this state"),
    ("event", "Only where this happened, such as code_redeemed"),
    ("flow", "Only this flow's"),
    ("since", "Only behind this number"),
    ("bytes", "`true` to have request and response as well"),
];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/flows", "The sign-ins, oldest first", flows).query(FILTER),
        asks("GET", "/flows/{id}", "One sign-in with every message, secrets included", show),
        streams::<Value, _>("/flows/{id}/export", "One sign-in for other tools", exported)
            .query(&[("as", "`json`, `har`, `mermaid` or `curl`")])
            .media_type("text/plain"),
        streams::<Vec<ExchangeView>, _>(
            "/events",
            "What happened; with Accept: text/event-stream, what happens as well",
            events,
        )
        .query(FILTER_EVENTS)
        .media_type("text/event-stream"),
        sends("POST", "/expect", "Waits until something has happened; 422 says what came instead", (200, expect)),
    ]
}

/// What a query asks for; `event` must be one that there is.
#[derive(Clone, Default)]
struct Filter {
    client: Option<String>,
    user: Option<String>,
    state: Option<String>,
    event: Option<Event>,
    flow: Option<u64>,
    since: u64,
    bytes: bool,
}

impl Filter {
    fn of(call: &Call) -> Result<Self, Problem> {
        let text = |name: &str| call.query.get(name).map(str::to_owned);
        let number = |name: &'static str| match call.query.get(name) {
            None => Ok(None),
            Some(text) => {
                let wrong = || Problem::new(422, format!("`{text}` is no number")).field(name);
                text.parse().map(Some).map_err(|_| wrong())
            }
        };
        let event = match call.query.get("event") {
            None => None,
            Some(name) => Some(Event::named(name).ok_or_else(|| {
                let known: Vec<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
                Problem::new(422, format!("there is no event `{name}`; there are {}", known.join(", "))).field("event")
            })?),
        };
        let (flow, since) = (number("flow")?, number("since")?.unwrap_or(0));
        let bytes = call.query.get("bytes") == Some("true");
        Ok(Self { client: text("client"), user: text("user"), state: text("state"), event, flow, since, bytes })
    }

    fn wants(&self, entry: &Entry) -> bool {
        let fits =
            |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|wanted| Some(wanted) == is);
        fits(&self.client, Some(entry.client.as_str()))
            && fits(&self.user, entry.user.as_ref().map(Subject::as_str))
            && fits(&self.state, entry.state.as_deref())
            && self.event.is_none_or(|event| entry.events.contains(&event))
            && self.flow.is_none_or(|flow| entry.flow == Some(flow))
            && entry.number > self.since
    }

    fn view(&self, entry: &Entry) -> ExchangeView {
        let mut view = ExchangeView::from(entry);
        if !self.bytes {
            (view.request, view.response) = (None, None);
        }
        view
    }
}

async fn flows(call: Call) -> Result<Vec<FlowView>, Problem> {
    let filter = Filter::of(&call)?;
    let fits = |wanted: &Option<String>, is: Option<&String>| wanted.is_none() || wanted.as_ref() == is;
    let mut flows = call.realm.flows();
    flows.retain(|flow| {
        fits(&filter.client, Some(&flow.client))
            && fits(&filter.user, flow.user.as_ref())
            && fits(&filter.state, flow.state.as_ref())
            && filter.event.is_none_or(|event| flow.events.contains(&event))
    });
    Ok(flows)
}

fn messages(call: &Call) -> Result<(u64, Vec<Arc<Entry>>), Problem> {
    let id = call.number("id", "flow")?;
    let entries = call.realm.exchanges_of(id);
    if entries.is_empty() { Err(Problem::missing("flow", &id.to_string())) } else { Ok((id, entries)) }
}

async fn show(call: Call) -> Result<Whole, Problem> {
    let (id, entries) = messages(&call)?;
    let flow = call.realm.flows().into_iter().find(|flow| flow.id == id);
    let flow = flow.ok_or_else(|| Problem::missing("flow", &id.to_string()))?;
    Ok(Whole { flow, messages: entries.iter().map(|entry| ExchangeView::from(&**entry)).collect() })
}

async fn exported(call: Call) -> Result<Response, Problem> {
    let (id, entries) = messages(&call)?;
    let settings = call.realm.settings();
    let base = &settings.place.origin;
    let text = |media_type: &'static str, text: String| ([(CONTENT_TYPE, media_type)], text).into_response();
    match call.query.get("as").unwrap_or("json") {
        "json" => Ok(Json(show(call).await?).into_response()),
        "har" => {
            let name = format!("attachment; filename=\"flow-{id}.har\"");
            Ok(([(CONTENT_DISPOSITION, name)], Json(export::har(base, &entries))).into_response())
        }
        "mermaid" => Ok(text("text/vnd.mermaid; charset=utf-8", export::mermaid(&entries))),
        "curl" => Ok(text("text/x-shellscript; charset=utf-8", export::curl(base, &entries))),
        other => Err(Problem::new(422, format!("`{other}` is none of json, har, mermaid, curl")).field("as")),
    }
}

async fn events(call: Call) -> Result<Response, Problem> {
    let mut filter = Filter::of(&call)?;
    let accept = call.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        let entries = call.realm.journal.since(filter.since);
        let wanted: Vec<ExchangeView> =
            entries.iter().filter(|entry| filter.wants(entry)).map(|entry| filter.view(entry)).collect();
        return Ok(Json(wanted).into_response());
    }
    // Whoever was cut off says where they were, as browsers do by themselves.
    let last = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    filter.since = last.unwrap_or(filter.since);
    Ok(Sse::new(following(Arc::clone(&call.realm), filter)).keep_alive(KeepAlive::default()).into_response())
}

/// Each exchange that is wanted, those of before first.
fn following(realm: Arc<Realm>, filter: Filter) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    let mut newest = realm.journal.follow();
    let cleared = newest.borrow_and_update().cleared;
    let state = (realm, filter, newest, cleared, VecDeque::<Arc<Entry>>::new());
    stream::unfold(state, |(realm, mut filter, mut newest, mut cleared, mut waiting)| async move {
        loop {
            while let Some(entry) = waiting.pop_front() {
                filter.since = entry.number;
                let before = Filter { since: entry.number - 1, ..filter.clone() };
                if before.wants(&entry) {
                    let text = serde_json::to_string(&filter.view(&entry)).unwrap_or_default();
                    let event = SseEvent::default().event("exchange").id(entry.number.to_string()).data(text);
                    return Some((Ok(event), (realm, filter, newest, cleared, waiting)));
                }
            }
            let now = *newest.borrow_and_update();
            // After a reset the numbers begin anew; a realm that is closed has nothing more to say.
            if now.cleared != cleared {
                (cleared, filter.since) = (now.cleared, 0);
            }
            waiting.extend(realm.journal.since(filter.since));
            if waiting.is_empty() && (now.ended || newest.changed().await.is_err()) {
                return None;
            }
        }
    })
}

async fn expect(call: Call, expectation: Expectation) -> Result<Met, Problem> {
    expectation.check()?;
    let met = call.realm.expect(&expectation).await;
    met.map_err(|unmet| Problem::new(422, unmet.sentence).near_misses(unmet.near_misses))
}
