//! Why a step of a flow goes no further by itself.

use crate::spec::FailedCheck;

use super::RecordKey;

/// Why a step of a flow went no further.
#[derive(Clone, Debug)]
pub enum Interrupt {
    /// A check failed.
    Failed(FailedCheck),
    /// A record is needed that was not loaded yet. The flow is run again with it.
    Need(RecordKey),
}

impl From<FailedCheck> for Interrupt {
    fn from(refused: FailedCheck) -> Self {
        Self::Failed(refused)
    }
}
