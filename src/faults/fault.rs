//! A lie that is wanted: which, when, and how often.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::Lifetime;

use super::matching::{Match, Point};
use super::options::{Budget, FaultOptions};

/// A lie of the catalogue, turned on.
///
/// ```
/// use standin::Fault;
///
/// let fault = Fault::wrong_nonce().at("notes-web").once();
/// assert_eq!(fault.name, "idt.nonce.wrong");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its name in the catalogue.
    #[schemars(schema_with = "super::fault_names")]
    pub name: String,
    /// When it is told; always, where nothing is said.
    #[serde(default, rename = "match")]
    pub when: Match,
    /// So many times; without it, as often as it fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// With this probability, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub rate: Option<f64>,
    /// Only each so-manieth time that it would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Forgotten after this time, by the realm's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Lifetime>,
    /// The fault's own numbers and names.
    #[serde(default)]
    pub with: FaultOptions,
}

impl Fault {
    /// The fault of this id, as the catalogue lists it.
    pub fn named(id: &str) -> Self {
        Self {
            name: id.to_owned(),
            when: Match::default(),
            times: None,
            rate: None,
            every: None,
            ttl: None,
            with: FaultOptions::default(),
        }
    }

    /// The ID token's nonce is not the app's: `idt.nonce.wrong`.
    pub fn wrong_nonce() -> Self {
        Self::named("idt.nonce.wrong")
    }

    /// The ID token's signature does not hold: `idt.sig.corrupt`.
    pub fn bad_signature() -> Self {
        Self::named("idt.sig.corrupt")
    }

    /// The ID token is for another client: `idt.aud.wrong`.
    pub fn wrong_audience() -> Self {
        Self::named("idt.aud.wrong")
    }

    /// The ID token has expired: `idt.exp.past`.
    pub fn expired() -> Self {
        Self::named("idt.exp.past")
    }

    /// The state that comes back is not the app's: `authz.state.wrong`.
    pub fn wrong_state() -> Self {
        Self::named("authz.state.wrong")
    }

    /// Answers are 503 with `Retry-After`: `net.503_retry_after`.
    pub fn unavailable() -> Self {
        Self::named("net.503_retry_after")
    }

    /// Answers come late: `net.latency`. Counted in whole seconds, one at least.
    pub fn slow(by: Duration) -> Self {
        let seconds = u32::try_from(by.as_secs()).unwrap_or(u32::MAX).max(1);
        let mut slow = Self::named("net.latency");
        slow.with.delay = Some(Lifetime::of_seconds(seconds));
        slow
    }

    /// Only for this client.
    #[must_use]
    pub fn at(mut self, client: &str) -> Self {
        self.when.client = Some(client.to_owned());
        self
    }

    /// Only about this person.
    #[must_use]
    pub fn about(mut self, user: &str) -> Self {
        self.when.user = Some(user.to_owned());
        self
    }

    /// Only for sign-ins that began with this `login_hint`.
    #[must_use]
    pub fn hinted(mut self, login_hint: &str) -> Self {
        self.when.login_hint = Some(login_hint.to_owned());
        self
    }

    /// Only at this endpoint.
    #[must_use]
    pub const fn on(mut self, endpoint: Point) -> Self {
        self.when.endpoint = Some(endpoint);
        self
    }

    /// Only for tokens that are got in this way, such as `refresh_token`.
    #[must_use]
    pub fn by(mut self, grant_type: &str) -> Self {
        self.when.grant_type = Some(grant_type.to_owned());
        self
    }

    /// Once.
    #[must_use]
    pub const fn once(self) -> Self {
        self.times(1)
    }

    /// So many times.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// With this probability, from 0 to 1.
    #[must_use]
    pub const fn rate(mut self, rate: f64) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Only each so-manieth time that it would.
    #[must_use]
    pub const fn every(mut self, every: u32) -> Self {
        self.every = Some(every);
        self
    }

    /// With numbers and names of its own.
    #[must_use]
    pub fn with(mut self, with: FaultOptions) -> Self {
        self.with = with;
        self
    }

    /// How often it is told.
    pub const fn budget(&self) -> Budget {
        Budget { times: self.times, rate: self.rate, every: self.every, ttl: self.ttl }
    }
}
