//! Deliberate lies, as data: a rule says when, a plan says what, at eight seams. Nothing that tells the truth knows of them.

mod catalog;
mod edit;
mod effect;
mod fault;
mod login;
mod matching;
mod named;
mod options;
mod plan;
mod rule;
mod rule_book;
mod test_identity;

pub(crate) use catalog::fault_names;
pub use catalog::{FAULTS, FaultKind, Faults, ON_THE_PAGE, Verdict, find as fault};
pub use effect::{CallTiming, EditContext, Effect, FaultContext, Overrides, TlsFlaw};
pub use fault::Fault;
pub use login::{FAILURES, Login};
pub use matching::{FaultTag, Match, MatchFacts, Origin, Point};
pub use options::{Budget, FaultOptions};
pub use plan::{Applied, Plan};
pub use rule::{Action, Rule};
pub use rule_book::RuleBook;
pub use test_identity::{Nearly, TEST_IDENTITIES, TestIdentityEffect, nearest as nearest_test_identity};
