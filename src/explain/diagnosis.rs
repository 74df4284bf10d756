//! Why a sign-in failed, or came to nothing: one sentence, what speaks for it, and what to do.

use schemars::JsonSchema;
use serde::Serialize;

use super::case::{Case, Evidence};
use super::rules::RULES;

/// Why a flow failed, or came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The rule that found it, by a name that stays.
    pub rule: &'static str,
    /// What went wrong.
    pub sentence: String,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// What to do.
    pub fix: String,
}

/// The first rule that fits, if one does: nothing is wrong with the flow otherwise, or nobody knows what.
pub fn diagnose(case: &Case<'_>) -> Option<Diagnosis> {
    RULES.iter().find_map(|(rule, find)| {
        let found = find(case)?;
        Some(Diagnosis { rule, sentence: found.sentence, evidence: found.evidence, fix: found.fix })
    })
}
