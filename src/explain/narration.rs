//! What happens in each message, and why, in words.

use crate::realm::{Entry, Event};
use crate::world::Endpoint;

use super::diagram::Step;
use super::{Carried, Place};

/// A step, what happens in it, and why.
pub(super) type Told = (Step, &'static str, &'static str);

const AT: &[(Endpoint, Told)] = &[
    (
        Endpoint::ProtectedResource,
        (
            Step::Use,
            "The app calls the API with the token",
            "The sample API tells of its calls, so nothing is guessed here. It verifies a JWT by the published keys, and asks about any other token.",
        ),
    ),
    (
        Endpoint::Authorize,
        (
            Step::Ask,
            "The app sends the browser to ask",
            "The browser carries the question. Anyone can read this URL, so nothing in it is secret.",
        ),
    ),
    (
        Endpoint::SignIn,
        (
            Step::SignIn,
            "The person shows who they are",
            "A click on a person stands in for a password. The answer is a redirect with a one-time code.",
        ),
    ),
    (
        Endpoint::Consent,
        (
            Step::SignIn,
            "The person says what the app may know",
            "Each scope is a promise of some claims, or of an API.",
        ),
    ),
    (
        Endpoint::UserInfo,
        (
            Step::Use,
            "The app asks about the person",
            "The access token opens this door. The sub here must equal the sub of the ID token.",
        ),
    ),
    (
        Endpoint::Introspection,
        (
            Step::Use,
            "An API asks what a token is worth",
            "It may be opaque, or revoked since: only the provider knows.",
        ),
    ),
    (Endpoint::Revocation, (Step::SignOut, "The app gives a token back", "It is good for nothing from now on.")),
    (
        Endpoint::EndSession,
        (
            Step::SignOut,
            "The browser asks to be signed out",
            "The ID token proves that the wish comes from an app that this person signed in to.",
        ),
    ),
    (
        Endpoint::DistributedClaims,
        (
            Step::Use,
            "The app fetches claims where they are",
            "UserInfo only said who knows them, and gave a token for there. Standin plays whoever that is.",
        ),
    ),
    (
        Endpoint::CheckSession,
        (
            Step::Use,
            "The app opens a hidden frame to watch the sign-in",
            "It asks that frame again and again whether this browser is still signed in as before. The answer is in a cookie, so no further request is seen here.",
        ),
    ),
    (
        Endpoint::SignOut,
        (Step::SignOut, "The person says whether they mean it", "The request did not prove where it came from."),
    ),
    (
        Endpoint::BackChannelLogout,
        (
            Step::SignOut,
            "Standin tells an app that the sign-in is over",
            "Server to server: the browser may be closed. The app ends its own session, and says 200 or 204.",
        ),
    ),
    (
        Endpoint::Jwks,
        (
            Step::Verify,
            "The public keys are read",
            "A good app keeps them, and reads them again when it meets a kid that it does not know.",
        ),
    ),
    (
        Endpoint::Discovery,
        (Step::Ask, "The metadata is read", "One document says where everything is and what is supported."),
    ),
    (
        Endpoint::ServerMetadata,
        (Step::Ask, "The metadata is read", "One document says where everything is and what is supported."),
    ),
];

const HANDSHAKE: Told = (
    Step::Ask,
    "A connection does not become safe",
    "Whoever called has to notice before a byte of the request is sent. Who it was is not known.",
);

const REGISTRATION: [(Event, Told); 4] = [
    (
        Event::ClientRegistered,
        (
            Step::Ask,
            "An app registers itself",
            "It says who it is and where it lives, and gets a client_id, a secret if it needs one, and a token to manage both with.",
        ),
    ),
    (
        Event::ClientRead,
        (Step::Ask, "An app looks at its registration", "Only whoever has the registration access token may."),
    ),
    (
        Event::ClientChanged,
        (
            Step::Ask,
            "An app describes itself anew",
            "What it leaves out is not registered any more. Its client_id stays.",
        ),
    ),
    (
        Event::ClientRemoved,
        (Step::SignOut, "An app removes its registration", "Whatever it was given is good for nothing from now on."),
    ),
];
const REGISTRATION_REFUSED: Told =
    (Step::Ask, "A registration is refused", "The answer says what cannot be registered, or who may not do this.");

const SINGLE_SIGN_ON: Told = (
    Step::SignIn,
    "Single sign-on: nobody is asked",
    "This browser is signed in already, so the answer comes at once.",
);
const TOKENS_BY_BROWSER: Told = (
    Step::SignIn,
    "The person shows who they are, and the app gets its tokens at once",
    "They travel in the fragment of the address, which a browser sends to no server: a script of the app reads it. A code is safer, since nobody who sees the address has the tokens.",
);
const REQUEST_REFUSED: Told = (
    Step::Ask,
    "The request is refused",
    "Nothing is sent anywhere that was not registered, so most of these end on a page.",
);
const SIGN_IN_REFUSED: Told =
    (Step::SignIn, "The sign-in does not succeed", "The page says so, or the app hears of it.");
const NOWHERE: Told = (Step::Ask, "Something is asked for that is not here", "The path is no endpoint.");

const GRANTS: &[(&str, Told)] = &[
    (
        "authorization_code",
        (
            Step::Redeem,
            "The app trades the code for tokens",
            "Server to server. The browser never sees this message, which is the point: a stolen code is worthless without the verifier.",
        ),
    ),
    (
        "refresh_token",
        (
            Step::Use,
            "The app gets new tokens",
            "The person is not asked. The refresh token is used up, and the next one comes with the answer.",
        ),
    ),
    (
        "client_credentials",
        (
            Step::Redeem,
            "A program gets a token for itself",
            "No person takes part: the token speaks for the app alone.",
        ),
    ),
    (
        "password",
        (
            Step::Redeem,
            "The app signs a person in by itself",
            "It saw the password, which is why OAuth 2.1 leaves this out.",
        ),
    ),
];
const ANOTHER_GRANT: Told = (Step::Redeem, "The app asks for tokens", "By a grant of its own.");

/// What happens in an exchange.
pub(super) fn told(entry: &Entry, all: &[Carried]) -> Told {
    let has = |event| entry.events.contains(&event);
    match entry.endpoint {
        Endpoint::Authorize if has(Event::CodeIssued) || has(Event::TokenIssued) => SINGLE_SIGN_ON,
        Endpoint::SignIn | Endpoint::Consent if has(Event::TokenIssued) => TOKENS_BY_BROWSER,
        Endpoint::Authorize if has(Event::Refused) => REQUEST_REFUSED,
        Endpoint::SignIn if has(Event::Refused) => SIGN_IN_REFUSED,
        Endpoint::Connection => HANDSHAKE,
        Endpoint::Registration => {
            let known = REGISTRATION.iter().find(|(event, _)| has(*event));
            known.map_or(REGISTRATION_REFUSED, |(_, told)| *told)
        }
        Endpoint::Token => {
            let grant = all.iter().find(|carried| carried.place == Place::Form && carried.name == "grant_type");
            let known = grant.and_then(|grant| GRANTS.iter().find(|(name, _)| *name == grant.value));
            known.map_or(ANOTHER_GRANT, |(_, told)| *told)
        }
        endpoint => AT.iter().find(|(known, _)| *known == endpoint).map_or(NOWHERE, |(_, told)| *told),
    }
}
