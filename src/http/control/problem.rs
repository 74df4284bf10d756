//! What went wrong, [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::config::Mistake;
use crate::http::RealmError;
use crate::protocol::nearest;
use crate::store::Unavailable;

/// Where the types of problems are listed, each by its name behind `#`.
const TYPES: &str = "/_control/v1/problems";

/// A type of problem: its name, its status, its title, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ProblemType {
    /// Its name: what stands behind `#` in `type`.
    name: &'static str,
    /// The HTTP status.
    status: u16,
    /// In a few words.
    title: &'static str,
    /// What it means, and what to do.
    meaning: &'static str,
}

const fn kind(name: &'static str, status: u16, title: &'static str, meaning: &'static str) -> ProblemType {
    ProblemType { name, status, title, meaning }
}

/// Every type there is; the first of a status is the usual one.
pub(super) const KINDS: [ProblemType; 14] = [
    kind("malformed-json", 400, "The body is not JSON", "Mend the JSON where `detail` says."),
    kind(
        "unknown-query-parameter",
        400,
        "There is no such query parameter",
        "Use the one that `detail` names, or none.",
    ),
    kind("unreadable-path", 400, "The path is not UTF-8", "Percent-encode the path as UTF-8."),
    kind(
        "control-token-needed",
        401,
        "A control token is needed",
        "Send Authorization: Bearer with STANDIN_CONTROL_TOKEN.",
    ),
    kind(
        "caller-not-allowed",
        403,
        "This caller may not control the provider",
        "Call from this machine, or set STANDIN_CONTROL_TOKEN.",
    ),
    kind("not-found", 404, "There is nothing of this name", "Compare the name with what the list has."),
    kind(
        "method-not-allowed",
        405,
        "This path does not serve the method",
        "Use one of the methods in the Allow header.",
    ),
    kind("conflict", 409, "Something is in the way", "Remove or replace what `detail` names."),
    kind("body-too-large", 413, "The body is too large", "Send less than 16 MiB."),
    kind("not-json", 415, "The body is not called JSON", "Send Content-Type: application/json."),
    kind("invalid-value", 422, "A value is wrong", "Mend the member that `field` names."),
    kind("expectation-not-met", 422, "What was expected did not happen", "See in `near_misses` what came instead."),
    kind("internal-error", 500, "Standin has a bug here", "Please report what you asked for."),
    kind("unavailable", 503, "The store does not answer", "Ask again in a moment."),
];

/// Problem details, boxed: most calls have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Problem(Box<Details>);

/// What went wrong, in the words of [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Details {
    /// Which type of problem it is; `GET /_control/v1/problems` says what each means.
    #[serde(rename = "type")]
    #[schemars(schema_with = "types")]
    kind: String,
    /// The type in a few words.
    title: String,
    /// The status.
    status: u16,
    /// What was wrong, and what to do.
    detail: String,
    /// The member of the body, or the query parameter, that is wrong, such as `match.client` or `users[2].sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What came instead of what was expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    near_misses: Vec<String>,
}

fn types(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<String> = KINDS.iter().map(|kind| format!("{TYPES}#{}", kind.name)).collect();
    schemars::json_schema!({ "type": "string", "format": "uri-reference", "enum": names })
}

impl Problem {
    /// The usual problem of a status, and a sentence.
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        let usual = KINDS.iter().find(|kind| kind.status == status);
        let title = usual.map(|kind| kind.title);
        let title = title.or_else(|| StatusCode::from_u16(status).ok()?.canonical_reason()).unwrap_or("Error");
        Self(Box::new(Details {
            kind: usual.map_or_else(|| "about:blank".to_owned(), |kind| format!("{TYPES}#{}", kind.name)),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            field: None,
            near_misses: Vec::new(),
        }))
    }

    /// A problem of this type.
    pub(super) fn of(name: &str, detail: impl Into<String>) -> Self {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap_or(&KINDS[KINDS.len() - 2]);
        let mut problem = Self::new(kind.status, detail);
        (problem.0.kind, problem.0.title) = (format!("{TYPES}#{}", kind.name), kind.title.to_owned());
        problem
    }

    /// With the member that is wrong.
    pub(super) fn field(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        self.0.field = Some(field).filter(|field: &String| !matches!(field.as_str(), "" | "." | "?"));
        self
    }

    /// With what came instead.
    pub(super) fn near_misses(mut self, near_misses: Vec<String>) -> Self {
        self.0.near_misses = near_misses;
        self
    }

    /// The status, and what is wrong where.
    pub(super) fn in_words(self) -> (u16, String) {
        let field = self.0.field.map(|field| format!("{field}: ")).unwrap_or_default();
        (self.0.status, format!("{field}{}", self.0.detail))
    }

    /// Something is not there; `known` is what there is.
    pub(super) fn missing<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let near = nearest(name, known).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
        Self::new(404, format!("There is no {what} `{name}`.{near}"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).expect("a problem is JSON");
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<(&'static str, String)> for Problem {
    fn from((field, detail): (&'static str, String)) -> Self {
        Self::new(422, detail).field(field)
    }
}

impl From<Box<Mistake>> for Problem {
    fn from(mistake: Box<Mistake>) -> Self {
        let help = mistake.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
        Self::new(422, format!("{}{help}", mistake.what)).field(mistake.word.unwrap_or_default())
    }
}

impl From<Unavailable> for Problem {
    fn from(e: Unavailable) -> Self {
        Self::new(503, e.to_string())
    }
}

impl From<RealmError> for Problem {
    fn from(e: RealmError) -> Self {
        match e {
            RealmError::Name(why) => Self::new(if why.starts_with("there is") { 409 } else { 422 }, why).field("name"),
            RealmError::Config(mistake) => mistake.into(),
            RealmError::Place(why) => Self::new(409, why).field("public_url"),
            RealmError::Full => Self::new(409, "there are too many realms: close some, or give them a `ttl`"),
        }
    }
}
