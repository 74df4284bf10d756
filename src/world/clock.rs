//! What time it is for one realm.

use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Millis, UnixTime};

/// A realm's clock: the machine's, shifted or stopped. A value, so that whoever holds it can say what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The machine's clock and so many seconds more.
    Real {
        /// The seconds.
        offset: i64,
    },
    /// Stopped at a moment.
    Frozen(UnixTime),
}

impl Default for Clock {
    fn default() -> Self {
        Self::Real { offset: 0 }
    }
}

impl Clock {
    /// The realm's time.
    pub fn now(self) -> UnixTime {
        self.now_ms().seconds()
    }

    /// The realm's time to the millisecond.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now_ms(self) -> Millis {
        match self {
            Self::Frozen(at) => Millis::of_seconds(at.0),
            Self::Real { offset } => {
                let real = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
                Millis(i64::try_from(real).unwrap_or(i64::MAX).saturating_add(Millis::of_seconds(offset).0))
            }
        }
    }

    /// Whether it goes on by itself.
    pub const fn runs(self) -> bool {
        matches!(self, Self::Real { .. })
    }

    /// The same clock, so many seconds later.
    #[must_use]
    pub fn advanced(self, seconds: i64) -> Self {
        match self {
            Self::Frozen(at) => Self::Frozen(UnixTime(at.0.saturating_add(seconds))),
            Self::Real { offset } => Self::Real { offset: offset.saturating_add(seconds) },
        }
    }
}
