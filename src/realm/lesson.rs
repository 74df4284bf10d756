//! Lessons: steps that tick themselves when the journal has seen what they wait for. Data, so that others can write their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Expectation;

/// A lesson.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// What it is called.
    pub title: String,
    /// What it needs, in a sentence.
    #[serde(default)]
    pub about: String,
    /// Its steps, in order.
    #[serde(alias = "step")]
    pub steps: Vec<LessonStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LessonStep {
    /// What happens.
    pub title: String,
    /// What to do, and what to look at. Words between backticks are code, those between stars are buttons.
    pub text: String,
    /// When it is done: an event, and in which case.
    pub when: Expectation,
}

/// A step, and whether it is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepDone {
    /// What happens.
    pub title: String,
    /// What to do.
    pub text: String,
    /// The exchange that it was done in, by number; nothing, if it is not done yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<u64>,
}

impl Lesson {
    /// What is wrong with it: the field and a sentence.
    pub(super) fn check(&self) -> Result<(), (&'static str, String)> {
        if self.steps.is_empty() {
            return Err(("steps", "a lesson has a step at least".into()));
        }
        self.steps.iter().try_for_each(|step| step.when.check())
    }
}
