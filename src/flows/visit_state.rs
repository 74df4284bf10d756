//! Where a visit stands.

use crate::protocol::{BrowserId, ClientId, InteractionId, Lifetime, SessionId};
use crate::spec::Check;
use crate::world::{Browser, Ctx, Failure, Interaction, Interrupt, RecordKey, Request, Session};

use super::documents::{begin_again, readable};
use super::visit::Visit;

/// How long a page is kept that was answered.
const ANSWERED: Lifetime = Lifetime::of_seconds(60);

/// Where a visit stands: which browser, who is signed in there, and what was answered so far.
pub(super) struct VisitState {
    pub(super) browser_id: BrowserId,
    pub(super) browser: Browser,
    pub(super) session: Option<(SessionId, Session)>,
    /// The page that was shown, once there is one.
    pub(super) interaction: Option<(InteractionId, Interaction)>,
    /// Under which host the page is asked for, if its forms would be refused there.
    pub(super) foreign_host: Option<String>,
}

impl VisitState {
    /// What is known of a browser.
    pub(super) fn of_browser(ctx: &mut Ctx<'_>, browser_id: BrowserId) -> Result<Self, Interrupt> {
        let browser: Browser = ctx.records.get(&RecordKey::Browser(browser_id.clone()))?.unwrap_or_default();
        let session = match &browser.session {
            None => None,
            Some(id) => ctx
                .records
                .get::<Session>(&RecordKey::Session(id.clone()))?
                .filter(|session| !session.ended && ctx.now < session.until)
                .map(|session| (id.clone(), session)),
        };
        Ok(Self { browser_id, browser, session, interaction: None, foreign_host: None })
    }

    /// The page that a form answers: it is still open, and this browser opened it.
    pub(super) fn of_interaction(ctx: &mut Ctx<'_>, request: &Request) -> Result<Self, Interrupt> {
        let id: Option<InteractionId> = request.params.get("interaction").map(Into::into);
        let found = match &id {
            Some(id) => ctx.records.get::<Interaction>(&RecordKey::Interaction(id.clone()))?,
            None => None,
        };
        let again = begin_again(ctx, request);
        let interaction = ctx.require_as(Check::InteractionKnown, id.zip(found), |refused| refused.suggest(again))?;
        // A form that is posted twice shows the cookie of before its first answer the second time. That is good for just this page.
        let by_cookie = request.browser.as_ref() == Some(&interaction.1.browser);
        let pressed_before = interaction.1.answered || interaction.1.session.is_some();
        ctx.check(Check::InteractionOfThisBrowser, by_cookie && (!request.former_cookie || pressed_before))?;
        let mut state = Self::of_browser(ctx, interaction.1.browser.clone())?;
        state.interaction = Some(interaction);
        state.foreign_host = foreign_host(ctx, request);
        Ok(state)
    }

    /// Whether the person signed in since the app asked, so that `prompt=login` and `max_age` are served.
    pub(super) fn signed_in_on_this_visit(&self) -> bool {
        let visit = self.interaction.as_ref().and_then(|(_, interaction)| interaction.session.as_ref());
        visit.is_some() && visit == self.session.as_ref().map(|(id, _)| id)
    }

    /// Where a new visit begins.
    pub(super) fn of_request(ctx: &mut Ctx<'_>, request: &Request) -> Result<Self, Interrupt> {
        readable(ctx, request)?;
        let Some(browser) = request.browser.clone() else {
            return Err(ctx.refuse(Check::InteractionOfThisBrowser).into());
        };
        let mut state = Self::of_browser(ctx, browser)?;
        state.foreign_host = foreign_host(ctx, request);
        Ok(state)
    }

    /// Whether the app got its answer in this visit already, from the sign-in that is still there: a form was posted twice.
    pub(super) fn was_answered(&self) -> bool {
        self.interaction.as_ref().is_some_and(|(_, interaction)| interaction.answered) && self.signed_in_on_this_visit()
    }

    /// Keeps the page a little longer, for whoever presses twice; where no page was shown there is none to keep.
    pub(super) fn answer(&self, ctx: &mut Ctx<'_>) {
        let Some((id, interaction)) = &self.interaction else { return };
        let name = RecordKey::Interaction(id.clone());
        if ctx.records.has(&name) {
            ctx.records.put(name, Interaction { answered: true, ..interaction.clone() }, ctx.now.plus(ANSWERED));
        }
    }
}

impl VisitState {
    /// The apps that took part in the sign-in of this name, if it goes on.
    pub(super) fn clients_of(&self, id: &SessionId) -> Vec<ClientId> {
        let going_on = self.session.as_ref().filter(|(known, _)| known == id);
        going_on.map(|(_, session)| session.clients.clone()).unwrap_or_default()
    }

    /// The app takes part in this sign-in from here on: it is told when it ends. Where any name will do for an app, not every name is kept.
    pub(super) fn take_part(&self, ctx: &mut Ctx<'_>, client: &ClientId) {
        let Some((id, session)) = &self.session else { return };
        const MOST: usize = 100;
        if !session.clients.contains(client) && session.clients.len() < MOST {
            let mut session = session.clone();
            session.clients.push(client.clone());
            let until = session.until;
            ctx.records.put(RecordKey::Session(id.clone()), session, until);
        }
    }
}

/// The host of a request that is neither the issuer's nor one that can only be this machine's.
fn foreign_host(ctx: &Ctx<'_>, request: &Request) -> Option<String> {
    let by_base =
        request.base.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(&request.host));
    let by_issuer = request.host.eq_ignore_ascii_case(&ctx.settings.root.authority);
    (!request.host.is_empty() && !by_base && !by_issuer).then(|| request.host.to_string())
}

/// Takes up the visit that a page's form belongs to.
pub(super) fn reopen(ctx: &mut Ctx<'_>, request: &Request) -> Result<(Visit, VisitState), Failure> {
    readable(ctx, request).map_err(|refused| Interrupt::from(refused).on_a_page())?;
    let state = VisitState::of_interaction(ctx, request);
    let state = state.map_err(Interrupt::on_a_page)?;
    let visit = Visit::open(ctx)?;
    Ok((visit, state))
}
