//! One row of the control API: method, path, what goes in, what comes out. Routes and `OpenAPI` document are made of the same rows.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::header::LINK;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::AppState;
use crate::protocol::Params;
use crate::realm::Realm;

use super::problem::Problem;

/// A request to the control API.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) state: Arc<AppState>,
    pub(super) realm: Arc<Realm>,
    pub(super) path: HashMap<String, String>,
    pub(super) query: Params,
    /// The query as it was sent, for a link to the next page.
    pub(super) whole: Params,
    pub(super) headers: HeaderMap,
}

impl Call {
    /// A part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A part of the path that is a number.
    pub(super) fn number(&self, name: &str, what: &str) -> Result<u64, Problem> {
        self.part(name).parse().map_err(|_| Problem::missing(what, self.part(name), []))
    }

    /// A query parameter that is a number.
    pub(super) fn query_number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.query.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Problem::new(422, format!("`{text}` is not a whole number")).field(name))
    }
}

/// A query parameter: its name, what it is for, and what it may hold.
#[derive(Clone, Copy)]
pub(super) struct Query {
    pub(super) name: &'static str,
    pub(super) sentence: &'static str,
    pub(super) kind: Kind,
}

/// What a query parameter may hold.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text(&'static str),
    Number(u64),
    Flag,
    OneOf(fn() -> Vec<&'static str>),
}

impl Query {
    pub(super) const fn text(name: &'static str, sentence: &'static str, example: &'static str) -> Self {
        Self { name, sentence, kind: Kind::Text(example) }
    }

    pub(super) const fn number(name: &'static str, sentence: &'static str, example: u64) -> Self {
        Self { name, sentence, kind: Kind::Number(example) }
    }

    pub(super) const fn flag(name: &'static str, sentence: &'static str) -> Self {
        Self { name, sentence, kind: Kind::Flag }
    }

    pub(super) const fn one_of(name: &'static str, sentence: &'static str, words: fn() -> Vec<&'static str>) -> Self {
        Self { name, sentence, kind: Kind::OneOf(words) }
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Whose business an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The server's.
    Server,
    /// A realm's: it is below `/realms/{realm}` as well.
    Realm,
}

/// One row.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) scope: Scope,
    /// Whether it is answered without a token.
    pub(super) open: bool,
    pub(super) query: &'static [Query],
    /// Whether the answer is a list that comes in pages.
    pub(super) paged: bool,
    /// What is to be known beyond the summary.
    pub(super) description: &'static str,
    /// A body and an answer, as JSON.
    pub(super) examples: (&'static str, &'static str),
    pub(super) body: Option<SchemaOf>,
    pub(super) answer: Option<SchemaOf>,
    pub(super) media_type: &'static str,
    /// In which formats it is answered beyond these two.
    pub(super) more_media_types: &'static [&'static str],
    pub(super) status: u16,
    pub(super) handle: Arc<dyn Fn(Call, Bytes) -> Answering + Send + Sync>,
}

impl Operation {
    fn new(
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        handle: Arc<dyn Fn(Call, Bytes) -> Answering + Send + Sync>,
    ) -> Self {
        Self {
            method,
            path,
            summary,
            scope: Scope::Realm,
            open: false,
            query: &[],
            paged: false,
            description: "",
            examples: ("", ""),
            body: None,
            answer: None,
            media_type: "application/json",
            more_media_types: &[],
            status: 200,
            handle,
        }
    }

    /// The variable parts of a path, decoded, if it is this operation's.
    pub(super) fn parts(&self, path: &str) -> Option<HashMap<String, String>> {
        let (known, segments) = (self.path.split('/'), path.split('/'));
        if known.clone().count() != segments.clone().count() {
            return None;
        }
        let mut parts = HashMap::new();
        for (known, segment) in known.zip(segments) {
            let Some(name) = known.strip_prefix('{').and_then(|name| name.strip_suffix('}')) else {
                if known != segment {
                    return None;
                }
                continue;
            };
            // A plus sign is one in a path.
            let text = url::form_urlencoded::parse(segment.replace('+', "%2B").as_bytes()).next()?.0.into_owned();
            parts.insert(name.to_owned(), text);
        }
        Some(parts)
    }

    /// The server's own, not a realm's.
    pub(super) const fn of_server(mut self) -> Self {
        self.scope = Scope::Server;
        self
    }

    /// Answered without a token.
    pub(super) const fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// With what is to be known beyond the summary, and examples of body and answer as JSON; an empty one is none.
    pub(super) const fn about(mut self, description: &'static str, body: &'static str, answer: &'static str) -> Self {
        (self.description, self.examples) = (description, (body, answer));
        self
    }

    /// With these query parameters.
    pub(super) const fn query(mut self, query: &'static [Query]) -> Self {
        self.query = query;
        self
    }

    /// Answered in these formats as well.
    pub(super) const fn more_media_types(mut self, media_types: &'static [&'static str]) -> Self {
        self.more_media_types = media_types;
        self
    }

    /// Answered in another format than JSON as well.
    pub(super) const fn media_type(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }
}

/// Asks, and gets JSON.
pub(super) fn asks<A, Fut>(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    handle: impl Fn(Call) -> Fut + Send + Sync + Clone + 'static,
) -> Operation
where
    A: Serialize + JsonSchema,
    Fut: Future<Output = Result<A, Problem>> + Send,
{
    let run = move |call: Call, _: Bytes| -> Answering {
        let handle = handle.clone();
        Box::pin(async move { handle(call).await.map(|answer| json(200, &answer)) })
    };
    let mut operation = Operation::new(method, path, summary, Arc::new(run));
    operation.answer = Some(SchemaGenerator::subschema_for::<A>);
    operation.status = 200;
    operation
}

/// The most items of a page.
pub(super) const PAGE: u64 = 1_000;

/// How lists are paged: by a number of items, behind an item.
pub(super) const PAGING: [Query; 2] = [
    Query::number(
        "limit",
        "The most items of a page, 1000 where nothing is said; the Link header leads to the next page",
        100,
    ),
    Query::text("after", "Only what comes behind this item: its name, or its number", "bob"),
];

/// Asks for a list, which comes in pages. `name` is what an item is called in `after`.
pub(super) fn lists<A, Fut>(
    path: &'static str,
    summary: &'static str,
    name: fn(&A) -> String,
    handle: impl Fn(Call) -> Fut + Send + Sync + Clone + 'static,
) -> Operation
where
    A: Serialize + JsonSchema + 'static,
    Fut: Future<Output = Result<Vec<A>, Problem>> + Send,
{
    let run = move |call: Call, _: Bytes| -> Answering {
        let handle = handle.clone();
        Box::pin(async move {
            let (query, whole) = (call.query.clone(), call.whole.clone());
            let limit = call.query_number("limit")?.unwrap_or(PAGE);
            if !(1..=PAGE).contains(&limit) {
                return Err(Problem::new(422, format!("a page has 1 to {PAGE} items")).field("limit"));
            }
            let items = handle(call).await?;
            page(&items, name, (query.get("after"), limit), |last| whole.replacing("after", last).to_query())
        })
    };
    let mut operation = Operation::new("GET", path, summary, Arc::new(run));
    operation.answer = Some(SchemaGenerator::subschema_for::<Vec<A>>);
    operation.paged = true;
    operation
}

/// One page of a list, and where the next one is, [RFC 8288](https://www.rfc-editor.org/rfc/rfc8288).
pub(super) fn page<A: Serialize>(
    items: &[A],
    name: fn(&A) -> String,
    (after, limit): (Option<&str>, u64),
    next: impl FnOnce(&str) -> String,
) -> Result<Response, Problem> {
    let first = match after {
        None => 0,
        Some(after) => {
            let known: Vec<String> = items.iter().map(name).collect();
            match (known.iter().position(|known| known == after), after.parse::<u64>()) {
                (Some(at), _) => at + 1,
                // What had this number may be forgotten by now: whatever has a higher one is behind it.
                (None, Ok(number)) => {
                    known.iter().position(|name| name.parse().is_ok_and(|n: u64| n > number)).unwrap_or(known.len())
                }
                (None, Err(_)) => {
                    let missing = Problem::missing("item", after, known.iter().map(String::as_str));
                    return Err(missing.field("after"));
                }
            }
        }
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rest = &items[first..];
    let page = &rest[..rest.len().min(limit)];
    let mut response = json(200, &page);
    if let Some(last) = page.last().filter(|_| page.len() < rest.len())
        && let Ok(link) = format!("<?{}>; rel=\"next\"", next(&name(last))).parse()
    {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// Sends JSON, and gets JSON.
pub(super) fn sends<B, A, Fut>(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    (status, handle): (u16, impl Fn(Call, B) -> Fut + Send + Sync + Clone + 'static),
) -> Operation
where
    B: DeserializeOwned + JsonSchema + Send + 'static,
    A: Serialize + JsonSchema,
    Fut: Future<Output = Result<A, Problem>> + Send,
{
    let run = move |call: Call, bytes: Bytes| -> Answering {
        let handle = handle.clone();
        Box::pin(async move {
            let body = super::body::read::<B>(&bytes)?;
            handle(call, body).await.map(|answer| json(status, &answer))
        })
    };
    let mut operation = Operation::new(method, path, summary, Arc::new(run));
    operation.body = Some(SchemaGenerator::subschema_for::<B>);
    operation.answer = Some(SchemaGenerator::subschema_for::<A>);
    operation.status = status;
    operation
}

/// Does something, and gets nothing back.
pub(super) fn does<Fut>(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    handle: impl Fn(Call) -> Fut + Send + Sync + Clone + 'static,
) -> Operation
where
    Fut: Future<Output = Result<(), Problem>> + Send,
{
    let run = move |call: Call, _: Bytes| -> Answering {
        let handle = handle.clone();
        Box::pin(async move { handle(call).await.map(|()| StatusCode::NO_CONTENT.into_response()) })
    };
    let mut operation = Operation::new(method, path, summary, Arc::new(run));
    operation.status = 204;
    operation
}

/// Asks, and gets whatever the handler makes.
pub(super) fn streams<A: JsonSchema, Fut>(
    path: &'static str,
    summary: &'static str,
    handle: impl Fn(Call) -> Fut + Send + Sync + Clone + 'static,
) -> Operation
where
    Fut: Future<Output = Result<Response, Problem>> + Send,
{
    let run = move |call: Call, _: Bytes| -> Answering {
        let handle = handle.clone();
        Box::pin(async move { handle(call).await })
    };
    let mut operation = Operation::new("GET", path, summary, Arc::new(run));
    operation.answer = Some(SchemaGenerator::subschema_for::<A>);
    operation
}

fn json(status: u16, answer: &impl Serialize) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    (status, Json(answer)).into_response()
}
