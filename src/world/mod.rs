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
mod user;

pub use asked::{Asked, Credential, Endpoint, Method};
pub use client::{ApplicationType, AuthMethod, ClaimPick, Client, GrantType, TokenClaims};
pub use clock::Clock;
pub use ctx::{Ctx, Trace, Used};
pub use decision::{
    Answer, ConsentAnswer, Document, Failure, Given, Issuance, Outcome, PersonAnswer, Question, SignInQuestion, Stop,
    UserInfo,
};
pub use entropy::{Draw, Entropy};
pub use policy::{AccessTokenFormat, Consent, Lifetimes, Policy};
pub use records::{
    Access, Browser, Change, Code, Grant, Interaction, Name, Person, Record, Records, Refresh, Session, Standing,
    Versioned,
};
pub use return_address::ReturnAddress;
pub(crate) use return_address::{is_loopback_uri, one_of};
pub(crate) use settings::is_blank;
pub use settings::{BackChannel, Place, ScopeClaims, Settings};
pub use user::User;
