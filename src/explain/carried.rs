//! What travelled in an exchange, name by name.

use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use crate::protocol::Params;
use crate::realm::{Entry, Message};

/// Where in an exchange something travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the request's URL.
    Query,
    /// In the request's body.
    Form,
    /// In the request's `Authorization` header.
    Authorization,
    /// In the answer, on its way to the app by the browser: a redirect, or a form that posts itself.
    Redirect,
    /// In the answer's JSON.
    Answer,
}

impl Place {
    /// Whether it came with the request.
    pub const fn is_request(self) -> bool {
        matches!(self, Self::Query | Self::Form | Self::Authorization)
    }
}

/// One name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// Where it travelled.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// Its value, decoded.
    pub value: String,
}

/// Everything that travelled in an exchange under a name, in order. Nothing, if its bytes were not kept.
pub fn carried(entry: &Entry) -> Vec<Carried> {
    let Some(wire) = &entry.wire else { return Vec::new() };
    let mut all = Vec::new();
    let request = wire.request.head_text();
    let target = request.lines().next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    put(&mut all, Place::Query, query);
    if let Some(sent) = header(&wire.request, "authorization") {
        all.push(Carried { place: Place::Authorization, name: "Authorization".into(), value: sent });
    }
    if is(&wire.request, "application/x-www-form-urlencoded") {
        put(&mut all, Place::Form, &String::from_utf8_lossy(&wire.request.body));
    }
    if is(&wire.request, "application/json") {
        members(&mut all, Place::Form, &wire.request);
    }
    if let Some(location) = header(&wire.response, "location").and_then(|location| Url::parse(&location).ok()) {
        put(&mut all, Place::Redirect, location.query().unwrap_or_default());
        put(&mut all, Place::Redirect, location.fragment().unwrap_or_default());
    } else if is(&wire.response, "application/json") {
        members(&mut all, Place::Answer, &wire.response);
    } else if is(&wire.response, "text/html") {
        posted(&mut all, &wire.response);
    }
    all
}

fn put(all: &mut Vec<Carried>, place: Place, text: &str) {
    let params = Params::parse(text.as_bytes());
    let carried = |(name, value): (&str, &str)| Carried { place, name: name.to_owned(), value: value.to_owned() };
    all.extend(params.iter().map(carried));
}

/// The members of a JSON object.
fn members(all: &mut Vec<Carried>, place: Place, message: &Message) {
    let Ok(Value::Object(object)) = serde_json::from_slice(&message.body) else { return };
    for (name, value) in object {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        all.push(Carried { place, name, value });
    }
}

/// The fields of a page that posts itself to the app; those of every other page are our own business.
fn posted(all: &mut Vec<Carried>, message: &Message) {
    let text = String::from_utf8_lossy(&message.body);
    if !text.contains("data-form-post") {
        return;
    }
    let page = Html::parse_document(&text);
    let Ok(fields) = Selector::parse("input[type=hidden]") else { return };
    for field in page.select(&fields) {
        let attribute = |name| field.value().attr(name).unwrap_or_default().to_owned();
        all.push(Carried { place: Place::Redirect, name: attribute("name"), value: attribute("value") });
    }
}

/// A header's value, as it was sent.
pub(super) fn header(message: &Message, name: &str) -> Option<String> {
    let head = message.head_text();
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

fn is(message: &Message, media_type: &str) -> bool {
    header(message, "content-type").is_some_and(|value| value.starts_with(media_type))
}

/// The pages of apps that the browser opened, unseen, from the page after a sign-out: the app's name, and where.
pub fn frames(entry: &Entry) -> Vec<(String, Url)> {
    let Some(wire) = entry.wire.as_ref().filter(|wire| is(&wire.response, "text/html")) else { return Vec::new() };
    let text = String::from_utf8_lossy(&wire.response.body);
    if !text.contains("data-frame") {
        return Vec::new();
    }
    let page = Html::parse_document(&text);
    let Ok(frames) = Selector::parse("iframe[data-frame]") else { return Vec::new() };
    let frame = |frame: scraper::ElementRef<'_>| {
        let title = frame.value().attr("title")?.trim_end_matches(" signs out").to_owned();
        Some((title, Url::parse(frame.value().attr("src")?).ok()?))
    };
    page.select(&frames).filter_map(frame).collect()
}
