//! A realm's time, and what will expire.

use std::collections::HashMap;
use std::sync::PoisonError;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::protocol::{GrantId, UnixTime, words};
use crate::store::Unavailable;
use crate::world::{Clock, Grant, Record, RecordKey};

use super::Realm;

/// Something that will expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Expiry {
    /// When, in seconds since 1970.
    pub at: UnixTime,
    /// In how many seconds.
    pub in_seconds: i64,
    /// What: `session`, `code`, `access_token`, `refresh_token`, `key`, `rule`.
    #[schemars(schema_with = "kinds")]
    pub what: String,
    /// Whose or which: a person and a client, a key's name, a rule's number. No secret.
    pub of: String,
}

fn kinds(_: &mut SchemaGenerator) -> Schema {
    words(["session", "code", "access_token", "refresh_token", "key", "rule"])
}

impl Realm {
    /// The realm's time.
    pub fn now(&self) -> UnixTime {
        self.clock().now()
    }

    /// The realm's clock.
    pub fn clock(&self) -> Clock {
        // A strict provider's time is everybody's.
        if self.settings().strict {
            return Clock::default();
        }
        *self.clock.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the realm's clock, which is not looked at as long as the provider is strict.
    pub fn set_clock(&self, change: impl FnOnce(Clock) -> Clock) {
        let mut clock = self.clock.write().unwrap_or_else(PoisonError::into_inner);
        *clock = change(*clock);
    }

    /// What will expire, soonest first.
    pub async fn forecast(&self) -> Result<Vec<Expiry>, Unavailable> {
        let now = self.now();
        let (kept, settings) = (self.store.all(now).await?, self.settings());
        let grants: HashMap<&GrantId, &Grant> = kept
            .iter()
            .filter_map(|(name, record, _)| match (name, &**record) {
                (RecordKey::Grant(id), Record::Grant(grant)) => Some((id, &**grant)),
                _ => None,
            })
            .collect();
        let grant = |id: &GrantId| grants.get(id).map(|grant| format!("{} at {}", grant.person.sub, grant.client));
        let mut expiries: Vec<(UnixTime, &str, String)> = Vec::new();
        for (_, record, _) in &kept {
            match &**record {
                Record::Session(session) if !session.ended && settings.may_sign_in(&session.person) => {
                    expiries.push((session.until, "session", session.person.sub.to_string()));
                }
                Record::Code(code) if code.redeemed_at.is_none() => {
                    expiries.push((code.until, "code", grant(&code.grant).unwrap_or_default()));
                }
                Record::AccessToken(access) if !access.revoked => {
                    expiries.push((access.until, "access_token", grant(&access.grant).unwrap_or_default()));
                }
                Record::RefreshToken(refresh) if refresh.replaced_at.is_none() => {
                    expiries.push((refresh.until, "refresh_token", grant(&refresh.grant).unwrap_or_default()));
                }
                _ => {}
            }
        }
        let keys = self.keys().into_iter();
        expiries.extend(keys.filter_map(|key| Some((key.published_until?, "key", key.kid))));
        let rules = self.rules.list(now).into_iter();
        expiries.extend(rules.filter_map(|rule| Some((rule.until?, "rule", format!("#{} {}", rule.id, rule.name)))));
        expiries.retain(|(at, ..)| *at > now);
        expiries.sort();
        let expiry =
            |(at, what, of): (UnixTime, &str, String)| Expiry { at, in_seconds: at.since(now), what: what.into(), of };
        Ok(expiries.into_iter().map(expiry).collect())
    }
}
