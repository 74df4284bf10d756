//! What is put on a page that neither flows nor the profile know of: test identities, faults, what a rule has decided.

use crate::faults::{ON_THE_PAGE, nearest_test_identity};
use crate::flows::WHAT_IFS;
use crate::reply::{Body, Page, Reply};
use crate::spec::{Check, FailedCheck, Suggestion};
use crate::world::{Decision, Endpoint, Outcome, Question, SignInQuestion};

use super::context::Exchange;

/// Somebody who typed almost a test identity, or whose app sent one as `login_hint`, is told which.
pub(super) fn suggest(decision: &mut Decision, exchange: &Exchange<'_>) {
    let Ok(Outcome::Ask(Question::SignIn(question))) = decision else { return };
    let (typed, hinted) = match exchange.request.endpoint {
        Endpoint::SignIn => (exchange.request.params.get("username"), None),
        Endpoint::Authorize => (None, exchange.understood.login_hint()),
        _ => return,
    };
    let Some(name) = typed.or(hinted) else { return };
    if hinted.is_some_and(|hint| !hint.contains('+')) {
        return suggest_person(question, name, exchange);
    }
    let meant = nearest_test_identity(name, &exchange.settings).filter(|_| !exchange.settings.strict);
    let Some(meant) = meant else { return };
    let refused = match (&question.notice, hinted) {
        (Some(notice), _) if notice.check == Check::PersonKnown => notice.clone(),
        (None, Some(_)) => FailedCheck::by(Check::PersonKnown).got(name),
        _ => return,
    };
    let say = match hinted {
        Some(_) => format!("The login_hint `{name}` is no test identity: {}", meant.why),
        None => format!("`{name}` is no test identity: {}", meant.why),
    };
    let meant = meant.name.map(|word| Suggestion::Word { word, link: None });
    question.notice = Some(FailedCheck { suggestion: None, ..refused }.says(say).suggest(meant));
}

/// Somebody whom the app expects, and who is almost here.
fn suggest_person(question: &mut SignInQuestion, name: &str, exchange: &Exchange<'_>) {
    let known = exchange.settings.users.iter().any(|user| user.answers_to(name));
    let Some(near) = exchange.settings.nearest_person(name).filter(|_| !known && question.notice.is_none()) else {
        return;
    };
    let meant = Suggestion::Word { word: near.sub.to_string(), link: None };
    let say = format!("The app expects `{name}`, and nobody here is called that");
    question.notice = Some(FailedCheck::by(Check::PersonKnown).says(say).suggest(Some(meant)));
}

/// Puts on the page what the profile does not know of: the lies that can be told, and the prepared changes of claims.
pub(super) fn add_to_page(reply: &mut Reply, exchange: &Exchange<'_>) {
    if let Body::Page(page) = &mut reply.body
        && let Page::SignIn(page) = &mut **page
    {
        page.lies = if exchange.settings.strict { Vec::new() } else { ON_THE_PAGE.to_vec() };
        let decided = exchange.plan.decided_for_the_page(&exchange.facts);
        let decided =
            decided.map(|name| format!("Whatever is pressed here, {name} signs in: a next sign-in was asked for."));
        page.wants.extend(decided);
        if let Some(editor) = &mut page.editor {
            editor.what_ifs = WHAT_IFS.iter().map(|what_if| (what_if.name, what_if.label, what_if.rows)).collect();
        }
    }
}
