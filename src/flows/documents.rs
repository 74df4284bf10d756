//! Documents that anyone may read.

use std::sync::Arc;

use crate::protocol::{BrowserId, InteractionId, Lifetime};
use crate::spec::{Check, FailedCheck, Suggestion, quoted};
use crate::world::{Ctx, Document, Endpoint, Failure, Interaction, Interrupt, Outcome, Purpose, RecordKey, Request};

/// What the provider can do, [Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig).
pub fn metadata(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    Ok(Outcome::Show(Document::Metadata))
}

/// The public keys, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5).
pub fn keys(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    Ok(Outcome::Show(Document::Keys))
}

/// What apps ask whether the sign-in is still the same, [Session Management §3.2](https://openid.net/specs/openid-connect-session-1_0.html#OPiframe).
pub fn check_session(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    Ok(Outcome::Show(Document::CheckSession))
}

/// A look at what a page would be like, `HEAD`: nothing is decided, so nothing changes.
pub fn look(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    Ok(Outcome::Done)
}

/// An address where nothing is. What was probably meant is found by whoever knows the addresses, and comes along as unreadable.
pub fn nowhere(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    let refused = match readable(ctx, request) {
        Err(refused) => refused,
        Ok(()) => ctx.refuse(Check::AddressKnown).got(&*request.path),
    };
    Err(Interrupt::from(refused).on_a_page())
}

/// The refusal of an address where nothing is, with the nearest one.
pub fn nothing_at(path: &str, nearest: Option<String>, discovery: &str) -> FailedCheck {
    let refused = FailedCheck::by(Check::AddressKnown).got(path);
    match nearest {
        Some(near) => {
            let meant = Suggestion::Word { word: near.clone(), link: Some(near.clone()) };
            refused.says(format!("There is nothing at {}", quoted(path))).expected(near).suggest(Some(meant))
        }
        None => refused.says(format!("There is nothing at {}; discovery is at {discovery}", quoted(path))),
    }
}

/// A form that came without the browser's cookie: the same is asked by GET, which brings the cookie along. The request waits here, since
/// it may be long, and has an ID token in it that belongs into no URL.
pub fn ask_again(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    // What is no text would wait here as another one.
    if request.params.garbled().is_some() {
        ctx.readable_parameters(&request.params).map_err(|refused| Interrupt::from(refused).on_a_page())?;
    }
    let name: InteractionId = ctx.entropy.secret().into();
    let waiting = Interaction::new(BrowserId::default(), Purpose::AskAgain(Arc::new(request.params.clone())));
    ctx.records.put(RecordKey::Interaction(name.clone()), waiting, ctx.now.plus(WAITING));
    Ok(Outcome::AskAgain(name.to_string()))
}

/// How long a request waits to be asked again.
const WAITING: Lifetime = Lifetime::of_seconds(300);

/// The parameter that names a request which waits to be asked again.
pub const AGAIN: &str = "again";

/// Where the same can be asked once more, if a form brought the request along.
pub(super) fn begin_again(ctx: &Ctx<'_>, request: &Request) -> Option<Suggestion> {
    let query = request.params.get("request_again")?;
    let door = if request.endpoint == Endpoint::SignOut { Endpoint::EndSession } else { Endpoint::Authorize };
    Some(Suggestion::Again(format!("{}?{query}", ctx.settings.path_of(door))))
}

/// A request that no flow serves, refused in the caller's terms.
pub fn refuse(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request)?;
    Ok(Outcome::Done)
}

/// A request that no flow serves, refused on a page.
pub fn refuse_on_a_page(ctx: &mut Ctx<'_>, request: &Request) -> Result<Outcome, Failure> {
    readable(ctx, request).map_err(|refused| Interrupt::from(refused).on_a_page())?;
    Ok(Outcome::Done)
}

/// Every flow's first step: the request could be read as its endpoint needs it.
pub(super) fn readable(ctx: &mut Ctx<'_>, request: &Request) -> Result<(), FailedCheck> {
    match &request.unreadable {
        Some(refused) => ctx.check_as(refused.check, false, |_| refused.clone()),
        None => Ok(()),
    }
}
