//! The server itself: whether it answers, what it is, what it is told to be.

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;

use super::operation::{Call, Operation, asks, does, sends, streams};
use super::problem::Problem;

/// The server answers, and its configuration was read before.
#[derive(Serialize, JsonSchema)]
struct Health {
    status: &'static str,
}

/// What a realm is.
#[derive(Serialize, JsonSchema)]
struct Info {
    name: &'static str,
    version: &'static str,
    realm: String,
    issuer: String,
    users: Vec<String>,
    clients: Vec<String>,
    accepts_any_client: bool,
}

/// What a reset leaves alone.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Reset {
    /// `users`, `clients`, or both.
    keep: Vec<Kept>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kept {
    Users,
    Clients,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/health", "Whether the server answers", health).of_server().open(),
        asks("GET", "/ready", "Whether the server answers and everything configured is there", health)
            .of_server()
            .open(),
        asks("GET", "/info", "What the realm is: issuer, users, clients", info),
        streams::<Value, _>("/schema", "The JSON Schema of the configuration", schema).of_server().open(),
        streams::<Value, _>("/openapi.json", "This description", openapi).of_server().open(),
        asks("GET", "/config", "The configuration that the realm runs on, with secrets", config),
        sends(
            "PUT",
            "/config",
            "Replaces the configuration until the next reset; who is signed in stays",
            (200, set_config),
        ),
        sends(
            "POST",
            "/reset",
            "Makes the realm what it was at the start: people, apps, keys, clock, rules, journal",
            (200, reset),
        ),
        does("DELETE", "/journal", "Forgets what happened", forget),
    ]
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

async fn openapi(_: Call) -> Result<axum::response::Response, Problem> {
    Ok(axum::Json(super::openapi::document(&super::operations())).into_response())
}

async fn config(call: Call) -> Result<Config, Problem> {
    Ok(call.realm.config())
}

/// What the server is cannot be changed while it runs; what a body does not say of it stays.
async fn set_config(call: Call, mut config: Config) -> Result<Config, Problem> {
    let (now, unsaid) = (call.realm.config(), Config::default());
    let fixed: [(&str, bool); 6] = [
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
            if reset.keep.contains(&Kept::Users) {
                config.user = before.user;
            }
            if reset.keep.contains(&Kept::Clients) {
                config.client = before.client;
            }
            Ok::<_, Problem>(())
        })?;
    }
    Ok(described(&call))
}

async fn forget(call: Call) -> Result<(), Problem> {
    call.realm.journal.clear();
    Ok(())
}
