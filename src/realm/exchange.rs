//! One request and its answer. Whoever knows [`Realm::exchange`] knows the product.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::faults::{MatchFacts, ON_THE_PAGE, Plan, nearest_test_identity};
use crate::flows::WHAT_IFS;
use crate::profile::response::Rendering;
use crate::protocol::{Subject, shortened};
use crate::reply::{Body, Page, Reply};
use crate::spec::{Check, FailedCheck, Suggestion};
use crate::store::Unavailable;
use crate::world::{Decision, Endpoint, Failure, Outcome, Question, Records, Request, Settings, SignInQuestion, Trace};

use super::case::{before, names};
use super::decide::{Exchange, bearer};
use super::lies::{override_settings, person};
use super::{Entry, Flow, Realm, event};

impl Realm {
    /// Answers one request. `settings` are the realm's own, or those of the issuer in whose name it answers.
    pub async fn exchange(&self, request: &Request, flow: Flow, settings: Arc<Settings>) -> (Reply, Entry) {
        let mut on = self.deciding(request, flow, settings);
        let (mut records, mut trace) = (Records::default(), Trace::default());
        let loaded = self.load(&mut records, names(request, on.recognised.as_ref()), on.honest).await;

        let mut plan = self.rules.plan(on.honest);
        let mut case = before(request, &records, &on.settings);
        plan.choose(&case, &on.draw);
        override_settings(&mut plan, &mut on, &case, &records);
        on.person = person(&mut plan, &on, &case);
        let decided = match loaded {
            Ok(()) => self.decide(&mut on, (&mut records, &mut trace), (&mut plan, &mut case)).await,
            Err(unavailable) => Err(unavailable),
        };
        let mut decision = decided.unwrap_or_else(|unavailable| unanswered(&unavailable, &mut trace));
        plan.spend_person(trace.used);

        suggest_test_identity(&mut decision, &on);
        self.save_user(&decision);
        let refused = refused(&decision).cloned();
        self.alter_person(&mut plan, &on, &case, &mut decision);
        let events = event::of(request, &decision, &trace);
        let flow_keys = records.flow_keys();
        let signed = self.sign(&mut plan, &on, &decision, &case);
        let (settings, documents) = (&on.settings, &self.documents);
        let rendering = Rendering { settings, documents, request, now: on.now };
        let mut reply = self.profile.render(&rendering, decision, signed);
        if request.endpoint == Endpoint::Jwks {
            self.publish_borrowed(&mut reply, on.now);
        }
        plan.alter_reply(&mut reply, on.context(&case));
        add_fault_menu(&mut reply, plan.decided_for_the_page(&case));
        reply.signs_in = trace.held(Check::PersonMaySignIn) || request.former_cookie;
        let mut entry = entry(&on, &case, &plan, &reply);
        trace.remarks.extend(plan.idle().map(|lie| format!("the lie {lie} fitted here, and found nothing to alter")));
        (entry.trace, entry.refused, entry.events, entry.flow_keys) = (trace, refused, events, flow_keys);
        (reply, entry)
    }

    fn deciding<'a>(&self, request: &'a Request, flow: Flow, settings: Arc<Settings>) -> Exchange<'a> {
        let now_ms = self.clock().now_ms();
        let now = now_ms.seconds();
        Exchange {
            request,
            flow,
            recognised: bearer(request).and_then(|token| settings.keys.own_access_token(token, now)),
            settings,
            now,
            now_ms,
            honest: now,
            draw: self.entropy.draw(),
            may_wait: self.clock_runs(),
            resets: self.resets.load(Ordering::Relaxed),
            person: None,
        }
    }

    /// Someone whom the claim editor's "save as user" made is among the people until the next reset.
    fn save_user(&self, decision: &Decision) {
        let Ok(Outcome::SaveUser(user, _)) = decision else { return };
        let saved = self.change(|config| {
            let mut people = config.people();
            people.retain(|known| known.sub != user.sub);
            people.push(crate::world::User::clone(user));
            config.user = Some(people);
            Ok::<_, Box<crate::config::Mistake>>(())
        });
        if let Err(mistake) = saved {
            tracing::warn!("{} was not saved: {mistake}", user.sub);
        }
    }

    /// Writes an exchange into journal and log.
    pub fn note(&self, entry: Entry) {
        let (method, path) = (entry.method.as_str(), &*entry.path);
        let client = Some(entry.client.as_str()).filter(|client| !client.is_empty());
        let by = client.map(|client| format!(" by {client}")).unwrap_or_default();
        if let Some(refused) = &entry.refused {
            let (sentence, hint) = (refused.in_full(), refused.check.section());
            let told = format!("{method} {path}{by}: {sentence}\n         {} {hint}", refused.check.name());
            if refused.on_purpose {
                tracing::info!("{told}");
            } else {
                tracing::warn!("{told}");
            }
        } else {
            tracing::debug!("{method} {path}{by} → {}", entry.status);
        }
        entry.trace.remarks.iter().for_each(|remark| tracing::warn!("{method} {path}{by}: {remark}"));
        if entry.resets == self.resets.load(Ordering::Relaxed) {
            self.journal.note(entry);
        }
    }
}

/// What the journal keeps of an exchange, as far as request and answer tell it.
fn entry(on: &Exchange<'_>, facts: &MatchFacts, plan: &Plan, reply: &Reply) -> Entry {
    let request = on.request;
    Entry {
        number: 0,
        at: on.honest,
        method: request.method,
        endpoint: request.endpoint,
        path: shortened(&request.path).into(),
        client: facts.client.shortened(),
        user: facts.user.as_ref().map(Subject::shortened),
        status: reply.status,
        trace: Trace::default(),
        refused: None,
        applied: plan.applied(),
        events: Vec::new(),
        flow_keys: Vec::new(),
        state: request.params.get("state").map(|state| shortened(state).into()),
        nonce: request.params.get("nonce").map(|nonce| shortened(nonce).into()),
        flow: None,
        resets: on.resets,
        delivery: reply.delivery,
        wire: None,
    }
}

/// The refusal that means that records cannot be had.
fn unanswered(unavailable: &Unavailable, trace: &mut Trace) -> Decision {
    tracing::error!("{unavailable}");
    trace.note(Check::StoreAnswers, false);
    Err(Failure::Tell(FailedCheck::by(Check::StoreAnswers)))
}

fn refused(decision: &Decision) -> Option<&FailedCheck> {
    match decision {
        Err(Failure::ShowPage(refused) | Failure::SendBack(_, refused) | Failure::Tell(refused)) => Some(refused),
        Ok(Outcome::Ask(Question::SignIn(question))) => question.notice.as_ref(),
        _ => None,
    }
}

/// Somebody who typed almost a test identity, or whose app sent one as `login_hint`, is told which.
fn suggest_test_identity(decision: &mut Decision, on: &Exchange<'_>) {
    let Ok(Outcome::Ask(Question::SignIn(question))) = decision else { return };
    let params = &on.request.params;
    let (typed, hinted) = match on.request.endpoint {
        Endpoint::SignIn => (params.get("username"), None),
        Endpoint::Authorize => (None, params.get("login_hint")),
        _ => return,
    };
    let Some(name) = typed.or(hinted) else { return };
    if hinted.is_some_and(|hint| !hint.contains('+')) {
        return suggest_person(question, name, on);
    }
    let Some(meant) = nearest_test_identity(name, &on.settings) else { return };
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
fn suggest_person(question: &mut SignInQuestion, name: &str, on: &Exchange<'_>) {
    let known = on.settings.users.iter().any(|user| user.answers_to(name));
    let Some(near) = on.settings.nearest_person(name).filter(|_| !known && question.notice.is_none()) else { return };
    let meant = Suggestion::Word { word: near.sub.to_string(), link: None };
    let say = format!("The app expects `{name}`, and nobody here is called that");
    question.notice = Some(FailedCheck::by(Check::PersonKnown).says(say).suggest(Some(meant)));
}

/// Puts on the page what the profile does not know of: the lies that can be told, and the prepared changes of claims.
fn add_fault_menu(reply: &mut Reply, decided: Option<&str>) {
    if let Body::Page(page) = &mut reply.body
        && let Page::SignIn(page) = &mut **page
    {
        page.lies = ON_THE_PAGE.to_vec();
        let decided =
            decided.map(|name| format!("Whatever is pressed here, {name} signs in: a next sign-in was asked for."));
        page.wants.extend(decided);
        if let Some(editor) = &mut page.editor {
            editor.what_ifs = WHAT_IFS.iter().map(|what_if| (what_if.name, what_if.label, what_if.rows)).collect();
        }
    }
}
