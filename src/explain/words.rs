//! What each name on the wire is for, in a sentence.

use crate::spec::explain as explain_parameter;

use super::{Place, metadata_words};

/// A name, explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explained {
    /// What it is for.
    pub sentence: &'static str,
    /// Where that is written, as a link; empty where it is nowhere but here.
    pub section: &'static str,
}

const CODE: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
const ANSWER: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.1";
const ERROR: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
const JWT: &str = "https://www.rfc-editor.org/rfc/rfc7519#section-4.1";
const ID_TOKEN: &str = "https://openid.net/specs/openid-connect-core-1_0.html#IDToken";
const LOGOUT: &str = "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
const INTROSPECTION: &str = "https://www.rfc-editor.org/rfc/rfc7662#section-2";
const STANDARD: &str = "https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims";
const ASSERTION: &str = "https://www.rfc-editor.org/rfc/rfc7521#section-4.2";

type Row = (&'static str, &'static str, &'static str);

/// What an app or a page sends, beside the authorization request.
const REQUEST: &[Row] = &[
    (
        "Authorization",
        "The caller proves who it is, or shows a token. Base64 hides nothing.",
        "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1",
    ),
    ("grant_type", "What is traded for tokens: a code, a refresh token, or the app’s own credentials.", CODE),
    ("code", "The one-time code that the browser brought back.", CODE),
    ("redirect_uri", "Must equal the one that the code was asked for with.", CODE),
    (
        "code_verifier",
        "The key to the locked box: its SHA-256 is the code_challenge of the first request.",
        "https://www.rfc-editor.org/rfc/rfc7636#section-4.5",
    ),
    ("client_id", "Which app is asking.", "https://www.rfc-editor.org/rfc/rfc6749#section-2.2"),
    ("client_secret", "The app proves that it is the app.", "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1"),
    ("client_assertion", "A token that the app signed itself, in place of a secret.", ASSERTION),
    ("client_assertion_type", "Says that the assertion is a JWT.", ASSERTION),
    (
        "refresh_token",
        "Gets new tokens without the person. Used once; the answer brings the next.",
        "https://www.rfc-editor.org/rfc/rfc6749#section-6",
    ),
    ("username", "Whom the app signs in by itself.", "https://www.rfc-editor.org/rfc/rfc6749#section-4.3"),
    (
        "password",
        "Any will do here, unless the person has one of their own.",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.3",
    ),
    ("token", "The token that is asked about, or given back.", INTROSPECTION),
    ("token_type_hint", "Which kind of token it is, so that it is found faster.", INTROSPECTION),
    (
        "access_token",
        "The bearer token, in the form instead of the header.",
        "https://www.rfc-editor.org/rfc/rfc6750#section-2.2",
    ),
    ("post_logout_redirect_uri", "Where the browser goes once it is signed out. Must be registered.", LOGOUT),
    ("logout_hint", "Who is to be signed out.", LOGOUT),
    (
        "logout_token",
        "Says, signed, which sign-in is over. It is no ID token: it has no nonce, and its type says so.",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken",
    ),
    ("interaction", "Ties the page to the request that it answers.", ""),
    ("request_again", "The request itself, so that a page which was open too long can be asked again.", ""),
    ("sub", "The person who was chosen on the page.", ""),
    ("fail", "The failure that was chosen on the page.", ""),
    ("decision", "Which button was pressed.", ""),
    ("edit", "The person whose claims are edited for this one sign-in.", ""),
];

/// What this provider answers.
const REPLY: &[Row] = &[
    (
        "code",
        "Good for one use, soon, by this app, with the right verifier.",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2",
    ),
    (
        "state",
        "Handed back untouched. The app compares it with the one that it sent.",
        "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2",
    ),
    (
        "iss",
        "Who answers, so that an app with several providers notices a mix-up.",
        "https://www.rfc-editor.org/rfc/rfc9207#section-2",
    ),
    (
        "session_state",
        "A fingerprint of the sign-in, for an app that watches it.",
        "https://openid.net/specs/openid-connect-session-1_0.html#CreatingUpdatingSessions",
    ),
    ("access_token", "Opens the API. Whoever carries it may use it.", ANSWER),
    ("token_type", "How the access token is shown: as a bearer.", ANSWER),
    ("expires_in", "For how many seconds the access token is good.", ANSWER),
    ("refresh_token", "For new tokens, later, without the person.", ANSWER),
    ("id_token", "Says, signed, who signed in, when, and for which app.", ID_TOKEN),
    ("scope", "What was granted, if it is not what was asked for.", ANSWER),
    ("error", "What went wrong, in one word of the specification.", ERROR),
    ("error_description", "What went wrong, for developers.", ERROR),
    ("error_uri", "Where more is written about it.", ERROR),
    ("active", "Whether the token is good, here and now.", INTROSPECTION),
    ("keys", "The public halves of the signing keys.", "https://www.rfc-editor.org/rfc/rfc7517#section-5"),
];

/// What a token or UserInfo says.
const CLAIMS: &[Row] = &[
    ("iss", "Who vouches. The app must compare it with its own setting.", JWT),
    ("sub", "Who. Stable and never reused: store this, not the email.", JWT),
    ("aud", "For whom. A token for another app must be refused.", JWT),
    ("exp", "Until when. Refused afterwards, give or take a minute of clock difference.", JWT),
    ("nbf", "From when on.", JWT),
    ("iat", "When it was made.", JWT),
    ("jti", "The token’s own name, so that it can be told from every other.", JWT),
    ("auth_time", "When the person really signed in, even if nobody was asked this time.", ID_TOKEN),
    ("nonce", "Equals the nonce of the request, or this token was meant for another one.", ID_TOKEN),
    ("acr", "How sure the sign-in was.", ID_TOKEN),
    ("amr", "By which means the person proved who they are.", ID_TOKEN),
    ("azp", "The app that it was issued to.", ID_TOKEN),
    (
        "at_hash",
        "Half a hash of the access token that came with it.",
        "https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken",
    ),
    (
        "c_hash",
        "Half a hash of the code that came with it.",
        "https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken",
    ),
    (
        "s_hash",
        "Half a hash of the state that came with it.",
        "https://openid.net/specs/openid-financial-api-part-2-1_0.html#id-token-as-detached-signature",
    ),
    (
        "sid",
        "Names the sign-in, for logout.",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken",
    ),
    (
        "events",
        "Says that this token is about a logout.",
        "https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken",
    ),
    ("client_id", "The app that may use it.", "https://www.rfc-editor.org/rfc/rfc9068#section-2.2"),
    ("scope", "What it opens.", "https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3"),
    (
        "alg",
        "How it is signed. The app decides which it takes; the token does not.",
        "https://www.rfc-editor.org/rfc/rfc7515#section-4.1.1",
    ),
    ("kid", "Which key signed it.", "https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4"),
    ("typ", "Which kind of token it is.", "https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9"),
    ("name", "The person’s whole name.", STANDARD),
    ("given_name", "The first name.", STANDARD),
    ("family_name", "The last name.", STANDARD),
    ("preferred_username", "What the person is called by. It may change.", STANDARD),
    ("email", "An address. It may change, and it may be given to somebody else.", STANDARD),
    ("email_verified", "Whether the provider made sure that the address is theirs.", STANDARD),
    ("picture", "Where a picture is.", STANDARD),
    ("locale", "The person’s language.", STANDARD),
    ("zoneinfo", "The person’s time zone.", STANDARD),
    ("updated_at", "When this was changed last.", STANDARD),
    ("roles", "What the person may do. No standard says what is in it.", ""),
    ("groups", "What the person belongs to. No standard says what is in it.", ""),
];

/// What a name is for, where it travelled.
pub fn explain(name: &str, place: Place) -> Option<Explained> {
    let asked = || explain_parameter(name).map(|known| Explained { sentence: known.sentence, section: known.section });
    let of_client = || row(metadata_words::ROWS, name);
    match place {
        // A query is an authorization request, or much like one.
        Place::Query => asked().or_else(|| row(REQUEST, name)),
        Place::Form | Place::Authorization => row(REQUEST, name).or_else(asked).or_else(of_client),
        Place::Redirect => row(REPLY, name).or_else(|| row(CLAIMS, name)),
        Place::Answer => row(REPLY, name).or_else(|| row(CLAIMS, name)).or_else(of_client),
    }
}

/// What a claim or a header of a token is for.
pub(super) fn explain_claim(name: &str) -> Option<Explained> {
    row(CLAIMS, name)
}

fn row(rows: &[Row], name: &str) -> Option<Explained> {
    let (_, sentence, section) = rows.iter().find(|(known, ..)| *known == name)?;
    Some(Explained { sentence, section })
}
