//! Axum, and nothing else: requests become values, replies become responses. No decision about the protocol is made here.

mod answer;
mod assets;
mod console;
mod control;
mod delivery;
mod extract;
mod front_door;
mod guard;
mod open;
mod outbox;
mod pages;
mod peer;
mod record;
mod reply;
mod routes;
mod server;
mod tickets;

pub use control::openapi;
pub use front_door::{App, Door, front_door};
pub use open::RealmError;
pub use outbox::{browser_client, fetch, http_client};
pub use peer::Peer;
pub use server::{ForEachConnection, Server, Stop};
