//! The authorization endpoint, [Core §3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint).

use crate::protocol::Prompt;
use crate::world::{Asked, Ctx, Failure, Outcome, PersonAnswer, Stop};

use super::next_step::{is_signed_in, next_step};
use super::place::Place;
use super::sign_in::accept;
use super::visit::Visit;

/// An app asks who its visitor is.
pub fn authorize(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let place = Place::of_request(ctx, asked).map_err(Stop::on_a_page)?;
    let visit = Visit::open(ctx, &asked.params)?;
    match answered(ctx, &visit, &place) {
        Some(answer) => accept(ctx, &visit, place, answer),
        None => next_step(ctx, &visit, &place),
    }
}

/// The answer that was given in the person's place, unless the app forbade to ask or a sign-in of before will do.
fn answered(ctx: &mut Ctx<'_>, visit: &Visit, place: &Place) -> Option<PersonAnswer> {
    let given = ctx.person?;
    let answer = given.answer.clone()?;
    let silent = visit.request.prompts(Prompt::None);
    let will_do = given.only_if_asked && is_signed_in(ctx, visit, place);
    let asks = !silent && !will_do;
    if asks {
        ctx.trace.used.answer = true;
    }
    asks.then_some(answer)
}
