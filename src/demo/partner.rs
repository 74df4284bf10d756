//! What an app knows of the other one.

use std::sync::Arc;

use super::logout_inbox::LogoutInbox;
use super::sample::Sample;

/// The other app, which shares the sign-in.
#[derive(Clone, Debug)]
pub(super) struct Partner {
    pub(super) sample: &'static Sample,
    pub(super) url: String,
    pub(super) inbox: Arc<LogoutInbox>,
}
