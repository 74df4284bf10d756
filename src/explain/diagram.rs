//! A flow as a sequence diagram, as data.

use schemars::JsonSchema;
use serde::Serialize;

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The person's browser.
    Browser,
    /// The app that the person signs in to.
    App,
    /// This provider.
    Provider,
    /// An API that is shown a token.
    Api,
}

impl Party {
    /// Its name in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::App => "app",
            Self::Provider => "Standin",
            Self::Api => "API",
        }
    }

    /// Its place from the left, 0 to 3.
    pub const fn lane(self) -> u8 {
        self as u8
    }
}

/// How much is known of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It came here, or went from here.
    Observed,
    /// It must have been, by what came before and after.
    Inferred,
    /// It should have come, and has not.
    Missing,
}

/// The steps of a sign-in, by the names that are used everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The app sends the browser to ask.
    Ask,
    /// The person shows who they are.
    SignIn,
    /// The browser brings the answer to the app.
    CodeReturns,
    /// The app trades the code for tokens.
    Redeem,
    /// The app verifies what it got.
    Verify,
    /// The tokens are used.
    Use,
    /// The sign-in ends.
    SignOut,
}

impl Step {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ask => "Ask",
            Self::SignIn => "Sign in",
            Self::CodeReturns => "Code returns",
            Self::Redeem => "Redeem",
            Self::Verify => "Verify",
            Self::Use => "Use",
            Self::SignOut => "Sign out",
        }
    }

    /// Its number, counted from 1.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }
}

/// One arrow and the one that answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiagramMessage {
    /// The exchange's number, if it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<u64>,
    /// How much is known of it.
    pub seen: Seen,
    /// The step that it belongs to.
    pub step: Step,
    /// Who sends.
    pub from: Party,
    /// Who answers.
    pub to: Party,
    /// What is sent, as on the wire.
    pub label: String,
    /// What it is about, in a word or two.
    pub about: String,
    /// What is answered.
    pub answer: String,
    /// Whether it was refused, or failed.
    pub failed: bool,
    /// What happens here, in words.
    pub title: &'static str,
    /// Why, in a sentence.
    pub sentence: &'static str,
}

/// A whole flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagram {
    /// Whether an API takes part.
    pub with_api: bool,
    /// The messages in order.
    pub messages: Vec<DiagramMessage>,
}
