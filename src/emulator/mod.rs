//! The provider in your own process: started in a line, told what to do by plain functions, asked what happened.

mod builder;
mod handle;
mod realm_handle;
mod sign_in;
#[cfg(test)]
mod tests;

pub use builder::{Builder, StartError};
#[cfg(feature = "cli")]
pub(crate) use builder::{is_loopback, issuer};
pub use handle::{Emulator, Reconfigure};
pub use realm_handle::{FaultGuard, RealmHandle};
pub use sign_in::{SignIn, SignInError, SignedIn};
