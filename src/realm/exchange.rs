//! One request and its answer. Whoever knows [`Realm::exchange`] knows the product.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::faults::{Case, FAULTS, Plan, Seam};
use crate::flows::WHAT_IFS;
use crate::profile::word::Telling;
use crate::profile::{Drafted, Signed};
use crate::protocol::{AccessId, Lifetime, UnixTime};
use crate::reply::{Body, Page, Reply};
use crate::spec::{Check, Refused};
use crate::store::Unavailable;
use crate::tokens::{Opened, TokenDraft};
use crate::world::{
    Asked, Credential, Ctx, Draw, Endpoint, Failure, Name, Outcome, PersonAnswer, Question, Record, Records, Settings,
    Trace, Versioned,
};

use super::{Entry, Flow, Realm};

/// How often a flow is run again: for each record that turns out to be needed, and for each race that is lost.
const MOST_RUNS: usize = 64;

/// How long a client's fetched keys are believed.
const FETCHED_KEYS: Lifetime = Lifetime::of_seconds(60);

/// What a flow decides on: the request, and the world as it is at this moment.
struct Deciding<'a> {
    asked: &'a Asked,
    flow: Flow,
    person: Option<PersonAnswer>,
    settings: Arc<Settings>,
    now: UnixTime,
    draw: Draw,
    may_wait: bool,
}

impl Realm {
    /// Answers one request.
    pub async fn exchange(&self, asked: &Asked, flow: Flow) -> Reply {
        let mut plan = self.rules.plan();
        let client = named_client(asked);
        let person = plan.person(client).filter(|_| asked.endpoint == Endpoint::Authorize);
        let (settings, now, draw) = (self.settings(), self.now(), self.entropy.draw());
        let may_wait = self.clock_runs();
        let mut on = Deciding { asked, flow, person, settings, now, draw, may_wait };
        let mut trace = Trace::default();
        let decision = self.decide(&mut on, &mut trace).await;
        if on.person.is_some() && !matches!(&decision, Err(Failure::ShowPage(_))) {
            plan.spend_person(client);
        }
        let case = case(client, &decision);
        let refused = refused(&decision).cloned();
        let signed = self.sign(&mut plan, &on, &decision, &case);
        let documents = &self.documents;
        let telling =
            Telling { settings: &on.settings, documents, endpoint: asked.endpoint, base: &asked.base, now: on.now };
        let mut reply = self.profile.word(&telling, decision, signed);
        plan.edit_reply(&mut reply, &case);
        furnish(&mut reply);
        reply.signs_in = trace.iter().any(|(check, held)| check == Check::PersonMaySignIn && held);
        self.note(Entry {
            number: 0,
            at: on.now,
            method: asked.method,
            endpoint: asked.endpoint,
            client: shortened(&case.client),
            user: case.user,
            status: reply.status,
            trace,
            refused,
            decided: plan.decided().to_vec(),
        });
        reply
    }

    /// The decision, or the refusal that means that records cannot be had.
    async fn decide(&self, on: &mut Deciding<'_>, trace: &mut Trace) -> Result<Outcome, Failure> {
        self.run(on, trace).await.unwrap_or_else(|unavailable| {
            tracing::error!("{unavailable}");
            trace.note(Check::StoreAnswers, false);
            Err(Failure::Tell(Refused::by(Check::StoreAnswers)))
        })
    }

    /// Load, decide, commit. A flow that lost a race, or needs a record more, is run again on what is then known.
    async fn run(&self, on: &mut Deciding<'_>, trace: &mut Trace) -> Result<Result<Outcome, Failure>, Unavailable> {
        let mut records = Records::default();
        let bearer = match &on.asked.credential {
            Some(Credential::Bearer(token)) => Some(token.as_str()),
            _ => None,
        };
        let recognised = bearer.and_then(|token| on.settings.keys.own_access_token(token, on.now)).map(AccessId::from);
        self.load(&mut records, names(on.asked, recognised.as_ref()), on.now).await?;
        for _ in 0..MOST_RUNS {
            trace.clear();
            let now = on.now;
            let mut entropy = on.draw.clone();
            let mut ctx = Ctx {
                now,
                settings: &on.settings,
                records: &mut records,
                entropy: &mut entropy,
                person: on.person.as_ref(),
                may_wait: on.may_wait,
                recognised: bearer.zip(recognised.as_ref()),
                trace,
            };
            match (on.flow)(&mut ctx, on.asked) {
                Err(Failure::Need(name)) => {
                    records.undo();
                    self.bring(&mut records, name, now).await?;
                }
                Err(Failure::NextSecond) => {
                    records.undo();
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    on.now = self.now();
                    on.may_wait = false;
                }
                decision => {
                    let changes = records.changes();
                    if changes.is_empty() || self.store.commit(changes, now).await? {
                        return Ok(decision);
                    }
                    records.undo();
                    let known = records.names();
                    self.load(&mut records, known, now).await?;
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
            let next = if further { pointers.filter(|name| !records.has(name)).collect() } else { Vec::new() };
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

    /// Drafts, lies where a rule says so, and signs. The access token comes first, because the ID token names its hash.
    fn sign(&self, plan: &mut Plan, on: &Deciding<'_>, decision: &Result<Outcome, Failure>, case: &Case) -> Signed {
        let (settings, now) = (&on.settings, on.now);
        let mut finish = |drafted: Drafted, draft: TokenDraft| finish(plan, settings, drafted, draft, case);
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

    fn note(&self, entry: Entry) {
        let (method, endpoint) = (entry.method.as_str(), entry.endpoint.key());
        let client = if entry.client.is_empty() { "someone unnamed" } else { &entry.client };
        if let Some(refused) = &entry.refused {
            let (check, section) = (refused.check.name(), refused.check.section());
            tracing::warn!("refused {method} {endpoint} by {client} [{check}] {} {section}", refused.in_full());
        } else {
            tracing::debug!("{method} {endpoint} by {client} → {}", entry.status);
        }
        self.journal.note(entry);
    }
}

fn finish(plan: &mut Plan, settings: &Settings, drafted: Drafted, mut draft: TokenDraft, case: &Case) -> String {
    let seam = match drafted {
        Drafted::Access => Seam::AccessToken,
        Drafted::Id => Seam::IdToken,
        Drafted::UserInfo => Seam::UserInfo,
    };
    plan.edit_draft(seam, &mut draft, case);
    let mut token = settings.keys.sign(&draft);
    plan.spoil(seam, &mut token, case);
    token
}

/// The records that a request names by itself, so that most flows find all they need in one round.
fn names(asked: &Asked, recognised: Option<&AccessId>) -> Vec<Name> {
    let params = &asked.params;
    let browser = asked.browser.clone().map(Name::Browser);
    let interaction = params.get("interaction").map(|id| Name::Interaction(id.into()));
    let code = params.get("code").map(|code| Name::Code(code.into()));
    let refresh = params.get("refresh_token").map(|token| Name::Refresh(token.into()));
    let access = match (&asked.credential, recognised) {
        (_, Some(id)) => Some(Name::Access(id.clone())),
        (Some(Credential::Bearer(token)), None) => {
            Some(Name::Access(Opened::claimed_jti(token).unwrap_or_else(|| token.clone()).into()))
        }
        _ => None,
    };
    [browser, interaction, code, refresh, access].into_iter().flatten().collect()
}

/// The record that a record is about.
fn points_to(record: &Record) -> Option<Name> {
    match record {
        Record::Browser(browser) => browser.session.clone().map(Name::Session),
        Record::Code(code) => Some(Name::Grant(code.grant.clone())),
        Record::Access(access) => Some(Name::Grant(access.grant.clone())),
        Record::Refresh(refresh) => Some(Name::Grant(refresh.grant.clone())),
        _ => None,
    }
}

/// The client that a request says it is about, believed or not.
fn named_client(asked: &Asked) -> &str {
    match (&asked.credential, asked.params.get("client_id")) {
        (_, Some(id)) => id,
        (Some(Credential::Basic { id, .. }), None) => id,
        _ => "",
    }
}

/// Whom the answer is for and about.
fn case(client: &str, decision: &Result<Outcome, Failure>) -> Case {
    let grant = match decision {
        Ok(Outcome::Issue(issuance)) => Some(&issuance.grant),
        Ok(Outcome::Return(answer)) => Some(&answer.grant),
        Ok(Outcome::UserInfo(info)) => Some(&info.grant),
        Ok(Outcome::Ask(Question::Consent { grant, .. })) => Some(grant),
        _ => None,
    };
    match grant {
        Some(grant) => Case {
            client: grant.client.to_string(),
            user: Some(grant.person.sub.to_string()),
            marks: grant.marks.clone(),
        },
        None => Case { client: client.to_owned(), ..Case::default() },
    }
}

fn refused(decision: &Result<Outcome, Failure>) -> Option<&Refused> {
    match decision {
        Err(Failure::ShowPage(refused) | Failure::SendBack(_, refused) | Failure::Tell(refused)) => Some(refused),
        Ok(Outcome::Ask(Question::SignIn(question))) => question.notice.as_ref(),
        _ => None,
    }
}

/// Puts on the page what the profile does not know of: the lies that can be told, and the prepared changes of claims.
fn furnish(reply: &mut Reply) {
    if let Body::Page(page) = &mut reply.body
        && let Page::SignIn(page) = &mut **page
    {
        page.lies = FAULTS.iter().map(|fault| (fault.id, fault.label, fault.altered)).collect();
        if let Some(editor) = &mut page.editor {
            editor.what_ifs = WHAT_IFS.to_vec();
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect()
}
