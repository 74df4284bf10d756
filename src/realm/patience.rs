//! How long an app waits for an answer, as far as it can be known: by what it did before, or by the library that it uses.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Millis;

/// The most apps of which it is remembered when they gave up.
const MOST: usize = 100;

/// How long an app waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Patience {
    /// In seconds; without an end, where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The same in a sentence that says how it is known.
    pub said: String,
}

/// What libraries wait if their users say nothing else: how their `User-Agent` begins, what they are called, and the seconds. A
/// longer beginning stands before a shorter one.
const LIBRARIES: [(&str, &str, Option<u32>); 13] = [
    ("openid-client/v6", "openid-client", Some(30)),
    ("openid-client/5", "openid-client", Some(4)),
    ("Microsoft ASP.NET Core OpenIdConnect handler", "ASP.NET Core", Some(60)),
    ("python-httpx/", "httpx", Some(5)),
    ("python-requests/", "requests", None),
    ("Python-urllib/", "urllib", None),
    ("Python/3", "aiohttp", Some(300)),
    ("Go-http-client/", "Go", None),
    ("okhttp/", "OkHttp", Some(10)),
    ("axios/", "axios", None),
    ("node", "Node's fetch", Some(300)),
    ("Ruby", "Ruby's Net::HTTP", Some(60)),
    ("curl/", "curl", None),
];

/// When each app gave up last, in seconds after it asked.
#[derive(Debug, Default)]
pub(super) struct GaveUp(BTreeMap<String, u32>);

impl GaveUp {
    /// An app went away before it was answered.
    pub(super) fn note(&mut self, client: &str, after: Millis) {
        // In whole seconds, and never none: an app that went away at once did not wait for nothing.
        let seconds = u32::try_from((after.0 + 500) / 1000).unwrap_or(u32::MAX).max(1);
        if self.0.len() < MOST || self.0.contains_key(client) {
            self.0.insert(client.to_owned(), seconds);
        }
    }

    /// How long an app will wait: what was seen says more than what is usual.
    pub(super) fn patience(&self, client: &str, agent: &str) -> Option<Patience> {
        if let Some(seconds) = self.0.get(client) {
            return Some(Patience {
                seconds: Some(*seconds),
                said: format!("It gave up after {seconds} s last time."),
            });
        }
        let known = LIBRARIES.iter().find(|(beginning, ..)| agent.starts_with(beginning));
        known.map(|(_, name, seconds)| {
            let how_long =
                seconds.map_or_else(|| "waits without an end".to_owned(), |seconds| format!("waits {seconds} s"));
            Patience { seconds: *seconds, said: format!("{name} {how_long}, unless the app says otherwise.") }
        })
    }
}
