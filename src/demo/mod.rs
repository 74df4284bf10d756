//! The sample app: an ordinary relying party, built on `openidconnect`, that knows the issuer's URL and nothing else of us.

mod app;
mod relying_party;
mod web;

pub use app::{App, AppError, Running};
