//! The catalogue of lies, and those that are told.

use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use crate::faults::{Action, FAULTS, FaultKind, Origin, Rule};

use crate::http::filters;

use super::frame::{Frame, Visit, page};

#[derive(Template)]
#[template(path = "console/faults.html")]
struct Faults<'a> {
    frame: Frame<'a>,
    on: Vec<(Arc<Rule>, Vec<String>)>,
    /// The next sign-ins that are decided already.
    decided: Vec<(Arc<Rule>, String)>,
    found: Vec<&'static FaultKind>,
    all: usize,
    wanted: String,
    apps: Vec<String>,
}

/// What is on, and what there is.
pub(super) async fn faults(visit: &Visit<'_>) -> Response {
    let rules = visit.realm.rules().list(visit.realm.now());
    let (on, decided): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| rule.origin == Origin::Fault);
    let doubted = |rule: Arc<Rule>| {
        let doubts = visit.realm.doubts(&rule);
        (rule, doubts)
    };
    let wanted = visit.query.get("q").unwrap_or_default().trim().to_owned();
    let lower = wanted.to_lowercase();
    let fits = |fault: &FaultKind| {
        let text = format!("{} {} {} {}", fault.id, fault.sentence, fault.correct, fault.altered.join(" "));
        lower.split_whitespace().all(|word| text.to_lowercase().contains(word))
    };
    page(&Faults {
        frame: visit.frame("faults"),
        on: on.into_iter().map(doubted).collect(),
        decided: decided.into_iter().filter_map(|rule| Some((Arc::clone(&rule), decided_for(visit, &rule)?))).collect(),
        found: FAULTS.iter().filter(|fault| fits(fault)).collect(),
        all: FAULTS.iter().count(),
        wanted,
        apps: visit.settings.clients.keys().map(ToString::to_string).collect(),
    })
}

/// Who signs in next, by a rule that says so.
fn decided_for(visit: &Visit<'_>, rule: &Rule) -> Option<String> {
    let Action::NextLogin(login) = &rule.action else { return None };
    Some(login.user.as_deref().map_or_else(|| "Whoever it is".to_owned(), |user| visit.person(user)))
}
