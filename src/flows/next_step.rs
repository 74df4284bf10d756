//! The one place that decides what comes next for a visit. Sign-in and consent never call each other; both come back here.

use std::sync::Arc;

use crate::protocol::{
    ClaimsRequest, CodeValue, GrantId, InteractionId, Lifetime, Params, Prompt, Scopes, SessionId, Subject, UnixTime,
};
use crate::spec::{Check, FailedCheck, quoted};
use crate::world::{
    AuthorizationResponse, Code, Consent, ConsentDecision, Ctx, Destination, Failure, Grant, IdTokenSlot, Interaction,
    Interrupt, Outcome, Purpose, Question, RecordKey, RememberedConsent, ReturnAddress, Session, SignInQuestion,
};

use super::client_keys::id_token_recipient;
use super::issue::{TokenSet, audience, issue};
use super::visit::Visit;
use super::visit_state::VisitState;

/// How much longer than a code its record is kept, so that a late replay is recognised.
pub(super) const USED_CODE: Lifetime = Lifetime::of_seconds(600);

/// Asks for a sign-in, or for consent, or sends the browser back with what the app asked for.
pub(super) fn next_step(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState) -> Result<Outcome, Failure> {
    let back = |refused: FailedCheck| visit.destination.refuse(refused);
    let fitting = fitting(ctx, visit, state);
    if visit.request.prompts(Prompt::None) {
        let why = why_not_fitting(ctx, visit, state);
        ctx.check_as(Check::SignedIn, fitting.is_some(), |refused| {
            let refused = refused.says(format!("{why}, and prompt=none forbids asking"));
            if visit.expected.is_empty() { refused } else { refused.expected(names(visit)) }
        })
        .map_err(back)?;
    }
    let Some((sid, session)) = fitting else {
        return Ok(ask_for_sign_in(ctx, visit, state));
    };
    expected_person(ctx, visit, session).map_err(back)?;
    let mut grant = grant(ctx, visit, sid, session);
    if let Some(agreed) =
        agreement(ctx, visit, state, &grant).map_err(|interrupt| visit.destination.refuse(interrupt))?
    {
        grant.claims = single_claims(ctx, visit, &agreed);
        grant.scopes = agreed;
        return respond(ctx, visit, state, grant).map_err(|why| visit.destination.refuse(why));
    }
    if visit.request.prompts(Prompt::None) {
        return Err(back(ctx.refuse(Check::Consented)));
    }
    Ok(ask_for_consent(ctx, visit, state, grant))
}

/// Whether nobody needs to be asked who this is.
pub(super) fn is_signed_in(ctx: &Ctx<'_>, visit: &Visit, state: &VisitState) -> bool {
    fitting(ctx, visit, state).is_some()
}

fn fitting<'a>(ctx: &Ctx<'_>, visit: &Visit, state: &'a VisitState) -> Option<&'a (SessionId, Session)> {
    state.session.as_ref().filter(|(_, session)| fits(ctx, visit, state, session))
}

/// Whether a session is good enough for this request, [Core §3.1.2.3](https://openid.net/specs/openid-connect-core-1_0.html#Authenticates).
fn fits(ctx: &Ctx<'_>, visit: &Visit, state: &VisitState, session: &Session) -> bool {
    if !ctx.settings.may_sign_in(&session.person) {
        return false;
    }
    if state.signed_in_on_this_visit() {
        return true;
    }
    let request = &visit.request;
    let asks_again = request.prompts(Prompt::Login) || request.prompts(Prompt::SelectAccount);
    let too_old = max_age(visit).is_some_and(|seconds| seconds == 0 || ctx.now.since(session.auth_time) > seconds);
    let other_person = !visit.expected.is_empty() && !visit.expected.contains(&session.person.sub);
    let wanted = request.wanted_acr();
    let has = session.acr.as_deref().is_some_and(|acr| wanted.contains(&acr));
    // An authentication context that is only a wish is no reason to fail where no page may be shown.
    let too_weak = !wanted.is_empty() && !has && (!request.prompts(Prompt::None) || request.claims.is_essential("acr"));
    !asks_again && !too_old && !other_person && !too_weak
}

/// Why nobody is signed in who would do, in words.
fn why_not_fitting(ctx: &Ctx<'_>, visit: &Visit, state: &VisitState) -> String {
    let Some((_, session)) = &state.session else { return "Nobody is signed in".into() };
    let sub = &session.person.sub;
    if !visit.expected.is_empty() && !visit.expected.contains(sub) {
        return format!("{} is signed in, not {}", quoted(sub.as_str()), quoted(&names(visit)));
    }
    if !ctx.settings.may_sign_in(&session.person) {
        return format!("{}, who was signed in, is locked or not here any more", quoted(sub.as_str()));
    }
    let age = ctx.now.since(session.auth_time);
    match max_age(visit) {
        Some(most) if age > most || most == 0 => format!("The sign-in is {age} s old, and max_age is {most}"),
        _ => format!("The sign-in of {} is not good enough for this request", quoted(sub.as_str())),
    }
}

fn max_age(visit: &Visit) -> Option<i64> {
    visit.request.max_age.or_else(|| visit.client.default_max_age.map(i64::from))
}

/// Someone else signed in than the app expected: it must not be told that this is the same person.
fn expected_person(ctx: &mut Ctx<'_>, visit: &Visit, session: &Session) -> Result<(), FailedCheck> {
    if visit.expected.is_empty() {
        return Ok(());
    }
    let sub = session.person.sub.as_str();
    ctx.check_as(Check::ExpectedPerson, visit.expected.contains(&session.person.sub), |refused| {
        let say = format!("{} signed in, but the app expects {}", quoted(sub), quoted(&names(visit)));
        refused.got(sub).expected(names(visit)).says(say)
    })
}

fn names(visit: &Visit) -> String {
    visit.expected.iter().map(Subject::as_str).collect::<Vec<_>>().join(" or ")
}

/// What the person agreed to, if no question is open.
fn agreement(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState, grant: &Grant) -> Result<Option<Scopes>, Interrupt> {
    // What somebody agrees to who was not asked who they are is no matter.
    let preset = ctx.preset.filter(|preset| preset.answer.is_none() || ctx.trace.used.answer);
    if let Some(consent) = preset.and_then(|preset| preset.consent.as_ref()) {
        ctx.trace.used.consent = true;
        let agrees = *consent != ConsentDecision::Nothing;
        ctx.check_as(Check::PersonAgrees, agrees, |refused| refused.says("The person did not agree").on_purpose())?;
        let asked = &visit.request.scopes;
        return Ok(Some(match consent {
            ConsentDecision::Only(scopes) => asked.filtered(|scope| scope == "openid" || scopes.contains(scope)),
            _ => asked.clone(),
        }));
    }
    if let Some(agreed) = state.interaction.as_ref().and_then(|(_, interaction)| interaction.agreed.clone()) {
        return Ok(Some(agreed));
    }
    if visit.request.prompts(Prompt::Consent) {
        return Ok(None);
    }
    let asked = visit.request.scopes.clone();
    match ctx.settings.consent(&visit.client) {
        Consent::Off => Ok(Some(asked)),
        Consent::Always => Ok(None),
        Consent::Remembered => {
            let name = RecordKey::RememberedConsent(grant.client.clone(), grant.person.sub.clone());
            let standing: RememberedConsent = ctx.records.get(&name)?.unwrap_or_default();
            Ok(asked.is_within(&standing.scopes).then_some(asked))
        }
    }
}

fn grant(ctx: &Ctx<'_>, visit: &Visit, sid: &SessionId, session: &Session) -> Grant {
    let (request, client) = (&visit.request, visit.client.client_id());
    Grant {
        nonce: request.nonce().map(str::to_owned),
        auth_time: Some(session.auth_time),
        session: Some(sid.clone()),
        amr: session.amr.clone(),
        acr: session.acr.clone(),
        claims: request.claims.clone(),
        resource: request.resource.clone(),
        login_hint: request.login_hint().map(str::to_owned),
        tags: session.tags.clone(),
        ..Grant::new(&ctx.settings.issuer, client, session.person.clone(), request.scopes.clone())
    }
}

/// The single claims that may be had: none that a scope opens which the person unticked, or which the client may not ask for.
fn single_claims(ctx: &Ctx<'_>, visit: &Visit, agreed: &Scopes) -> ClaimsRequest {
    let allowed = |scope: &str| visit.client.scope.as_ref().is_none_or(|scopes| scopes.contains(scope));
    let unticked = |scope: &str| visit.request.scopes.contains(scope) && !agreed.contains(scope);
    let may_have = |name: &String| {
        let mut opening = ctx.settings.scopes.iter().filter(|(_, claims)| claims.contains(name)).peekable();
        opening.peek().is_none() || opening.any(|(scope, _)| allowed(scope) && !unticked(scope))
    };
    let mut claims = visit.request.claims.clone();
    claims.userinfo.retain(|name, _| may_have(name));
    claims.id_token.retain(|name, _| may_have(name));
    claims
}

fn ask_for_sign_in(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState) -> Outcome {
    let interaction = keep_open(ctx, state, None);
    let mut question = sign_in_question(visit, state, interaction);
    question.foreign_host.clone_from(&state.foreign_host);
    Outcome::Ask(Question::SignIn(Box::new(question)))
}

/// The sign-in page for a visit.
pub(super) fn sign_in_question(visit: &Visit, state: &VisitState, interaction: InteractionId) -> SignInQuestion {
    SignInQuestion {
        interaction,
        client: Arc::clone(&visit.client),
        destination: visit.destination.clone(),
        request: Arc::clone(&visit.request),
        used: state.browser.used.clone(),
        signed_in: state.session.as_ref().map(|(_, session)| session.person.clone()),
        edit: None,
        notice: None,
        typed: None,
        edited: None,
        filter: None,
        foreign_host: None,
    }
}

fn ask_for_consent(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState, grant: Grant) -> Outcome {
    let interaction = keep_open(ctx, state, grant.session.clone());
    let (client, request) = (Arc::clone(&visit.client), Arc::clone(&visit.request));
    let destination = visit.destination.clone();
    Outcome::Ask(Question::Consent { interaction, client, destination, request, grant: Arc::new(grant) })
}

/// The page's record, new or kept on.
/// For a consent page it says whose answer is awaited.
fn keep_open(ctx: &mut Ctx<'_>, state: &VisitState, session: Option<SessionId>) -> InteractionId {
    let (id, mut interaction) = state.interaction.clone().unwrap_or_else(|| {
        // As it was sent: what was registered meanwhile is looked at again.
        let purpose = Purpose::SignIn(ctx.understood.authorization.clone().unwrap_or_default());
        let interaction = Interaction::new(state.browser_id.clone(), purpose);
        (ctx.entropy.secret().into(), interaction)
    });
    interaction.session = session.or(interaction.session);
    ctx.records.put(RecordKey::Interaction(id.clone()), interaction, ctx.now.plus(Interaction::OPEN));
    id
}

/// What the app asked for, on the ground of what the person agreed to: for each word of the response type there is a slot here.
fn respond(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState, grant: Grant) -> Result<Outcome, Interrupt> {
    let asked = visit.request.response_type;
    let audience = asked.token.then(|| audience(ctx, &visit.client, &grant, &Params::default())).transpose()?;
    let recipient = if asked.id_token { id_token_recipient(ctx, &visit.client)? } else { None };
    state.answer(ctx);
    state.take_part(ctx, &grant.client);
    let Destination::App(address) = &visit.destination;
    let (grant_id, grant) = (GrantId::from(ctx.entropy.id()), Arc::new(grant));
    let code = asked.code.then(|| code(ctx, visit, address, (&grant_id, &grant)));
    let tokens = asked.has_tokens().then(|| {
        let id_token =
            asked.id_token.then_some(IdTokenSlot { says_nonce: true, says_scopes: !asked.code && !asked.token });
        let kept_until = if asked.code { code_kept_until(ctx, visit) } else { ctx.now };
        let scopes = grant.scopes.clone();
        let wanted = TokenSet { scopes, access: audience, id_token, recipient, with_refresh_token: false, kept_until };
        issue(ctx, &visit.client, (grant_id, Arc::clone(&grant)), wanted)
    });
    Ok(Outcome::Return(Box::new(AuthorizationResponse { address: address.clone(), grant, code, tokens })))
}

/// Until when a code that is made now is recognised.
fn code_kept_until(ctx: &Ctx<'_>, visit: &Visit) -> UnixTime {
    ctx.now.plus(ctx.settings.lifetimes(&visit.client).code).plus(USED_CODE)
}

/// A code, [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2)
fn code(
    ctx: &mut Ctx<'_>,
    visit: &Visit,
    address: &ReturnAddress,
    (grant_id, grant): (&GrantId, &Arc<Grant>),
) -> CodeValue {
    let value: CodeValue = ctx.entropy.secret().into();
    let until = ctx.now.plus(ctx.settings.lifetimes(&visit.client).code);
    let code = Code {
        grant: grant_id.clone(),
        client: grant.client.clone(),
        redirect_uri: address.as_sent().to_owned(),
        challenge: visit.request.challenge.clone(),
        issued_at: ctx.now_ms,
        until,
        redeemed_at: None,
    };
    let kept_until = code_kept_until(ctx, visit);
    ctx.records.put(RecordKey::Code(value.clone()), code, kept_until);
    ctx.records.put(RecordKey::Grant(grant_id.clone()), Arc::clone(grant), kept_until);
    value
}
