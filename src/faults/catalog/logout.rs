//! Logout that an app asks for, and what the browser tells the others.

use super::kind::{FaultKind, handle, reject};
use crate::faults::edit::{every_app, frames, instead, otherwise, parameter};
use crate::faults::effect::Effect::{Override, Reply};
use crate::faults::matching::Point::EndSession;
use crate::reply::{Body, Delivery, Page, SignedOutPage};

const RESPONSE: &str = "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
const ERRORS: &str = "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ValidationAndErrorHandling";
const FRONT: &str = "https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout";
const LOCAL: &str = "has ended its own session before, and shows that";

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "lo.rp.state_wrong",
        "state comes back from logout as another.",
        &["logout.state"],
        (RESPONSE, &[Reply(EndSession, |r, _| parameter(r, "state", |state| Some(otherwise(state))))]),
    ),
    handle(
        "lo.rp.state_missing",
        "state does not come back from logout.",
        &["logout.state"],
        (RESPONSE, &[Reply(EndSession, |r, _| parameter(r, "state", |_| None))]),
    ),
    handle(
        "lo.rp.no_redirect",
        "The browser stays on the provider's page after logout.",
        &["logout"],
        (
            RESPONSE,
            &[Reply(EndSession, |r, _| {
                let back = matches!(r.body, Body::Return(_));
                if back {
                    let page = Page::SignedOut(SignedOutPage {
                        was_signed_in: true,
                        stayed: false,
                        back: None,
                        frames: Vec::new(),
                        goes_on: false,
                    });
                    (r.status, r.body) = (200, Body::Page(Box::new(page)));
                }
                back
            })],
        ),
    )
    .so(LOCAL),
    handle(
        "lo.rp.error",
        "Logout is answered by 400.",
        &["logout"],
        (ERRORS, &[Reply(EndSession, |r, _| instead(r, 400, "text/plain", "The logout request was not accepted."))]),
    )
    .so(LOCAL),
    handle(
        "lo.rp.down",
        "The connection to the logout endpoint breaks.",
        &["logout"],
        (
            ERRORS,
            &[Reply(EndSession, |r, _| {
                r.delivery = Delivery::Reset;
                true
            })],
        ),
    )
    .so(LOCAL),
    handle(
        "lo.rp.confirm",
        "The provider asks whether to sign out, though the app's ID token says whose wish it is.",
        &["logout"],
        (
            RESPONSE,
            &[Override(|p, f| {
                let asked = std::mem::replace(&mut p.settings.policy.confirm_sign_out, true);
                !asked && f.facts.point == EndSession
            })],
        ),
    )
    .so("has ended its own session before, and takes a person who stays signed in at the provider for what they are"),
    reject(
        "lo.front.missing_sid",
        "The page that the browser opens is not told sid.",
        &["frontchannel_logout.sid"],
        (FRONT, &[Reply(EndSession, |r, _| frames(r, |name, value| (name != "sid").then_some(value)))]),
    )
    .so("ends nothing, if it registered that it needs iss and sid"),
    reject(
        "lo.front.wrong_sid",
        "The page that the browser opens is told another sid.",
        &["frontchannel_logout.sid"],
        (
            FRONT,
            &[Reply(EndSession, |r, _| {
                frames(r, |name, value| Some(if name == "sid" { otherwise(&value) } else { value }))
            })],
        ),
    )
    .so("ends nothing"),
    reject(
        "lo.front.wrong_iss",
        "The page that the browser opens is told another iss.",
        &["frontchannel_logout.iss"],
        (
            FRONT,
            &[Reply(EndSession, |r, _| {
                frames(r, |name, value| Some(if name == "iss" { otherwise(&value) } else { value }))
            })],
        ),
    )
    .so("ends nothing"),
    handle(
        "lo.front.csrf",
        "The pages of all apps are opened, also of those that took no part, with neither iss nor sid: as any page of the web can.",
        &["frontchannel_logout.iss", "frontchannel_logout.sid"],
        (FRONT, &[Reply(EndSession, |r, e| every_app(r, e.settings))]),
    )
    .so("ends its own session at most, and nothing at all if it registered that it needs iss and sid"),
];
