//! Axum, and nothing else: requests become values, replies become responses. No decision about the protocol is made here.

mod app;
mod assets;
mod authority;
mod console;
mod control;
mod cors;
mod delivery;
mod door;
mod extract;
mod filters;
mod guard;
mod handle;
mod not_found;
mod open;
mod outbox;
mod pages;
mod peer;
mod realm_error;
mod record;
mod reply;
mod routes;
mod server;
mod silence;
mod snippets;
mod state;
mod tickets;
mod tls;
mod which_realm;

pub use app::App;
pub use authority::{Authority, CERTIFICATE};
pub use control::openapi;
#[cfg(feature = "demo")]
pub use outbox::patient_client;
pub use outbox::{HttpOutbox, authorities, browser_client, http_client};
pub use peer::Peer;
pub use realm_error::RealmError;
pub use server::{ForEachConnection, Server, Stop};
pub use silence::tell_of_silence;
pub use snippets::{SNIPPETS, Snippet, Values};
pub use state::AppState;
pub use tls::{Tls, TlsError};
