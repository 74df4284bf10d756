//! What is decided in a person's place, by a form, a queue or a test identity.

use crate::protocol::{Map, Scopes, Subject};
use crate::spec::Refusal;

/// An answer for the person, from the form, from a queue or from a test identity: they are all the same value.
#[derive(Clone, Debug, PartialEq)]
pub enum UserDecision {
    /// This is who I am.
    SignIn {
        /// `sub`
        sub: Subject,
        /// The claims of this one sign-in, in place of the configuration's.
        claims: Option<Map>,
        /// The names of those that somebody set for this sign-in.
        told: Vec<String>,
        /// How it was proven.
        amr: Vec<String>,
        /// How many seconds ago.
        age: i64,
        /// Labels that flows carry unread.
        tags: Vec<String>,
    },
    /// No.
    Decline(Refusal),
}

impl UserDecision {
    /// Someone as the configuration has them, by a click.
    pub fn signs_in(sub: Subject) -> Self {
        Self::SignIn { sub, claims: None, told: Vec::new(), amr: vec!["user".into()], age: 0, tags: Vec::new() }
    }

    /// A click on someone.
    pub fn click(sub: &str) -> Self {
        Self::signs_in(sub.into())
    }
}

/// What the person agrees to, without a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentDecision {
    /// Everything that is asked for.
    All,
    /// These, as far as they are asked for, and `openid`.
    Only(Scopes),
    /// Nothing.
    Nothing,
}

/// What was given in the person's place, so that no page needs to be shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preset {
    /// Who signs in, or why nobody does.
    pub answer: Option<UserDecision>,
    /// What the person agrees to.
    pub consent: Option<ConsentDecision>,
    /// Whether a sign-in that the browser has already will do.
    pub only_if_asked: bool,
}
