//! Why a request is refused, and the three ways of saying so: OAuth's code, an HTTP status, and a hint for the developer.

use super::Check;

macro_rules! refusals {
    ($($name:ident: $error:literal $status:literal, $hint:literal;)*) => {
        /// A cause, not a code: OAuth's dozen codes are one column of this table.
        #[expect(clippy::doc_markdown, reason = "the hints are shown to people as they stand")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $(#[doc = $hint] $name,)*
        }

        impl Refusal {
            /// The `error` that the app is told, [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
            pub const fn error(self) -> &'static str {
                match self { $(Self::$name => $error,)* }
            }

            /// The HTTP status where the answer is a document or a page.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What the developer should look at or change.
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$name => $hint,)* }
            }
        }
    };
}

refusals! {
    MethodNotAllowed: "invalid_request" 405, "Call this endpoint with one of the methods in the Allow header.";
    BodyNotForm: "invalid_request" 400, "Send the parameters as a form, with Content-Type: application/x-www-form-urlencoded.";
    BodyTooLarge: "invalid_request" 413, "Send less: a form here may have 256 KiB.";
    StoreUnavailable: "temporarily_unavailable" 503, "Look at the place that --state names: it does not answer.";
    ForeignForm: "invalid_request" 403, "Open the page again and answer it there. Another site's page cannot answer for a person.";

    UnknownClient: "unauthorized_client" 400, "Register the client in the configuration, or mend client_id in the app's settings.";
    RedirectUriMissing: "invalid_request" 400, "Send redirect_uri with every authorization request, even if only one is registered.";
    RedirectUriUnusable: "invalid_request" 400, "Send an absolute URI without a fragment, user name or password.";
    RedirectUriForeign: "invalid_request" 400, "Use a loopback address such as http://localhost:3000/callback, or register the client with this URI.";
    RedirectUriMismatch: "invalid_request" 400, "Add exactly this URI to the client's redirect_uris, or send one that is there.";
    ParameterRepeated: "invalid_request" 400, "Send the parameter once.";
    ParameterMissing: "invalid_request" 400, "Send the parameter.";
    ParameterUnusable: "invalid_request" 400, "Send a value that can be served.";
    ResponseTypeUnsupported: "unsupported_response_type" 400, "Ask for response_type=code.";
    RequestObjectUnsupported: "request_not_supported" 400, "Send the parameters themselves instead of request.";
    RequestUriUnsupported: "request_uri_not_supported" 400, "Send the parameters themselves instead of request_uri.";
    RegistrationUnsupported: "registration_not_supported" 400, "Register the client in the configuration instead.";
    GrantTypeNotAllowed: "unauthorized_client" 400, "Add the grant type to the client's grant_types.";
    ScopeMalformed: "invalid_scope" 400, "Write scopes as words of printable ASCII, without quotes and backslashes, separated by spaces.";
    ResourceUnusable: "invalid_target" 400, "Name an API by an absolute URI without a fragment.";
    ResourceNotGranted: "invalid_target" 400, "Name one of the resources of the authorization request, or none.";
    ScopeNotAllowed: "invalid_scope" 400, "Ask for fewer scopes, or add them to the client's scope.";
    PkceRequired: "invalid_request" 400, "Send code_challenge and code_challenge_method=S256, or authenticate the client.";
    IdTokenHintInvalid: "invalid_request" 400, "Send an ID token that this provider issued, unaltered.";

    LoginRequired: "login_required" 400, "Ask again without prompt=none, so that a page may be shown.";
    ConsentRequired: "consent_required" 400, "Ask again without prompt=none, so that the person can agree.";
    InteractionUnknown: "invalid_request" 400, "Go back to the app and sign in again: this page was answered already, or left open too long.";
    InteractionOfOtherBrowser: "access_denied" 403, "Go back to the app and sign in again, with cookies allowed: the page was opened by another browser, or the browser did not keep the cookie.";
    UnknownPerson: "access_denied" 400, "Choose someone who is in the configuration.";
    PersonLocked: "access_denied" 400, "This person is always refused. Choose another, or change the configuration.";
    UserDenied: "access_denied" 400, "The person said no. The app should say so and offer to try again.";
    SecondFactorNeeded: "interaction_required" 400, "The sign-in was told to fail like one that needs a second factor.";
    ProviderBroken: "server_error" 500, "The sign-in was told to fail like a broken provider.";
    ProviderBusy: "temporarily_unavailable" 503, "The sign-in was told to fail like a busy provider.";
    PasswordWrong: "invalid_grant" 400, "Any password will do, unless the configuration gives the person one.";

    ClientUnnamed: "invalid_client" 401, "Send client_id, by HTTP Basic, in the body, or in a client_assertion.";
    ClientNotRegistered: "invalid_client" 401, "Register the client in the configuration, or mend client_id in the app's settings.";
    ClientAuthenticatesTwice: "invalid_request" 400, "Send the client's credentials in one place: the Authorization header, the body, or a client_assertion.";
    ClientMethodMismatch: "invalid_client" 401, "Use the registered method, or change the client's token_endpoint_auth_method.";
    ClientSecretWrong: "invalid_client" 401, "Compare the app's client_secret with the client's secret in the configuration.";
    ClientAssertionInvalid: "invalid_client" 401, "Sign client_assertion with the registered key: iss and sub are the client_id, aud is the issuer or the token endpoint, exp is soon.";
    ClientAssertionReplayed: "invalid_client" 401, "Make a new client_assertion, with a new jti, for each request.";

    GrantTypeUnsupported: "unsupported_grant_type" 400, "Use a grant type that discovery lists.";
    CodeUnknown: "invalid_grant" 400, "Redeem the code that came to the redirect URI, unaltered, with the provider that issued it.";
    CodeOfOtherClient: "invalid_grant" 400, "Redeem a code with the client that asked for it.";
    CodeAlreadyUsed: "invalid_grant" 400, "Redeem a code once. The tokens of the first use are revoked now.";
    CodeExpired: "invalid_grant" 400, "Redeem the code at once: it is good for the configured lifetime only.";
    RedirectUriNotRepeated: "invalid_grant" 400, "Send the same redirect_uri as in the authorization request.";
    PkceUnexpected: "invalid_grant" 400, "Send code_challenge in the authorization request: someone may have removed it on the way.";
    PkceVerifierMissing: "invalid_grant" 400, "Send the code_verifier from which code_challenge was made.";
    PkceMismatch: "invalid_grant" 400, "Send the verifier of this very sign-in. Two tabs or two starts often mix them up.";
    RefreshUnknown: "invalid_grant" 400, "Send the refresh token as it came. Everything is forgotten when the provider restarts.";
    RefreshOfOtherClient: "invalid_grant" 400, "Refresh with the client that got the token.";
    RefreshReused: "invalid_grant" 400, "Keep the newest refresh token and use each once. The whole family is revoked now.";
    RefreshExpired: "invalid_grant" 400, "Sign in again: the refresh token has outlived its lifetime.";
    GrantRevoked: "invalid_grant" 400, "Sign in again: these tokens were revoked.";
    SessionEnded: "invalid_grant" 400, "Sign in again, or ask for offline_access to keep refreshing after logout.";
    ScopeBeyondGrant: "invalid_scope" 400, "Ask for scopes that were granted, or send the person through authorization again.";

    BearerMissing: "invalid_token" 401, "Send Authorization: Bearer and the access token.";
    BearerTwice: "invalid_request" 400, "Send the access token in the header or in the body, not in both.";
    TokenInvalid: "invalid_token" 401, "Send an access token that this provider issued since it started, unaltered. An ID token is not one.";
    TokenExpired: "invalid_token" 401, "Refresh, or sign in again.";
    TokenRevoked: "invalid_token" 401, "Sign in again: the token was revoked.";
    TokenScopeMissing: "insufficient_scope" 403, "Ask for the scope openid.";
    ClientNotConfidential: "invalid_client" 401, "Authenticate with a secret or a key.";
    TokenOfOtherClient: "invalid_grant" 400, "Revoke with the client that got the token.";

    LogoutHintInvalid: "invalid_request" 400, "Send the ID token that the app got at sign-in, unaltered.";
    LogoutClientMismatch: "invalid_request" 400, "Send the client_id that the ID token was issued to, or leave it out.";
    LogoutUriMismatch: "invalid_request" 400, "Add exactly this URI to the client's post_logout_redirect_uris, or send one that is there.";
}

/// A refusal in one case: which check failed, on what value, and what it expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The check that failed.
    pub check: Check,
    /// What failing means here, mostly [`Check::refusal`].
    pub refusal: Refusal,
    /// The value that came, if it may be shown.
    pub got: Option<String>,
    /// What would have been accepted.
    pub expected: Option<String>,
    /// What only the developer is told, in console and log: the caller may be a thief.
    pub aside: Option<String>,
}

impl Refused {
    /// The refusal that failing this check means.
    pub const fn by(check: Check) -> Self {
        Self { check, refusal: check.refusal(), got: None, expected: None, aside: None }
    }

    /// With the value that came.
    #[must_use]
    pub fn got(mut self, value: impl Into<String>) -> Self {
        self.got = Some(value.into());
        self
    }

    /// With what would have been accepted.
    #[must_use]
    pub fn expected(mut self, value: impl Into<String>) -> Self {
        self.expected = Some(value.into());
        self
    }

    /// With what only the developer is told.
    #[must_use]
    pub fn aside(mut self, value: impl Into<String>) -> Self {
        self.aside = Some(value.into());
        self
    }

    /// With another cause than the check's own.
    #[must_use]
    pub fn because(mut self, refusal: Refusal) -> Self {
        self.refusal = refusal;
        self
    }

    /// The description and what only the developer is told.
    pub fn in_full(&self) -> String {
        let aside = self.aside.as_deref().map(|aside| format!(" ({})", shortened(aside))).unwrap_or_default();
        format!("{}{aside}", self.description())
    }

    /// The `error_description`: one line in the characters that
    /// [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) allows, at most 400 of them.
    pub fn description(&self) -> String {
        let got = self.got.as_deref().map(|got| format!(" Got '{}'.", shortened(got))).unwrap_or_default();
        let expected = self.expected.as_deref().map(|value| format!(" Expected {}.", shortened(value)));
        let expected = expected.unwrap_or_default();
        let text = format!("Not so: {}.{got}{expected} {}", self.check.sentence(), self.refusal.hint());
        text.chars()
            .map(|c| match c {
                '"' | '\\' => '\'',
                ' '..='~' => c,
                _ => '?',
            })
            .take(400)
            .collect()
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 120 {
        return text.to_owned();
    }
    text.chars().take(117).chain("...".chars()).collect()
}
