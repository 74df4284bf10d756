//! The words on the wire, as types: what an app and a provider say to each other, and nothing about what they do with it.

pub mod authorize;
pub mod claims;
pub mod ids;
pub mod lifetime;
pub mod logout;
pub mod nearest;
pub mod params;
pub mod pkce;
pub mod scope;
pub mod time;
pub mod words;

pub use authorize::{AuthorizeRequest, Complaint, Prompt, ResponseMode, ResponseType};
pub use claims::ClaimsRequest;
pub use ids::{
    AccessId, BrowserId, ClientId, CodeValue, GrantId, InteractionId, Kid, RefreshValue, SessionId, Subject, shortened,
};
pub use lifetime::{Lifetime, Span};
pub use logout::LogoutRequest;
pub use nearest::nearest;
pub use params::Params;
pub use pkce::{Challenge, ChallengeMethod};
pub use scope::Scopes;
pub use time::{Millis, UnixTime};
pub use words::words;

/// A JSON object with its order kept: claims, headers, documents.
pub type Map = serde_json::Map<String, serde_json::Value>;
