//! What each parameter of an authorization request is for, as the sign-in page explains it.

/// One parameter in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The parameter's name.
    pub name: &'static str,
    /// What it is for.
    pub sentence: &'static str,
    /// The specification's short name and section.
    pub source: &'static str,
    /// The section as a link.
    pub section: &'static str,
}

const CORE: &str = "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
const PKCE: &str = "https://www.rfc-editor.org/rfc/rfc7636#section-4.3";

macro_rules! parameters {
    ($($name:literal: $sentence:literal, $source:literal $section:expr;)*) => {
        const PARAMETERS: &[Parameter] = &[
            $(Parameter { name: $name, sentence: $sentence, source: $source, section: $section },)*
        ];
    };
}

parameters! {
    "response_type": "What comes back: a one-time code, or tokens right away, or, by none, nothing but the answer.", "OIDC Core 3.1.2.1" CORE;
    "client_id": "Which app is asking.", "RFC 6749 2.2" "https://www.rfc-editor.org/rfc/rfc6749#section-2.2";
    "redirect_uri": "Where the answer goes.", "OIDC Core 3.1.2.1" CORE;
    "scope": "What the app wants to know, and the API access it wants.", "OIDC Core 5.4" "https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims";
    "state": "The app’s claim ticket. It must come back unchanged, or the app should refuse.", "RFC 6749 10.12" "https://www.rfc-editor.org/rfc/rfc6749#section-10.12";
    "nonce": "Will be sealed inside the ID token, so an old token can’t be replayed.", "OIDC Core 15.5.2" "https://openid.net/specs/openid-connect-core-1_0.html#NonceNotes";
    "code_challenge": "A locked box. Only the app has the key, and shows it when it redeems the code.", "RFC 7636 4.3" PKCE;
    "code_challenge_method": "How the box was locked. S256 hides the key; plain does not.", "RFC 7636 4.2" "https://www.rfc-editor.org/rfc/rfc7636#section-4.2";
    "response_mode": "How the answer travels: in the query, in the fragment, or in a form.", "OAuth Response Types 2.1" "https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes";
    "prompt": "Whether the person must, or must not, be asked.", "OIDC Core 3.1.2.1" CORE;
    "max_age": "The oldest sign-in, in seconds, that the app will take.", "OIDC Core 3.1.2.1" CORE;
    "login_hint": "Whom the app expects.", "OIDC Core 3.1.2.1" CORE;
    "id_token_hint": "An earlier ID token: the app expects the same person.", "OIDC Core 3.1.2.1" CORE;
    "acr_values": "How sure the app wants to be of who this is.", "OIDC Core 3.1.2.1" CORE;
    "claims": "Single facts that the app wants, beyond its scopes.", "OIDC Core 5.5" "https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter";
    "ui_locales": "The languages that the person reads. This page speaks English only.", "OIDC Core 3.1.2.1" CORE;
    "claims_locales": "The languages for names and addresses. People here have one spelling.", "OIDC Core 5.2" "https://openid.net/specs/openid-connect-core-1_0.html#ClaimsLanguagesAndScripts";
    "display": "How much room the page has.", "OIDC Core 3.1.2.1" CORE;
    "request": "All parameters in one JWT, signed by the app or unsigned. What it says counts more than what is beside it.", "OIDC Core 6.1" "https://openid.net/specs/openid-connect-core-1_0.html#RequestObject";
    "request_uri": "Where the rest of the request is: a JWT, which is fetched from there.", "OIDC Core 6.2" "https://openid.net/specs/openid-connect-core-1_0.html#RequestUriParameter";
    "resource": "The API that the access token is for.", "RFC 8707 2" "https://www.rfc-editor.org/rfc/rfc8707#section-2";
    "audience": "Not a registered parameter; resource is its standard name. Ignored.", "RFC 8707 2" "https://www.rfc-editor.org/rfc/rfc8707#section-2";
}

/// The sentence for a parameter, if it is one that a specification names.
pub fn explain(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}
