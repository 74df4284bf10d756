//! The authorization endpoint, [Core §3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint).

use crate::world::{Asked, Ctx, Failure, Outcome, Stop};

use super::next_step::next_step;
use super::place::Place;
use super::sign_in::accept;
use super::visit::Visit;

/// An app asks who its visitor is.
pub fn authorize(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let place = Place::of_request(ctx, asked).map_err(Stop::on_a_page)?;
    let visit = Visit::open(ctx, &asked.params)?;
    match ctx.person {
        Some(answer) => accept(ctx, &visit, place, answer.clone()),
        None => next_step(ctx, &visit, &place),
    }
}
