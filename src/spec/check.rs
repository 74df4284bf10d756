//! The checks, each with two sentences (the rule for when it holds, the breach for when it does not), the refusal that failing means, and
//! the section that asks for it.

use super::Refusal;

macro_rules! checks {
    ($($name:ident: $rule:literal, $breach:literal, $refusal:ident, $section:literal;)*) => {
        /// One thing that is verified about a request.
        #[expect(clippy::doc_markdown, reason = "the sentences are shown to people as they stand")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Check {
            $(#[doc = $rule] #[doc = ""] #[doc = concat!("<", $section, ">")] $name,)*
        }

        impl Check {
            /// Every check there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What is true when the check holds; shown then.
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$name => $rule,)* }
            }

            /// What is wrong when it does not, where nothing more is known of the case; shown then.
            pub const fn breach(self) -> &'static str {
                match self { $(Self::$name => $breach,)* }
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
    MethodAllowed:
        "the endpoint serves this HTTP method",
        "This endpoint does not serve the HTTP method that was used",
        MethodNotAllowed, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6";
    BodyIsForm:
        "the body is a form: application/x-www-form-urlencoded",
        "The body is not a form",
        BodyNotForm, "https://www.rfc-editor.org/rfc/rfc6749#section-3.2";
    BodyIsJson:
        "the body is a JSON object: application/json",
        "The body is not a JSON object",
        BodyNotJson, "https://www.rfc-editor.org/rfc/rfc7591#section-3.1";
    BodySmall:
        "the body is small enough",
        "The body is larger than it may be",
        BodyTooLarge, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14";
    StoreAnswers:
        "the place where records are kept answers",
        "The place where records are kept does not answer",
        StoreUnavailable, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    FormFromOurPage:
        "the form was posted by a page of this provider",
        "The form was posted by a page of another site",
        ForeignForm, "https://www.rfc-editor.org/rfc/rfc9700#section-4.7";

    AddressKnown:
        "there is something at this address",
        "There is nothing at this address",
        NothingHere, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5";
    RealmKnown:
        "there is a realm of this name",
        "There is no realm of this name",
        NothingHere, "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5";

    // The authorization request
    ClientKnown:
        "client_id names an app that is accepted here",
        "No app is registered under this client_id",
        UnknownClient, "https://www.rfc-editor.org/rfc/rfc6749#section-2.2";
    RedirectUriGiven:
        "redirect_uri is sent, once",
        "redirect_uri is missing",
        RedirectUriMissing, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    RedirectUriUsable:
        "redirect_uri is an absolute URI without a fragment",
        "redirect_uri is not an absolute URI that a browser may be sent to",
        RedirectUriUnusable, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2";
    RedirectUriLoopback:
        "redirect_uri leads to this machine, as it must until a client is registered",
        "redirect_uri leads away from this machine, and no app is registered for it",
        RedirectUriForeign, "https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3";
    RedirectUriRegistered:
        "redirect_uri is, character by character, one that the app registered",
        "redirect_uri is not registered for this app",
        RedirectUriMismatch, "https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3";
    ParameterOnce:
        "no parameter is sent twice",
        "A parameter was sent more than once",
        ParameterRepeated, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1";
    ParameterPresent:
        "every parameter that is needed is sent",
        "A parameter is missing",
        ParameterMissing, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1";
    ParameterUsable:
        "every parameter has a value that can be served",
        "A parameter has a value that cannot be used",
        ParameterUnusable, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    ResponseTypeOffered:
        "response_type is one that discovery lists",
        "This response_type is not offered",
        ResponseTypeUnsupported, "https://www.rfc-editor.org/rfc/rfc6749#section-3.1.1";
    OpenidAsked:
        "who asks for an ID token asks for the scope openid",
        "The scope openid is missing, and response_type asks for an ID token",
        OpenidMissing, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    RequestObjectValid:
        "the request object is by the app, for this provider, and in time",
        "The request object cannot be believed",
        RequestObjectInvalid, "https://openid.net/specs/openid-connect-core-1_0.html#RequestObject";
    RequestUriRegistered:
        "request_uri is, character by character, one that the app registered",
        "request_uri is not registered for this app",
        RequestUriInvalid, "https://openid.net/specs/openid-connect-core-1_0.html#RequestUriParameter";
    RequestUriFetched:
        "the request object is where request_uri says",
        "There is no request object where request_uri says",
        RequestUriInvalid, "https://openid.net/specs/openid-connect-core-1_0.html#RequestUriParameter";
    RegistrationOffered:
        "the client does not describe itself in the request",
        "Apps cannot describe themselves in a request: `registration` was sent",
        RegistrationUnsupported, "https://openid.net/specs/openid-connect-core-1_0.html#RegistrationParameter";
    GrantTypeAllowed:
        "the app may use this grant type",
        "The app is not registered for this grant type",
        GrantTypeNotAllowed, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    ScopeWellFormed:
        "every scope is made of the characters that a scope may have",
        "A scope has a character that no scope may have",
        ScopeMalformed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.3";
    ResourceUsable:
        "every resource is an absolute URI without a fragment",
        "resource is not an absolute URI without a fragment",
        ResourceUnusable, "https://www.rfc-editor.org/rfc/rfc8707#section-2";
    ResourceGranted:
        "no resource is asked for beyond those of the authorization request",
        "This resource was not part of the authorization request",
        ResourceNotGranted, "https://www.rfc-editor.org/rfc/rfc8707#section-2.2";
    ScopeAllowed:
        "every scope is one that the app may ask for",
        "The app is not registered for this scope",
        ScopeNotAllowed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.3";
    PkceUsed:
        "an app without a secret sends a code_challenge",
        "code_challenge is missing, and the app has no secret",
        PkceRequired, "https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1";
    IdTokenHintValid:
        "id_token_hint is an ID token of this provider",
        "id_token_hint is not an ID token of this provider",
        IdTokenHintInvalid, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";

    ClientKeyForEncryption:
        "the app has a public key to encrypt for",
        "The app has no key that anything could be encrypted for",
        ClientKeyMissing, "https://openid.net/specs/openid-connect-core-1_0.html#Encryption";
    ResponseTypeAllowed:
        "the app may ask for this response_type",
        "The app is not registered for this response_type",
        ResponseTypeNotAllowed, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";

    // Apps that register themselves
    InitialAccessTokenMatches:
        "whoever registers an app shows an initial access token of this provider",
        "The initial access token is missing",
        InitialAccessTokenWrong, "https://www.rfc-editor.org/rfc/rfc7591#section-3";
    RegistrationTokenMatches:
        "whoever manages a registration shows its registration access token",
        "The registration access token is not the one of this app",
        RegistrationTokenWrong, "https://www.rfc-editor.org/rfc/rfc7592#section-2.1";
    SoftwareStatementTrusted:
        "the software statement is by somebody whose keys this provider was told",
        "Nobody is trusted to vouch for an app here",
        SoftwareStatementUnapproved, "https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2";
    SoftwareStatementValid:
        "the software statement is signed by a trusted key, and in time",
        "The software statement cannot be believed",
        SoftwareStatementInvalid, "https://www.rfc-editor.org/rfc/rfc7591#section-2.3";
    ClientRedirectUrisUsable:
        "every one of the app's redirect_uris is one that a browser may be sent to",
        "One of the redirect_uris cannot be used",
        ClientRedirectUriInvalid, "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationError";
    ClientMetadataUsable:
        "what the app says of itself can be read, goes together, and is offered here",
        "The app says something of itself that cannot be registered",
        ClientMetadataInvalid, "https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata";
    SectorListsRedirectUris:
        "sector_identifier_uri lists every one of the app's redirect_uris",
        "sector_identifier_uri does not list the app's redirect_uris",
        ClientMetadataInvalid, "https://openid.net/specs/openid-connect-registration-1_0.html#SectorIdentifierValidation";

    // The person
    SignedIn:
        "someone fitting is signed in already, since prompt=none forbids asking",
        "Nobody is signed in, and prompt=none forbids asking",
        LoginRequired, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    ExpectedPerson:
        "the person who is signed in is the one that the app expects",
        "Somebody else is signed in than the app expects",
        LoginRequired, "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest";
    Consented:
        "the person has agreed already, since prompt=none forbids asking",
        "The person has not agreed yet, and prompt=none forbids asking",
        ConsentRequired, "https://openid.net/specs/openid-connect-core-1_0.html#AuthError";
    InteractionKnown:
        "the page that was answered is still open",
        "This page was answered already, or left open too long",
        InteractionUnknown, "https://openid.net/specs/openid-connect-core-1_0.html#Authenticates";
    InteractionOfThisBrowser:
        "the answer comes from the browser that was asked",
        "This page was opened by another browser, or the browser did not keep its cookie",
        InteractionOfOtherBrowser, "https://www.rfc-editor.org/rfc/rfc9700#section-4.7";
    PersonKnown:
        "the chosen person exists",
        "Nobody here has this name",
        UnknownPerson, "https://openid.net/specs/openid-connect-core-1_0.html#Authenticates";
    PersonMaySignIn:
        "the person is not locked",
        "This person is locked: every sign-in is refused",
        PersonLocked, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    PersonAgrees:
        "the person did not decline",
        "The person said no",
        UserDenied, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1";
    PasswordMatches:
        "username and password belong together",
        "The password is wrong",
        PasswordWrong, "https://www.rfc-editor.org/rfc/rfc6749#section-4.3.2";

    // Client authentication
    ClientNamed:
        "the request says which client it comes from",
        "client_id is missing",
        ClientUnnamed, "https://www.rfc-editor.org/rfc/rfc6749#section-3.2.1";
    ClientAuthenticatesOnce:
        "the client uses one way of authenticating, not several",
        "The app sent its credentials in more than one place",
        ClientAuthenticatesTwice, "https://www.rfc-editor.org/rfc/rfc6749#section-2.3";
    ClientMethodAllowed:
        "the client authenticates by the method that it registered",
        "The app authenticates in another way than the registered one",
        ClientMethodMismatch, "https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication";
    ClientSecretMatches:
        "client_secret is the client's secret",
        "client_secret is wrong",
        ClientSecretWrong, "https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1";
    ClientAssertionValid:
        "client_assertion is signed by the client, meant for this provider, and not expired",
        "client_assertion cannot be believed",
        ClientAssertionInvalid, "https://www.rfc-editor.org/rfc/rfc7523#section-3";
    ClientAssertionUnused:
        "client_assertion was not used before",
        "client_assertion was used before",
        ClientAssertionReplayed, "https://www.rfc-editor.org/rfc/rfc7523#section-3";

    // The token endpoint
    GrantTypeKnown:
        "grant_type is one that discovery lists",
        "This grant_type is not offered",
        GrantTypeUnsupported, "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
    CodeKnown:
        "the code was issued here",
        "The code was not issued here",
        CodeUnknown, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    CodeOfThisClient:
        "the code was issued to this client",
        "The code was issued to another app",
        CodeOfOtherClient, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    CodeUnused:
        "the code is used for the first time",
        "The code was used before",
        CodeAlreadyUsed, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    CodeFresh:
        "the code has not expired",
        "The code has expired",
        CodeExpired, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2";
    RedirectUriRepeated:
        "redirect_uri is the one that the code was sent to",
        "redirect_uri is not the one that the code was sent to",
        RedirectUriNotRepeated, "https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3";
    PkceExpected:
        "code_verifier is sent only where a code_challenge was",
        "code_verifier was sent, but the authorization request had no code_challenge",
        PkceUnexpected, "https://www.rfc-editor.org/rfc/rfc9700#section-4.8.2";
    PkceVerifierGiven:
        "code_verifier is sent where a code_challenge was",
        "code_verifier is missing, though the authorization request had a code_challenge",
        PkceVerifierMissing, "https://www.rfc-editor.org/rfc/rfc7636#section-4.5";
    PkceMatches:
        "code_verifier belongs to code_challenge",
        "code_verifier does not belong to the code_challenge of this sign-in",
        PkceMismatch, "https://www.rfc-editor.org/rfc/rfc7636#section-4.6";
    RefreshKnown:
        "the refresh token was issued here",
        "The refresh token was not issued here",
        RefreshUnknown, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    RefreshOfThisClient:
        "the refresh token was issued to this client",
        "The refresh token was issued to another app",
        RefreshOfOtherClient, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    RefreshUnused:
        "the refresh token was not replaced by a newer one",
        "The refresh token was replaced by a newer one",
        RefreshReused, "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2";
    RefreshFresh:
        "the refresh token has not expired",
        "The refresh token has expired",
        RefreshExpired, "https://www.rfc-editor.org/rfc/rfc6749#section-6";
    GrantAlive:
        "what the person agreed to has not been revoked",
        "These tokens were revoked",
        GrantRevoked, "https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2";
    SessionAlive:
        "the sign-in that this token depends on has not ended",
        "The sign-in that this token depends on has ended",
        SessionEnded, "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCActions";
    ScopeWithinGrant:
        "no scope is asked for beyond what was granted",
        "More is asked for than was granted",
        ScopeBeyondGrant, "https://www.rfc-editor.org/rfc/rfc6749#section-6";

    // Tokens shown to the provider
    BearerGiven:
        "an access token is sent",
        "The access token is missing",
        BearerMissing, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    BearerOnce:
        "the access token is sent in one place only",
        "The access token was sent in two places",
        BearerTwice, "https://www.rfc-editor.org/rfc/rfc6750#section-2";
    TokenKnown:
        "the access token was issued here and is unaltered",
        "The access token was not issued here",
        TokenInvalid, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenFresh:
        "the access token has not expired",
        "The access token has expired",
        TokenExpired, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenAlive:
        "the access token has not been revoked",
        "The access token was revoked",
        TokenRevoked, "https://www.rfc-editor.org/rfc/rfc6750#section-3.1";
    TokenForUserInfo:
        "the access token carries the scope openid",
        "The access token lacks the scope openid",
        TokenScopeMissing, "https://openid.net/specs/openid-connect-core-1_0.html#UserInfo";
    ClientConfidential:
        "only a client that authenticated may ask about tokens",
        "The app did not authenticate",
        ClientNotConfidential, "https://www.rfc-editor.org/rfc/rfc7662#section-2.1";
    TokenOfThisClient:
        "a client revokes only its own tokens",
        "The token was issued to another app",
        TokenOfOtherClient, "https://www.rfc-editor.org/rfc/rfc7009#section-2.1";

    // Logout
    LogoutHintValid:
        "id_token_hint is an ID token of this provider, expired or not",
        "id_token_hint is not an ID token of this provider",
        LogoutHintInvalid, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#ValidationAndErrorHandling";
    LogoutClientAgrees:
        "client_id is the one that id_token_hint was issued to",
        "client_id is not the app that id_token_hint was issued to",
        LogoutClientMismatch, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout";
    LogoutUriRegistered:
        "post_logout_redirect_uri is, character by character, one that the client registered",
        "post_logout_redirect_uri is not registered for this app",
        LogoutUriMismatch, "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RedirectionAfterLogout";
}
