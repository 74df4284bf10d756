//! A request as flows see it: what was asked, by whom, through which browser.

use std::sync::Arc;

use crate::protocol::{BrowserId, Map, Params};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `HEAD`
    Head,
    /// `PUT`
    Put,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// Any other.
    Other,
}

impl Method {
    /// The method of this name.
    pub fn named(name: &str) -> Self {
        let known = [Self::Get, Self::Post, Self::Head, Self::Put, Self::Patch, Self::Delete, Self::Options];
        known.into_iter().find(|method| method.as_str() == name).unwrap_or(Self::Other)
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other => "?",
        }
    }
}

macro_rules! endpoints {
    ($($name:ident: $key:literal, $doc:literal;)*) => {
        /// An endpoint of the provider, or of an app that is called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Endpoint {
            $(#[doc = $doc] $name,)*
        }

        impl Endpoint {
            /// Every endpoint there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in a profile, which is its metadata name where it has one.
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }
        }
    };
}

endpoints! {
    Discovery: "openid_configuration", "[Discovery §4](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig)";
    ServerMetadata: "oauth_authorization_server", "[RFC 8414 §3](https://www.rfc-editor.org/rfc/rfc8414#section-3)";
    Jwks: "jwks_uri", "[RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)";
    Authorize: "authorization_endpoint", "[Core §3.1.2](https://openid.net/specs/openid-connect-core-1_0.html#AuthorizationEndpoint)";
    SignIn: "sign_in", "The sign-in page's forms";
    Consent: "consent", "The consent page's form";
    Token: "token_endpoint", "[Core §3.1.3](https://openid.net/specs/openid-connect-core-1_0.html#TokenEndpoint)";
    UserInfo: "userinfo_endpoint", "[Core §5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo)";
    Introspection: "introspection_endpoint", "[RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662#section-2)";
    Revocation: "revocation_endpoint", "[RFC 7009 §2](https://www.rfc-editor.org/rfc/rfc7009#section-2)";
    DistributedClaims: "distributed_claims", "[Core §5.6.2](https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims)";
    CheckSession: "check_session_iframe", "[Session Management §3.2](https://openid.net/specs/openid-connect-session-1_0.html#OPiframe)";
    Registration: "registration_endpoint", "[Registration §3](https://openid.net/specs/openid-connect-registration-1_0.html#ClientRegistration)";
    EndSession: "end_session_endpoint", "[RP-Initiated Logout §2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)";
    SignOut: "sign_out", "The sign-out page's form";
    BackChannelLogout: "backchannel_logout_uri", "A logout message that goes out to an app, [Back-Channel Logout §2.5](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRequest)";
    ProtectedResource: "protected_resource", "A call of the sample API, which tells of it, [RFC 9728 §1](https://www.rfc-editor.org/rfc/rfc9728#section-1)";
    Connection: "connection", "A TLS handshake, before anything is asked, [RFC 8446 §4](https://www.rfc-editor.org/rfc/rfc8446#section-4)";
    Elsewhere: "elsewhere", "Any address where nothing is";
}

/// Proof of who is asking, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Basic`, both parts form-decoded, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1).
    Basic {
        /// The client's id.
        id: String,
        /// The client's secret.
        secret: String,
        /// The secret before it was decoded, if that made a difference: not everybody encodes it as the RFC says.
        as_sent: Option<String>,
    },
    /// `Authorization: Bearer`, [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
    Bearer(String),
    /// An `Authorization` header that is neither.
    Unreadable,
}

impl Request {
    /// A request that goes out from here, as rules look at it.
    pub fn outgoing(endpoint: Endpoint, url: &str) -> Self {
        Self {
            endpoint,
            method: Method::Post,
            params: Params::default(),
            json: None,
            credential: None,
            browser: None,
            former_cookie: false,
            path: url.into(),
            host: "".into(),
            reads: Reads::default(),
            base: "".into(),
            cross_origin: false,
            unreadable: None,
        }
    }
}

/// What a caller says that it reads, as far as that makes a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// Nothing in particular: what is to be told on a page is told as JSON.
    #[default]
    Anything,
    /// Pages.
    Pages,
    /// Introspection's answer as a JWT, [RFC 9701 §4](https://www.rfc-editor.org/rfc/rfc9701#section-4).
    IntrospectionJwt,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its method.
    pub method: Method,
    /// Query or form.
    pub params: Params,
    /// The body, where the endpoint reads JSON.
    pub json: Option<Map>,
    /// What the `Authorization` header said.
    pub credential: Option<Credential>,
    /// The browser, if it is one that was seen before or is seen now.
    pub browser: Option<BrowserId>,
    /// Whether the browser showed a cookie that its sign-in has replaced since, as it does when a form is posted twice.
    pub former_cookie: bool,
    /// The path that was asked for.
    pub path: Arc<str>,
    /// The `Host` header.
    pub host: Arc<str>,
    /// What the caller says that it reads.
    pub reads: Reads,
    /// Scheme and authority by which the request came, such as `http://idp:7760`.
    pub base: Arc<str>,
    /// Whether a script of some web page asks, which says so by `Origin`.
    pub cross_origin: bool,
    /// Whether the request could not be read as its endpoint needs it; flows refuse it by this.
    pub unreadable: Option<crate::spec::FailedCheck>,
}
