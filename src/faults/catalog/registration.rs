//! The answer to an app that registers itself.

use serde_json::Value;

use super::kind::section::MIX_UP;
use super::kind::{FaultKind, handle};
use crate::faults::edit::{error, members};
use crate::faults::effect::Effect::{Override, Reply};
use crate::faults::matching::Point::Registration;
use crate::protocol::Map;

const ANSWER: &str = "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse";
const ERROR: &str = "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationError";

/// Changes what an app is told that was registered just now.
fn told(reply: &mut crate::reply::Reply, alter: impl FnOnce(&mut Map) -> bool) -> bool {
    reply.status == 201 && members(reply, alter)
}

pub(super) const FAULTS: &[FaultKind] = &[
    handle(
        "reg.refused",
        "The registration is refused, and nothing is registered.",
        &["registration.status", "registration.error"],
        (
            ERROR,
            &[Override(|world, edit| {
                let by_post = edit.request.method == crate::world::Method::Post;
                let here = edit.facts.point == Registration && by_post;
                world.settings.registration.refuses |= here;
                here
            })],
        ),
    )
    .so("says that it could not register, and does not try again at once"),
    handle(
        "reg.500",
        "The answer is 500, though the app is registered now.",
        &["registration.status", "registration.error"],
        (ERROR, &[Reply(Registration, |r, _| r.status == 201 && error(r, 500, "server_error"))]),
    )
    .so("tries again, and uses the client_id that it is told"),
    handle(
        "reg.missing_secret",
        "client_secret is left out, though the app authenticates by one.",
        &["registration.client_secret"],
        (ANSWER, &[Reply(Registration, |r, _| told(r, |said| said.shift_remove("client_secret").is_some()))]),
    )
    .so("says that it has no secret to go on with"),
    handle(
        "reg.secret_expires",
        "client_secret_expires_at is in a minute, or in as many seconds as `with.seconds` says.",
        &["registration.client_secret_expires_at"],
        (
            ANSWER,
            &[Reply(Registration, |r, f| {
                let until = f.now.0.saturating_add(f.seconds(60));
                told(r, |said| said.insert("client_secret_expires_at".into(), until.into()).is_some())
            })],
        ),
    )
    .so("asks for another secret in time"),
    handle(
        "reg.metadata_changed",
        "token_endpoint_auth_method and scope are others than the app sent.",
        &["registration.token_endpoint_auth_method", "registration.scope"],
        (
            ANSWER,
            &[Reply(Registration, |r, _| {
                told(r, |said| {
                    let method = said.get("token_endpoint_auth_method").and_then(Value::as_str);
                    let other =
                        if method == Some("client_secret_post") { "client_secret_basic" } else { "client_secret_post" };
                    said.insert("token_endpoint_auth_method".into(), other.into());
                    said.insert("scope".into(), "openid".into());
                    true
                })
            })],
        ),
    )
    .so("goes by what was registered, not by what it asked for"),
    handle(
        "mix.client_id_collision",
        "Every app is given the client_id that another issuer gave it as well: dcr-the-same-everywhere.",
        &["registration.client_id", "registration.registration_client_uri"],
        (
            MIX_UP,
            &[Override(|world, edit| {
                let here = edit.facts.point == Registration;
                world.settings.registration.issued_client_id = Some("dcr-the-same-everywhere").filter(|_| here);
                here
            })],
        ),
    )
    .so("keeps what belongs to each issuer apart: issuer and client_id together are the key"),
];
