//! What is kept between two requests.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{
    AccessId, AuthorizeRequest, BrowserId, Challenge, ClaimsRequest, ClientId, CodeValue, GrantId, InteractionId,
    Lifetime, LogoutRequest, Map, Millis, Params, RefreshValue, Scopes, SessionId, Subject, UnixTime,
};

/// A record's name: what a request can point at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RecordKey {
    /// A browser.
    Browser(BrowserId),
    /// A sign-in of a browser.
    Session(SessionId),
    /// A visit to a page.
    Interaction(InteractionId),
    /// A code.
    Code(CodeValue),
    /// What a person agreed to.
    Grant(GrantId),
    /// An access token.
    AccessToken(AccessId),
    /// A refresh token.
    RefreshToken(RefreshValue),
    /// A standing agreement of a person with a client.
    RememberedConsent(ClientId, Subject),
    /// A client assertion that was used, by client and `jti`.
    Assertion(ClientId, String),
    /// The keys behind a client's `jwks_uri`.
    ClientKeys(String),
    /// A cookie of the browser session layer.
    Cookie(String),
}

/// A person as a sign-in left them: by reference, so that a change of the configuration shows, or with claims of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignedInUser {
    /// `sub`
    pub sub: Subject,
    /// The claims of this one sign-in, where they differ from the configuration's.
    pub claims: Option<Map>,
    /// The names of the claims that somebody set for this one sign-in: these reach the app whatever the scope.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<String>,
}

impl SignedInUser {
    /// Someone as the configuration has them.
    pub const fn known(sub: Subject) -> Self {
        Self { sub, claims: None, told: Vec::new() }
    }
}

/// A browser that was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Browser {
    /// Who is signed in there.
    pub session: Option<SessionId>,
    /// Who signed in there, last first, for the order on the page.
    pub used: Vec<Subject>,
}

/// A sign-in of one browser, which all apps share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub person: SignedInUser,
    /// When, `auth_time`.
    pub auth_time: UnixTime,
    /// How, `amr`, [RFC 8176](https://www.rfc-editor.org/rfc/rfc8176).
    pub amr: Vec<String>,
    /// How surely, `acr`, if an app asked.
    pub acr: Option<String>,
    /// Labels put on this sign-in by whoever answered for the person. Flows carry them unread.
    pub tags: Vec<String>,
    /// The apps that took part in it: whom its end concerns.
    #[serde(default)]
    pub clients: Vec<ClientId>,
    /// Until when.
    pub until: UnixTime,
    /// Whether it was ended.
    pub ended: bool,
}

/// A visit to the sign-in, consent or sign-out page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// The browser that was asked.
    pub browser: BrowserId,
    /// What for.
    pub purpose: Purpose,
    /// The sign-in of this visit, once there is one.
    pub session: Option<SessionId>,
    /// Whether the person agreed in this visit, and to what.
    pub agreed: Option<Scopes>,
    /// Whether the app got its answer. The record outlives it a little: whoever presses twice is sent where the first press led.
    #[serde(default)]
    pub answered: bool,
}

/// What a page is open for, with the request as it was understood when it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Purpose {
    /// Somebody signs in, and is asked for their consent.
    SignIn(Arc<AuthorizeRequest>),
    /// Somebody signs out.
    SignOut(Arc<LogoutRequest>),
    /// A request waits to be asked again by GET.
    AskAgain(Arc<Params>),
}

impl Interaction {
    /// How long a page may be left open.
    pub const OPEN: Lifetime = Lifetime::of_seconds(3_600);

    /// A page that nobody answered yet.
    pub const fn new(browser: BrowserId, purpose: Purpose) -> Self {
        Self { browser, purpose, session: None, agreed: None, answered: false }
    }

    /// The authorization request, if somebody is to sign in.
    pub const fn authorization(&self) -> Option<&Arc<AuthorizeRequest>> {
        match &self.purpose {
            Purpose::SignIn(request) => Some(request),
            _ => None,
        }
    }

    /// The logout request, if somebody is to sign out.
    pub const fn logout(&self) -> Option<&Arc<LogoutRequest>> {
        match &self.purpose {
            Purpose::SignOut(request) => Some(request),
            _ => None,
        }
    }
}

/// A code, and what its redemption will give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What the person agreed to.
    pub grant: GrantId,
    /// Who may redeem it.
    pub client: ClientId,
    /// The redirect URI that it was sent to.
    pub redirect_uri: String,
    /// What the verifier must fit.
    pub challenge: Option<Challenge>,
    /// When it was issued, to the millisecond.
    #[serde(default)]
    pub issued_at: Millis,
    /// Until when.
    pub until: UnixTime,
    /// When it was used. The record outlives the code, so that a late replay is still recognised.
    pub redeemed_at: Option<UnixTime>,
}

/// What a person agreed to once. Codes and tokens point to it, so its revocation ends them all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// In whose name it was given: a code or token is good at this issuer and at no other.
    pub issuer: String,
    /// The app.
    pub client: ClientId,
    /// The person; the client itself where there is none.
    pub person: SignedInUser,
    /// What was granted.
    pub scopes: Scopes,
    /// The request's `nonce`.
    pub nonce: Option<String>,
    /// When the person signed in.
    pub auth_time: Option<UnixTime>,
    /// In which session.
    pub session: Option<SessionId>,
    /// How.
    pub amr: Vec<String>,
    /// How surely.
    pub acr: Option<String>,
    /// The request's `claims`.
    pub claims: ClaimsRequest,
    /// The request's `resource`.
    pub resource: Vec<String>,
    /// The request's `login_hint`.
    #[serde(default)]
    pub login_hint: Option<String>,
    /// The tags of the session.
    pub tags: Vec<String>,
    /// Whether it was revoked.
    pub revoked: bool,
}

impl Grant {
    /// What a person, or a client for itself, agrees to without a sign-in at a browser.
    pub fn new(issuer: &str, client: ClientId, person: SignedInUser, scopes: Scopes) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client,
            person,
            scopes,
            nonce: None,
            auth_time: None,
            session: None,
            amr: Vec::new(),
            acr: None,
            claims: ClaimsRequest::default(),
            resource: Vec::new(),
            login_hint: None,
            tags: Vec::new(),
            revoked: false,
        }
    }
}

/// An access token that was issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessToken {
    /// What the person agreed to.
    pub grant: GrantId,
    /// What this token carries of it.
    pub scopes: Scopes,
    /// `aud`
    pub audience: Vec<String>,
    /// `iat`
    pub issued_at: UnixTime,
    /// `exp`
    pub until: UnixTime,
    /// Whether the token is its own name; otherwise the name is a JWT's `jti`, which is no secret and opens nothing.
    pub opaque: bool,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A refresh token that was issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// What the person agreed to.
    pub grant: GrantId,
    /// Who may use it.
    pub client: ClientId,
    /// Until when.
    pub until: UnixTime,
    /// When a newer one took its place.
    pub replaced_at: Option<UnixTime>,
}

/// What a person agreed to with a client for good.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RememberedConsent {
    /// The scopes.
    pub scopes: Scopes,
}

macro_rules! records {
    ($($kind:ident($value:ty),)*) => {
        /// A record's contents.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub enum Record {
            $(#[doc = concat!("See [`RecordKey::", stringify!($kind), "`].")] $kind($value),)*
            /// See [`RecordKey::Grant`]. Shared: it is the largest record, and every token that is shown needs it.
            Grant(Arc<Grant>),
            /// See [`RecordKey::AccessToken`]. Shared as well.
            AccessToken(Arc<AccessToken>),
        }

        $(impl RecordContents for $value {
            fn of(record: &Record) -> Option<&Self> {
                match record { Record::$kind(value) => Some(value), _ => None }
            }
        }

        impl From<$value> for Record {
            fn from(value: $value) -> Self { Self::$kind(value) }
        })*
    };
}

records! {
    Browser(Browser),
    Session(Session),
    Interaction(Interaction),
    Code(Code),
    RefreshToken(RefreshToken),
    RememberedConsent(RememberedConsent),
    Assertion(()),
    ClientKeys(Value),
    Cookie(String),
}

macro_rules! shared {
    ($($kind:ident)*) => {$(
        impl RecordContents for Arc<$kind> {
            fn of(record: &Record) -> Option<&Self> {
                match record { Record::$kind(value) => Some(value), _ => None }
            }
        }

        impl From<Arc<$kind>> for Record {
            fn from(value: Arc<$kind>) -> Self { Self::$kind(value) }
        }

        impl From<$kind> for Record {
            fn from(value: $kind) -> Self { Self::$kind(Arc::new(value)) }
        }
    )*};
}

shared! { Grant AccessToken }

/// A type that records are made of.
pub trait RecordContents: Clone + Into<Record> {
    /// The contents, if the record is of this type.
    fn of(record: &Record) -> Option<&Self>;
}
