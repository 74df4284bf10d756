//! Where a visit stands.

use crate::protocol::{BrowserId, InteractionId, Lifetime, Params, SessionId};
use crate::spec::Check;
use crate::world::{Asked, Browser, Ctx, Failure, Interaction, Name, Session, Stop};

use super::documents::{begin_again, readable};
use super::visit::Visit;

/// How long a page is kept that was answered.
const ANSWERED: Lifetime = Lifetime::of_seconds(60);

/// Where a visit stands: which browser, who is signed in there, and what was answered so far.
pub(super) struct Place {
    pub(super) browser_id: BrowserId,
    pub(super) browser: Browser,
    pub(super) session: Option<(SessionId, Session)>,
    /// The page that was shown, once there is one.
    pub(super) interaction: Option<(InteractionId, Interaction)>,
    /// Under which host the page is asked for, if its forms would be refused there.
    pub(super) foreign_host: Option<String>,
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
        Ok(Self { browser_id, browser, session, interaction: None, foreign_host: None })
    }

    /// The page that a form answers: it is still open, and this browser opened it.
    pub(super) fn of_interaction(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Self, Stop> {
        let id: Option<InteractionId> = asked.params.get("interaction").map(Into::into);
        let found = match &id {
            Some(id) => ctx.records.get::<Interaction>(&Name::Interaction(id.clone()))?,
            None => None,
        };
        let again = begin_again(ctx, asked);
        let interaction = ctx.require_as(Check::InteractionKnown, id.zip(found), |refused| refused.meant(again))?;
        // A form that is posted twice shows the cookie of before its first answer the second time. That is good for just this page.
        let by_cookie = asked.browser.as_ref() == Some(&interaction.1.browser);
        let pressed_before = interaction.1.answered || interaction.1.session.is_some();
        ctx.check(Check::InteractionOfThisBrowser, by_cookie && (!asked.former_cookie || pressed_before))?;
        let mut place = Self::of_browser(ctx, interaction.1.browser.clone())?;
        place.interaction = Some(interaction);
        place.foreign_host = foreign_host(ctx, asked);
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
        let Some(browser) = asked.browser.clone() else {
            return Err(ctx.refuse(Check::InteractionOfThisBrowser).into());
        };
        let mut place = Self::of_browser(ctx, browser)?;
        place.foreign_host = foreign_host(ctx, asked);
        Ok(place)
    }

    /// Whether the app got its answer in this visit already, from the sign-in that is still there: a form was posted twice.
    pub(super) fn was_answered(&self) -> bool {
        self.interaction.as_ref().is_some_and(|(_, interaction)| interaction.answered) && self.signed_in_on_this_visit()
    }

    /// Keeps the page a little longer, for whoever presses twice; where no page was shown there is none to keep.
    pub(super) fn answer(&self, ctx: &mut Ctx<'_>) {
        let Some((id, interaction)) = &self.interaction else { return };
        let name = Name::Interaction(id.clone());
        if ctx.records.has(&name) {
            ctx.records.put(name, Interaction { answered: true, ..interaction.clone() }, ctx.now.plus(ANSWERED));
        }
    }
}

/// The host of a request that is neither the issuer's nor one that can only be this machine's.
fn foreign_host(ctx: &Ctx<'_>, asked: &Asked) -> Option<String> {
    let by_base =
        asked.base.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(&asked.host));
    let by_issuer = asked.host.eq_ignore_ascii_case(&ctx.settings.place.authority);
    (!asked.host.is_empty() && !by_base && !by_issuer).then(|| asked.host.to_string())
}

/// Takes up the visit that a page's form belongs to.
pub(super) fn reopen(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<(Visit, Place), Failure> {
    readable(ctx, asked).map_err(|refused| Stop::from(refused).on_a_page())?;
    let place = Place::of_interaction(ctx, asked);
    let place = place.map_err(Stop::on_a_page)?;
    let request = place.interaction.as_ref().map(|(_, interaction)| interaction.request.clone()).unwrap_or_default();
    let visit = Visit::open(ctx, &Params::parse(request.as_bytes()))?;
    Ok((visit, place))
}
