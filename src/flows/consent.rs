//! The consent page: may this app know and do that? [Core §3.1.2.4](https://openid.net/specs/openid-connect-core-1_0.html#Consent)

use crate::protocol::{Lifetime, Params, Scopes};
use crate::spec::Check;
use crate::world::{Ctx, Failure, Interrupt, Outcome, RecordKey, RememberedConsent, Request};

use super::next_step::next_step;
use super::visit_state::reopen;

/// How long a remembered consent is kept.
const REMEMBERED: Lifetime = Lifetime::of_seconds(365 * 86_400);

/// Shows the page of a visit whose person has just signed in.
pub fn ask_consent(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let (visit, state) = reopen(ctx, request)?;
    next_step(ctx, &visit, &state)
}

/// Takes the form's answer.
pub fn answer_consent(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let (visit, mut state) = reopen(ctx, request)?;
    let awaited = state.interaction.as_ref().and_then(|(_, interaction)| interaction.session.as_ref());
    let asked_here = awaited.is_some() && awaited == state.session.as_ref().map(|(id, _)| id);
    ctx.check(Check::InteractionOfThisBrowser, asked_here).map_err(|refused| Interrupt::from(refused).on_a_page())?;
    let allowed = request.params.get("decision") == Some("allow");
    if !allowed {
        state.answer(ctx);
    }
    ctx.check_as(Check::PersonAgrees, allowed, |refused| refused.says("The person did not agree").on_purpose())
        .map_err(|refused| visit.destination.refuse(refused))?;
    let agreed = ticked(&visit.request.scopes, &request.params);
    if request.params.get("remember").is_some()
        && let Some((_, session)) = &state.session
    {
        let name = RecordKey::RememberedConsent(visit.client.client_id(), session.person.sub.clone());
        let standing: Option<RememberedConsent> =
            ctx.records.get(&name).map_err(|interrupt| visit.destination.refuse(interrupt))?;
        let scopes = together(&standing.unwrap_or_default().scopes, &agreed);
        ctx.records.put(name, RememberedConsent { scopes }, ctx.now.plus(REMEMBERED));
    }
    if let Some((_, interaction)) = &mut state.interaction {
        interaction.agreed = Some(agreed);
    }
    next_step(ctx, &visit, &state)
}

/// `openid` cannot be unticked: it is what signing in means.
fn ticked(asked: &Scopes, params: &Params) -> Scopes {
    asked.filtered(|scope| scope == "openid" || params.all("scope").any(|ticked| ticked == scope))
}

fn together(before: &Scopes, now: &Scopes) -> Scopes {
    format!("{before} {now}").into()
}
