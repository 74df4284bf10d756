//! RP-initiated logout, [RP-Initiated Logout §2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout).

use std::sync::Arc;

use url::Url;

use crate::protocol::{InteractionId, LogoutRequest, SessionId, nearest};
use crate::spec::{Check, FailedCheck, Suggestion, compared, one_of, quoted};
use crate::tokens::Opened;
use crate::world::{
    Browser, Client, Ctx, Failure, Interaction, Interrupt, LogoutFrame, Outcome, Purpose, Question, RecordKey, Request,
    ReturnAfterLogout, is_loopback_uri,
};

use super::documents::readable;
use super::hint;
use super::visit_state::VisitState;

/// An app sends the browser to sign out. Only an ID token of the very person who is signed in ends the sign-in at once;
/// anyone else's wish is put to the person, or every page on the web could sign people out.
pub fn end_session(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let found = readable(ctx, request).map_err(Interrupt::from).and_then(|()| VisitState::of_request(ctx, request));
    let state = found.map_err(Interrupt::on_a_page)?;
    let wish = Wish::read(ctx).map_err(Interrupt::on_a_page)?;
    let Wish { hint, client, return_to } = wish;
    let signed_in = state.session.as_ref().map(|(_, session)| session.person.clone());
    let hinted = hint.as_ref().and_then(|hint| hint::person_of(ctx, hint));
    let same = signed_in.as_ref().is_none_or(|person| hinted.as_ref() == Some(&person.sub));
    if same && !ctx.settings.policy.confirm_sign_out {
        let elsewhere = end_hinted(ctx, &state, hint.as_ref()).map_err(Interrupt::on_a_page)?;
        end(ctx, &state).map_err(Interrupt::on_a_page)?;
        // Nobody's ID token says that the app means it, and nobody was asked: the browser goes nowhere by itself.
        let return_to = return_to.map(|to| ReturnAfterLogout { at_once: hint.is_some(), ..to });
        let was_signed_in = signed_in.is_some() || elsewhere;
        return Ok(Outcome::SignedOut { was_signed_in, stayed: false, return_to, frames: frames(ctx) });
    }
    let interaction: InteractionId = ctx.entropy.secret().into();
    let wish = ctx.understood.logout.clone().unwrap_or_default();
    let record = Interaction {
        session: state.session.as_ref().map(|(id, _)| id.clone()),
        ..Interaction::new(state.browser_id.clone(), Purpose::SignOut(Arc::clone(&wish)))
    };
    ctx.records.put(RecordKey::Interaction(interaction.clone()), record, ctx.now.plus(Interaction::OPEN));
    Ok(Outcome::Ask(Question::SignOut { interaction, person: signed_in, client, request: wish }))
}

/// Takes the answer of the page that asks.
pub fn answer_sign_out(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let state = readable(ctx, request).map_err(Interrupt::from).and_then(|()| VisitState::of_interaction(ctx, request));
    let state = state.map_err(Interrupt::on_a_page)?;
    let asked = state.interaction.as_ref().is_some_and(|(_, page)| page.logout().is_some());
    ctx.check(Check::InteractionKnown, asked).map_err(|refused| Interrupt::from(refused).on_a_page())?;
    state.answer(ctx);
    // What the app asked for is checked again: the configuration may have changed while the page was open.
    let interaction = state.interaction.as_ref().map(|(_, interaction)| interaction.clone());
    let Wish { return_to, .. } = Wish::read(ctx).map_err(Interrupt::on_a_page)?;
    if request.params.get("decision") == Some("stay") {
        // Whoever stays signed in may go back to where they came from; the app is told nothing.
        let return_to = return_to.map(|to| ReturnAfterLogout { at_once: false, state: None, ..to });
        return Ok(Outcome::SignedOut { was_signed_in: true, stayed: true, return_to, frames: Vec::new() });
    }
    end(ctx, &state).map_err(Interrupt::on_a_page)?;
    // Whoever presses twice was signed out by the first press.
    let was_signed_in = interaction.is_some_and(|interaction| interaction.session.is_some());
    Ok(Outcome::SignedOut { was_signed_in, stayed: false, return_to, frames: frames(ctx) })
}

/// What the app wishes, as far as it may.
struct Wish {
    hint: Option<Opened>,
    client: Option<Arc<Client>>,
    return_to: Option<ReturnAfterLogout>,
}

impl Wish {
    fn read(ctx: &mut Ctx<'_>) -> Result<Self, Interrupt> {
        let request = ctx.understood.logout.clone().unwrap_or_default();
        ctx.readable_parameters(&request.params)?;
        let hint = match request.id_token_hint() {
            None => None,
            Some(token) => {
                let opened = hint::open(ctx, token);
                let why = opened.as_ref().err().map_or("", |why| why.sentence());
                let refused = |refused: FailedCheck| refused.says(format!("id_token_hint {why}"));
                Some(ctx.require_as(Check::LogoutHintValid, opened.ok(), refused)?)
            }
        };
        let hinted = hint.as_ref().and_then(hint::client_of);
        let named = request.client_id();
        if let Some((hinted, named)) = hinted.zip(named) {
            ctx.check_as(Check::LogoutClientAgrees, hinted == named, |refused| {
                let say = format!("client_id is {}, but id_token_hint was issued to {}", quoted(named), quoted(hinted));
                refused.got(named).expected(hinted).says(say)
            })?;
        }
        let client = hinted.or(named).and_then(|id| ctx.settings.client(id));
        let return_to = return_to(ctx, &request, client.as_deref())?;
        Ok(Self { hint, client, return_to })
    }
}

/// Where the browser goes afterwards: only for a client that the request names, and only where that client registered.
fn return_to(
    ctx: &mut Ctx<'_>,
    request: &LogoutRequest,
    client: Option<&Client>,
) -> Result<Option<ReturnAfterLogout>, FailedCheck> {
    let (Some(sent), Some(client)) = (request.post_logout_redirect_uri(), client) else { return Ok(None) };
    let registered = if client.unregistered {
        is_loopback_uri(sent) || Url::parse(sent).is_ok_and(|uri| ctx.settings.may_redirect_to(&uri))
    } else {
        client.post_logout_redirect_uris.iter().any(|uri| uri == sent)
    };
    ctx.check_as(Check::LogoutUriRegistered, registered, |refused| not_registered(refused, client, sent))?;
    let state = request.state().map(str::to_owned);
    let app = client.shown_name().to_owned();
    Ok(Url::parse(sent).ok().map(|uri| ReturnAfterLogout { uri, state, app, at_once: true }))
}

fn not_registered(refused: FailedCheck, client: &Client, sent: &str) -> FailedCheck {
    let (refused, app) = (refused.got(sent), quoted(client.shown_name()));
    if client.unregistered {
        return refused
            .expected("a loopback address, since no client is registered")
            .says(format!("post_logout_redirect_uri {} leads away from this machine", quoted(sent)));
    }
    let known = &client.post_logout_redirect_uris;
    let refused = refused.expected(one_of(known));
    match nearest(sent, known.iter().map(String::as_str)) {
        Some(near) => refused
            .says(format!("post_logout_redirect_uri differs from the registered one: {}", compared(sent, near)))
            .suggest(Some(Suggestion::Word { word: near.to_owned(), link: None })),
        None if known.is_empty() => refused.says(format!("{app} has no post_logout_redirect_uris registered")),
        None => refused.says(format!("post_logout_redirect_uri {} is not registered for {app}", quoted(sent))),
    }
}

/// The pages of the apps that took part in what was ended. Each says which sign-in is over: exactly `iss` and `sid` are added,
/// [Front-Channel Logout §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout).
fn frames(ctx: &Ctx<'_>) -> Vec<LogoutFrame> {
    let mut frames = Vec::new();
    for (id, session) in ctx.records.ended_sessions() {
        for client in session.clients.iter().filter_map(|client| ctx.settings.clients.get(client)) {
            let Some(mut uri) = client.frontchannel_logout_uri.clone() else { continue };
            uri.query_pairs_mut().append_pair("iss", &ctx.settings.issuer).append_pair("sid", id.as_str());
            frames.push(LogoutFrame { app: client.shown_name().to_owned(), uri });
        }
    }
    frames
}

fn end(ctx: &mut Ctx<'_>, state: &VisitState) -> Result<(), Interrupt> {
    let Some((id, session)) = &state.session else { return Ok(()) };
    ctx.records.end_session(id, ctx.now)?;
    let browser = Browser { session: None, used: state.browser.used.clone() };
    ctx.records.put(RecordKey::Browser(state.browser_id.clone()), browser, session.until);
    Ok(())
}

/// The sign-in that the ID token names ends even where another browser, or none, brings it: it is what the app believes.
fn end_hinted(ctx: &mut Ctx<'_>, state: &VisitState, hint: Option<&Opened>) -> Result<bool, Interrupt> {
    let Some(sid) = hint.and_then(|hint| hint.claim("sid")).map(SessionId::from) else {
        if hint.is_some() && state.session.is_none() {
            let why = "the id_token_hint names no session (sid), and no browser came with it: no sign-in was ended";
            ctx.trace.remarks.push(why.to_owned());
        }
        return Ok(false);
    };
    if state.session.as_ref().is_some_and(|(id, _)| *id == sid) {
        return Ok(false);
    }
    Ok(ctx.records.end_session(&sid, ctx.now)?.is_some())
}
