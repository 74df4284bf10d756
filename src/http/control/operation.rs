//! One row of the control API: method, path, what goes in, what comes out. Routes and `OpenAPI` document are made of the same rows.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::front_door::Door;
use crate::protocol::Params;
use crate::realm::Realm;

use super::problem::Problem;

/// A request to the control API.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) door: Arc<Door>,
    pub(super) realm: Arc<Realm>,
    pub(super) path: HashMap<String, String>,
    pub(super) query: Params,
    pub(super) headers: HeaderMap,
}

impl Call {
    /// A part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A part of the path that is a number.
    pub(super) fn number(&self, name: &str, what: &str) -> Result<u64, Problem> {
        self.part(name).parse().map_err(|_| Problem::missing(what, self.part(name)))
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
    pub(super) query: &'static [(&'static str, &'static str)],
    pub(super) body: Option<SchemaOf>,
    pub(super) answer: Option<SchemaOf>,
    pub(super) media_type: &'static str,
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
            body: None,
            answer: None,
            media_type: "application/json",
            status: 200,
            handle,
        }
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

    /// With these query parameters, each with a sentence.
    pub(super) const fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
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
            let body = read::<B>(&bytes)?;
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

/// Reads a body. A mistake names the member where it is; no body at all is an empty object.
pub(super) fn read<B: DeserializeOwned>(bytes: &[u8]) -> Result<B, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::new(422, "send a JSON object, in braces, not a list"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut reader).map_err(|e| {
        let (field, cause) = (e.path().to_string(), e.into_inner());
        let status = if cause.is_data() { 422 } else { 400 };
        Problem::new(status, explained(&cause.to_string())).field(field)
    })?;
    reader.end().map_err(|e| Problem::new(400, format!("there is something behind the JSON: {e}")))?;
    Ok(body)
}

/// The reader's own words, with the word that was probably meant.
fn explained(message: &str) -> String {
    let what = message.rsplit_once(" at line ").map_or(message, |(what, _)| what);
    let mut words = what.split('`').skip(1).step_by(2);
    let word = words.next().filter(|_| what.starts_with("unknown"));
    let near = word.and_then(|word| {
        let scored = words.map(|known| (strsim::normalized_damerau_levenshtein(word, known), known));
        scored.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(score, _)| *score > 0.5)
    });
    match near {
        Some((_, known)) => format!("{what}; did you mean `{known}`?"),
        None => what.to_owned(),
    }
}
