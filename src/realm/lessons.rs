//! Which lessons there are, and how far somebody came.

use std::sync::PoisonError;

use super::lesson::{Lesson, LessonStep, StepDone};
use super::{Expectation, Realm};

/// The most lessons of one's own.
const MOST: usize = 50;

impl Realm {
    /// The lessons that there are, by name.
    pub fn lessons(&self) -> Vec<(String, Lesson)> {
        let own = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut own = self.lessons.lock().unwrap_or_else(PoisonError::into_inner);
        if own.len() >= MOST && !own.contains_key(name) {
            return Err(("name", format!("there are {MOST} lessons already")));
        }
        own.insert(name.to_owned(), lesson);
        self.steps_done.lock().unwrap_or_else(PoisonError::into_inner).retain(|(lesson, _), _| lesson != name);
        Ok(())
    }

    /// How far somebody came in a lesson. A step that was seen to be done stays so, whatever the journal forgets, until a reset.
    pub async fn progress(&self, name: &str, lesson: &Lesson) -> Vec<StepDone> {
        let mut steps = Vec::new();
        for (at, LessonStep { title, text, when }) in lesson.steps.iter().enumerate() {
            let key = (name.to_owned(), at);
            let kept = self.steps_done.lock().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
            let done = if kept.is_some() {
                kept
            } else {
                let seen = Expectation { within: None, ..when.clone() };
                self.expect(&seen).await.ok().and_then(|met| met.exchanges.first().copied())
            };
            if let Some(number) = done {
                self.steps_done.lock().unwrap_or_else(PoisonError::into_inner).insert(key, number);
            }
            steps.push(StepDone { title: title.clone(), text: text.clone(), done });
        }
        steps
    }
}
