//! What happened: flows, exchanges as they come, exports, and waiting for something.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::future::ready;
use futures_util::{Stream, StreamExt as _};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::protocol::{Subject, nearest};
use crate::realm::{Entry, Event, ExchangeView, Expectation, FlowView, Journal, Met, export};

use super::operation::{Call, Operation, PAGE, Query, asks, lists, page, sends, streams};
use super::problem::Problem;

/// One flow with its exchanges.
#[derive(Serialize, JsonSchema)]
struct Whole {
    #[serde(flatten)]
    flow: FlowView,
    /// Its exchanges, with the bytes.
    messages: Vec<ExchangeView>,
}

fn event_names() -> Vec<&'static str> {
    Event::ALL.iter().map(|event| event.as_str()).collect()
}

fn formats() -> Vec<&'static str> {
    vec!["json", "har", "mermaid", "curl", "playwright"]
}

const EXPORT: &[Query] = &[Query::one_of("as", "In which format", formats)];

const FILTER: &[Query] = &[
    Query::text("client", "Only this client's", "notes-web"),
    Query::text("user", "Only about this person", "alice"),
    Query::text("state", "Only with this state", "af0ifjsldkj"),
    Query::one_of("event", "Only where this happened", event_names),
];

const FILTER_EVENTS: &[Query] = &[
    Query::text("client", "Only this client's", "notes-web"),
    Query::text("user", "Only about this person", "alice"),
    Query::text("state", "Only with this state", "af0ifjsldkj"),
    Query::one_of("event", "Only where this happened", event_names),
    Query::number("flow", "Only this flow's", 1),
    Query::number("after", "Only behind this number", 1),
    Query::number(
        "limit",
        "The most exchanges of a page, 1000 where nothing is said; the Link header leads to the next page",
        100,
    ),
    Query::flag("bytes", "Whether request and response come as well"),
];

const FLOW: &str = r#"{"id": 1, "client": "notes-web", "user": "alice", "state": "af0ifjsldkj", "began": 1798761600, "last": 1798761601,
    "events": ["sign_in_asked", "signed_in", "code_issued", "code_redeemed"], "decided_by": [], "exchanges": [1, 2, 3]}"#;
const FLOWS: &str = r#"[{"id": 1, "client": "notes-web", "user": "alice", "began": 1798761600, "last": 1798761601,
    "events": ["sign_in_asked", "signed_in", "code_issued"], "decided_by": [], "exchanges": [1, 2]}]"#;
const EXCHANGES: &str = r#"[{"number": 2, "at": 1798761601, "flow": 1, "method": "POST", "endpoint": "token_endpoint", "path": "/token",
    "client": "notes-web", "user": "alice", "status": 200, "events": ["code_redeemed"], "checks": [], "decided_by": []}]"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists("/flows", "The sign-ins, oldest first", |flow: &FlowView| flow.id.to_string(), flows).query(FILTER).about(
            "A flow is one sign-in, from the first redirect to the last token. `after` is a flow's `id`.",
            "",
            FLOWS,
        ),
        asks("GET", "/flows/{id}", "One sign-in with every message, secrets included", show).about(
            "Each exchange with its checks, what decided it, and the bytes that came and went.",
            "",
            FLOW,
        ),
        streams::<Value, _>("/flows/{id}/export", "One sign-in for other tools", exported)
            .query(EXPORT)
            .media_type("text/vnd.mermaid")
            .more_media_types(&["text/x-shellscript", "text/typescript"])
            .about("As JSON, as HAR for a browser's tools, as a Mermaid diagram, as curl commands, or as a Playwright test.", "", FLOW),
        streams::<Vec<ExchangeView>, _>(
            "/events",
            "What happened; with Accept: text/event-stream, what happens as well",
            events,
        )
        .query(FILTER_EVENTS)
        .media_type("text/event-stream")
        .about(
            "Each exchange, documents and refusals included. As server-sent events a stream goes on where `Last-Event-ID` says, also behind a \
             reset: numbers are not given again. `after` is an exchange's `number`.",
            "",
            EXCHANGES,
        ),
        sends("POST", "/expect", "Waits until something has happened", (200, expect)).about(
            "Answers as soon as it has; where it has not when the time is over, the problem is `expectation-not-met`, and `near_misses` say what \
             came instead. With `count` it is waited until the time is over, since one more may come.",
            r#"{"event": "code_redeemed", "where": {"client": "notes-web"}, "count": 0}"#,
            r#"{"count": 1, "exchanges": [3]}"#,
        ),
    ]
}

/// A query parameter that is none of the words that it may be.
fn not_among(name: &'static str, word: &str, known: &[&str]) -> Problem {
    let near = nearest(word, known.iter().copied()).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
    Problem::new(422, format!("`{word}` is none of {}.{near}", known.join(", "))).field(name)
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
        let event = match call.query.get("event") {
            None => None,
            Some(name) => Some(Event::named(name).ok_or_else(|| not_among("event", name, &event_names()))?),
        };
        // A list of flows is paged by its own `after`.
        let since = if call.part("id").is_empty() { call.query_number("after")? } else { None };
        let (flow, since) = (call.query_number("flow")?, since.unwrap_or(0));
        let bytes = match call.query.get("bytes") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(not_among("bytes", other, &["true", "false"])),
        };
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
    if entries.is_empty() { Err(Problem::missing("flow", &id.to_string(), [])) } else { Ok((id, entries)) }
}

async fn show(call: Call) -> Result<Whole, Problem> {
    let (id, entries) = messages(&call)?;
    let flow = call.realm.flows().into_iter().find(|flow| flow.id == id);
    let flow = flow.ok_or_else(|| Problem::missing("flow", &id.to_string(), []))?;
    Ok(Whole { flow, messages: entries.iter().map(|entry| ExchangeView::from(&**entry)).collect() })
}

async fn exported(call: Call) -> Result<Response, Problem> {
    let (id, entries) = messages(&call)?;
    let settings = call.realm.settings();
    let base = &settings.root.origin;
    let text = |media_type: &'static str, text: String| ([(CONTENT_TYPE, media_type)], text).into_response();
    match call.query.get("as").unwrap_or("json") {
        "json" => Ok(Json(show(call).await?).into_response()),
        "har" => {
            let name = format!("attachment; filename=\"flow-{id}.har\"");
            Ok(([(CONTENT_DISPOSITION, name)], Json(export::har(base, &entries))).into_response())
        }
        "mermaid" => Ok(text("text/vnd.mermaid; charset=utf-8", export::mermaid(&entries))),
        "curl" => Ok(text("text/x-shellscript; charset=utf-8", export::curl(base, &entries))),
        "playwright" => Ok(text("text/typescript; charset=utf-8", export::playwright(&entries))),
        other => Err(not_among("as", other, &formats())),
    }
}

async fn events(call: Call) -> Result<Response, Problem> {
    let mut filter = Filter::of(&call)?;
    let accept = call.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accept.contains("text/event-stream") {
        let limit = call.query_number("limit")?.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&limit) {
            return Err(Problem::new(422, format!("a page has 1 to {PAGE} items")).field("limit"));
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
        let entries = call.realm.journal().since(filter.since);
        let wanted = entries.iter().filter(|entry| filter.wants(entry)).take(most);
        let views: Vec<ExchangeView> = wanted.map(|entry| filter.view(entry)).collect();
        let next = |last: &str| call.whole.replacing("after", last).to_query();
        return page(&views, |view| view.number.to_string(), (None, limit), next);
    }
    // Whoever was cut off says where they were, as browsers do by themselves.
    let last = call.headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    filter.since = last.unwrap_or(filter.since);
    Ok(Sse::new(following(Arc::clone(call.realm.journal()), filter)).keep_alive(KeepAlive::default()).into_response())
}

/// Each exchange that is wanted, those of before first.
fn following(journal: Arc<Journal>, filter: Filter) -> impl Stream<Item = Result<SseEvent, Infallible>> {
    journal.stream(filter.since).filter_map(move |entry| {
        let event = filter.wants(&entry).then(|| {
            let text = serde_json::to_string(&filter.view(&entry)).unwrap_or_default();
            Ok(SseEvent::default().event("exchange").id(entry.number.to_string()).data(text))
        });
        ready(event)
    })
}

async fn expect(call: Call, expectation: Expectation) -> Result<Met, Problem> {
    expectation.check()?;
    let met = call.realm.expect(&expectation).await;
    met.map_err(|unmet| Problem::of("expectation-not-met", unmet.sentence).near_misses(unmet.near_misses))
}
