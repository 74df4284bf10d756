//! Documents that anyone may read.

use crate::spec::Refused;
use crate::world::{Asked, Ctx, Document, Failure, Outcome, Stop};

/// What the provider can do, [Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
pub fn metadata(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    readable(ctx, asked)?;
    Ok(Outcome::Show(Document::Metadata))
}

/// The public keys, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5).
pub fn keys(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    readable(ctx, asked)?;
    Ok(Outcome::Show(Document::Keys))
}

/// A request that no flow serves, refused in the caller's terms.
pub fn refuse(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    readable(ctx, asked)?;
    Ok(Outcome::Done)
}

/// A request that no flow serves, refused on a page.
pub fn refuse_on_a_page(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    readable(ctx, asked).map_err(|refused| Stop::from(refused).on_a_page())?;
    Ok(Outcome::Done)
}

/// Every flow's first step: the request could be read as its endpoint needs it.
pub(super) fn readable(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<(), Refused> {
    match &asked.unreadable {
        Some(refused) => ctx.check_as(refused.check, false, |_| refused.clone()),
        None => Ok(()),
    }
}
