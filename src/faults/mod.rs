//! Deliberate lies, as data: a rule says when, a plan says what, at seven seams. Nothing that tells the truth knows of them.

mod catalog;
mod edit;
mod effect;
mod fault;
mod login;
mod plan;
mod rule;
mod test_identity;

pub(crate) use catalog::fault_names;
pub use catalog::{FAULTS, Faults, Lie, ON_THE_PAGE, Verdict, find as fault};
pub use effect::{Effect, Facts, Premise, Token};
pub use fault::Fault;
pub use login::{FAILURES, Login};
pub use plan::{Decided, Plan, Scene};
pub use rule::{Act, Budget, Case, Mark, Match, Origin, Point, Rule, RuleBook, With};
pub use test_identity::{Nearly, TEST_IDENTITIES, Tag, nearest as nearest_test_identity};
