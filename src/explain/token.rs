//! The tokens that an exchange carried, read and explained.

use serde_json::Value;

use crate::protocol::{Map, UnixTime};
use crate::realm::Entry;
use crate::tokens::Opened;

use super::words::{Explained, explain_claim};
use super::{Carried, carried};

/// A JWT as it travelled. Nothing is believed that is shown here.
#[derive(Clone, Debug)]
pub struct ReadToken {
    /// The name that it travelled under, such as `id_token`.
    pub name: String,
    /// The token itself.
    pub text: String,
    /// Header and claims.
    pub opened: Opened,
}

impl ReadToken {
    /// Its three parts.
    pub fn parts(&self) -> Vec<&str> {
        self.text.split('.').collect()
    }

    /// Header and claims, each with its value and what it is for.
    pub fn rows(&self) -> Vec<(&'static str, String, String, Option<Explained>)> {
        let rows = |part: &'static str, map: &Map| {
            let row = |(name, value): (&String, &Value)| (part, name.clone(), shown(value), explain_claim(name));
            map.iter().map(row).collect::<Vec<_>>()
        };
        [rows("header", &self.opened.header), rows("claim", &self.opened.claims)].concat()
    }

    /// How much of its life is over now, in percent, and how many seconds are left.
    pub fn life(&self, now: UnixTime) -> Option<(i64, i64)> {
        let (from, until) = (self.opened.time("iat")?, self.opened.time("exp")?);
        let whole = until.since(from).max(1);
        Some(((now.since(from) * 100 / whole).clamp(0, 100), until.since(now)))
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The JWTs of an exchange, request and answer.
pub fn tokens_in(entry: &Entry) -> Vec<ReadToken> {
    let bearer = |carried: &Carried| {
        let text = carried.value.strip_prefix("Bearer ").unwrap_or(&carried.value).to_owned();
        let name = if carried.name == "Authorization" { "access_token".to_owned() } else { carried.name.clone() };
        let opened = Opened::read(&text).ok()?;
        Some(ReadToken { name, text, opened })
    };
    carried(entry).iter().filter_map(bearer).collect()
}
