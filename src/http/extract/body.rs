//! Bodies of requests: forms, or JSON where an endpoint wants it, and small ones.

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;

use crate::protocol::{Map, Params};
use crate::spec::{Check, FailedCheck, quoted};
use crate::world::Endpoint;

/// The most bytes of a form. A request with a long `claims` parameter and an `id_token_hint` has a tenth of it.
const LARGEST: usize = 256 * 1024;

/// The most bytes of a JSON body: what an app says of itself is kept.
const LARGEST_JSON: usize = 32 * 1024;

/// What a body is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum BodyKind {
    /// A form, [RFC 6749 appendix B](https://www.rfc-editor.org/rfc/rfc6749#appendix-B).
    Form,
    /// A JSON object, as [RFC 7591 §3.1](https://www.rfc-editor.org/rfc/rfc7591#section-3.1) has it.
    Json,
}

impl BodyKind {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

/// A body that was read.
#[derive(Debug, Default)]
pub(super) struct ReadBody {
    pub(super) params: Params,
    pub(super) json: Option<Map>,
}

/// Reads a body, and hands over its bytes as well.
pub(super) async fn read(
    parts: &Parts,
    body: Body,
    (endpoint, kind): (Endpoint, BodyKind),
) -> (Result<ReadBody, FailedCheck>, Bytes) {
    let declared = parts.headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default().to_owned());
    let (largest, what) = if kind == BodyKind::Json { (LARGEST_JSON, "JSON") } else { (LARGEST, "a form") };
    let Ok(bytes) = to_bytes(body, largest).await else {
        let say = format!("The body is larger than the {} KiB that {what} may have here", largest / 1024);
        let refused = FailedCheck::by(Check::BodySmall).expected(format!("at most {largest} bytes")).says(say);
        return (Err(refused), Bytes::new());
    };
    // UserInfo may be asked by POST with the token in the header and no body, Core §5.3.1.
    if bytes.is_empty() && endpoint == Endpoint::UserInfo {
        return (Ok(ReadBody::default()), bytes);
    }
    let media_type = declared.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let wanted = if kind == BodyKind::Json { "a JSON object" } else { "a form" };
    let check = if kind == BodyKind::Json { Check::BodyIsJson } else { Check::BodyIsForm };
    let refused = |got: String, say: String| {
        (Err(FailedCheck::by(check).got(got).expected(kind.media_type()).says(say)), bytes.clone())
    };
    if !media_type.eq_ignore_ascii_case(kind.media_type()) {
        let got = declared.unwrap_or_else(|| "no Content-Type".into());
        let say = format!("The body came as {}, not as {wanted}", quoted(&got));
        return refused(got, say);
    }
    if kind == BodyKind::Form {
        return (Ok(ReadBody { params: Params::parse(&bytes), json: None }), bytes);
    }
    let params = Params::parse(parts.uri.query().unwrap_or_default().as_bytes());
    match serde_json::from_slice::<Map>(&bytes) {
        Ok(members) => (Ok(ReadBody { params, json: Some(members) }), bytes),
        Err(e) => refused(
            kind.media_type().to_owned(),
            format!("The body is not {wanted}: line {}, column {}", e.line(), e.column()),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_as(kind: BodyKind, media_type: &str, text: &'static str) -> Result<ReadBody, FailedCheck> {
        let request = axum::http::Request::post("/").header(CONTENT_TYPE, media_type).body(()).expect("a request");
        let (parts, ()) = request.into_parts();
        read(&parts, Body::from(text), (Endpoint::Token, kind)).await.0
    }

    #[tokio::test]
    async fn an_endpoint_that_wants_json_gets_an_object_or_says_what_came() {
        let read = read_as(BodyKind::Json, "application/json; charset=utf-8", r#"{"client_name": "Notes"}"#).await;
        assert_eq!(read.expect("an object").json.expect("an object")["client_name"], "Notes");
        let refused = read_as(BodyKind::Json, "application/json", "[1]").await.expect_err("a list");
        assert!(refused.sentence().starts_with("The body is not a JSON object: line 1"), "{}", refused.sentence());
        let refused = read_as(BodyKind::Json, "application/x-www-form-urlencoded", "a=b").await.expect_err("a form");
        assert_eq!(refused.sentence(), "The body came as `application/x-www-form-urlencoded`, not as a JSON object.");
        assert!(read_as(BodyKind::Form, "application/x-www-form-urlencoded", "a=b").await.is_ok());
    }
}
