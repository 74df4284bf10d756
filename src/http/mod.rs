//! Axum, and nothing else: requests become values, replies become responses. No decision about the protocol is made here.

mod assets;
mod console;
mod control;
mod extract;
mod front_door;
mod guard;
mod outbox;
mod pages;
mod reply;
mod routes;
mod server;

pub use front_door::{App, Door, front_door};
pub use outbox::{fetch, http_client};
pub use server::{Server, Stop};
