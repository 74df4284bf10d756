//! The provider in a process of yours: started in a line, ready at once, stopped when it is dropped.

mod builder;
mod handle;

pub use builder::{Builder, StartError};
pub use handle::{Emulator, Reconfigure};
