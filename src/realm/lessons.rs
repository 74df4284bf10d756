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
