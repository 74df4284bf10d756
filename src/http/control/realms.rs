//! Realms: opened, listed, closed, and tickets that lead a browser to one.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::protocol::UnixTime;
use crate::realm::Realm;

use super::operation::{Call, Operation, asks, does, lists, sends};
use super::problem::Problem;

/// A realm and where it is.
#[derive(Serialize, Deserialize, JsonSchema)]
struct RealmView {
    /// Its name.
    name: String,
    /// Its issuer.
    issuer: String,
    /// Until when it is open, by the machine's clock, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<UnixTime>,
}

/// What leads a browser to a realm, where the app knows the first issuer only.
#[derive(Serialize, Deserialize, JsonSchema)]
struct TicketView {
    /// The realm.
    realm: String,
    /// The cookie's name.
    cookie: String,
    /// The cookie's value.
    value: String,
    /// A URL that sets the cookie; with `?return_to=` it sends the browser on.
    url: String,
}

const REALM: &str = r#"{"name": "worker-3", "issuer": "http://localhost:7760/r/worker-3", "until": 1798765200}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists("/realms", "The realms", |realm: &RealmView| realm.name.clone(), list).of_server().about(
            "The first one is called `default`. `after` is a name.",
            "",
            r#"[{"name": "default", "issuer": "http://localhost:7760"}]"#,
        ),
        sends("POST", "/realms", "Opens a realm", (201, open)).of_server().about(
            "A `name`, perhaps a `ttl` after which it closes by itself, and any keys of the configuration that differ from the first realm's.",
            r#"{"name": "worker-3", "ttl": "1h"}"#,
            REALM,
        ),
        asks("GET", "/realms/{realm}", "One realm", show).of_server().about("Its issuer, and until when it is open.", "", REALM),
        does("DELETE", "/realms/{realm}", "Closes a realm, with everything in it", close).of_server().about(
            "The first realm is always there: a reset makes it new.",
            "",
            "",
        ),
        asks("POST", "/realms/{realm}/tickets", "A cookie that leads a browser to the realm", ticket).of_server().about(
            "For an app that knows the first issuer only: whichever browser has the cookie signs in at this realm.",
            "",
            r#"{"realm": "worker-3", "cookie": "standin-realm-7760", "value": "x2Fy…", "url": "http://localhost:7760/ticket/x2Fy…"}"#,
        ),
    ]
}

fn view(realm: &Arc<Realm>, until: Option<UnixTime>) -> RealmView {
    RealmView { name: realm.name().to_owned(), issuer: realm.settings().issuer.clone(), until }
}

async fn list(call: Call) -> Result<Vec<RealmView>, Problem> {
    let root = view(&call.state.realms.root, None);
    let named = call.state.realms.list().into_iter().map(|(realm, _, until)| view(&realm, until));
    Ok(std::iter::once(root).chain(named).collect())
}

async fn open(call: Call, config: Config) -> Result<RealmView, Problem> {
    if config.name.is_none() {
        return Err(Problem::new(422, "a realm needs a name").field("name"));
    }
    if let Some((key, help)) = config.not_for_realms() {
        return Err(Problem::new(422, format!("`{key}` is the server's: {help}")).field(key));
    }
    if config.ttl.is_some_and(|ttl| ttl.seconds() == 0) {
        return Err(Problem::new(422, "a realm that is open for no time is never there").field("ttl"));
    }
    // Waiting for a port that another realm is about to leave is not done where requests are answered.
    let state = Arc::clone(&call.state);
    let opened = tokio::task::spawn_blocking(move || state.open(&config, config.ttl)).await;
    let realm = opened.map_err(|e| Problem::new(500, e.to_string()))??;
    find(&call, realm.name())
}

async fn show(call: Call) -> Result<RealmView, Problem> {
    find(&call, call.part("realm"))
}

fn find(call: &Call, name: &str) -> Result<RealmView, Problem> {
    if name == call.state.realms.root.name() {
        return Ok(view(&call.state.realms.root, None));
    }
    let named = call.state.realms.list().into_iter().find(|(realm, ..)| realm.name() == name);
    named.map(|(realm, _, until)| view(&realm, until)).ok_or_else(|| missing(call, name))
}

fn missing(call: &Call, name: &str) -> Problem {
    let near = call.state.realms.near(name);
    Problem::missing("realm", name, near.iter().map(String::as_str))
}

async fn close(call: Call) -> Result<(), Problem> {
    let name = call.part("realm");
    if name == call.state.realms.root.name() {
        return Err(Problem::new(409, "the first realm is always there: POST /_control/v1/reset makes it new"));
    }
    if call.state.realms.close(name) { Ok(()) } else { Err(missing(&call, name)) }
}

async fn ticket(call: Call) -> Result<TicketView, Problem> {
    let name = call.part("realm").to_owned();
    let realm = call.state.realms.get(&name).ok_or_else(|| missing(&call, &name))?;
    let ticket = call.state.ticket(&realm);
    Ok(TicketView { realm: name, cookie: ticket.cookie, value: ticket.value, url: ticket.url })
}
