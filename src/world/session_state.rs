//! What an app can watch a sign-in by, without asking anybody, [Session Management 1.0](https://openid.net/specs/openid-connect-session-1_0.html).

use std::fmt::Write as _;

use aws_lc_rs::digest;
use url::Url;

use crate::protocol::{ClientId, SessionId};
use crate::tokens::digest_of;

/// What the browser's state cookie holds while this sign-in goes on: another one, or nobody, has another. It opens nothing.
pub fn browser_state(session: &SessionId) -> String {
    digest_of(&["browser state", session.as_str()])
}

/// The `session_state` of an answer to this redirect URI,
/// [§2](https://openid.net/specs/openid-connect-session-1_0.html#CreatingUpdatingSessions); none where no page of an origin asks.
pub fn session_state(client: &ClientId, redirect_uri: &Url, (session, salted): (&SessionId, &str)) -> Option<String> {
    let origin = redirect_uri.origin();
    if !origin.is_tuple() {
        return None;
    }
    let (origin, state) = (origin.ascii_serialization(), browser_state(session));
    let salt = &digest_of(&["salt", session.as_str(), salted])[..16];
    let hash = digest::digest(&digest::SHA256, format!("{client} {origin} {state} {salt}").as_bytes());
    let hex = hash.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Some(format!("{hex}.{salt}"))
}
