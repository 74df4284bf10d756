//! What is known of a flow when somebody asks why, and what speaks for an answer.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::protocol::UnixTime;
use crate::realm::{Entry, Event};
use crate::world::{Endpoint, Settings};

use super::draw::SILENCE;

/// What is known of a flow when somebody asks why.
#[derive(Debug)]
pub struct Case<'a> {
    /// Its exchanges, in order.
    pub flow: &'a [Arc<Entry>],
    /// Everything that the journal has, in order.
    pub journal: &'a [Arc<Entry>],
    /// What the realm is told to be.
    pub settings: &'a Settings,
    /// The realm's time.
    pub now: UnixTime,
}

/// Something that was seen, or missed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Whether it is as it should be.
    pub fine: bool,
    /// What it is.
    pub said: String,
}

impl Evidence {
    /// Something that is as it should be.
    pub fn fine(said: impl Into<String>) -> Self {
        Self { fine: true, said: said.into() }
    }

    /// Something that is not.
    pub fn odd(said: impl Into<String>) -> Self {
        Self { fine: false, said: said.into() }
    }
}

impl Case<'_> {
    /// The exchange in which something was refused last, if that is how it ended.
    pub fn refused(&self) -> Option<&Entry> {
        let last = self.flow.iter().rev().find(|entry| entry.refused.is_some())?;
        Some(&**last)
    }

    /// The authorization request.
    pub fn request(&self) -> Option<&Entry> {
        self.flow.iter().find(|entry| entry.endpoint == Endpoint::Authorize).map(|entry| &**entry)
    }

    /// The app got a code, and has not come to redeem it for so long that it will not: when that was.
    pub fn silent_with_code(&self) -> Option<&Entry> {
        let issued = self.flow.iter().rev().find(|entry| entry.events.contains(&Event::CodeIssued))?;
        let asked = self.flow.iter().any(|entry| entry.number > issued.number && entry.endpoint == Endpoint::Token);
        let silent = !asked && self.now.since(issued.at) >= SILENCE;
        silent.then_some(&**issued)
    }

    /// The app got tokens, and has shown none of them for so long that it will not: when it got them.
    pub fn silent_with_tokens(&self) -> Option<&Entry> {
        let redeemed = self.flow.iter().rev().find(|entry| entry.events.contains(&Event::CodeRedeemed))?;
        let used = self.flow.iter().any(|entry| entry.number > redeemed.number);
        let silent = !used && self.now.since(redeemed.at) >= SILENCE;
        silent.then_some(&**redeemed)
    }
}
