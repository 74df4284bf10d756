//! x
pub mod protocol; pub mod spec; pub mod tokens; pub mod reply;
pub mod world;
pub mod flows;
pub mod profile;
pub mod faults;
pub mod store;
pub mod config;
pub mod realm;
pub mod http;
pub mod emulator;
#[cfg(feature="demo")] pub mod demo;
#[cfg(feature="cli")] pub mod cli;
pub use emulator::Emulator; pub use world::{Client,User};
