//! Two sample apps and an API: ordinary relying parties, built on `openidconnect`, and an ordinary protected resource. They know the
//! issuer's URL and nothing else of us.

mod api;
mod api_token;
mod app;
mod checks;
mod logout_inbox;
mod partner;
mod program;
mod relying_party;
mod sample;
mod web;

pub use api::{Api, Watcher};
pub use app::App;
pub use program::{ProgramError, Running};
pub use sample::{API_CLIENT, CALENDAR, NOTES, Sample};
