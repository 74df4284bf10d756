//! How a fault is told: its own numbers and names, and how often.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Lifetime;

/// The numbers and names that some faults take; each fault has its own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FaultOptions {
    /// How long an answer is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay: Option<Lifetime>,
    /// A number of seconds: a skew, a lifetime, a `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// The other issuer of a mix-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The realm whose issuer that is; the first realm, where a mix-up in another realm names nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
    /// Where a redirect leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How often a rule speaks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Budget {
    /// So many times; without it, as often as it fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// With this probability, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rate: Option<f64>,
    /// Only each so-manieth time that it would.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Forgotten after this time, by the realm's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Lifetime>,
}
