//! RP-initiated logout, [RP-Initiated Logout §2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout).

use std::sync::Arc;

use url::Url;

use crate::protocol::{InteractionId, Lifetime, Params};
use crate::spec::{Check, Refused};
use crate::tokens::Opened;
use crate::world::{
    Asked, Browser, Client, Ctx, Failure, Interaction, Name, Outcome, Question, Session, Stop, is_loopback_uri, one_of,
};

use super::documents::readable;
use super::hint;
use super::place::Place;

/// How long the question may be left open.
const OPEN_PAGE: Lifetime = Lifetime::of_seconds(3_600);

/// An app sends the browser to sign out. Only an ID token of the very person who is signed in ends the sign-in at once;
/// anyone else's wish is put to the person, or every page on the web could sign people out.
pub fn end_session(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let found = readable(ctx, asked).map_err(Stop::from).and_then(|()| request(ctx, asked));
    let (place, hint, client, return_to) = found.map_err(Stop::on_a_page)?;
    let signed_in = place.session.as_ref().map(|(_, session)| session.person.clone());
    let hinted = hint.as_ref().and_then(|hint| hint.claim("sub"));
    let same = signed_in.as_ref().is_none_or(|person| hinted == Some(person.sub.as_str()));
    if same && !ctx.settings.policy.confirm_sign_out {
        end(ctx, &place);
        return Ok(Outcome::SignedOut { was_signed_in: signed_in.is_some(), stayed: false, return_to });
    }
    let interaction: InteractionId = ctx.entropy.secret().into();
    let record = Interaction {
        browser: place.browser_id.clone(),
        request: asked.params.to_query(),
        session: place.session.as_ref().map(|(id, _)| id.clone()),
        agreed: None,
    };
    ctx.records.put(Name::Interaction(interaction.clone()), record, ctx.now.plus(OPEN_PAGE));
    Ok(Outcome::Ask(Question::SignOut { interaction, person: signed_in, client }))
}

/// Takes the answer of the page that asks.
pub fn answer_sign_out(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Outcome, Failure> {
    let place = readable(ctx, asked)
        .map_err(Stop::from)
        .and_then(|()| Place::of_interaction(ctx, asked.browser.as_ref(), asked.params.get("interaction")));
    let place = place.map_err(Stop::on_a_page)?;
    if let Some((id, _)) = &place.interaction {
        ctx.records.forget(Name::Interaction(id.clone()));
    }
    if asked.params.get("decision") == Some("stay") {
        return Ok(Outcome::SignedOut { was_signed_in: true, stayed: true, return_to: None });
    }
    // What the app asked for is checked again: the configuration may have changed while the page was open.
    let request_of_app = place.interaction.as_ref().map(|(_, interaction)| interaction.request.clone());
    let params = Params::parse(request_of_app.unwrap_or_default().as_bytes());
    let (.., return_to) = request(ctx, &Asked { params, ..asked.clone() }).map_err(Stop::on_a_page)?;
    end(ctx, &place);
    Ok(Outcome::SignedOut { was_signed_in: place.session.is_some(), stayed: false, return_to })
}

type Request = (Place, Option<Opened>, Option<Arc<Client>>, Option<(Url, Option<String>)>);

fn request(ctx: &mut Ctx<'_>, asked: &Asked) -> Result<Request, Stop> {
    let browser = asked.browser.clone().ok_or_else(|| Refused::by(Check::InteractionOfThisBrowser))?;
    let place = Place::of_browser(ctx, browser)?;
    let params = &asked.params;
    let repeated = params.repeated();
    ctx.check_as(Check::ParameterOnce, repeated.is_none(), |refused| refused.got(repeated.unwrap_or_default()))?;
    let hint = match params.get("id_token_hint") {
        None => None,
        Some(token) => {
            let opened = hint::open(ctx, token);
            let why = opened.as_ref().err().map(|why| why.sentence());
            ctx.check_as(Check::LogoutHintValid, opened.is_ok(), |refused| {
                refused.got(format!("a token that {}", why.unwrap_or_default()))
            })?;
            opened.ok()
        }
    };
    let hinted = hint.as_ref().and_then(hint::client_of);
    let named = params.get("client_id");
    ctx.check_as(Check::LogoutClientAgrees, hinted.is_none() || named.is_none() || hinted == named, |refused| {
        refused.got(named.unwrap_or_default()).expected(hinted.unwrap_or_default())
    })?;
    let client = hinted.or(named).and_then(|id| ctx.settings.client(id));
    let return_to = return_to(ctx, asked, client.as_deref().filter(|_| hint.is_some()))?;
    Ok((place, hint, client, return_to))
}

/// Where the browser goes afterwards: only for a client that an ID token proves, and only where that client registered.
fn return_to(
    ctx: &mut Ctx<'_>,
    asked: &Asked,
    proven: Option<&Client>,
) -> Result<Option<(Url, Option<String>)>, Refused> {
    let (Some(sent), Some(client)) = (asked.params.get("post_logout_redirect_uri"), proven) else { return Ok(None) };
    let registered = if client.unregistered {
        is_loopback_uri(sent)
    } else {
        client.post_logout_redirect_uris.iter().any(|uri| uri == sent)
    };
    ctx.check_as(Check::LogoutUriRegistered, registered, |refused| {
        let expected = if client.unregistered {
            "a loopback address, since no client is registered".to_owned()
        } else {
            one_of(&client.post_logout_redirect_uris)
        };
        refused.got(sent).expected(expected)
    })?;
    let state = asked.params.get("state").map(str::to_owned);
    Ok(Url::parse(sent).ok().map(|uri| (uri, state)))
}

fn end(ctx: &mut Ctx<'_>, place: &Place) {
    let Some((id, session)) = &place.session else { return };
    let ended = Session { ended: true, ..session.clone() };
    let until = ended.until;
    ctx.records.put(Name::Session(id.clone()), ended, until);
    let browser = Browser { session: None, used: place.browser.used.clone() };
    ctx.records.put(Name::Browser(place.browser_id.clone()), browser, until);
}
