//! What a request is about, read once: flows, rules and journal go by the same reading.

use std::sync::Arc;

use crate::protocol::{AuthorizeRequest, ClientId, Complaint, LogoutRequest};

/// What a request says that it is about. Nothing of it is verified yet.
#[derive(Clone, Debug, Default)]
pub struct Understood {
    /// The client that it names, or that the page it answers was shown for.
    pub client: ClientId,
    /// The authorization request: this one, or the one whose page is answered.
    pub authorization: Option<Arc<AuthorizeRequest>>,
    /// The request object by which it came just now. A page that was opened by one is about what was in it.
    pub request_object: Option<RequestObject>,
    /// What is wrong with an authorization request that came just now.
    pub complaints: Vec<Complaint>,
    /// What the `sector_identifier_uri` of an app says that registers itself, or why it says nothing.
    pub sector: Option<Result<String, String>>,
    /// The logout request: this one, or the one whose page is answered.
    pub logout: Option<Arc<LogoutRequest>>,
    /// `grant_type`, at the token endpoint.
    pub grant_type: Option<String>,
}

/// An authorization request that came as a JWT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestObject {
    /// How it came.
    pub way: RequestObjectWay,
    /// The JWT as it was sent, or why there is none. Nobody looked behind a `request_uri` that the client did not register.
    pub sent: Option<Result<String, String>>,
    /// What was in it, if it was encrypted for this provider.
    pub decrypted: Option<String>,
}

/// How a request object came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestObjectWay {
    /// In the parameter `request`.
    ByValue,
    /// Behind this `request_uri`.
    ByReference(String),
}

impl RequestObject {
    /// The signed or unsigned JWT, as far as there is one.
    pub fn jwt(&self) -> Option<&str> {
        let sent = || self.sent.as_ref()?.as_ref().ok().map(String::as_str);
        self.decrypted.as_deref().or_else(sent)
    }
}

impl Understood {
    /// `login_hint`
    pub fn login_hint(&self) -> Option<&str> {
        self.authorization.as_ref()?.login_hint()
    }

    /// `state`
    pub fn state(&self) -> Option<&str> {
        let of_logout = || self.logout.as_ref().and_then(|logout| logout.state());
        self.authorization.as_ref().and_then(|request| request.state()).or_else(of_logout)
    }

    /// `nonce`
    pub fn nonce(&self) -> Option<&str> {
        self.authorization.as_ref()?.nonce()
    }
}
