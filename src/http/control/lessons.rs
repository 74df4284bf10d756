//! Lessons, and how far somebody came.

use schemars::JsonSchema;
use serde::Serialize;

use crate::realm::{Lesson, StepDone};

use super::operation::{Call, Operation, asks, lists, sends};
use super::problem::Problem;

/// A lesson by name.
#[derive(Serialize, JsonSchema)]
struct LessonName {
    /// Its name.
    name: String,
    /// What it is called.
    title: String,
}

/// How far somebody came in a lesson.
#[derive(Serialize, JsonSchema)]
struct Progress {
    /// Its name.
    name: String,
    /// What it is called.
    title: String,
    /// How many steps are done.
    done: usize,
    /// The steps, in order.
    steps: Vec<StepDone>,
}

const LESSON: &str = r#"{"title": "Redeem a code", "steps": [{"title": "With PKCE", "text": "Sign in.", "when": {"event": "code_redeemed", "where": {"held": "PkceMatches"}}}]}"#;
const PROGRESS: &str =
    r#"{"name": "mine", "title": "Redeem a code", "done": 0, "steps": [{"title": "With PKCE", "text": "Sign in."}]}"#;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        lists(
            "/lessons",
            "The lessons that there are",
            |lesson: &LessonName| lesson.name.clone(),
            |call: Call| async move {
                let lessons = call.realm.lessons().into_iter();
                Ok(lessons.map(|(name, lesson)| LessonName { name, title: lesson.title }).collect())
            },
        )
        .about(
            "One comes along. `after` is a `name`.",
            "",
            r#"[{"name": "sign-in", "title": "What single sign-on is, step by step"}]"#,
        ),
        asks("GET", "/lessons/{name}", "How far somebody came in a lesson", progress).about(
            "A step is done when the journal has seen what it waits for.",
            "",
            PROGRESS,
        ),
        sends("PUT", "/lessons/{name}", "Keeps a lesson of one's own", (200, put)).about(
            "Until the server stops. `when` is what `POST /expect` takes.",
            LESSON,
            PROGRESS,
        ),
    ]
}

async fn progress(call: Call) -> Result<Progress, Problem> {
    let name = call.part("name").to_owned();
    let lessons = call.realm.lessons();
    let known = lessons.iter().map(|(name, _)| name.as_str());
    let found = lessons.iter().find(|(known, _)| *known == name);
    let (_, lesson) = found.ok_or_else(|| Problem::missing("lesson", &name, known))?;
    let steps = call.realm.progress(&name, lesson).await;
    let done = steps.iter().filter(|step| step.done.is_some()).count();
    Ok(Progress { name, title: lesson.title.clone(), done, steps })
}

async fn put(call: Call, lesson: Lesson) -> Result<Progress, Problem> {
    call.realm.put_lesson(call.part("name"), lesson)?;
    progress(call).await
}
