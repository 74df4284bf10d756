//! One request and its answer. Whoever knows [`Realm::exchange`] knows the product.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::{Case, Login, ON_THE_PAGE, Origin, Plan, Premise, Scene, Token, nearest_test_identity};
use crate::flows::WHAT_IFS;
use crate::profile::word::Telling;
use crate::profile::{Drafted, Signed};
use crate::protocol::{Lifetime, Map, Subject, UnixTime, shortened};
use crate::reply::{Body, Page, Reply};
use crate::spec::{Check, Refused};
use crate::store::Unavailable;
use crate::tokens::{OwnAccess, TokenDraft};
use crate::world::{
    Asked, ConsentAnswer, Credential, Ctx, Draw, Endpoint, Failure, Given, Name, Outcome, Person, Question, Record,
    Records, Settings, Trace, Versioned,
};

use super::case::{after, before, grant_of, issuance_of, names, points_to};
use super::{Entry, Flow, Realm, event};

/// How often a flow is run again: for each record that turns out to be needed, and for each race that is lost.
const MOST_RUNS: usize = 64;

/// How long a client's fetched keys are believed.
const FETCHED_KEYS: Lifetime = Lifetime::of_seconds(60);

/// What a flow decides.
pub(super) type Decision = Result<Outcome, Failure>;

/// What a flow decides on: the request, and the world as it is at this moment.
struct Deciding<'a> {
    asked: &'a Asked,
    flow: Flow,
    settings: Arc<Settings>,
    now: UnixTime,
    draw: Draw,
    may_wait: bool,
    recognised: Option<OwnAccess>,
    resets: u64,
    person: Option<Given>,
}

impl Realm {
    /// Answers one request. `settings` are the realm's own, or those of the issuer in whose name it answers.
    pub async fn exchange(&self, asked: &Asked, flow: Flow, settings: Arc<Settings>) -> (Reply, Entry) {
        let (now, draw, may_wait) = (self.now(), self.entropy.draw(), self.clock_runs());
        let resets = self.resets.load(Ordering::Relaxed);
        let recognised = bearer(asked).and_then(|token| settings.keys.own_access_token(token, now));
        let mut on = Deciding { asked, flow, settings, now, draw, may_wait, recognised, resets, person: None };
        let (mut records, mut trace) = (Records::default(), Trace::default());
        let loaded = self.load(&mut records, names(asked, on.recognised.as_ref()), now).await;

        let mut plan = self.rules.plan(now);
        let mut case = before(asked, &records, &on.settings);
        plan.choose(&case, &on.draw);
        assume(&mut plan, &mut on, &case, &records);
        on.person = person(&mut plan, &on, &case);
        let decided = match loaded {
            Ok(()) => self.decide(&mut on, (&mut records, &mut trace), (&mut plan, &mut case)).await,
            Err(unavailable) => Err(unavailable),
        };
        let mut decision = decided.unwrap_or_else(|unavailable| unanswered(&unavailable, &mut trace));
        plan.spend_person(trace.used);

        explain(&mut decision, &on);
        let refused = refused(&decision).cloned();
        self.pretend(&mut plan, &on, &case, &mut decision);
        let events = event::of(asked, &decision, &trace);
        let threads = records.threads();
        let signed = self.sign(&mut plan, &on, &decision, &case);
        let (settings, documents) = (&on.settings, &self.documents);
        let telling = Telling { settings, documents, endpoint: asked.endpoint, base: &asked.base, now: on.now };
        let mut reply = self.profile.word(&telling, decision, signed);
        if asked.endpoint == Endpoint::Jwks {
            self.publish_borrowed(&mut reply, on.now);
        }
        plan.alter_reply(&mut reply, scene(&on, &case));
        furnish(&mut reply);
        reply.signs_in = trace.iter().any(|(check, held)| check == Check::PersonMaySignIn && held);
        let entry = Entry {
            number: 0,
            at: on.now,
            method: asked.method,
            endpoint: asked.endpoint,
            client: case.client.shortened(),
            user: case.user.as_ref().map(Subject::shortened),
            status: reply.status,
            trace,
            refused,
            decided: plan.decided(),
            events,
            threads,
            state: asked.params.get("state").map(|state| shortened(state).into()),
            nonce: asked.params.get("nonce").map(|nonce| shortened(nonce).into()),
            flow: None,
            resets,
            delivery: reply.delivery,
            wire: None,
        };
        (reply, entry)
    }

    /// Load, decide, commit. A flow that lost a race, or needs a record more, is run again on what is then known. Whom the request is
    /// about is known with the decision, and so which lies speak of it; one may alter what a new code stands for.
    async fn decide(
        &self,
        on: &mut Deciding<'_>,
        (records, trace): (&mut Records, &mut Trace),
        (plan, case): (&mut Plan, &mut Case),
    ) -> Result<Decision, Unavailable> {
        for _ in 0..MOST_RUNS {
            trace.clear();
            let now = on.now;
            let mut entropy = on.draw.clone();
            let mut ctx = Ctx {
                now,
                settings: &on.settings,
                records,
                entropy: &mut entropy,
                person: on.person.as_ref(),
                may_wait: on.may_wait,
                recognised: bearer(on.asked).zip(on.recognised.as_ref().map(|own| &own.id)),
                trace,
            };
            match (on.flow)(&mut ctx, on.asked) {
                Err(Failure::Need(name)) => {
                    records.undo();
                    // Few requests come here, and all would carry the room for it.
                    Box::pin(self.bring(records, name, now)).await?;
                }
                Err(Failure::NextSecond) => {
                    records.undo();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    on.now = self.now();
                    on.may_wait = false;
                }
                decision => {
                    after(case, &decision);
                    plan.choose(case, &on.draw);
                    plan.alter_code(records, scene(on, case));
                    let changes = records.changes();
                    if self.resets.load(Ordering::Relaxed) != on.resets {
                        return Err(Unavailable("the realm was reset while this was asked".into()));
                    }
                    if changes.is_empty() || self.store.commit(changes, now).await? {
                        return Ok(decision);
                    }
                    records.undo();
                    let known = records.names();
                    self.load(records, known, now).await?;
                }
            }
        }
        Err(Unavailable("too many requests are changing the same records".into()))
    }

    async fn load(&self, records: &mut Records, names: Vec<Name>, now: UnixTime) -> Result<(), Unavailable> {
        if names.is_empty() {
            return Ok(());
        }
        let mut wanted = names;
        // Whoever needs a code will need what it stands for: one pointer further is loaded unasked.
        for further in [true, false] {
            let loaded = self.store.load(&wanted, now).await?;
            let pointers = loaded.iter().filter_map(|versioned| points_to(versioned.record.as_deref()?));
            let next = if further {
                pointers.filter(|name| !records.has(name) && !wanted.contains(name)).collect()
            } else {
                Vec::new()
            };
            wanted.into_iter().zip(loaded).for_each(|(name, versioned)| records.add(name, versioned));
            if next.is_empty() {
                break;
            }
            wanted = next;
        }
        Ok(())
    }

    /// A record that a flow found that it needs. A client's keys come from the client where nobody has them yet, or where
    /// a flow that was shown them asks once more.
    async fn bring(&self, records: &mut Records, name: Name, now: UnixTime) -> Result<(), Unavailable> {
        let again = records.names().contains(&name);
        self.load(records, vec![name.clone()], now).await?;
        let Name::ClientKeys(uri) = &name else { return Ok(()) };
        let stored = self.store.load(std::slice::from_ref(&name), now).await?.pop().unwrap_or_default();
        if stored.record.is_some() && !again {
            return Ok(());
        }
        // A client that starts after us is not locked out for a minute by one failure.
        let (mut keys, lifetime) = match (self.fetch)(uri.clone()).await {
            Ok(document) => (json!({ "keys": document.get("keys") }), FETCHED_KEYS),
            Err(error) => (json!({ "error": error }), Lifetime::of_seconds(1)),
        };
        keys["fetched_at"] = now.0.into();
        let record = Arc::new(Record::from(keys));
        let change = (Some(Arc::clone(&record)), now.plus(lifetime));
        // Whoever fetched at the same time fetched the same: a lost race is no loss.
        self.store.commit(vec![(name.clone(), stored.version, change)], now).await?;
        records.add(name, Versioned { version: stored.version, record: Some(record) });
        Ok(())
    }

    /// Seam Claims: another person than the one who signed in. The keys that a lie needs are published from here on.
    fn pretend(&self, plan: &mut Plan, on: &Deciding<'_>, case: &Case, decision: &mut Decision) {
        if issuance_of(decision).is_some() {
            self.borrow_keys(plan.keys_to_publish(), on.now);
        }
        if !plan.has_claims() || grant_of(decision).is_none_or(|grant| grant.auth_time.is_none()) {
            return;
        }
        let grant = match decision {
            Ok(Outcome::Issue(issuance)) => &issuance.grant,
            Ok(Outcome::UserInfo(info)) => &info.grant,
            _ => return,
        };
        let person = &grant.person;
        let mut claims = on.settings.claims_of(person).cloned().unwrap_or_default();
        claims.insert("sub".into(), person.sub.as_str().into());
        let honest = decision.clone();
        plan.alter_claims(&mut claims, scene(on, case), |claims| self.said(on, &honest, claims));
        if let Ok(Outcome::Issue(_) | Outcome::UserInfo(_)) = decision {
            *decision = about(honest, person_of(claims));
        }
    }

    /// What an answer would say, if these were the person's claims.
    fn said(&self, on: &Deciding<'_>, decision: &Decision, claims: &Map) -> Vec<u8> {
        match about(decision.clone(), person_of(claims.clone())) {
            Ok(Outcome::UserInfo(info)) => self.profile.write_userinfo(&on.settings, &info),
            Ok(Outcome::Issue(issuance)) => {
                let access = self.profile.shape_access_token(&on.settings, &issuance, on.now);
                let id = self.profile.shape_id_token(&on.settings, &issuance, "", on.now);
                let claims = [access, id].into_iter().flatten().map(|draft| Value::Object(draft.claims));
                Value::Array(claims.collect()).to_string().into_bytes()
            }
            _ => Vec::new(),
        }
    }

    /// Drafts, lies where a rule says so, and signs. The access token comes first, because the ID token names its hash.
    fn sign(&self, plan: &mut Plan, on: &Deciding<'_>, decision: &Decision, case: &Case) -> Signed {
        let (settings, now) = (&on.settings, on.now);
        let mut finish = |drafted: Drafted, draft: TokenDraft| finish(plan, drafted, draft, scene(on, case));
        match decision {
            Ok(Outcome::Issue(issuance)) => {
                let access = self.profile.shape_access_token(settings, issuance, now);
                let access = access.map(|draft| finish(Drafted::Access, draft));
                let shown = access.as_deref().unwrap_or(issuance.access.as_str());
                let id = self.profile.shape_id_token(settings, issuance, shown, now);
                let id = id.map(|draft| finish(Drafted::Id, draft));
                Signed { access, id, userinfo: None }
            }
            Ok(Outcome::UserInfo(info)) => {
                let draft = self.profile.shape_signed_userinfo(settings, info);
                Signed { userinfo: draft.map(|draft| finish(Drafted::UserInfo, draft)), ..Signed::default() }
            }
            _ => Signed::default(),
        }
    }

    /// Writes an exchange into journal and log.
    pub fn note(&self, entry: Entry) {
        let (method, endpoint) = (entry.method.as_str(), entry.endpoint.key());
        let client = Some(entry.client.as_str()).filter(|client| !client.is_empty()).unwrap_or("someone unnamed");
        if let Some(refused) = &entry.refused {
            let (check, section) = (refused.check.name(), refused.check.section());
            tracing::warn!("refused {method} {endpoint} by {client} [{check}] {} {section}", refused.in_full());
        } else {
            tracing::debug!("{method} {endpoint} by {client} → {}", entry.status);
        }
        if entry.resets == self.resets.load(Ordering::Relaxed) {
            self.journal.note(entry);
        }
    }
}

/// Somebody of these claims, `sub` among them.
fn person_of(mut claims: Map) -> Person {
    let sub = claims.shift_remove("sub").and_then(|sub| sub.as_str().map(str::to_owned)).unwrap_or_default();
    Person { sub: sub.into(), claims: Some(claims) }
}

/// The same decision about somebody else.
fn about(mut decision: Decision, person: Person) -> Decision {
    match &mut decision {
        Ok(Outcome::Issue(issuance)) => Arc::make_mut(&mut issuance.grant).person = person,
        Ok(Outcome::UserInfo(info)) => Arc::make_mut(&mut info.grant).person = person,
        _ => {}
    }
    decision
}

fn bearer(asked: &Asked) -> Option<&str> {
    match &asked.credential {
        Some(Credential::Bearer(token)) => Some(token),
        _ => None,
    }
}

fn scene<'a>(on: &'a Deciding<'_>, case: &'a Case) -> Scene<'a> {
    Scene { now: on.now, settings: &on.settings, asked: on.asked, case }
}

/// Seam Person: what is given in the person's place, or by the configuration for everybody.
fn person(plan: &mut Plan, on: &Deciding<'_>, case: &Case) -> Option<Given> {
    if !matches!(on.asked.endpoint, Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent) {
        return None;
    }
    let mut given = plan.person(scene(on, case)).unwrap_or_else(Given::nothing);
    if given.answer.is_none()
        && let Some(own) = auto_login(on)
    {
        (given.answer, given.only_if_asked) = (own.answer, true);
    }
    // Whoever signs in without a page agrees without one.
    if given.answer.is_some() && given.consent.is_none() && on.asked.endpoint == Endpoint::Authorize {
        given.consent = Some(ConsentAnswer::All);
    }
    (given != Given::nothing()).then_some(given)
}

/// Who signs in by the configuration where a page would be shown.
fn auto_login(on: &Deciding<'_>) -> Option<Given> {
    let by = on.settings.auto_login.as_deref().filter(|_| on.asked.endpoint == Endpoint::Authorize)?;
    let name = if by == "login_hint" { on.asked.params.get("login_hint")? } else { by };
    let known = on.settings.users.iter().any(|user| user.answers_to(name));
    known.then(|| Login::by(name).given(&on.settings, Origin::Config))
}

/// Seam Premise: settings and time of this one request.
fn assume(plan: &mut Plan, on: &mut Deciding<'_>, case: &Case, records: &Records) {
    if !plan.has_premise() {
        return;
    }
    let honest = Arc::clone(&on.settings);
    let (mut settings, mut now) = (Settings::clone(&honest), on.now);
    let scene = Scene { now: on.now, settings: &honest, asked: on.asked, case };
    plan.alter_premise(&mut Premise { settings: &mut settings, now: &mut now, records }, scene);
    (on.settings, on.now) = (Arc::new(settings), now);
}

fn finish(plan: &mut Plan, drafted: Drafted, mut draft: TokenDraft, scene: Scene<'_>) -> String {
    let token = match drafted {
        Drafted::Access => Token::Access,
        Drafted::Id => Token::Id,
        Drafted::UserInfo => Token::UserInfo,
    };
    plan.alter_draft(token, &mut draft, scene);
    let mut text = scene.settings.keys.sign(&draft);
    plan.spoil(token, &mut text, scene);
    text
}

/// The refusal that means that records cannot be had.
fn unanswered(unavailable: &Unavailable, trace: &mut Trace) -> Decision {
    tracing::error!("{unavailable}");
    trace.note(Check::StoreAnswers, false);
    Err(Failure::Tell(Refused::by(Check::StoreAnswers)))
}

fn refused(decision: &Decision) -> Option<&Refused> {
    match decision {
        Err(Failure::ShowPage(refused) | Failure::SendBack(_, refused) | Failure::Tell(refused)) => Some(refused),
        Ok(Outcome::Ask(Question::SignIn(question))) => question.notice.as_ref(),
        _ => None,
    }
}

/// Somebody who typed almost a test identity is told which.
fn explain(decision: &mut Decision, on: &Deciding<'_>) {
    let typed = on.asked.params.get("username").filter(|_| on.asked.endpoint == Endpoint::SignIn);
    if let Ok(Outcome::Ask(Question::SignIn(question))) = decision
        && let Some(notice) = question.notice.as_mut().filter(|notice| notice.check == Check::PersonKnown)
        && let Some(meant) = typed.and_then(|typed| nearest_test_identity(typed, &on.settings))
    {
        notice.expected = Some(format!("a name such as {meant}"));
    }
}

/// Puts on the page what the profile does not know of: the lies that can be told, and the prepared changes of claims.
fn furnish(reply: &mut Reply) {
    if let Body::Page(page) = &mut reply.body
        && let Page::SignIn(page) = &mut **page
    {
        page.lies = ON_THE_PAGE.to_vec();
        if let Some(editor) = &mut page.editor {
            editor.what_ifs = WHAT_IFS.to_vec();
        }
    }
}
