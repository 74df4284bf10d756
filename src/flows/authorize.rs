//! The authorization endpoint, [Core §3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint).

use crate::protocol::Prompt;
use crate::world::{Ctx, Failure, Interrupt, Outcome, Request, UserDecision};

use super::next_step::{is_signed_in, next_step};
use super::sign_in::accept;
use super::visit::Visit;
use super::visit_state::VisitState;

/// An app asks who its visitor is.
pub fn authorize(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let state = VisitState::of_request(ctx, request).map_err(Interrupt::on_a_page)?;
    let visit = Visit::open(ctx)?;
    match answered(ctx, &visit, &state) {
        Some(answer) => accept(ctx, &visit, state, answer),
        None => next_step(ctx, &visit, &state),
    }
}

/// The answer that was given in the person's place, unless the app forbade to ask or a sign-in of before will do.
fn answered(ctx: &mut Ctx<'_>, visit: &Visit, state: &VisitState) -> Option<UserDecision> {
    let preset = ctx.preset?;
    let answer = preset.answer.clone()?;
    let silent = visit.request.prompts(Prompt::None);
    let will_do = preset.only_if_asked && is_signed_in(ctx, visit, state);
    let asks = !silent && !will_do;
    if asks {
        ctx.trace.used.answer = true;
    }
    asks.then_some(answer)
}
