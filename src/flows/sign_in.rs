//! The sign-in page: who are you? [Core §3.1.2.3](https://openid.net/specs/openid-connect-core-1_0.html#Authenticates)

use crate::protocol::{InteractionId, Map, Params, SessionId, Subject, UnixTime};
use crate::spec::{Check, Refusal, Refused};
use crate::world::{
    Asked, Browser, Ctx, Endpoint, Failure, Interaction, Name, Outcome, Person, PersonAnswer, Question, Session, Stop,
    User,
};

use super::next_step::{next_step, sign_in_question};
use super::place::{Place, reopen};
use super::visit::Visit;
use super::what_if;

/// Shows the page of a visit again, perhaps with the claim editor.
pub fn ask_sign_in(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let (visit, place) = reopen(ctx, asked)?;
    let edit = asked.params.get("edit").map(Subject::from).filter(|sub| ctx.settings.user(sub).is_some());
    Ok(ask_again(&visit, &place, edit, None))
}

/// Takes the answer of one of the page's forms.
pub fn answer_sign_in(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let (visit, place) = reopen(ctx, asked)?;
    let given = ctx.person.and_then(|given| given.answer.clone());
    ctx.trace.used.answer = given.is_some();
    match given.map_or_else(|| read_answer(ctx, &asked.params), Ok) {
        Ok(answer) => accept(ctx, &visit, place, answer).map(onward),
        Err(notice) => Ok(ask_again(&visit, &place, None, Some(notice))),
    }
}

/// A page that follows on a form has an address of its own, so that reloading it posts nothing.
fn onward(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Ask(Question::Consent { interaction, .. }) => Outcome::Onward(Endpoint::Consent, interaction),
        other => other,
    }
}

fn ask_again(visit: &Visit, place: &Place, edit: Option<Subject>, notice: Option<Refused>) -> Outcome {
    let id = place.interaction.as_ref().map_or_else(|| "".into(), |(id, _)| id.clone());
    let mut question = sign_in_question(visit, place, id);
    question.edit = edit;
    question.notice = notice;
    Outcome::Ask(Question::SignIn(Box::new(question)))
}

/// What the form says. A mistake is a notice on the page, since the person can mend it there.
fn read_answer(ctx: &mut Ctx<'_>, params: &Params) -> Result<PersonAnswer, Refused> {
    if let Some(refusal) = params.get("decline").and_then(declined) {
        return Ok(PersonAnswer::Decline(refusal));
    }
    if let Some(typed) = params.get("username") {
        return typed_in(ctx, typed, params.get("password").unwrap_or_default());
    }
    // A label of more than one part is given by whoever answers for the person, never by a form.
    let lie = params.get("lie").filter(|lie| !lie.contains(':'));
    let marks: Vec<String> = lie.map(str::to_owned).into_iter().collect();
    let sub = params.get("sub");
    if sub == Some("+new") {
        let (sub, claims) = someone_new(ctx);
        return Ok(PersonAnswer::SignIn { sub, claims: Some(claims), amr: vec!["user".into()], age: 0, marks });
    }
    let user = sub.and_then(|sub| ctx.settings.user(&sub.into()).cloned());
    ctx.check_as(Check::PersonKnown, user.is_some(), |refused| refused.got(sub.unwrap_or("nobody")))?;
    let user = ctx.require(Check::PersonKnown, user)?;
    Ok(if params.get("edited").is_some() {
        what_if::answer(&user, params, marks)
    } else {
        PersonAnswer::SignIn { sub: user.sub, claims: None, amr: vec!["user".into()], age: 0, marks }
    })
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

fn typed_in(ctx: &mut Ctx<'_>, typed: &str, password: &str) -> Result<PersonAnswer, Refused> {
    let user = authenticate(ctx, typed, password)?;
    Ok(PersonAnswer::SignIn { sub: user.sub, claims: None, amr: vec!["pwd".into()], age: 0, marks: Vec::new() })
}

/// Finds the person of a username and compares the password, if the configuration gives one.
pub(super) fn authenticate(ctx: &mut Ctx<'_>, typed: &str, password: &str) -> Result<User, Refused> {
    let user = ctx.settings.users.iter().find(|user| user.answers_to(typed)).cloned();
    ctx.check_as(Check::PersonKnown, user.is_some(), |refused| refused.got(typed))?;
    let user = ctx.require(Check::PersonKnown, user)?;
    let fits = user.password.as_deref().is_none_or(|right| same(right, password));
    ctx.check(Check::PasswordMatches, fits)?;
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
    mut place: Place,
    answer: PersonAnswer,
) -> Result<Outcome, Failure> {
    let signed_in = admit(ctx, answer).map_err(|refused| {
        if let Some((id, _)) = &place.interaction {
            ctx.records.forget(Name::Interaction(id.clone()));
        }
        Stop::from(refused).back_to(&visit.address)
    });
    let mut session = signed_in?;
    if signed_in_again_at_once(ctx, &place, &session) {
        return Err(Failure::NextSecond);
    }
    session.acr = visit.request.wanted_acr().first().map(|acr| (*acr).to_owned());
    let id = succeed(ctx, &place, &session);
    place.browser = Browser { session: Some(id.clone()), used: last_first(&place.browser.used, &session.person.sub) };
    ctx.records.put(Name::Session(id.clone()), session.clone(), session.until);
    // The order of people on the page may outlive the session a little; it is a convenience, not a promise.
    ctx.records.put(Name::Browser(place.browser_id.clone()), place.browser.clone(), session.until);
    place.session = Some((id.clone(), session));
    match &mut place.interaction {
        Some((_, interaction)) => {
            interaction.session = Some(id);
            interaction.agreed = None;
        }
        None => place.interaction = Some(answered_without_a_page(ctx, visit, &place, id)),
    }
    next_step(ctx, visit, &place)
}

/// Whether `auth_time`, which has whole seconds, could not tell this sign-in from the one before. An app that sent `prompt=login`
/// looks for just that, [Core §3.1.2.1](https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest).
fn signed_in_again_at_once(ctx: &Ctx<'_>, place: &Place, session: &Session) -> bool {
    let before = place.session.as_ref().filter(|(_, before)| before.person.sub == session.person.sub);
    let same_second = before.is_some_and(|(_, before)| before.auth_time == session.auth_time);
    ctx.may_wait && same_second
}

/// The new sign-in's name. The same person goes on in the same session, which apps know by its `sid`; somebody else ends it.
fn succeed(ctx: &mut Ctx<'_>, place: &Place, session: &Session) -> SessionId {
    match &place.session {
        Some((id, before)) if before.person.sub == session.person.sub => id.clone(),
        Some((id, before)) => {
            let ended = Session { ended: true, ..before.clone() };
            ctx.records.put(Name::Session(id.clone()), ended, before.until);
            ctx.entropy.id().into()
        }
        None => ctx.entropy.id().into(),
    }
}

fn admit(ctx: &mut Ctx<'_>, answer: PersonAnswer) -> Result<Session, Refused> {
    let (sub, claims, amr, age, marks) = match answer {
        PersonAnswer::Decline(refusal) => {
            return ctx
                .check_as(Check::PersonAgrees, false, |refused| refused.because(refusal))
                .and(Err(Refused::by(Check::PersonAgrees)));
        }
        PersonAnswer::SignIn { sub, claims, amr, age, marks } => (sub, claims, amr, age, marks),
    };
    ctx.check(Check::PersonAgrees, true)?;
    let user = ctx.settings.user(&sub);
    let (known, locked) = (claims.is_some() || user.is_some(), user.is_some_and(|user| user.locked));
    ctx.check_as(Check::PersonKnown, known, |refused| refused.got(sub.as_str()))?;
    ctx.check_as(Check::PersonMaySignIn, !locked, |refused| refused.got(sub.as_str()))?;
    Ok(Session {
        person: Person { sub, claims },
        auth_time: UnixTime(ctx.now.0.saturating_sub(age)),
        amr,
        acr: None,
        marks,
        until: ctx.now.plus(ctx.settings.policy.lifetimes.session),
        ended: false,
    })
}

fn answered_without_a_page(
    ctx: &mut Ctx<'_>,
    visit: &Visit,
    place: &Place,
    session: SessionId,
) -> (InteractionId, Interaction) {
    let interaction = Interaction {
        browser: place.browser_id.clone(),
        request: visit.params.to_query(),
        session: Some(session),
        agreed: None,
    };
    (ctx.entropy.secret().into(), interaction)
}

fn last_first(used: &[Subject], now: &Subject) -> Vec<Subject> {
    const MOST: usize = 9;
    std::iter::once(now).chain(used.iter().filter(|sub| *sub != now)).take(MOST).cloned().collect()
}
