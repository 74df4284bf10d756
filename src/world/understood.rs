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

/// How an authorization request came that is a JWT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestObject {
    /// In the parameter `request`.
    ByValue(String),
    /// Behind `request_uri`.
    ByReference {
        /// As it was sent.
        uri: String,
        /// What was there, or why nothing was. Nobody looked where the client registered no such address.
        fetched: Option<Result<String, String>>,
    },
}

impl RequestObject {
    /// The JWT, as far as there is one.
    pub fn jwt(&self) -> Option<&str> {
        match self {
            Self::ByValue(jwt) => Some(jwt),
            Self::ByReference { fetched, .. } => fetched.as_ref()?.as_ref().ok().map(String::as_str),
        }
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
