//! The realm's clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Lifetime, UnixTime};
use crate::realm::Expiry;
use crate::world::Clock;

use super::operation::{Call, Operation, asks, sends};
use super::problem::Problem;

/// What time it is for a realm.
#[derive(Serialize, JsonSchema)]
struct ClockView {
    /// In seconds since 1970.
    now: UnixTime,
    /// `real`, `running` ahead or behind, or `frozen`.
    mode: &'static str,
    /// By how many seconds it is ahead of the machine's clock.
    offset: i64,
}

/// How the clock is set.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "lowercase", deny_unknown_fields)]
enum ClockChange {
    /// It stands still, at this moment or now.
    Frozen {
        /// In seconds since 1970.
        at: Option<UnixTime>,
    },
    /// It goes on, from this moment or from now.
    Running {
        /// In seconds since 1970.
        at: Option<UnixTime>,
    },
    /// It is the machine's.
    Real {},
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// By how long, such as `55m`.
    by: Lifetime,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/clock", "What time it is for the realm", |call: Call| async move { Ok(view(&call)) }),
        sends("PUT", "/clock", "Freezes the clock, sets it, or makes it the machine's", (200, set)),
        sends("POST", "/clock/advance", "Moves the clock ahead, frozen or not", (200, advance)),
        asks("GET", "/clock/forecast", "What will expire, soonest first", forecast),
    ]
}

fn view(call: &Call) -> ClockView {
    let real = Clock::default().now();
    let now = call.realm.now();
    let mode = match call.realm.clock() {
        Clock::Frozen(_) => "frozen",
        Clock::Real { offset: 0 } => "real",
        Clock::Real { .. } => "running",
    };
    ClockView { now, mode, offset: now.since(real) }
}

async fn set(call: Call, change: ClockChange) -> Result<ClockView, Problem> {
    let real = Clock::default().now();
    call.realm.set_clock(|clock| match change {
        ClockChange::Frozen { at } => Clock::Frozen(at.unwrap_or_else(|| clock.now())),
        ClockChange::Running { at } => Clock::Real { offset: at.unwrap_or_else(|| clock.now()).since(real) },
        ClockChange::Real {} => Clock::default(),
    });
    Ok(view(&call))
}

async fn advance(call: Call, advance: Advance) -> Result<ClockView, Problem> {
    call.realm.set_clock(|clock| clock.advanced(advance.by.seconds()));
    Ok(view(&call))
}

async fn forecast(call: Call) -> Result<Vec<Expiry>, Problem> {
    Ok(call.realm.forecast().await?)
}
