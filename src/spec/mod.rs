//! What is checked, what failing means, and where it is written. Flows have no other way to refuse than to name a row of these tables.

mod check;
mod difference;
mod failed_check;
mod parameter;
mod refusal;
mod section;

pub use check::Check;
pub use difference::difference;
pub use failed_check::{FailedCheck, Suggestion, compared, one_of, quoted};
pub use parameter::{Parameter, explain};
pub use refusal::Refusal;
pub use section::section_name;
