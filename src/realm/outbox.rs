//! Calls that the provider makes itself: a client's keys are fetched, an app is told that a sign-in is over.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::protocol::Params;

use super::Wire;

/// The way out. Whoever opens a realm hands one in; calls are few, small, and never go where a redirect points.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Brings a JSON document, such as a client's `jwks_uri`; the complaint is a sentence.
    async fn fetch(&self, url: &str) -> Result<Value, String>;

    /// Brings a document as it is, such as a request object behind a `request_uri`.
    async fn fetch_text(&self, url: &str) -> Result<String, String>;

    /// Posts a form, with a pause in the middle of it if there is to be one. What was sent, and what came back: the status, or why
    /// there is none.
    async fn post(&self, url: &str, form: &Params, pause: Duration) -> Posted;
}

/// Why an address is not called.
pub(super) fn not_called(url: &str) -> String {
    format!(
        "{url} is not called: its host is neither this machine nor one of a registered app; outgoing_hosts names more"
    )
}

/// A form that was posted.
#[derive(Debug)]
pub struct Posted {
    /// The bytes that went, and those that came.
    pub wire: Wire,
    /// The answer's status; the complaint is a sentence.
    pub status: Result<u16, String>,
}
