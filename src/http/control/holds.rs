//! Step through: answers that are held until somebody lets them go.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::realm::{Alteration, Breakpoints, HoldView};

use super::operation::{Call, Operation, asks, does, lists, sends};
use super::problem::Problem;

/// How an answer fails.
#[derive(Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Failing {
    /// The status.
    status: u16,
}

impl Default for Failing {
    fn default() -> Self {
        Self { status: 503 }
    }
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/breakpoints", "Where answers are held", |call: Call| async move { Ok(call.realm.breakpoints()) }).about(
            "Nowhere, usually.",
            "",
            r#"{"all": false, "endpoints": ["token_endpoint"]}"#,
        ),
        sends("PUT", "/breakpoints", "Holds answers here from now on, and nowhere else", (200, set)).about(
            "An answer that is held is decided, and neither sent nor in the journal. With `{}` none is held any more, and those that wait go.",
            r#"{"all": true}"#,
            r#"{"all": true, "endpoints": []}"#,
        ),
        lists("/holds", "The answers that are held", |hold: &HoldView| hold.id.to_string(), |call: Call| async move {
            Ok(call.realm.holds())
        })
        .about("Each for ten minutes at most. `after` is an `id`.", "", "[]"),
        does("POST", "/holds/{id}/continue", "Lets an answer go as it is", |call: Call| async move { release(&call, None) })
            .about("Whoever asked gets it now.", "", ""),
        sends("POST", "/holds/{id}/edit", "Lets an answer go altered", (200, edit)).about(
            "Another status or body, more headers, or other parameters of the way back to the app. The journal says that it was altered by hand.",
            r#"{"params": {"state": "another"}}"#,
            "null",
        ),
        sends("POST", "/holds/{id}/fail", "Has an answer fail", (200, fail)).about(
            "503, where no other status is named.",
            r#"{"status": 500}"#,
            "null",
        ),
    ]
}

async fn set(call: Call, breakpoints: Breakpoints) -> Result<Breakpoints, Problem> {
    call.realm.set_breakpoints(breakpoints)?;
    Ok(call.realm.breakpoints())
}

fn release(call: &Call, alteration: Option<Alteration>) -> Result<(), Problem> {
    let id = call.number("id", "held answer")?;
    if call.realm.release(id, alteration) { Ok(()) } else { Err(Problem::missing("held answer", &id.to_string(), [])) }
}

async fn edit(call: Call, alteration: Alteration) -> Result<(), Problem> {
    alteration.check()?;
    release(&call, Some(alteration))
}

async fn fail(call: Call, failing: Failing) -> Result<(), Problem> {
    let body = format!("{{\"error\":\"temporarily_unavailable\",\"status\":{}}}", failing.status);
    let alteration = Alteration { status: Some(failing.status), body: Some(body), ..Alteration::default() };
    alteration.check()?;
    release(&call, Some(alteration))
}
