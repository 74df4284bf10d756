//! A form of the console is a call of the control API: the same operation, by the same code.

use askama::Template;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};

use crate::http::control;
use crate::protocol::Params;

use crate::http::filters;

use super::frame::{Frame, Visit, page};

/// The most bytes of a form.
const LARGEST: usize = 256 * 1024;

#[derive(Template)]
#[template(path = "console/problem.html")]
struct Problem<'a> {
    frame: Frame<'a>,
    call: &'a str,
    why: String,
    back: &'a str,
}

/// Does what a form asks for, and leads back to where it was. `_call` is method and path of the operation, `_back` the view.
/// Every other field is a member of the body.
pub(super) async fn call(visit: &Visit<'_>, request: &mut Request) -> Response {
    let body = to_bytes(std::mem::take(request.body_mut()), LARGEST).await.unwrap_or_default();
    let form = Params::parse(&body);
    let call = form.get("_call").unwrap_or_default();
    let back = form.get("_back").filter(|back| back.starts_with("/_console")).unwrap_or("/_console");
    let back = if back.contains(['\r', '\n', '\\']) { "/_console" } else { back };
    let (method, path) = call.split_once(' ').unwrap_or(("", call));
    let body = match members(&form) {
        Ok(body) if body.is_empty() => Bytes::new(),
        Ok(body) => Value::Object(body).to_string().into(),
        Err(why) => return refused(visit, call, back, (422, why)),
    };
    match control::perform(visit.state, visit.realm, (method, path), body).await {
        Ok(_) => {
            let back = format!("{}{back}", visit.settings.root_path());
            (StatusCode::SEE_OTHER, [(LOCATION, back)]).into_response()
        }
        Err(problem) => refused(visit, call, back, problem),
    }
}

fn refused(visit: &Visit<'_>, call: &str, back: &str, (status, why): (u16, String)) -> Response {
    let mut response = page(&Problem { frame: visit.frame(""), call, why, back });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    response
}

/// The body that a form stands for. A dot in a name leads into an object; what follows a colon says what the value is: a number,
/// a list of words, JSON. A field that was left empty says nothing.
fn members(form: &Params) -> Result<Map<String, Value>, String> {
    let mut body = Map::new();
    let fields = form.iter().filter(|(name, value)| !name.starts_with('_') && !value.trim().is_empty());
    for (field, text) in fields {
        let (name, kind) = field.split_once(':').unwrap_or((field, ""));
        let value = match kind {
            "number" => text
                .trim()
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| format!("{name}: `{text}` is not a whole number"))?,
            "flag" => Value::Bool(true),
            "words" => text.split_whitespace().map(Value::from).collect(),
            "json" => serde_json::from_str(text).map_err(|e| format!("{name}: `{text}` is no JSON: {e}"))?,
            _ => Value::from(text),
        };
        let mut at = &mut body;
        let mut steps: Vec<&str> = name.split('.').collect();
        let last = steps.pop().unwrap_or(name);
        for step in steps {
            let inner = at.entry(step).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { return Err(format!("{name} is both a value and more than one")) };
            at = inner;
        }
        at.insert(last.to_owned(), value);
    }
    Ok(body)
}
