//! HTTP Archive, [HAR 1.2](http://www.softwareishard.com/blog/har-12-spec/).

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use crate::protocol::{Params, UnixTime};
use crate::realm::{Entry, Message};
use crate::spec::FailedCheck;

/// The exchanges as an archive that browsers' tools open. `base` is scheme and authority, such as `http://localhost:7760`.
pub fn har(base: &str, entries: &[Arc<Entry>]) -> Value {
    let entries: Vec<Value> = entries.iter().filter_map(|entry| exchange(base, entry)).collect();
    json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "standin", "version": env!("CARGO_PKG_VERSION") },
            "entries": entries,
        }
    })
}

fn exchange(base: &str, entry: &Entry) -> Option<Value> {
    let wire = entry.wire.as_ref()?;
    let head = wire.request.head_text();
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let url = Url::parse(base).ok()?.join(target).ok()?;
    let query: Vec<Value> = url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    let (headers, content_type) = headers(&wire.request);
    let mut request = json!({
        "method": method, "url": url.as_str(), "httpVersion": "HTTP/1.1", "headers": headers, "queryString": query,
        "cookies": [], "headersSize": wire.request.head.len(), "bodySize": wire.request.length,
    });
    if wire.request.length > 0 {
        let text = String::from_utf8_lossy(&wire.request.body);
        let params: Vec<Value> = Params::parse(&wire.request.body)
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        request["postData"] = json!({ "mimeType": content_type, "text": text, "params": params });
    }
    let (headers, content_type) = self::headers(&wire.response);
    let location = headers.iter().find(|header| header["name"] == "location").map(|header| header["value"].clone());
    let comment = entry.refused.as_ref().map(FailedCheck::in_full).unwrap_or_default();
    Some(json!({
        "startedDateTime": date_time(entry.at),
        "time": 0,
        "request": request,
        "response": {
            "status": entry.status, "statusText": "", "httpVersion": "HTTP/1.1", "headers": headers, "cookies": [],
            "content": {
                "size": wire.response.length, "mimeType": content_type,
                "text": String::from_utf8_lossy(&wire.response.body),
            },
            "redirectURL": location.unwrap_or_else(|| "".into()),
            "headersSize": wire.response.head.len(), "bodySize": wire.response.length,
        },
        "cache": {},
        "timings": { "send": 0, "wait": 0, "receive": 0 },
        "comment": comment,
    }))
}

fn headers(message: &Message) -> (Vec<Value>, String) {
    let head = message.head_text();
    let pairs: Vec<(&str, &str)> = head.lines().skip(1).filter_map(|line| line.split_once(": ")).collect();
    let content_type = pairs.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let content_type = content_type.map_or("", |(_, value)| *value).to_owned();
    (pairs.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect(), content_type)
}

/// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), by the civil calendar.
fn date_time(at: UnixTime) -> String {
    let (days, seconds) = (at.0.div_euclid(86_400), at.0.rem_euclid(86_400));
    // Days since 1 March of year 0, so that leap days come last: era, year of era, day of year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let (date, month) = (of_year - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}
