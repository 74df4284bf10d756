//! The checks, each with its sentence, the refusal that failing means, and the section that asks for it.

use super::Refusal;

macro_rules! checks {
    ($($name:ident: $sentence:literal, $refusal:ident, $section:literal;)*) => {
        /// One thing that is verified about a request.
        #[expect(clippy::doc_markdown, reason = "the sentences are shown to people as they stand")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Check {
            $(#[doc = $sentence] #[doc = ""] #[doc = concat!("<", $section, ">")] $name,)*
        }

        impl Check {
            /// Every check there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What is verified, as a sentence that is true when the check holds.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// What failing means.
            pub const fn refusal(self) -> Refusal {
                match self { $(Self::$name => Refusal::$refusal,)* }
            }

            /// Where it is written, as a link.
            pub const fn section(self) -> &'static str {
                match self { $(Self::$name => $section,)* }
            }

            /// The check's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

checks! {
    // The request itself
    MethodAllowed: "the endpoint serves this HTTP method", MethodNotAllowed, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6";
    BodyIsForm: "the body is a form: application/x-www-form-urlencoded", BodyNotForm, "https://www.rfc-editor.org/rfc/rfc6749#section-3.2";
    BodySmall: "the body is small enough to be a form", BodyTooLarge, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14";
    StoreAnswers: "the place where records are kept answers", StoreUnavailable, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    FormFromOurPage: "the form was posted by a page of this provider", ForeignForm, "https://www.rfc-editor.org/rfc/rfc9700#section-4.7";

    // The authorization request
    ClientKnown: "client_id names a client", UnknownClient, "https://www.rfc-editor.org/rfc/rfc6749#section-2.2";
    RedirectUriGiven: "redirect_uri is sent, once", RedirectUriMissing, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    RedirectUriUsable: "redirect_uri is an absolute URI without a fragment", RedirectUriUnusable, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2";
    RedirectUriLoopback: "redirect_uri leads to this machine, as it must until a client is registered", RedirectUriForeign, "https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3";
    RedirectUriRegistered: "redirect_uri is, character by character, one that the client registered", RedirectUriMismatch, "https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3";
    ParameterOnce: "no parameter is sent twice", ParameterRepeated, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1";
    ParameterPresent: "every parameter that is needed is sent", ParameterMissing, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1";
    ParameterUsable: "every parameter has a value that can be served", ParameterUnusable, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    ResponseTypeOffered: "response_type is one that discovery lists", ResponseTypeUnsupported, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1.1";
    RequestObjectOffered: "the request comes as plain parameters, not as a request object", RequestObjectUnsupported, "https://openid.net/specs/openid-connect-core-1_0.html#RequestObject";
    RequestUriOffered: "the request comes as plain parameters, not behind a request_uri", RequestUriUnsupported, "https://openid.net/specs/openid-connect-core-1_0.html#RequestUriParameter";
    RegistrationOffered: "the client does not describe itself in the request", RegistrationUnsupported, "https://openid.net/specs/openid-connect-core-1_0.html#RegistrationParameter";
    GrantTypeAllowed: "the client is registered for this grant type", GrantTypeNotAllowed, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    ScopeWellFormed: "every scope is made of the characters that a scope may have", ScopeMalformed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.3";
    ResourceUsable: "every resource is an absolute URI without a fragment", ResourceUnusable, "https://www.rfc-editor.org/rfc/rfc8707#section-2";
    ResourceGranted: "no resource is asked for beyond those of the authorization request", ResourceNotGranted, "https://www.rfc-editor.org/rfc/rfc8707#section-2.2";
    ScopeAllowed: "every scope is one that the client may ask for", ScopeNotAllowed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.3";
    PkceUsed: "a client without a secret sends a code_challenge", PkceRequired, "https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1";
    IdTokenHintValid: "id_token_hint is an ID token of this provider", IdTokenHintInvalid, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";

    // The person
    SignedIn: "someone fitting the request is signed in already, since prompt=none forbids asking", LoginRequired, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    Consented: "the person has agreed already, since prompt=none forbids asking", ConsentRequired, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    InteractionKnown: "the sign-in page that was answered is still open", InteractionUnknown, "https://openid.net/specs/openid-connect-core-1_0.html#Authenticates";
    InteractionOfThisBrowser: "the answer comes from the browser that was asked", InteractionOfOtherBrowser, "https://www.rfc-editor.org/rfc/rfc9700#section-4.7";
    PersonKnown: "the chosen person exists", UnknownPerson, "https://openid.net/specs/openid-connect-core-1_0.html#Authenticates";
    PersonMaySignIn: "the person is not locked", PersonLocked, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    PersonAgrees: "the person does not decline", UserDenied, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    PasswordMatches: "username and password belong together", PasswordWrong, "https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2";

    // Client authentication
    ClientNamed: "the request says which client it comes from", ClientUnnamed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.2.1";
    ClientAuthenticatesOnce: "the client uses one way of authenticating, not several", ClientAuthenticatesTwice, "https://www.rfc-editor.org/rfc/rfc6749#section-2.3";
    ClientMethodAllowed: "the client authenticates by the method that it registered", ClientMethodMismatch, "https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication";
    ClientSecretMatches: "client_secret is the client's secret", ClientSecretWrong, "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1";
    ClientAssertionValid: "client_assertion is signed by the client, meant for this provider, and not expired", ClientAssertionInvalid, "https://www.rfc-editor.org/rfc/rfc7523#section-3";
    ClientAssertionUnused: "client_assertion was not used before", ClientAssertionReplayed, "https://www.rfc-editor.org/rfc/rfc7523#section-3";

    // The token endpoint
    GrantTypeKnown: "grant_type is one that discovery lists", GrantTypeUnsupported, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    CodeKnown: "the code was issued here", CodeUnknown, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    CodeOfThisClient: "the code was issued to this client", CodeOfOtherClient, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    CodeUnused: "the code is used for the first time", CodeAlreadyUsed, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    CodeFresh: "the code has not expired", CodeExpired, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    RedirectUriRepeated: "redirect_uri is the one that the code was sent to", RedirectUriNotRepeated, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    PkceExpected: "code_verifier is sent only where a code_challenge was", PkceUnexpected, "https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2";
    PkceVerifierGiven: "code_verifier is sent where a code_challenge was", PkceVerifierMissing, "https://www.rfc-editor.org/rfc/rfc7636#section-4.5";
    PkceMatches: "code_verifier belongs to code_challenge", PkceMismatch, "https://www.rfc-editor.org/rfc/rfc7636#section-4.6";
    RefreshKnown: "the refresh token was issued here", RefreshUnknown, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    RefreshOfThisClient: "the refresh token was issued to this client", RefreshOfOtherClient, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    RefreshUnused: "the refresh token was not replaced by a newer one", RefreshReused, "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2";
    RefreshFresh: "the refresh token has not expired", RefreshExpired, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    GrantAlive: "what the person agreed to has not been revoked", GrantRevoked, "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2";
    SessionAlive: "the sign-in that this token depends on has not ended", SessionEnded, "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions";
    ScopeWithinGrant: "no scope is asked for beyond what was granted", ScopeBeyondGrant, "https://www.rfc-editor.org/rfc/rfc6749#section-6";

    // Tokens shown to the provider
    BearerGiven: "an access token is sent", BearerMissing, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    BearerOnce: "the access token is sent in one place only", BearerTwice, "https://www.rfc-editor.org/rfc/rfc6750#section-2";
    TokenKnown: "the access token was issued here and is unaltered", TokenInvalid, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenFresh: "the access token has not expired", TokenExpired, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenAlive: "the access token has not been revoked", TokenRevoked, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenForUserInfo: "the access token carries the scope openid", TokenScopeMissing, "https://openid.net/specs/openid-connect-core-1_0.html#UserInfo";
    ClientConfidential: "only a client that authenticated may ask about tokens", ClientNotConfidential, "https://www.rfc-editor.org/rfc/rfc7662#section-2.1";
    TokenOfThisClient: "a client revokes only its own tokens", TokenOfOtherClient, "https://www.rfc-editor.org/rfc/rfc7009#section-2.1";

    // Logout
    LogoutHintValid: "id_token_hint is an ID token of this provider, expired or not", LogoutHintInvalid, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ValidationAndErrorHandling";
    LogoutClientAgrees: "client_id is the one that id_token_hint was issued to", LogoutClientMismatch, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
    LogoutUriRegistered: "post_logout_redirect_uri is, character by character, one that the client registered", LogoutUriMismatch, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout";
}
