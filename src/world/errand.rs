//! What is to be done beside an answer: data, for whoever may call others.

use crate::protocol::SessionId;

use super::Session;

/// A reason to call somebody.
#[derive(Clone, Debug, PartialEq)]
pub enum Errand {
    /// A sign-in is over: the apps that took part in it want to know,
    /// [Back-Channel Logout §2.3](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCLogoutActions).
    SessionEnded {
        /// Its name, `sid`.
        id: SessionId,
        /// The sign-in as it was.
        session: Box<Session>,
    },
}
