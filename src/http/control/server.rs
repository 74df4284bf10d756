//! The server itself: whether it answers, what it is, what it is told to be.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;

use super::operation::{Call, Operation, asks, does, sends, streams};
use super::problem::{Problem, ProblemType};

/// The server answers, and its configuration was read before.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`
    status: &'static str,
}

/// What a realm is.
#[derive(Serialize, JsonSchema)]
struct Info {
    /// `standin`
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// The realm's name.
    realm: String,
    /// The realm's issuer.
    issuer: String,
    /// Each `sub`.
    users: Vec<String>,
    /// Each `client_id` that is registered.
    clients: Vec<String>,
    /// Whether any other will do as well.
    accepts_any_client: bool,
}

/// What a reset leaves alone.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Reset {
    /// `users`, `clients`, or both.
    keep: Vec<Keep>,
}

/// What a reset can leave alone.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Keep {
    /// The people.
    Users,
    /// The apps.
    Clients,
}

const INFO: &str = r#"{"name": "standin", "version": "0.1.0", "realm": "default", "issuer": "http://localhost:7760", "users": ["alice", "bob"], "clients": [], "accepts_any_client": true}"#;
const OK: &str = r#"{"status": "ok"}"#;
const ALL: &str = "As the file has it, with a default for whatever it does not say.";

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/health", "Whether the server answers", health).of_server().open().about(
            "For a container's health check.",
            "",
            OK,
        ),
        asks("GET", "/ready", "Whether the server answers and everything configured is there", health).of_server().open().about(
            "It answers only once it is.",
            "",
            OK,
        ),
        asks("GET", "/problems", "The types of problems", problems).of_server().open().about(
            "What stands behind `#` in a problem's `type`.",
            "",
            r#"[{"name": "not-found", "status": 404, "title": "There is nothing of this name", "meaning": "Compare the name with what the list has."}]"#,
        ),
        asks("GET", "/info", "What the realm is: issuer, users, clients", info).about("In short.", "", INFO),
        streams::<Value, _>("/schema", "The JSON Schema of the configuration", schema)
            .of_server()
            .open()
            .more_media_types(&["application/schema+json"])
            .about(
            "For an editor, which completes the file by it.",
            "",
            r#"{"title": "Config", "type": "object"}"#,
        ),
        asks("GET", "/config", "The configuration that the realm runs on, with secrets", config).about(ALL, "", "{}"),
        sends("PUT", "/config", "Replaces the configuration until the next reset; who is signed in stays", (200, set_config)).about(
            "What the server itself is (host, port, public_url, keys, seed) counts from the next start on, and is refused here.",
            r#"{"consent": "always", "lifetimes": {"access_token": "5m"}}"#,
            "{}",
        ),
        sends("POST", "/reset", "Makes the realm what it was at the start", (200, reset)).about(
            "People, apps, keys, clock, rules, journal and whoever is signed in. `keep` leaves users or clients as they are.",
            r#"{"keep": ["users"]}"#,
            INFO,
        ),
        does("DELETE", "/journal", "Forgets what happened", forget).about(
            "Numbers go on: none is given twice.",
            "",
            "",
        ),
    ]
}

async fn problems(_: Call) -> Result<Vec<ProblemType>, Problem> {
    Ok(super::problem::KINDS.to_vec())
}

async fn health(_: Call) -> Result<Health, Problem> {
    Ok(Health { status: "ok" })
}

async fn info(call: Call) -> Result<Info, Problem> {
    Ok(described(&call))
}

fn described(call: &Call) -> Info {
    let settings = call.realm.settings();
    Info {
        name: "standin",
        version: env!("CARGO_PKG_VERSION"),
        realm: call.realm.name().to_owned(),
        issuer: settings.issuer.clone(),
        users: settings.users.iter().map(|user| user.sub.to_string()).collect(),
        clients: settings.clients.keys().map(ToString::to_string).collect(),
        accepts_any_client: settings.accepts_any_client(),
    }
}

async fn schema(_: Call) -> Result<axum::response::Response, Problem> {
    Ok(([(CONTENT_TYPE, "application/schema+json")], Config::json_schema()).into_response())
}

async fn config(call: Call) -> Result<Config, Problem> {
    Ok(call.realm.config())
}

/// What the server is cannot be changed while it runs; what a body does not say of it stays.
async fn set_config(call: Call, mut config: Config) -> Result<Config, Problem> {
    let (now, unsaid) = (call.realm.config(), Config::default());
    let fixed: [(&str, bool); 7] = [
        ("profile", config.profile != now.profile && config.profile.is_some()),
        ("host", config.host != now.host && config.host != unsaid.host),
        ("port", config.port != now.port && config.port != unsaid.port),
        ("public_url", config.public_url != now.public_url && config.public_url.is_some()),
        ("keys", config.keys != now.keys && config.keys.is_some()),
        ("seed", config.seed != now.seed && config.seed.is_some()),
        ("realm", !config.realm.is_empty() && config.realm != now.realm),
    ];
    if let Some((field, _)) = fixed.into_iter().find(|(_, changed)| *changed) {
        return Err(Problem::new(
            422,
            format!("`{field}` counts from the next start on: change the configuration file"),
        )
        .field(field));
    }
    (config.host, config.port, config.public_url) = (now.host, now.port, now.public_url);
    (config.keys, config.seed, config.realm) = (now.keys, now.seed, now.realm);
    config.profile = now.profile;
    call.realm.change(|now| {
        *now = config;
        Ok(now.clone())
    })
}

async fn reset(call: Call, reset: Reset) -> Result<Info, Problem> {
    let before = call.realm.config();
    call.realm.reset().await?;
    if !reset.keep.is_empty() {
        call.realm.change(|config| {
            if reset.keep.contains(&Keep::Users) {
                config.user = before.user;
            }
            if reset.keep.contains(&Keep::Clients) {
                config.client = before.client;
            }
            Ok::<_, Problem>(())
        })?;
    }
    Ok(described(&call))
}

async fn forget(call: Call) -> Result<(), Problem> {
    call.realm.journal().clear();
    Ok(())
}
