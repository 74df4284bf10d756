//! Lessons: steps that tick themselves when the journal has seen what they wait for. Data, so that others can write their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Expectation, Realm};

/// The most lessons of one's own.
const MOST: usize = 50;

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
    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.steps.is_empty() {
            return Err(("steps", "a lesson has a step at least".into()));
        }
        self.steps.iter().try_for_each(|step| step.when.check())
    }
}

impl Realm {
    /// The lessons that there are, by name.
    pub fn lessons(&self) -> Vec<(String, Lesson)> {
        let own = self.lessons.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let built_in = toml::from_str(include_str!("../../templates/lessons/sign-in.toml")).ok();
        let built_in = built_in.map(|lesson| ("sign-in".to_owned(), lesson));
        let hidden = own.contains_key("sign-in");
        built_in
            .into_iter()
            .filter(|_| !hidden)
            .chain(own.iter().map(|(name, lesson)| (name.clone(), lesson.clone())))
            .collect()
    }

    /// Keeps a lesson under a name, until the server stops.
    pub fn put_lesson(&self, name: &str, lesson: Lesson) -> Result<(), (&'static str, String)> {
        lesson.check()?;
        let mut own = self.lessons.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if own.len() >= MOST && !own.contains_key(name) {
            return Err(("name", format!("there are {MOST} lessons already")));
        }
        own.insert(name.to_owned(), lesson);
        Ok(())
    }

    /// How far somebody came in a lesson.
    pub async fn progress(&self, lesson: &Lesson) -> Vec<StepDone> {
        let mut steps = Vec::new();
        for LessonStep { title, text, when } in &lesson.steps {
            let seen = Expectation { within: None, ..when.clone() };
            let done = self.expect(&seen).await.ok().and_then(|met| met.exchanges.first().copied());
            steps.push(StepDone { title: title.clone(), text: text.clone(), done });
        }
        steps
    }
}
