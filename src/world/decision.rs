//! What a flow may say.

use std::sync::Arc;

use crate::protocol::{
    AccessId, AuthorizeRequest, CodeValue, GrantId, InteractionId, LogoutRequest, Map, Params, RefreshValue, Scopes,
    Subject, UnixTime,
};
use crate::spec::FailedCheck;
use crate::tokens::Recipient;

use super::{AccessToken, Client, ClientChange, Destination, Grant, Interrupt, RecordKey, ReturnAddress};

/// What a flow decides.
pub type Decision = Result<Outcome, Failure>;

impl Interrupt {
    /// Told to the person, since nobody else can be trusted; to a caller that reads no pages, in the same words.
    pub fn on_a_page(self) -> Failure {
        match self {
            Self::Failed(refused) => Failure::ShowPage(refused),
            Self::Need(name) => Failure::Need(name),
        }
    }
}

impl Destination {
    /// Whoever waits for the sign-in is told that it goes no further.
    pub fn refuse(&self, interrupt: impl Into<Interrupt>) -> Failure {
        match (interrupt.into(), self) {
            (Interrupt::Failed(refused), Self::App(address)) => Failure::SendBack(address.clone(), refused),
            (Interrupt::Need(key), _) => Failure::Need(key),
        }
    }
}

/// Why a flow failed, and to whom that is told.
#[derive(Clone, Debug)]
pub enum Failure {
    /// To the person, on a page: there is no safe way back.
    ShowPage(FailedCheck),
    /// To the app, through the browser.
    SendBack(Box<ReturnAddress>, FailedCheck),
    /// To whoever called.
    Tell(FailedCheck),
    /// To nobody: a record must be loaded, and the flow run again.
    Need(RecordKey),
    /// To nobody: what is asked can be answered truthfully from the next second on, and the flow run again then.
    NextSecond,
}

impl From<Interrupt> for Failure {
    fn from(stop: Interrupt) -> Self {
        match stop {
            Interrupt::Failed(refused) => Self::Tell(refused),
            Interrupt::Need(name) => Self::Need(name),
        }
    }
}

impl From<FailedCheck> for Failure {
    fn from(refused: FailedCheck) -> Self {
        Self::Tell(refused)
    }
}

/// A page that asks a person.
#[derive(Clone, Debug)]
pub enum Question {
    /// Who are you?
    SignIn(Box<SignInQuestion>),
    /// May the app know and do this?
    Consent {
        /// The visit.
        interaction: InteractionId,
        /// Who asks.
        client: Arc<Client>,
        /// Where the answer will go.
        destination: Destination,
        /// The request, so that it can be made again.
        request: Arc<AuthorizeRequest>,
        /// What would be granted.
        grant: Arc<Grant>,
    },
    /// Do you want to sign out?
    SignOut {
        /// The visit.
        interaction: InteractionId,
        /// Who is signed in.
        person: Option<super::SignedInUser>,
        /// Who asks, if it is known.
        client: Option<Arc<Client>>,
        /// The request, so that it can be made again.
        request: Arc<LogoutRequest>,
    },
}

/// What the sign-in page needs.
#[derive(Clone, Debug)]
pub struct SignInQuestion {
    /// The visit.
    pub interaction: InteractionId,
    /// Who asks.
    pub client: Arc<Client>,
    /// Where the answer will go.
    pub destination: Destination,
    /// The request, to be explained.
    pub request: Arc<AuthorizeRequest>,
    /// Who signed in with this browser, last first.
    pub used: Vec<Subject>,
    /// Who is signed in now.
    pub signed_in: Option<super::SignedInUser>,
    /// Whose claims are to be edited.
    pub edit: Option<Subject>,
    /// Why the page is shown again.
    pub notice: Option<FailedCheck>,
    /// What the username field holds, if not the `login_hint`.
    pub typed: Option<String>,
    /// What the claim editor was sent, if it is shown again.
    pub edited: Option<Params>,
    /// Only people whose names contain this are listed.
    pub filter: Option<String>,
    /// Under which host the page was asked for, if forms that come from there will be refused.
    pub foreign_host: Option<String>,
}

/// What goes back to the app through the browser.
#[derive(Clone, Debug)]
pub struct AuthorizationResponse {
    /// The way.
    pub address: Box<ReturnAddress>,
    /// What the person agreed to.
    pub grant: Arc<Grant>,
    /// A code that stands for it.
    pub code: Option<CodeValue>,
    /// Tokens, for an app that asked for them at once.
    pub tokens: Option<Issuance>,
}

/// Tokens to be drafted and signed, whichever answer carries them. Each slot is filled or left empty.
#[derive(Clone, Debug)]
pub struct Issuance {
    /// To whom.
    pub client: Arc<Client>,
    /// On what ground.
    pub grant: Arc<Grant>,
    /// The ground's name.
    pub grant_id: GrantId,
    /// What the tokens carry of it.
    pub scopes: Scopes,
    /// The access token.
    pub access: Option<AccessSlot>,
    /// The ID token.
    pub id_token: Option<IdTokenSlot>,
    /// Whom the ID token is encrypted for, if it is.
    pub recipient: Option<Arc<Recipient>>,
    /// The refresh token.
    pub refresh: Option<RefreshSlot>,
}

/// An access token that is to be issued.
#[derive(Clone, Debug)]
pub struct AccessSlot {
    /// Its name, which is the whole token where it is opaque.
    pub name: AccessId,
    /// Its `aud`.
    pub audience: Vec<String>,
    /// Until when it is good.
    pub until: UnixTime,
    /// Whether the request, or the one before it, named the API that it is for.
    pub names_resource: bool,
    /// Whether the token is its name and nothing else; otherwise it is a JWT.
    pub opaque: bool,
}

/// An ID token that is to be issued. Which hashes it has follows from what the same answer carries.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenSlot {
    /// Whether it says the request's `nonce`; a refreshed one repeats none.
    pub says_nonce: bool,
    /// Whether it says what the scopes open, where no access token can be had to ask UserInfo with,
    /// [Core §5.4](https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims).
    pub says_scopes: bool,
}

/// A refresh token that is to be issued.
#[derive(Clone, Debug)]
pub struct RefreshSlot {
    /// Its name, which is the whole token where it is opaque.
    pub value: RefreshValue,
    /// Until when it is good.
    pub until: UnixTime,
}

/// What UserInfo is to say.
#[derive(Clone, Debug)]
pub struct UserInfo {
    /// To whom; `None` where clients need not be registered.
    pub client: Option<Arc<Client>>,
    /// About whom, and how much.
    pub grant: Arc<Grant>,
    /// The token, which may carry less than was granted.
    pub access: Arc<AccessToken>,
    /// Whom the answer is encrypted for, if it is.
    pub recipient: Option<Arc<Recipient>>,
}

/// What introspection is to say.
#[derive(Clone, Debug)]
pub struct Introspection {
    /// To whom.
    pub client: Arc<Client>,
    /// What is said of the token.
    pub members: Map,
    /// Whether it is said in a JWT, [RFC 9701 §5](https://www.rfc-editor.org/rfc/rfc9701#section-5).
    pub as_jwt: bool,
    /// Whom that is encrypted for, if it is.
    pub recipient: Option<Arc<Recipient>>,
}

/// A document that is made of settings alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// What the provider can do.
    Metadata,
    /// The public keys.
    Keys,
    /// The page that apps ask, in a frame that nobody sees, whether the sign-in is still the same.
    CheckSession,
}

/// An app's page that the browser opens, unseen, when it signs out,
/// [Front-Channel Logout §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutFrame {
    /// The app's name.
    pub app: String,
    /// The registered address, with `iss` and `sid`.
    pub uri: url::Url,
}

/// Where a browser may go after logout.
#[derive(Clone, Debug)]
pub struct ReturnAfterLogout {
    /// The registered address.
    pub uri: url::Url,
    /// The request's `state`, to take along.
    pub state: Option<String>,
    /// The app's name.
    pub app: String,
    /// Whether the browser goes by itself; otherwise the page has a link.
    pub at_once: bool,
}

/// What should happen.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// A person is asked.
    Ask(Question),
    /// The browser goes on to another page of ours.
    Redirect(super::Endpoint, InteractionId),
    /// The browser asks the same once more by GET, and brings its cookie along; the request waits under this name.
    AskAgain(String),
    /// Someone is added to the people, or takes another's place, until the next reset; the browser goes back to the sign-in page.
    SaveUser(Box<super::User>, InteractionId),
    /// The app gets what its response type asks for, through the browser.
    Return(Box<AuthorizationResponse>),
    /// The app gets tokens.
    Issue(Box<Issuance>),
    /// The app learns about the person.
    UserInfo(Box<UserInfo>),
    /// Someone gets a document made of settings.
    Show(Document),
    /// An app gets claims that somebody else knows.
    DistributedClaims(Map),
    /// An API learns about a token.
    Introspection(Box<Introspection>),
    /// A client that registered itself is added, shown, changed or removed.
    Client(ClientChange),
    /// The sign-in is over.
    SignedOut {
        /// Whether there was one.
        was_signed_in: bool,
        /// Whether the person chose to stay.
        stayed: bool,
        /// Where the browser goes next, or may go.
        return_to: Option<ReturnAfterLogout>,
        /// The apps that this browser tells on its way.
        frames: Vec<LogoutFrame>,
    },
    /// It is done and there is nothing to say.
    Done,
}

impl Outcome {
    /// The tokens that the answer carries.
    pub fn issuance(&self) -> Option<&Issuance> {
        match self {
            Self::Issue(issuance) => Some(issuance),
            Self::Return(response) => response.tokens.as_ref(),
            _ => None,
        }
    }

    /// What the answer is about.
    pub fn grant(&self) -> Option<&Arc<Grant>> {
        match self {
            Self::Issue(issuance) => Some(&issuance.grant),
            Self::Return(response) => Some(&response.grant),
            Self::UserInfo(info) => Some(&info.grant),
            Self::Ask(Question::Consent { grant, .. }) => Some(grant),
            _ => None,
        }
    }

    /// The grants whose person this answer says something about, to be altered: what a code stands for is not said yet.
    pub fn told_grant_mut(&mut self) -> Option<&mut Arc<Grant>> {
        match self {
            Self::Issue(issuance) => Some(&mut issuance.grant),
            Self::Return(response) => response.tokens.as_mut().map(|tokens| &mut tokens.grant),
            Self::UserInfo(info) => Some(&mut info.grant),
            _ => None,
        }
    }
}
