//! One provider's people, apps and promises: what a flow may see, and what it may say.

mod client;
mod client_change;
mod client_check;
mod client_metadata;
mod client_values;
mod clock;
mod ctx;
mod decision;
mod destination;
mod entropy;
mod errand;
mod initiate_login;
mod interrupt;
mod policy;
mod preset;
mod records;
mod request;
mod return_address;
mod session_state;
mod settings;
mod size;
mod static_token;
mod trace;
mod understood;
mod user;
mod working_set;

pub use client::{ClaimPick, Client, Registered, TokenClaims};
pub use client_change::ClientChange;
pub use client_metadata::MetadataMistake;
pub use client_values::{ApplicationType, AuthMethod, GrantType, SigningAlg, SubjectType};
pub use clock::Clock;
pub use ctx::Ctx;
pub use decision::{
    AccessSlot, AuthorizationResponse, Decision, Document, Failure, IdTokenSlot, Introspection, Issuance, LogoutFrame,
    Outcome, Question, RefreshSlot, ReturnAfterLogout, SignInQuestion, UserInfo,
};
pub use destination::Destination;
pub use entropy::{Draw, Entropy};
pub use errand::Errand;
pub use interrupt::Interrupt;
pub use policy::{
    AccessTokenFormat, AccessTokenTyp, Consent, Lifetimes, Policy, RefreshTokenFormat, RegistrationPolicy,
    SoftwareStatements,
};
pub use preset::{ConsentDecision, Preset, UserDecision};
pub use records::{
    AccessToken, Browser, Code, Grant, Interaction, Purpose, Record, RecordKey, RefreshToken, RememberedConsent,
    Session, SignedInUser,
};
pub use request::{Credential, Endpoint, Method, Reads, Request};
pub use return_address::ReturnAddress;
pub(crate) use return_address::{is_loopback_uri, wrong_uri};
pub use session_state::{browser_state, session_state};
pub(crate) use settings::is_blank;
pub use settings::{BackChannel, RootUrl, ScopeClaims, Settings};
pub use static_token::StaticToken;
pub use trace::{Checked, Seen, Trace, Used};
pub use understood::{RequestObject, RequestObjectWay, Understood};
pub use user::{DISTRIBUTED_TYP, OWN_CLAIMS, User, made_up, wrong_sub};
pub use working_set::{Change, Records, Versioned};
