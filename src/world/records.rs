//! What is kept between two requests, and the handful of it that one request works on.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::{
    AccessId, AuthorizeRequest, BrowserId, Challenge, ClaimsRequest, ClientId, CodeValue, GrantId, InteractionId,
    Lifetime, LogoutRequest, Map, Millis, Params, RefreshValue, Scopes, SessionId, Subject, UnixTime,
};

use super::Interrupt;

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

/// A record as it was loaded: its version, 0 where there is none.
#[derive(Clone, Debug, Default)]
pub struct Versioned {
    /// Moves with each change.
    pub version: u64,
    /// The contents.
    pub record: Option<Arc<Record>>,
}

/// The records that one request works on.
#[derive(Debug, Default)]
pub struct Records {
    loaded: Vec<(RecordKey, Versioned, Option<Change>)>,
}

/// A new value and how long it is kept; `None` forgets the record.
pub type Change = (Option<Arc<Record>>, UnixTime);

impl Records {
    /// Takes in a record that was loaded, in place of what was loaded of it before.
    pub fn add(&mut self, name: RecordKey, versioned: Versioned) {
        self.loaded.retain(|(known, ..)| *known != name);
        self.loaded.push((name, versioned, None));
    }

    /// The names of what was loaded, so that all can be loaded again.
    pub fn keys(&self) -> Vec<RecordKey> {
        self.loaded.iter().map(|(name, ..)| name.clone()).collect()
    }

    /// Whether a record was loaded, be it that there is none.
    pub fn has(&self, name: &RecordKey) -> bool {
        self.loaded.iter().any(|(known, ..)| known == name)
    }

    /// What was loaded.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.loaded.iter().filter_map(|(_, versioned, _)| versioned.record.as_deref())
    }

    /// The names by which one sign-in hangs together: pages, codes, grants, refresh tokens and sessions that this request met or made.
    pub fn flow_keys(&self) -> Vec<RecordKey> {
        let met = self.loaded.iter().filter(|(_, versioned, change)| versioned.record.is_some() || change.is_some());
        let of_one = |name: &&RecordKey| {
            matches!(
                name,
                RecordKey::Interaction(_)
                    | RecordKey::Code(_)
                    | RecordKey::Grant(_)
                    | RecordKey::RefreshToken(_)
                    | RecordKey::Session(_)
            )
        };
        met.map(|(name, ..)| name).filter(of_one).cloned().collect()
    }

    /// Undoes every change, before a flow is run once more.
    pub fn undo(&mut self) {
        self.loaded.iter_mut().for_each(|(_, _, change)| *change = None);
    }

    /// The record as this request sees it, or the wish to have it loaded.
    pub fn get<T: RecordContents>(&self, name: &RecordKey) -> Result<Option<T>, Interrupt> {
        let Some((_, versioned, change)) = self.loaded.iter().find(|(known, ..)| known == name) else {
            return Err(Interrupt::Need(name.clone()));
        };
        let record = match change {
            Some((record, _)) => record,
            None => &versioned.record,
        };
        Ok(record.as_deref().and_then(T::of).cloned())
    }

    /// Writes a record, to be kept until then.
    pub fn put(&mut self, name: RecordKey, record: impl Into<Record>, until: UnixTime) {
        self.change(name, (Some(Arc::new(record.into())), until));
    }

    /// Forgets a record.
    pub fn forget(&mut self, name: RecordKey) {
        self.change(name, (None, UnixTime(0)));
    }

    /// A record that was never loaded is new, so it is written as if version 0 had been seen: a name that chance made
    /// twice would be a conflict, not an overwriting.
    fn change(&mut self, name: RecordKey, change: Change) {
        match self.loaded.iter_mut().find(|(known, ..)| *known == name) {
            Some(entry) => entry.2 = Some(change),
            None => self.loaded.push((name, Versioned::default(), Some(change))),
        }
    }

    /// Ends a sign-in, whoever wishes it; the sign-in as it was, unless it was over already.
    pub fn end_session(&mut self, id: &SessionId, now: UnixTime) -> Result<Option<Session>, Interrupt> {
        let key = RecordKey::Session(id.clone());
        let session = self.get::<Session>(&key)?.filter(|session| !session.ended && now < session.until);
        if let Some(session) = &session {
            self.put(key, Session { ended: true, ..session.clone() }, session.until);
        }
        Ok(session)
    }

    /// Ends what somebody agreed to, and with it every code and token that points to it. Remembered until then.
    pub fn revoke(&mut self, id: &GrantId, until: UnixTime) -> Result<(), Interrupt> {
        let key = RecordKey::Grant(id.clone());
        if let Some(mut grant) = self.get::<Arc<Grant>>(&key)? {
            Arc::make_mut(&mut grant).revoked = true;
            self.put(key, grant, until);
        }
        Ok(())
    }

    /// Alters the code that this request makes, and the grant that it stands for. `false` if it makes none, or if `alter` says so.
    pub fn alter_new_code(&mut self, alter: impl FnOnce(&mut Code, &mut Grant) -> bool) -> bool {
        let new = self.loaded.iter().find_map(|(name, _, change)| match change {
            Some((Some(record), until)) => Code::of(record).map(|code| (name.clone(), code.clone(), *until)),
            _ => None,
        });
        let Some((name, mut code, until)) = new.filter(|(_, code, _)| code.redeemed_at.is_none()) else { return false };
        let of_grant = RecordKey::Grant(code.grant.clone());
        let Ok(Some(grant)) = self.get::<Arc<Grant>>(&of_grant) else { return false };
        let mut grant = Grant::clone(&grant);
        if !alter(&mut code, &mut grant) {
            return false;
        }
        self.put(name, code, until);
        self.put(of_grant, grant, until);
        true
    }

    /// What was changed, with the version that was seen.
    pub fn changes(&self) -> Vec<(RecordKey, u64, Change)> {
        self.loaded
            .iter()
            .filter_map(|(name, seen, change)| Some((name.clone(), seen.version, change.clone()?)))
            .collect()
    }
}
