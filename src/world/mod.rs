//! One provider's people, apps and promises: what a flow may see, and what it may say.

mod asked;
mod client;
mod clock;
mod ctx;
mod decision;
mod entropy;
mod policy;
mod records;
mod return_address;
mod settings;
mod size;
mod trace;
mod user;

pub use asked::{Asked, Credential, Endpoint, Method};
pub use client::{ApplicationType, AuthMethod, ClaimPick, Client, GrantType, TokenClaims};
pub use clock::Clock;
pub use ctx::Ctx;
pub use decision::{
    Answer, ConsentAnswer, Decision, Document, Failure, Given, Issuance, Outcome, PersonAnswer, Question,
    ReturnAfterLogout, SignInQuestion, Stop, UserInfo,
};
pub use entropy::{Draw, Entropy};
pub use policy::{AccessTokenFormat, AccessTokenTyp, Consent, Lifetimes, Policy, RefreshTokenFormat};
pub use records::{
    Access, Browser, Change, Code, Grant, Interaction, Name, Person, Record, Records, Refresh, Session, Standing,
    Versioned,
};
pub use return_address::ReturnAddress;
pub(crate) use return_address::{is_loopback_uri, wrong_uri};
pub(crate) use settings::is_blank;
pub use settings::{BackChannel, Place, ScopeClaims, Settings};
pub use trace::{Checked, Seen, Trace, Used};
pub use user::{OWN_CLAIMS, User, made_up, wrong_sub};
