//! The logout request, [RP-Initiated Logout §2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout).

use serde::{Deserialize, Serialize};

use super::Params;

/// What an app asks for when it sends the browser to the end-session endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    /// Every parameter, to be asked once more.
    pub params: Params,
}

impl LogoutRequest {
    /// `id_token_hint`
    pub fn id_token_hint(&self) -> Option<&str> {
        self.params.get("id_token_hint")
    }

    /// `client_id`
    pub fn client_id(&self) -> Option<&str> {
        self.params.get("client_id")
    }

    /// `post_logout_redirect_uri`
    pub fn post_logout_redirect_uri(&self) -> Option<&str> {
        self.params.get("post_logout_redirect_uri")
    }

    /// `state`
    pub fn state(&self) -> Option<&str> {
        self.params.get("state")
    }
}
