//! A guided lesson, whose steps tick themselves.

use askama::Template;
use axum::response::Response;

use crate::http::filters;
use crate::realm::{Lesson, StepDone};

use super::frame::{Frame, Visit, missing, page};

#[derive(Template)]
#[template(path = "console/lesson.html")]
struct OnPage<'a> {
    frame: Frame<'a>,
    lessons: Vec<(String, Lesson)>,
    name: String,
    lesson: Lesson,
    steps: Vec<StepDone>,
    done: usize,
    /// The first step that is not done.
    next: Option<usize>,
}

impl OnPage<'_> {
    /// Whether a step is the first that is not done.
    fn is_next(&self, at: usize) -> bool {
        self.next == Some(at)
    }
}

/// The lesson that the path names, or the first.
pub(super) async fn lesson(visit: &Visit<'_>) -> Response {
    let lessons = visit.realm.lessons();
    let found = lessons.iter().find(|(name, _)| visit.rest.is_empty() || *name == visit.rest);
    let Some((name, lesson)) = found.cloned() else {
        return missing(visit, "lesson");
    };
    let steps = visit.realm.progress(&name, &lesson).await;
    let done = steps.iter().filter(|step| step.done.is_some()).count();
    let next = steps.iter().position(|step| step.done.is_none());
    page(&OnPage { frame: visit.frame("lesson"), lessons, name, lesson, steps, done, next })
}
