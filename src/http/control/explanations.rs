//! What the console draws, as data: a flow as a diagram, and why it failed.

use schemars::JsonSchema;
use serde::Serialize;

use crate::explain::{Case, Diagnosis, Diagram, Ending, Thread, diagnose, diagram, ended, threads, with_keys};

use super::operation::{Call, Operation, asks};
use super::problem::Problem;

/// How a flow ended, and why.
#[derive(Serialize, JsonSchema)]
struct Explained {
    /// How it ended, in a few words.
    ending: String,
    /// Whether it failed, or came to nothing.
    failed: bool,
    /// Why, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<Diagnosis>,
}

/// A flow as a sequence diagram, and the values that can be followed through it.
#[derive(Serialize, JsonSchema)]
struct Drawn {
    #[serde(flatten)]
    diagram: Diagram,
    /// Each value with the exchanges that it was met in.
    threads: Vec<Thread>,
}

const EXPLAINED: &str = r#"{"ending": "the code was never redeemed", "failed": true, "diagnosis": {"rule": "code_never_redeemed", "sentence": "The app got a code, and never redeemed it", "evidence": [{"fine": false, "said": "no call to the token endpoint for 31 s"}], "fix": "Look into the app's own log at the callback."}}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/flows/{id}/diagnosis", "Why a sign-in failed, or came to nothing", explain).about(
            "One sentence, what speaks for it, and what to do. An app that got a code and went quiet is a failure after ten seconds. \
             `rule` is a name that stays.",
            "",
            EXPLAINED,
        ),
        asks("GET", "/flows/{id}/diagram", "One sign-in as a sequence diagram", draw).about(
            "The messages between browser, app, provider and API, as the console draws them. What was not seen here is `inferred`. \
             `threads` say where each value was born, carried and checked.",
            "",
            r#"{"with_api": false, "messages": [], "threads": []}"#,
        ),
    ]
}

async fn explain(call: Call) -> Result<Explained, Problem> {
    let id = call.number("id", "flow")?;
    let journal = call.realm.journal().entries();
    let flow: Vec<_> = journal.iter().filter(|entry| entry.flow == Some(id)).cloned().collect();
    if flow.is_empty() {
        return Err(Problem::missing("flow", &id.to_string(), []));
    }
    let (settings, now) = (call.realm.settings(), call.realm.now());
    let diagnosis = diagnose(&Case { flow: &flow, journal: &journal, settings: &settings, now });
    let ending = ended(&flow, now);
    let failed = matches!(ending, Ending::Badly(_)) || diagnosis.is_some();
    Ok(Explained { ending: ending.words().to_owned(), failed, diagnosis })
}

async fn draw(call: Call) -> Result<Drawn, Problem> {
    let id = call.number("id", "flow")?;
    let journal = call.realm.journal().entries();
    let (flow, rest): (Vec<_>, Vec<_>) = journal.into_iter().partition(|entry| entry.flow == Some(id));
    if flow.is_empty() {
        return Err(Problem::missing("flow", &id.to_string(), []));
    }
    let meanwhile: Vec<_> = rest.into_iter().filter(|entry| entry.flow.is_none()).collect();
    let drawn = diagram(&flow, &meanwhile, call.realm.now());
    let threads = threads(&with_keys(&flow, &meanwhile, &drawn));
    Ok(Drawn { diagram: drawn, threads })
}
