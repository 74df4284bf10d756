//! x
pub mod protocol; pub mod spec; pub mod tokens; pub mod reply;
pub mod world;
pub mod flows;
pub mod profile;
pub mod faults;
pub mod store;
pub mod realm;
