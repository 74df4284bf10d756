//! What is needed beside a decision to render it.

use std::sync::Arc;

use crate::protocol::UnixTime;
use crate::world::{Request, Settings};

use super::Documents;

/// What rendering needs to know beside the decision.
pub(crate) struct Rendering<'a> {
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) documents: &'a Documents,
    pub(crate) request: &'a Request,
    pub(crate) now: UnixTime,
}
