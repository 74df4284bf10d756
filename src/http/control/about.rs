//! What the control API says about itself: every operation there is, as an index and as a document.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::openapi::document;
use super::operation::{Call, Operation, asks, streams};
use super::problem::Problem;
use super::{
    clock, explanations, flows, holds, keys, lessons, people, realms, rules, server, sessions, snapshots, snippets,
    tokens,
};

/// Every operation there is, by what it is about.
fn groups() -> [(&'static str, &'static str, Vec<Operation>); 11] {
    let about_server = of_the_api().into_iter().chain(server::operations()).chain(snippets::operations());
    let about_server = about_server.chain(lessons::operations()).collect();
    let happened = flows::operations().into_iter().chain(explanations::operations()).collect();
    [
        ("Server", "Whether it answers, what it is, what it is told to be", about_server),
        ("Realms", "Providers of their own behind the same door, one for each worker of a test", realms::operations()),
        ("People and apps", "Users and clients, until the next reset", people::operations()),
        ("Next sign-ins and faults", "Who signs in next, and which lies are told", rules::operations()),
        ("Tokens", "Made, read and revoked without a sign-in", tokens::operations()),
        ("What happened", "Flows, exchanges, why they failed, and waiting for something", happened),
        ("Step through", "Answers that are held until somebody lets them go", holds::operations()),
        ("Sessions", "Who is signed in, and signing them out", sessions::operations()),
        ("Keys", "Rotated, announced, revoked", keys::operations()),
        ("Clock", "Frozen, set, moved", clock::operations()),
        ("Snapshots", "A realm in one readable file", snapshots::operations()),
    ]
}

pub(super) fn operations() -> Vec<Operation> {
    groups().into_iter().flat_map(|(_, _, operations)| operations).collect()
}

/// The control API's description, as text.
pub fn openapi() -> String {
    serde_json::to_string_pretty(&document(&groups())).expect("a document is JSON")
}

fn of_the_api() -> Vec<Operation> {
    vec![
        asks("GET", "", "What there is: every operation with its summary", index).of_server().open().about(
            "The index of this API. `openapi.json` has the rest.",
            "",
            r#"{"openapi": "/_control/v1/openapi.json", "operations": [{"method": "GET", "path": "/_control/v1/health", "summary": "Whether the server answers"}]}"#,
        ),
        streams::<Value, _>("/openapi.json", "This description", described).of_server().open().about(
            "OpenAPI 3.1.",
            "",
            r#"{"openapi": "3.1.0"}"#,
        ),
    ]
}

/// What there is.
#[derive(Serialize, JsonSchema)]
struct Index {
    /// Where the whole description is.
    openapi: &'static str,
    /// Every operation.
    operations: Vec<Listed>,
}

/// One operation.
#[derive(Serialize, JsonSchema)]
struct Listed {
    /// The method.
    method: &'static str,
    /// The path.
    path: String,
    /// What it does.
    summary: &'static str,
}

async fn index(_: Call) -> Result<Index, Problem> {
    let listed = |operation: Operation| Listed {
        method: operation.method,
        path: format!("/_control/v1{}", operation.path),
        summary: operation.summary,
    };
    let operations = operations().into_iter().map(listed).collect();
    Ok(Index { openapi: "/_control/v1/openapi.json", operations })
}

async fn described(_: Call) -> Result<Response, Problem> {
    Ok(([(CONTENT_TYPE, "application/json")], openapi()).into_response())
}
