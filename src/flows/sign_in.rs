//! The sign-in page: who are you? [Core §3.1.2.3](https://openid.net/specs/openid-connect-core-1_0.html#Authenticates)

use crate::protocol::{InteractionId, Map, Params, Prompt, SessionId, Subject, UnixTime, nearest};
use crate::spec::{Check, FailedCheck, Refusal, Suggestion, quoted};
use crate::world::{
    Browser, Ctx, Endpoint, Failure, Interaction, Interrupt, Outcome, Purpose, Question, RecordKey, Request, Session,
    SignedInUser, User, UserDecision, made_up, wrong_sub,
};

use super::next_step::{next_step, sign_in_question};
use super::visit::Visit;
use super::visit_state::{VisitState, reopen};
use super::what_if::{self, Change};

/// Shows the page of a visit again, perhaps with the claim editor, perhaps with some of the people only.
pub fn ask_sign_in(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let (visit, state) = reopen(ctx, request)?;
    let edit = request.params.get("edit").map(Subject::from).filter(|sub| ctx.settings.user(sub).is_some());
    Ok(show_again(&visit, &state, &request.params, (edit, None)))
}

/// Takes the answer of one of the page's forms.
pub fn answer_sign_in(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let (visit, state) = reopen(ctx, request)?;
    let preset = ctx.preset.and_then(|preset| preset.answer.clone());
    ctx.trace.used.answer = preset.is_some();
    let read = preset.map_or_else(|| read_answer(ctx, &request.params), |answer| Ok(Read::Answer(answer)));
    match read {
        Ok(Read::Answer(answer)) if state.was_answered() && same_person(&state, &answer) => {
            next_step(ctx, &visit, &state).map(onward)
        }
        Ok(Read::Answer(answer)) => accept(ctx, &visit, state, answer).map(onward),
        Ok(Read::Save(user)) => {
            let id = state.interaction.as_ref().map_or_else(|| "".into(), |(id, _)| id.clone());
            Ok(Outcome::SaveUser(user, id))
        }
        Err(notice) => {
            let edited = request.params.get("edited").and(request.params.get("sub")).map(Subject::from);
            Ok(show_again(&visit, &state, &request.params, (edited, Some(notice))))
        }
    }
}

/// What a form says.
enum Read {
    Answer(UserDecision),
    /// The editor's claims are to be kept as a person of their own.
    Save(Box<User>),
}

/// A second press of the same button, after the first one was answered.
fn same_person(state: &VisitState, answer: &UserDecision) -> bool {
    let now = state.session.as_ref().map(|(_, session)| &session.person.sub);
    match answer {
        UserDecision::SignIn { sub, .. } => now == Some(sub) || sub.as_str().starts_with("new-"),
        UserDecision::Decline(_) => false,
    }
}

/// A page that follows on a form has an address of its own, so that reloading it posts nothing.
fn onward(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Ask(Question::Consent { interaction, .. }) => Outcome::Redirect(Endpoint::Consent, interaction),
        other => other,
    }
}

fn show_again(
    visit: &Visit,
    state: &VisitState,
    params: &Params,
    (edit, notice): (Option<Subject>, Option<FailedCheck>),
) -> Outcome {
    let id = state.interaction.as_ref().map_or_else(|| "".into(), |(id, _)| id.clone());
    let mut question = sign_in_question(visit, state, id);
    question.edited = edit.is_some().then(|| params.clone()).filter(|_| notice.is_some());
    question.edit = edit;
    question.notice = notice;
    question.typed = params.get("username").map(str::to_owned);
    question.filter = params.get("filter").map(str::to_owned);
    question.foreign_host.clone_from(&state.foreign_host);
    Outcome::Ask(Question::SignIn(Box::new(question)))
}

/// A mistake is a notice on the page, since the person can mend it there.
fn read_answer(ctx: &mut Ctx<'_>, params: &Params) -> Result<Read, FailedCheck> {
    // A person may say no anywhere; that the provider breaks is a lie.
    let may_fail = |name: &&str| !ctx.settings.strict || *name == "access_denied";
    if let Some(refusal) = params.get("decline").filter(may_fail).and_then(declined) {
        return Ok(Read::Answer(UserDecision::Decline(refusal)));
    }
    if let Some(typed) = params.get("username") {
        let anyway = params.get("anyway").is_some();
        return typed_in(ctx, typed, (params.get("password").unwrap_or_default(), anyway)).map(Read::Answer);
    }
    // A label of more than one part is given by whoever answers for the person, never by a form.
    let lie = params.get("lie").filter(|lie| !lie.contains(':') && !ctx.settings.strict);
    let tags: Vec<String> = lie.map(str::to_owned).into_iter().collect();
    let sub = params.get("sub").unwrap_or_default();
    if sub == "+new" {
        let (sub, claims) = someone_new(ctx);
        let answer = UserDecision::signs_in(sub);
        return Ok(Read::Answer(with_claims(answer, claims, tags)));
    }
    let user = known_person(ctx, sub)?;
    if params.get("edited").is_none() {
        let answer = UserDecision::signs_in(user.sub);
        return Ok(Read::Answer(with_tags(answer, tags)));
    }
    let change = what_if::change(&user, params).map_err(|why| ctx.refuse(Check::ParameterUsable).says(why))?;
    Ok(match params.get("save") {
        Some(_) => Read::Save(Box::new(saved(ctx, &user, change))),
        None => Read::Answer(with_tags(change.answer(), tags)),
    })
}

fn with_tags(answer: UserDecision, more: Vec<String>) -> UserDecision {
    match answer {
        UserDecision::SignIn { sub, claims, told, amr, age, .. } => {
            UserDecision::SignIn { sub, claims, told, amr, age, tags: more }
        }
        other @ UserDecision::Decline(_) => other,
    }
}

fn with_claims(answer: UserDecision, made_up: Map, tags: Vec<String>) -> UserDecision {
    match with_tags(answer, tags) {
        UserDecision::SignIn { sub, told, amr, age, tags, .. } => {
            UserDecision::SignIn { sub, claims: Some(made_up), told, amr, age, tags }
        }
        other @ UserDecision::Decline(_) => other,
    }
}

/// The editor's claims as somebody of their own: under the `sub` that was typed, or beside the person they began with.
fn saved(ctx: &Ctx<'_>, user: &User, change: Change) -> User {
    let free = |sub: &str| ctx.settings.user(&sub.into()).is_none();
    let numbered = || (2..=u32::MAX).map(|number| format!("{}-{number}", user.sub)).find(|sub| free(sub));
    let sub = if change.sub == user.sub { numbered().unwrap_or_default().into() } else { change.sub };
    let User { aggregated, distributed, .. } = user.clone();
    User { sub, username: None, password: None, locked: false, aggregated, distributed, claims: change.claims }
}

fn known_person(ctx: &mut Ctx<'_>, sub: &str) -> Result<User, FailedCheck> {
    let user = ctx.settings.user(&sub.into()).cloned();
    let settings = ctx.settings;
    ctx.require_as(Check::PersonKnown, user, |refused| {
        let near = nearest(sub, settings.users.iter().map(|user| user.sub.as_str()));
        nobody(refused, sub, near)
    })
}

/// Nobody has this name.
fn nobody(refused: FailedCheck, typed: &str, near: Option<&str>) -> FailedCheck {
    let meant = near.map(|word| Suggestion::Word { word: word.to_owned(), link: None });
    refused.got(typed).says(format!("Nobody here is called {}", quoted(typed))).suggest(meant)
}

/// The ways in which a person, or the provider for them, says no.
fn declined(word: &str) -> Option<Refusal> {
    match word {
        "access_denied" => Some(Refusal::UserDenied),
        "interaction_required" => Some(Refusal::SecondFactorNeeded),
        "server_error" => Some(Refusal::ProviderBroken),
        "temporarily_unavailable" => Some(Refusal::ProviderBusy),
        _ => None,
    }
}

fn typed_in(ctx: &mut Ctx<'_>, typed: &str, (password, anyway): (&str, bool)) -> Result<UserDecision, FailedCheck> {
    let name = typed.trim();
    let known = ctx.settings.users.iter().any(|user| user.answers_to(name));
    let near = ctx.settings.nearest_person(name).is_some();
    // As long as the people are the examples, whoever is typed in is made up, as someone brand new is.
    let invented = !known && ctx.settings.invents_people && (anyway || !near) && !name.contains('+');
    let answer = if invented {
        let (sub, claims) = made_up(name);
        if let Some(why) = wrong_sub(sub.as_str()) {
            return Err(ctx.refuse(Check::PersonKnown).got(name).says(format!("{} {why}", quoted(sub.as_str()))));
        }
        with_claims(UserDecision::signs_in(sub), claims, Vec::new())
    } else {
        UserDecision::signs_in(authenticate(ctx, name, password)?.sub)
    };
    Ok(match answer {
        UserDecision::SignIn { sub, claims, told, age, tags, .. } => {
            UserDecision::SignIn { sub, claims, told, amr: vec!["pwd".into()], age, tags }
        }
        other @ UserDecision::Decline(_) => other,
    })
}

/// Finds the person of a username and compares the password, if the configuration gives one.
pub(super) fn authenticate(ctx: &mut Ctx<'_>, typed: &str, password: &str) -> Result<User, FailedCheck> {
    let settings = ctx.settings;
    let user = settings.users.iter().find(|user| user.answers_to(typed)).cloned();
    let user = ctx.require_as(Check::PersonKnown, user, |refused| {
        let near = settings.nearest_person(typed).map(|user| user.sub.as_str());
        nobody(refused, typed, near)
    })?;
    if let Some(right) = user.password.as_deref() {
        ctx.check_as(Check::PasswordMatches, same(right, password), |refused| {
            refused.says(format!("The password of {} is another one", user.shown_name()))
        })?;
    }
    Ok(user)
}

/// Compares in a time that does not tell where the difference is.
pub(super) fn same(right: &str, sent: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    right.as_bytes().ct_eq(sent.as_bytes()).into()
}

/// Someone whom no app has ever seen.
fn someone_new(ctx: &mut Ctx<'_>) -> (Subject, Map) {
    let id: String =
        ctx.entropy.id().chars().filter(char::is_ascii_alphanumeric).take(8).collect::<String>().to_lowercase();
    let claims = User::new("")
        .claim("name", format!("Nora New {}", id.to_uppercase()))
        .claim("given_name", "Nora")
        .claim("family_name", format!("New {}", id.to_uppercase()))
        .claim("preferred_username", format!("new-{id}"))
        .claim("email", format!("new-{id}@example.com"))
        .claim("email_verified", true)
        .claims;
    (format!("new-{id}").into(), claims)
}

/// Signs the person in, or sends the app their refusal.
pub(super) fn accept(
    ctx: &mut Ctx<'_>,
    visit: &Visit,
    mut state: VisitState,
    answer: UserDecision,
) -> Result<Outcome, Failure> {
    let mut session = match admit(ctx, answer) {
        Ok(session) => session,
        Err(refused) => {
            state.answer(ctx);
            return Err(visit.destination.refuse(refused));
        }
    };
    if signed_in_again_at_once(ctx, visit, &state, &session) {
        return Err(Failure::NextSecond);
    }
    session.acr = visit.request.wanted_acr().first().map(|acr| (*acr).to_owned());
    let id = succeed(ctx, &state, &session).map_err(|interrupt| visit.destination.refuse(interrupt))?;
    session.clients = state.clients_of(&id);
    state.browser = Browser { session: Some(id.clone()), used: last_first(&state.browser.used, &session.person.sub) };
    ctx.records.put(RecordKey::Session(id.clone()), session.clone(), session.until);
    // The order of people on the page may outlive the session a little; it is a convenience, not a promise.
    ctx.records.put(RecordKey::Browser(state.browser_id.clone()), state.browser.clone(), session.until);
    state.session = Some((id.clone(), session));
    match &mut state.interaction {
        Some((_, interaction)) => {
            interaction.session = Some(id);
            interaction.agreed = None;
        }
        None => state.interaction = Some(answered_without_a_page(ctx, &state, id)),
    }
    next_step(ctx, visit, &state)
}

/// Whether `auth_time`, which has whole seconds, could not tell this sign-in from the one before. An app that sent `prompt=login` or
/// `max_age` looks for just that, [Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest); nobody else waits.
fn signed_in_again_at_once(ctx: &Ctx<'_>, visit: &Visit, state: &VisitState, session: &Session) -> bool {
    let looks = visit.request.prompts(Prompt::Login) || visit.request.max_age.is_some();
    let before = state.session.as_ref().filter(|(_, before)| before.person.sub == session.person.sub);
    let same_second = before.is_some_and(|(_, before)| before.auth_time == session.auth_time);
    ctx.may_wait && looks && same_second
}

/// The new sign-in's name. The same person goes on in the same session, which apps know by its `sid`; somebody else ends it.
fn succeed(ctx: &mut Ctx<'_>, state: &VisitState, session: &Session) -> Result<SessionId, Interrupt> {
    match &state.session {
        Some((id, before)) if before.person.sub == session.person.sub => Ok(id.clone()),
        Some((id, _)) => {
            ctx.records.end_session(id, ctx.now)?;
            Ok(ctx.entropy.id().into())
        }
        None => Ok(ctx.entropy.id().into()),
    }
}

fn admit(ctx: &mut Ctx<'_>, answer: UserDecision) -> Result<Session, FailedCheck> {
    let (sub, claims, told, amr, age, tags) = match answer {
        UserDecision::Decline(refusal) => return Err(asked_to_fail(ctx, refusal)),
        UserDecision::SignIn { sub, claims, told, amr, age, tags } => (sub, claims, told, amr, age, tags),
    };
    let settings = ctx.settings;
    let user = settings.user(&sub);
    ctx.check_as(Check::PersonKnown, claims.is_some() || user.is_some(), |refused| {
        nobody(refused, sub.as_str(), nearest(sub.as_str(), settings.users.iter().map(|user| user.sub.as_str())))
    })?;
    let locked = user.filter(|user| user.locked);
    ctx.check_as(Check::PersonMaySignIn, locked.is_none(), |refused| {
        let name = locked.map_or(sub.as_str(), User::shown_name);
        refused.got(sub.as_str()).says(format!("{name} is locked: every sign-in is refused")).on_purpose()
    })?;
    Ok(Session {
        person: SignedInUser { sub, claims, told },
        auth_time: UnixTime(ctx.now.0.saturating_sub(age)),
        amr,
        acr: None,
        tags,
        clients: Vec::new(),
        until: ctx.now.plus(ctx.settings.policy.lifetimes.session),
        ended: false,
    })
}

/// The sign-in fails because somebody wished it to.
fn asked_to_fail(ctx: &mut Ctx<'_>, refusal: Refusal) -> FailedCheck {
    let say = match refusal {
        Refusal::SecondFactorNeeded => "You asked this sign-in to fail as “needs a second factor”",
        Refusal::ProviderBroken => "You asked this sign-in to fail as “provider breaks”",
        Refusal::ProviderBusy => "You asked this sign-in to fail as “provider is busy”",
        Refusal::PersonLocked => "You asked this sign-in to fail as “the account is locked”",
        Refusal::LoginRequired => "You asked this sign-in to fail as “login required”",
        _ => "The person said no",
    };
    ctx.refuse(Check::PersonAgrees).because(refusal).says(say).on_purpose()
}

fn answered_without_a_page(ctx: &mut Ctx<'_>, state: &VisitState, session: SessionId) -> (InteractionId, Interaction) {
    let purpose = Purpose::SignIn(ctx.understood.authorization.clone().unwrap_or_default());
    let interaction = Interaction { session: Some(session), ..Interaction::new(state.browser_id.clone(), purpose) };
    (ctx.entropy.secret().into(), interaction)
}

fn last_first(used: &[Subject], now: &Subject) -> Vec<Subject> {
    const MOST: usize = 9;
    std::iter::once(now).chain(used.iter().filter(|sub| *sub != now)).take(MOST).cloned().collect()
}
