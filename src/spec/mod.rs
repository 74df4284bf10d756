//! What is checked, what failing means, and where it is written. Flows have no other way to refuse than to name a row of these tables.

mod check;
mod parameter;
mod refusal;

pub use check::Check;
pub use parameter::{Parameter, explain};
pub use refusal::{Refusal, Refused};
