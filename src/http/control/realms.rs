//! Realms: opened, listed, closed, and tickets that lead a browser to one.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::protocol::UnixTime;
use crate::realm::Realm;

use super::operation::{Call, Operation, asks, does, sends};
use super::problem::Problem;

/// A realm and where it is.
#[derive(Serialize, Deserialize, JsonSchema)]
struct RealmView {
    name: String,
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

pub(super) fn operations() -> Vec<Operation> {
    vec![
        asks("GET", "/realms", "The realms", list).of_server(),
        sends(
            "POST",
            "/realms",
            "Opens a realm: a name, perhaps a `ttl`, and any keys of the configuration that differ",
            (201, open),
        )
        .of_server(),
        asks("GET", "/realms/{realm}", "One realm", show).of_server(),
        does("DELETE", "/realms/{realm}", "Closes a realm, with everything in it", close).of_server(),
        asks("POST", "/realms/{realm}/tickets", "A cookie that leads a browser to the realm", ticket).of_server(),
    ]
}

fn view(realm: &Arc<Realm>, until: Option<UnixTime>) -> RealmView {
    RealmView { name: realm.name().to_owned(), issuer: realm.settings().issuer.clone(), until }
}

async fn list(call: Call) -> Result<Vec<RealmView>, Problem> {
    let root = view(&call.door.realms.root, None);
    let named = call.door.realms.list().into_iter().map(|(realm, _, until)| view(&realm, until));
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
    let realm = call.door.open(&config, config.ttl)?;
    find(&call, realm.name())
}

async fn show(call: Call) -> Result<RealmView, Problem> {
    find(&call, call.part("realm"))
}

fn find(call: &Call, name: &str) -> Result<RealmView, Problem> {
    if name == call.door.realms.root.name() {
        return Ok(view(&call.door.realms.root, None));
    }
    let named = call.door.realms.list().into_iter().find(|(realm, ..)| realm.name() == name);
    named.map(|(realm, _, until)| view(&realm, until)).ok_or_else(|| Problem::missing("realm", name))
}

async fn close(call: Call) -> Result<(), Problem> {
    let name = call.part("realm");
    if name == call.door.realms.root.name() {
        return Err(Problem::new(409, "the first realm is always there: POST /_control/v1/reset makes it new"));
    }
    if call.door.realms.close(name) { Ok(()) } else { Err(Problem::missing("realm", name)) }
}

async fn ticket(call: Call) -> Result<TicketView, Problem> {
    let name = call.part("realm").to_owned();
    let realm = call.door.realms.get(&name).ok_or_else(|| Problem::missing("realm", &name))?;
    let ticket = call.door.ticket(&realm);
    Ok(TicketView { realm: name, cookie: ticket.cookie, value: ticket.value, url: ticket.url })
}
