//! Why a request is refused, and the three ways of saying so: OAuth's code, an HTTP status, and a hint for the developer.

macro_rules! refusals {
    ($($name:ident: $error:literal $status:literal, $hint:literal;)*) => {
        /// A cause, not a code: OAuth's dozen codes are one column of this table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Refusal {
            $(#[doc = concat!("`", $error, "`. ", $hint)] $name,)*
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
    BodyNotJson: "invalid_client_metadata" 400, "Send the metadata as a JSON object, with Content-Type: application/json.";
    BodyTooLarge: "invalid_request" 413, "Send less.";
    StoreUnavailable: "temporarily_unavailable" 503, "Look at the place that --state names: it does not answer.";
    ForeignForm: "invalid_request" 403, "Open the page again and answer it there. Another site's page cannot answer for a person.";

    NothingHere: "not_found" 404, "";

    UnknownClient: "unauthorized_client" 400, "Register it, or correct client_id in the app's settings.";
    RedirectUriMissing: "invalid_request" 400, "Send redirect_uri with every authorization request, even if only one is registered.";
    RedirectUriUnusable: "invalid_request" 400, "Send an absolute URI without a fragment, user name or password.";
    RedirectUriForeign: "invalid_request" 400, "Use a loopback address such as http://localhost:3000/callback, register the client with this URI, or name the host in redirect_hosts.";
    RedirectUriMismatch: "invalid_request" 400, "Add exactly this URI to the client's redirect_uris, or send one that is there.";
    ParameterRepeated: "invalid_request" 400, "Send it once.";
    ParameterMissing: "invalid_request" 400, "";
    ParameterUnusable: "invalid_request" 400, "";
    ResponseTypeUnsupported: "unsupported_response_type" 400, "Ask for one that discovery lists: response_type=code is for every app.";
    RequestObjectInvalid: "invalid_request_object" 400, "Sign it with a key of the app's registered jwks, say the app in iss and this issuer in aud; or leave it unsigned, if nothing else is registered.";
    RequestUriInvalid: "invalid_request_uri" 400, "Register it among the app's request_uris, with its fragment, and answer there with the JWT.";
    RegistrationUnsupported: "registration_not_supported" 400, "Register the client in the configuration instead.";
    GrantTypeNotAllowed: "unauthorized_client" 400, "Add the grant type to the client's grant_types.";
    ScopeMalformed: "invalid_scope" 400, "Write scopes as words of printable ASCII, without quotes and backslashes, separated by spaces.";
    ResourceUnusable: "invalid_target" 400, "Name an API by an absolute URI without a fragment.";
    ResourceNotGranted: "invalid_target" 400, "Name one of the resources of the authorization request, or none.";
    OpenidMissing: "invalid_scope" 400, "Add openid to the scopes, or ask for no ID token.";
    ScopeNotAllowed: "invalid_scope" 400, "Ask for fewer scopes, or add them to the client's scope.";
    PkceRequired: "invalid_request" 400, "Send code_challenge and code_challenge_method=S256, or authenticate the client.";
    IdTokenHintInvalid: "invalid_request" 400, "Send an ID token that this provider issued, unaltered.";

    ClientKeyMissing: "invalid_request" 400, "Publish a public key of that kind in the app's jwks or behind its jwks_uri, with use enc, or register another algorithm.";
    ResponseTypeNotAllowed: "unauthorized_client" 400, "Add the response_type to the client's response_types, or ask for one that is there.";

    InitialAccessTokenWrong: "invalid_token" 401, "Send Authorization: Bearer and one of registration.initial_access_tokens in the configuration.";
    RegistrationTokenWrong: "invalid_token" 401, "Call registration_client_uri as it came with the registration, with Authorization: Bearer and the registration_access_token. A reset forgets both.";
    SoftwareStatementUnapproved: "unapproved_software_statement" 400, "Configure registration.software_statements.jwks, or leave it out.";
    SoftwareStatementInvalid: "invalid_software_statement" 400, "Have it signed by a key of registration.software_statements.jwks.";
    ClientRedirectUriInvalid: "invalid_redirect_uri" 400, "";
    ClientMetadataInvalid: "invalid_client_metadata" 400, "";

    LoginRequired: "login_required" 400, "Ask again without prompt=none, so that a page may be shown.";
    ConsentRequired: "consent_required" 400, "Ask again without prompt=none, so that the person can agree.";
    InteractionUnknown: "invalid_request" 400, "Begin again at the app.";
    InteractionOfOtherBrowser: "access_denied" 403, "Begin again at the app, with cookies allowed.";
    UnknownPerson: "access_denied" 400, "Choose someone who is in the configuration.";
    PersonLocked: "access_denied" 400, "Choose another person, or unlock this one.";
    UserDenied: "access_denied" 400, "The app should say so and offer to try again.";
    SecondFactorNeeded: "interaction_required" 400, "The app should say so and offer to try again.";
    ProviderBroken: "server_error" 500, "The app should say so and offer to try again.";
    ProviderBusy: "temporarily_unavailable" 503, "The app should say so and offer to try again later.";
    PasswordWrong: "invalid_grant" 400, "";

    ClientUnnamed: "invalid_client" 401, "Send it by HTTP Basic, in the body, or in a client_assertion.";
    ClientNotRegistered: "invalid_client" 401, "Register it, or correct client_id in the app's settings.";
    ClientAuthenticatesTwice: "invalid_request" 400, "Send them in one place: the Authorization header, the body, or a client_assertion.";
    ClientMethodMismatch: "invalid_client" 401, "Use the registered method, or change the client's token_endpoint_auth_method.";
    ClientSecretUnencoded: "invalid_client" 401, "";
    ClientSecretWrong: "invalid_client" 401, "Compare the app's client_secret with the one in the configuration.";
    ClientAssertionInvalid: "invalid_client" 401, "Sign client_assertion with the registered key: iss and sub are the client_id, aud is the issuer or the token endpoint, exp is soon.";
    ClientAssertionReplayed: "invalid_client" 401, "Make a new client_assertion, with a new jti, for each request.";

    GrantTypeUnsupported: "unsupported_grant_type" 400, "Use a grant type that discovery lists.";
    CodeUnknown: "invalid_grant" 400, "Redeem the code that came to the redirect URI, unaltered, with the provider that issued it.";
    CodeOfOtherClient: "invalid_grant" 400, "Redeem a code with the client that asked for it.";
    CodeAlreadyUsed: "invalid_grant" 400, "Redeem a code once. The tokens of the first use are revoked now.";
    CodeExpired: "invalid_grant" 400, "Redeem the code at once.";
    RedirectUriNotRepeated: "invalid_grant" 400, "Send the same redirect_uri as in the authorization request.";
    PkceUnexpected: "invalid_grant" 400, "Send code_challenge in the authorization request: someone may have removed it on the way.";
    PkceVerifierMissing: "invalid_grant" 400, "Send the code_verifier from which code_challenge was made.";
    PkceMismatch: "invalid_grant" 400, "Send the verifier of this very sign-in. Two tabs or two starts often mix them up.";
    RefreshUnknown: "invalid_grant" 400, "Send the refresh token as it came. Everything is forgotten when the provider restarts.";
    RefreshOfOtherClient: "invalid_grant" 400, "Refresh with the client that got the token.";
    RefreshReused: "invalid_grant" 400, "Keep the newest refresh token and use each once. The whole family is revoked now.";
    RefreshExpired: "invalid_grant" 400, "Sign in again.";
    GrantRevoked: "invalid_grant" 400, "Sign in again.";
    SessionEnded: "invalid_grant" 400, "Sign in again, or ask for offline_access to keep refreshing after logout.";
    ScopeBeyondGrant: "invalid_scope" 400, "Ask for scopes that were granted, or send the person through authorization again.";

    BearerMissing: "invalid_token" 401, "Send Authorization: Bearer and the access token.";
    BearerTwice: "invalid_request" 400, "Send it in the header or in the body.";
    TokenInvalid: "invalid_token" 401, "Send an access token as it came from this provider.";
    TokenExpired: "invalid_token" 401, "Refresh, or sign in again.";
    TokenRevoked: "invalid_token" 401, "Sign in again.";
    TokenScopeMissing: "insufficient_scope" 403, "Ask for the scope openid.";
    ClientNotConfidential: "invalid_client" 401, "Authenticate with a secret or a key.";
    TokenOfOtherClient: "invalid_grant" 400, "Revoke with the client that got the token.";

    LogoutHintInvalid: "invalid_request" 400, "Send the ID token that the app got at sign-in, unaltered.";
    LogoutClientMismatch: "invalid_request" 400, "Send the client_id that the ID token was issued to, or leave it out.";
    LogoutUriMismatch: "invalid_request" 400, "Add exactly this URI to the client's post_logout_redirect_uris, or send one that is there.";
}
