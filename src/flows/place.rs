//! Where a visit stands.

use crate::protocol::{BrowserId, InteractionId, Params, SessionId};
use crate::spec::{Check, Refused};
use crate::world::{Asked, Browser, Ctx, Failure, Interaction, Name, Session, Stop};

use super::documents::readable;
use super::visit::Visit;

/// Where a visit stands: which browser, who is signed in there, and what was answered so far.
pub(super) struct Place {
    pub(super) browser_id: BrowserId,
    pub(super) browser: Browser,
    pub(super) session: Option<(SessionId, Session)>,
    /// The page that was shown, once there is one.
    pub(super) interaction: Option<(InteractionId, Interaction)>,
}

impl Place {
    /// What is known of a browser.
    pub(super) fn of_browser(ctx: &mut Ctx<'_>, browser_id: BrowserId) -> Result<Self, Stop> {
        let browser: Browser = ctx.records.get(&Name::Browser(browser_id.clone()))?.unwrap_or_default();
        let session = match &browser.session {
            None => None,
            Some(id) => ctx
                .records
                .get::<Session>(&Name::Session(id.clone()))?
                .filter(|session| !session.ended && ctx.now < session.until)
                .map(|session| (id.clone(), session)),
        };
        Ok(Self { browser_id, browser, session, interaction: None })
    }

    /// The page that a form answers: it is still open, and this browser opened it.
    pub(super) fn of_interaction(
        ctx: &mut Ctx<'_>,
        browser_id: Option<&BrowserId>,
        id: Option<&str>,
    ) -> Result<Self, Stop> {
        let id: Option<InteractionId> = id.map(Into::into);
        let found = match &id {
            Some(id) => ctx.records.get::<Interaction>(&Name::Interaction(id.clone()))?,
            None => None,
        };
        let interaction = ctx.require(Check::InteractionKnown, id.zip(found))?;
        ctx.check(Check::InteractionOfThisBrowser, browser_id == Some(&interaction.1.browser))?;
        let mut place = Self::of_browser(ctx, interaction.1.browser.clone())?;
        place.interaction = Some(interaction);
        Ok(place)
    }

    /// Whether the person signed in since the app asked, so that `prompt=login` and `max_age` are served.
    pub(super) fn signed_in_on_this_visit(&self) -> bool {
        let visit = self.interaction.as_ref().and_then(|(_, interaction)| interaction.session.as_ref());
        visit.is_some() && visit == self.session.as_ref().map(|(id, _)| id)
    }

    /// Where a new visit begins.
    pub(super) fn of_request(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Self, Stop> {
        readable(ctx, asked)?;
        let browser = asked.browser.clone().ok_or_else(|| Refused::by(Check::InteractionOfThisBrowser))?;
        Self::of_browser(ctx, browser)
    }
}

/// Takes up the visit that a page's form belongs to.
pub(super) fn reopen(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<(Visit, Place), Failure> {
    readable(ctx, asked).map_err(|refused| Stop::from(refused).on_a_page())?;
    let place = Place::of_interaction(ctx, asked.browser.as_ref(), asked.params.get("interaction"));
    let place = place.map_err(Stop::on_a_page)?;
    let request = place.interaction.as_ref().map(|(_, interaction)| interaction.request.clone()).unwrap_or_default();
    let visit = Visit::open(ctx, &Params::parse(request.as_bytes()))?;
    Ok((visit, place))
}
