//! The consent page: may this app know and do that? [Core §3.1.2.4](https://openid.net/specs/openid-connect-core-1_0.html#Consent)

use crate::protocol::{Lifetime, Params, Scopes};
use crate::spec::Check;
use crate::world::{Asked, Ctx, Failure, Name, Outcome, Standing, Stop};

use super::next_step::next_step;
use super::place::reopen;

/// How long a remembered consent is kept.
const REMEMBERED: Lifetime = Lifetime::of_seconds(365 * 86_400);

/// Shows the page of a visit whose person has just signed in.
pub fn ask_consent(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let (visit, place) = reopen(ctx, asked)?;
    next_step(ctx, &visit, &place)
}

/// Takes the form's answer.
pub fn answer_consent(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let (visit, mut place) = reopen(ctx, asked)?;
    let awaited = place.interaction.as_ref().and_then(|(_, interaction)| interaction.session.as_ref());
    let asked_here = awaited.is_some() && awaited == place.session.as_ref().map(|(id, _)| id);
    ctx.check(Check::InteractionOfThisBrowser, asked_here).map_err(|refused| Stop::from(refused).on_a_page())?;
    let allowed = asked.params.get("decision") == Some("allow");
    if !allowed {
        place.answer(ctx);
    }
    ctx.check_as(Check::PersonAgrees, allowed, |refused| refused.says("The person did not agree").on_purpose())
        .map_err(|refused| Stop::from(refused).back_to(&visit.address))?;
    let agreed = ticked(&visit.request.scopes, &asked.params);
    if asked.params.get("remember").is_some()
        && let Some((_, session)) = &place.session
    {
        let name = Name::Standing(visit.client.client_id(), session.person.sub.clone());
        let standing: Option<Standing> = ctx.records.get(&name).map_err(|stop| stop.back_to(&visit.address))?;
        let scopes = together(&standing.unwrap_or_default().scopes, &agreed);
        ctx.records.put(name, Standing { scopes }, ctx.now.plus(REMEMBERED));
    }
    if let Some((_, interaction)) = &mut place.interaction {
        interaction.agreed = Some(agreed);
    }
    next_step(ctx, &visit, &place)
}

/// `openid` cannot be unticked: it is what signing in means.
fn ticked(asked: &Scopes, params: &Params) -> Scopes {
    asked.filtered(|scope| scope == "openid" || params.all("scope").any(|ticked| ticked == scope))
}

fn together(before: &Scopes, now: &Scopes) -> Scopes {
    format!("{before} {now}").into()
}
