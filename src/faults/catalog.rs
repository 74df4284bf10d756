//! The lies by name: what is altered, what a correct app does, and where that is written.

use super::rule::{DraftEdit, Effect, ReplyEdit, Seam, SignatureEdit};

/// A lie that can be asked for.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Its name for good.
    pub id: &'static str,
    /// Its label on the sign-in page.
    pub label: &'static str,
    /// What is altered, in a word.
    pub altered: &'static str,
    /// What is altered, in a sentence.
    pub sentence: &'static str,
    /// What a correct app does.
    pub correct: &'static str,
    /// Where it is written.
    pub section: &'static str,
    /// What it does.
    pub effect: fn() -> Effect,
}

const VALIDATION: &str = "https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation";

/// Every lie there is.
pub const FAULTS: &[Fault] = &[
    Fault {
        id: "idt.sig.corrupt",
        label: "Forged signature",
        altered: "id_token",
        sentence: "The ID token's signature does not hold.",
        correct: "refuses the token",
        section: VALIDATION,
        effect: || Effect::Signature(Seam::IdToken, SignatureEdit::Corrupt),
    },
    Fault {
        id: "idt.nonce.wrong",
        label: "Wrong nonce",
        altered: "nonce",
        sentence: "The ID token's nonce is not the one that the app sent.",
        correct: "refuses the token",
        section: VALIDATION,
        effect: || Effect::Draft(Seam::IdToken, DraftEdit::Append("nonce", "-wrong")),
    },
    Fault {
        id: "idt.aud.wrong",
        label: "For another app",
        altered: "aud",
        sentence: "The ID token was issued to another client.",
        correct: "refuses the token",
        section: VALIDATION,
        effect: || Effect::Draft(Seam::IdToken, DraftEdit::Set("aud", "another-client")),
    },
    Fault {
        id: "authz.state.wrong",
        label: "State swapped",
        altered: "state",
        sentence: "The state that comes back is not the one that the app sent.",
        correct: "refuses the answer",
        section: "https://www.rfc-editor.org/rfc/rfc6749#section-10.12",
        effect: || Effect::Reply(ReplyEdit::AppendToReturn("state", "-wrong")),
    },
];

/// The lie of this name.
pub fn fault(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}
