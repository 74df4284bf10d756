//! What a refresh gives.

use super::kind::section::{REFRESHED, TOKEN_ERROR};
use super::kind::{FaultKind, handle, reject, tolerate};
use crate::faults::edit::{altered, bearer_error, begin_otherwise, change, error, member, set, shift, without};
use crate::faults::effect::EditContext;
use crate::faults::effect::Effect::{Draft, Override, Reply};
use crate::faults::effect::Overrides as World;
use crate::faults::matching::Point::{Introspection, Token, Userinfo};

use crate::protocol::{Lifetime, UnixTime};
use crate::reply::Delivery;
use crate::tokens::TokenKind::{Access, Id};
use crate::world::Record;

const REFRESH: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-6";
const ROTATION: &str = "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2";

fn refreshing(edit: &EditContext<'_>) -> bool {
    edit.facts.grant_type.as_deref() == Some("refresh_token")
}

/// When the refresh token that the request brings was replaced, if it was.
fn replaced(overrides: &World<'_>) -> Option<UnixTime> {
    overrides.records.iter().find_map(|record| match record {
        Record::RefreshToken(refresh) => refresh.replaced_at,
        _ => None,
    })
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "rt.invalid_grant",
        "Refreshing is answered by invalid_grant.",
        &["refresh.status", "refresh.error"],
        (TOKEN_ERROR, &[Reply(Token, |r, f| refreshing(f) && error(r, 400, "invalid_grant"))]),
    )
    .so("ends its session and signs in again, without a loop"),
    tolerate(
        "rt.rotate",
        "Each refresh gives a new refresh token, and ends the old one.",
        &["refresh.refresh_token"],
        (
            ROTATION,
            &[Override(|p, f| {
                let before = std::mem::replace(&mut p.settings.policy.rotate_refresh_tokens, true);
                !before && refreshing(f)
            })],
        ),
    )
    .so("keeps the newest one"),
    handle(
        "rt.reuse_revokes",
        "A refresh token that comes again ends the whole family, whatever the grace.",
        &["refresh"],
        (
            ROTATION,
            &[Override(|p, f| {
                let policy = &mut p.settings.policy;
                let before = policy.refresh_grace;
                (policy.refresh_grace, policy.rotate_refresh_tokens) = (Lifetime::of_seconds(0), true);
                replaced(p).is_some_and(|at| f.now < at.plus(before))
            })],
        ),
    )
    .so("refreshes one at a time"),
    tolerate(
        "rt.reuse_grace",
        "A replaced refresh token is good for `with.seconds`, 60 where it says nothing.",
        &["refresh"],
        (
            ROTATION,
            &[Override(|p, f| {
                let before = p.settings.policy.refresh_grace;
                let grace = Lifetime::of_seconds(u32::try_from(f.seconds(60)).unwrap_or(60));
                p.settings.policy.refresh_grace = grace;
                replaced(p).is_some_and(|at| f.now >= at.plus(before) && f.now < at.plus(grace))
            })],
        ),
    ),
    tolerate(
        "rt.not_returned",
        "A refresh gives no refresh token.",
        &["refresh.refresh_token"],
        (REFRESH, &[Reply(Token, |r, f| refreshing(f) && without(r, "refresh_token"))]),
    )
    .so("keeps the old one"),
    handle(
        "rt.never_issued",
        "There is no refresh token though offline_access was granted.",
        &["token.refresh_token"],
        (
            "https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess",
            &[Reply(Token, |r, f| !refreshing(f) && without(r, "refresh_token"))],
        ),
    ),
    reject(
        "rt.id_token.iss_differs",
        "The new ID token has another iss.",
        &["refreshed_id_token.iss"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && begin_otherwise(t, "iss"))]),
    ),
    reject(
        "rt.id_token.sub_differs",
        "The new ID token is about somebody else.",
        &["refreshed_id_token.sub"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && begin_otherwise(t, "sub"))]),
    ),
    reject(
        "rt.id_token.aud_differs",
        "The new ID token is for another client.",
        &["refreshed_id_token.aud"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && set(t, "aud", "another-client"))]),
    ),
    reject(
        "rt.id_token.auth_time_differs",
        "The new ID token has another auth_time.",
        &["refreshed_id_token.auth_time"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && shift(t, "auth_time", 600))]),
    ),
    reject(
        "rt.id_token.azp_added",
        "The new ID token has an azp, which the first had not.",
        &["refreshed_id_token.azp"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && set(t, "azp", "another-client"))]),
    ),
    reject(
        "rt.id_token.nonce_differs",
        "The new ID token has another nonce.",
        &["refreshed_id_token.nonce"],
        (REFRESHED, &[Draft(Id, |t, f| refreshing(f) && set(t, "nonce", "another-nonce"))]),
    ),
    tolerate(
        "rt.id_token.missing",
        "A refresh gives no ID token.",
        &["refresh.id_token"],
        (REFRESHED, &[Reply(Token, |r, f| refreshing(f) && without(r, "id_token"))]),
    ),
    handle(
        "rt.scope_shrunk",
        "A refresh gives fewer scopes.",
        &["refresh.scope", "refreshed_access_token.scope", "refreshed_id_token.at_hash"],
        (
            REFRESH,
            &[
                Draft(Access, |t, f| refreshing(f) && change(t, "scope", |_| "openid".into())),
                Reply(Token, |r, f| refreshing(f) && altered(r, "scope", |_| "openid".into())),
            ],
        ),
    ),
    handle(
        "rt.slow",
        "A refresh is answered late: after `with.delay`, 30 s where it says nothing.",
        &["refresh.late"],
        (
            REFRESH,
            &[Reply(Token, |r, f| {
                let delay = f.options.delay.unwrap_or(Lifetime::of_seconds(30)).duration();
                if refreshing(f) {
                    r.delivery = Delivery::After(delay);
                }
                refreshing(f)
            })],
        ),
    ),
    handle(
        "rt.5xx_after_rotate",
        "The refresh token is used up, but the answer is 502.",
        &["refresh.status", "refresh.error"],
        (ROTATION, &[Reply(Token, |r, f| refreshing(f) && r.status == 200 && error(r, 502, "server_error"))]),
    )
    .so("signs in again, if the old token is refused"),
    handle(
        "at.rejected_early",
        "An access token is refused before it expires.",
        &["userinfo.status", "userinfo.error", "userinfo.www-authenticate"],
        (
            super::kind::section::BEARER,
            &[
                Reply(Userinfo, |r, _| r.status == 200 && bearer_error(r, 401, "invalid_token")),
                Reply(Introspection, |r, _| member(r, "active", false)),
            ],
        ),
    )
    .so("refreshes once, and then gives up"),
];
