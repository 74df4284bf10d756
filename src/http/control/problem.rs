//! What went wrong, [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Mistake;
use crate::http::RealmError;
use crate::store::Unavailable;

/// Problem details, boxed: most calls have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Problem(Box<Details>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct Details {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What was wrong, and what to do.
    detail: String,
    /// The member of the body that is wrong, such as `match.client` or `users[2].sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What came instead of what was expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    near_misses: Vec<String>,
}

impl Problem {
    /// A status and a sentence.
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        let title = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
        Self(Box::new(Details {
            kind: "about:blank".into(),
            title: title.into(),
            status,
            detail: detail.into(),
            field: None,
            near_misses: Vec::new(),
        }))
    }

    /// With the member that is wrong.
    pub(super) fn field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into()).filter(|field: &String| !field.is_empty() && field != ".");
        self
    }

    /// With what came instead.
    pub(super) fn near_misses(mut self, near_misses: Vec<String>) -> Self {
        self.0.near_misses = near_misses;
        self
    }

    /// Something is not there.
    pub(super) fn missing(what: &str, name: &str) -> Self {
        Self::new(404, format!("there is no {what} `{name}`"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_string(&self).expect("a problem is JSON");
        (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
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
            RealmError::Full => Self::new(507, "there are too many realms: close some, or give them a `ttl`"),
        }
    }
}
