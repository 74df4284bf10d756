//! The realm's clock.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::protocol::{Span, UnixTime, words};
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
    #[schemars(schema_with = "modes")]
    mode: &'static str,
    /// By how many seconds it is ahead of the machine's clock.
    offset: i64,
}

/// How the clock is set.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    /// Whether it stands still, goes on, or is the machine's.
    mode: Mode,
    /// From when on, in seconds since 1970; now, where nothing is said. The machine's time cannot be chosen.
    at: Option<UnixTime>,
}

/// Whether a clock stands still, goes on, or is the machine's.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// It stands still.
    Frozen,
    /// It goes on.
    Running,
    /// It is the machine's.
    Real,
}

fn modes(_: &mut SchemaGenerator) -> Schema {
    words(["real", "running", "frozen"])
}

/// How far the clock is moved.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Advance {
    /// By how long, such as `55m`; `-5m` sets it back.
    by: Span,
}

const SHOWN: &str = r#"{"now": 1798761600, "mode": "running", "offset": 3300}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/clock", "What time it is for the realm", |call: Call| async move { Ok(view(&call)) }).about(
            "Codes, tokens, sessions and rules of the realm live by this clock; other realms have clocks of their own.",
            "",
            SHOWN,
        ),
        sends("PUT", "/clock", "Freezes the clock, sets it, or makes it the machine's", (200, set)).about(
            "`frozen` stops it, at `at` or now; `running` goes on from `at`; `real` is the machine's time again.",
            r#"{"mode": "running", "at": 1798761600}"#,
            SHOWN,
        ),
        sends("POST", "/clock/advance", "Moves the clock, frozen or not", (200, advance)).about(
            "Ahead by a span such as `55m`, or back by `-5m`: what lives so long is that much older, or younger.",
            r#"{"by": "55m"}"#,
            SHOWN,
        ),
        asks("GET", "/clock/forecast", "What will expire, soonest first", forecast).about(
            "Sessions, codes, tokens, keys on their way out and rules with a `ttl`, none of their secrets.",
            "",
            r#"[{"at": 1798761660, "in_seconds": 60, "what": "code", "of": "alice at notes-web"}]"#,
        ),
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

/// A strict provider's time is everybody's.
fn may_shift(call: &Call) -> Result<(), Problem> {
    if call.realm.settings().strict {
        return Err(Problem::new(409, "The clock is the machine's: the provider is strict."));
    }
    Ok(())
}

async fn set(call: Call, change: ClockChange) -> Result<ClockView, Problem> {
    may_shift(&call)?;
    let real = Clock::default().now();
    if change.mode == Mode::Real && change.at.is_some() {
        return Err(
            Problem::new(422, "The machine's time cannot be chosen: say `running`, or leave `at` out.").field("at")
        );
    }
    call.realm.set_clock(|clock| {
        let at = change.at.unwrap_or_else(|| clock.now());
        match change.mode {
            Mode::Frozen => Clock::Frozen(at),
            Mode::Running => Clock::Real { offset: at.since(real) },
            Mode::Real => Clock::default(),
        }
    });
    Ok(view(&call))
}

async fn advance(call: Call, advance: Advance) -> Result<ClockView, Problem> {
    may_shift(&call)?;
    call.realm.set_clock(|clock| clock.advanced(advance.by.seconds()));
    Ok(view(&call))
}

async fn forecast(call: Call) -> Result<Vec<Expiry>, Problem> {
    Ok(call.realm.forecast().await?)
}
