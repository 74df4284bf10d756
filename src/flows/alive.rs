//! Whether what a person agreed to still counts: one truth for every endpoint that is shown a code or a token.

use crate::spec::{Check, FailedCheck, Refusal, quoted};
use crate::world::{Ctx, Grant, Settings};

/// Everything that ends what was agreed to: it was revoked, the person was deleted or locked, the app is not registered any more.
pub(super) fn alive(ctx: &mut Ctx<'_>, grant: &Grant, check: Check) -> Result<(), FailedCheck> {
    let refusal = check.refusal();
    ctx.check(check, !grant.revoked)?;
    let settings = ctx.settings;
    if is_about_a_person(grant) {
        let sub = &grant.person.sub;
        ctx.check_as(Check::PersonKnown, is_known(settings, grant), |refused| {
            let say = format!("{}, whom this was given for, is not here any more", quoted(sub.as_str()));
            refused.because(refusal).got(sub.as_str()).says(say)
        })?;
        ctx.check_as(Check::PersonMaySignIn, settings.may_sign_in(&grant.person), |refused| {
            let name = settings.user(sub).map_or(sub.as_str(), |user| user.shown_name());
            refused
                .because(refusal)
                .got(sub.as_str())
                .says(format!("{name} is locked: nothing that was given for them counts"))
        })?;
    }
    ctx.check_as(Check::ClientKnown, settings.knows_client(&grant.client), |refused| {
        let say =
            format!("The app {}, which this was given to, is not registered any more", quoted(grant.client.as_str()));
        refused.because(refusal).got(grant.client.as_str()).says(say)
    })
}

/// The same for whoever is told no reason.
pub(super) fn is_alive(settings: &Settings, grant: &Grant) -> bool {
    let person = !is_about_a_person(grant) || is_known(settings, grant) && settings.may_sign_in(&grant.person);
    !grant.revoked && grant.issuer == settings.issuer && person && settings.knows_client(&grant.client)
}

/// A client's own token is about no person, whatever the client is called.
pub(super) const fn is_about_a_person(grant: &Grant) -> bool {
    grant.auth_time.is_some()
}

fn is_known(settings: &Settings, grant: &Grant) -> bool {
    settings.user(&grant.person.sub).is_some() || grant.person.claims.is_some()
}

/// What failing means where a token is refreshed or a code redeemed.
pub(super) const GRANT: Check = Check::GrantAlive;

/// What it means where an access token is shown.
pub(super) const TOKEN: Check = Check::TokenAlive;

const _: () =
    assert!(matches!(GRANT.refusal(), Refusal::GrantRevoked) && matches!(TOKEN.refusal(), Refusal::TokenRevoked));
