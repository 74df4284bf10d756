//! Deliberate lies, as data: a rule says when, a plan says what, at four seams. Nothing that tells the truth knows of them.

mod catalog;
mod plan;
mod rule;

pub use catalog::{FAULTS, Fault, fault};
pub use plan::{Case, Decided, Plan};
pub use rule::{DraftEdit, Effect, Match, Origin, ReplyEdit, Rule, RuleBook, Seam, SignatureEdit};
