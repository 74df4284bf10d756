//! Snapshots: a realm in one readable file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::realm::{Snapshot, SnapshotError};

use super::operation::{Call, Operation, asks, does, sends};
use super::problem::Problem;

/// A name.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Naming {
    /// Under which name it is kept.
    name: String,
}

/// Names of snapshots.
#[derive(Serialize, JsonSchema)]
struct Names {
    /// Oldest first.
    snapshots: Vec<String>,
}

const FILE: &str = r#"{"standin": "0.1.0", "issuer": "http://localhost:7760", "config": {}, "clock": {"real": {"offset": 0}}, "drawn": 0, "keys": [], "rules": [], "records": []}"#;
const NAMES: &str = r#"{"snapshots": ["before"]}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/snapshots", "The snapshots that are kept", |call: Call| async move {
            Ok(Names { snapshots: call.realm.snapshot_names() })
        })
        .about("By name, oldest first.", "", NAMES),
        sends("POST", "/snapshots", "Keeps the realm as it is under a name; the answer is the file", (201, keep)).about(
            "Settings, clock, rules, sessions, codes and tokens. Private keys are in no file: a snapshot names its keys.",
            r#"{"name": "before"}"#,
            FILE,
        ),
        asks("GET", "/snapshots/{name}", "A snapshot's file", |call: Call| async move { find(&call) }).about(
            "To be kept in a repository.",
            "",
            FILE,
        ),
        sends("PUT", "/snapshots/{name}", "Keeps a file under a name", (200, put)).about(
            "A file of another provider's can be kept, and is refused when it is restored.",
            FILE,
            NAMES,
        ),
        does("POST", "/snapshots/{name}/restore", "Makes the realm what it was; its journal stays", restore).about(
            "Whole or not at all. Rules keep their numbers and what is left of their lives.",
            "",
            "",
        ),
    ]
}

fn find(call: &Call) -> Result<Snapshot, Problem> {
    let name = call.part("name");
    let kept = call.realm.kept_snapshot(name).ok_or_else(|| {
        let names = call.realm.snapshot_names();
        Problem::missing("snapshot", name, names.iter().map(String::as_str))
    })?;
    Ok(Snapshot::clone(&kept))
}

async fn keep(call: Call, naming: Naming) -> Result<Snapshot, Problem> {
    if naming.name.is_empty() {
        return Err(Problem::new(422, "a snapshot needs a name").field("name"));
    }
    let snapshot = call.realm.snapshot().await?;
    call.realm.keep_snapshot(&naming.name, snapshot.clone());
    Ok(snapshot)
}

async fn put(call: Call, snapshot: Snapshot) -> Result<Names, Problem> {
    call.realm.keep_snapshot(call.part("name"), snapshot);
    Ok(Names { snapshots: call.realm.snapshot_names() })
}

async fn restore(call: Call) -> Result<(), Problem> {
    let snapshot = find(&call)?;
    call.realm.restore(&snapshot).await.map_err(|e| match e {
        SnapshotError::Issuer(_) => Problem::new(409, e.to_string()).field("issuer"),
        SnapshotError::Key(_) => Problem::new(409, e.to_string()).field("keys"),
        SnapshotError::Config(_) => Problem::new(422, e.to_string()).field("config"),
        SnapshotError::Rule(_) => Problem::new(422, e.to_string()).field("rules"),
        SnapshotError::Store(_) => Problem::new(503, e.to_string()),
    })
}
