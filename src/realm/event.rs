//! What happened, in a word: what tests wait for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::spec::Check;
use crate::world::{ClientChange, Decision, Document, Endpoint, Failure, GrantType, Outcome, Question};

use super::context::Exchange;

macro_rules! events {
    ($($name:ident: $word:literal, $sentence:literal;)*) => {
        /// Something that happened in an exchange.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Event {
            $(#[doc = $sentence] $name,)*
        }

        impl Event {
            /// Every event there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it means.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// The event of this name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|event| event.as_str() == name)
            }
        }
    };
}

events! {
    DiscoveryRead: "discovery_read", "An app read the metadata.";
    KeysRead: "keys_read", "An app read the key set.";
    SignInAsked: "sign_in_asked", "The sign-in page was shown.";
    ConsentAsked: "consent_asked", "The consent page was shown.";
    SignedIn: "signed_in", "A person signed in.";
    SignInFailed: "sign_in_failed", "A sign-in was refused, or the person said no.";
    CodeIssued: "code_issued", "The app's browser was sent back with a code.";
    CodeRedeemed: "code_redeemed", "An app redeemed a code.";
    TokenRefreshed: "token_refreshed", "An app used a refresh token.";
    TokenIssued: "token_issued", "An app got tokens for itself, by a password, or by the browser without a code.";
    UserinfoRead: "userinfo_read", "An app asked UserInfo.";
    ClaimsFetched: "claims_fetched", "An app fetched claims where UserInfo said that they are.";
    TokenIntrospected: "token_introspected", "An API asked about a token.";
    TokenRevoked: "token_revoked", "An app gave a token back.";
    SessionChecked: "session_checked", "An app opened the page that says whether the sign-in is still the same.";
    SignOutAsked: "sign_out_asked", "The sign-out page was shown.";
    SignedOut: "signed_out", "A browser signed out.";
    LogoutDelivered: "logout_delivered", "An app was told by back channel that a sign-in is over.";
    LogoutFailed: "logout_failed", "An app could not be told that a sign-in is over, or did not accept it.";
    ClientRegistered: "client_registered", "An app registered itself.";
    ClientRead: "client_read", "An app looked at its registration.";
    ClientChanged: "client_changed", "An app described itself anew.";
    ClientRemoved: "client_removed", "An app removed its registration.";
    ApiCalled: "api_called", "An app called the sample API, and was let in.";
    ApiRefused: "api_refused", "The sample API refused a call.";
    Refused: "refused", "A request was refused, by whichever check.";
}

/// What happened in an exchange.
pub(super) fn of(exchange: &Exchange<'_>, decision: &Decision) -> Vec<Event> {
    let (mut events, request, trace) = (Vec::new(), exchange.request, &exchange.trace);
    let signs_in = trace.held(Check::PersonMaySignIn);
    let by_person = matches!(request.endpoint, Endpoint::Authorize | Endpoint::SignIn | Endpoint::Consent);
    if signs_in && by_person {
        events.push(Event::SignedIn);
    }
    match decision {
        Ok(outcome) => events.extend(of_outcome(exchange, outcome)),
        Err(Failure::SendBack(..)) => events.extend([Event::SignInFailed, Event::Refused]),
        Err(_) => events.push(Event::Refused),
    }
    events
}

fn of_outcome(exchange: &Exchange<'_>, outcome: &Outcome) -> Option<Event> {
    Some(match outcome {
        Outcome::Ask(Question::SignIn(question)) if question.notice.is_some() => Event::Refused,
        Outcome::Ask(Question::SignIn(_)) => Event::SignInAsked,
        Outcome::Ask(Question::Consent { .. }) => Event::ConsentAsked,
        Outcome::Ask(Question::SignOut { .. }) => Event::SignOutAsked,
        Outcome::Return(response) if response.code.is_some() => Event::CodeIssued,
        Outcome::Return(response) if response.tokens.is_some() => Event::TokenIssued,
        Outcome::Issue(_) => match exchange.understood.grant_type.as_deref() {
            Some(grant) if grant == GrantType::AuthorizationCode.as_str() => Event::CodeRedeemed,
            Some(grant) if grant == GrantType::RefreshToken.as_str() => Event::TokenRefreshed,
            _ => Event::TokenIssued,
        },
        Outcome::UserInfo(_) => Event::UserinfoRead,
        Outcome::Show(Document::Metadata) => Event::DiscoveryRead,
        Outcome::Show(Document::CheckSession) => Event::SessionChecked,
        Outcome::Show(Document::Keys) => Event::KeysRead,
        Outcome::DistributedClaims(_) => Event::ClaimsFetched,
        Outcome::Introspection(_) => Event::TokenIntrospected,
        Outcome::Client(ClientChange::Added(_)) => Event::ClientRegistered,
        Outcome::Client(ClientChange::Shown(_)) => Event::ClientRead,
        Outcome::Client(ClientChange::Replaced(_)) => Event::ClientChanged,
        Outcome::Client(ClientChange::Removed(_)) => Event::ClientRemoved,
        Outcome::SignedOut { stayed: false, .. } => Event::SignedOut,
        Outcome::Done if exchange.request.endpoint == Endpoint::Revocation => Event::TokenRevoked,
        Outcome::Return(_)
        | Outcome::Redirect(..)
        | Outcome::AskAgain(_)
        | Outcome::SaveUser(..)
        | Outcome::SignedOut { .. }
        | Outcome::Done => return None,
    })
}
