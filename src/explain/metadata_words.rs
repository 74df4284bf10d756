//! What each thing is for that an app says of itself when it registers, and is told then.

const METADATA: &str = "https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata";
const ANSWER: &str = "https://openid.net/specs/openid-connect-registration-1_0.html#RegistrationResponse";
const BACK: &str = "https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration";
const FRONT: &str = "https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout";
const INTROSPECTION: &str = "https://www.rfc-editor.org/rfc/rfc9701#section-6";
const DYNAMIC: &str = "https://www.rfc-editor.org/rfc/rfc7591#section-2";

/// Name, sentence, and where it is written.
pub(super) const ROWS: &[(&str, &str, &str)] = &[
    (
        "client_secret",
        "The app proves by it that it is the app. Shown here, and to whoever manages the registration.",
        ANSWER,
    ),
    ("client_secret_expires_at", "Until when the secret is good; 0 is for ever.", ANSWER),
    ("client_id_issued_at", "When the app was registered.", ANSWER),
    ("registration_client_uri", "Where the app reads, changes and removes its registration.", ANSWER),
    ("registration_access_token", "Who shows it there may do so. Nothing else opens that door.", ANSWER),
    (
        "redirect_uris",
        "Where codes and tokens may be sent, compared character by character. The most important line of all.",
        METADATA,
    ),
    ("response_types", "What the app may ask for by the browser.", METADATA),
    ("grant_types", "In which ways it may get tokens.", METADATA),
    (
        "application_type",
        "Whether it runs on a server or in a browser (web), or on a person’s device (native).",
        METADATA,
    ),
    ("contacts", "Whom to write to about it.", METADATA),
    ("client_name", "What people are shown.", METADATA),
    ("logo_uri", "The picture on the pages that ask for it.", METADATA),
    ("client_uri", "Its home page.", METADATA),
    ("policy_uri", "What it does with what it learns.", METADATA),
    ("tos_uri", "Its terms.", METADATA),
    ("jwks_uri", "Where its public keys are, so that it can have new ones without registering anew.", METADATA),
    ("jwks", "Its public keys themselves.", METADATA),
    ("sector_identifier_uri", "A list of redirect URIs: whoever is in it sees the same sub of a person.", METADATA),
    ("subject_type", "Whether all apps see the same sub of a person (public), or each its own (pairwise).", METADATA),
    ("id_token_signed_response_alg", "What its ID tokens are signed with.", METADATA),
    ("userinfo_signed_response_alg", "What UserInfo’s answer is signed with; it is plain JSON without this.", METADATA),
    ("id_token_encrypted_response_alg", "How the key comes to it by which its ID tokens are encrypted.", METADATA),
    ("id_token_encrypted_response_enc", "What they are encrypted with.", METADATA),
    ("userinfo_encrypted_response_alg", "How the key comes to it by which UserInfo’s answer is encrypted.", METADATA),
    ("userinfo_encrypted_response_enc", "What that is encrypted with.", METADATA),
    (
        "introspection_signed_response_alg",
        "What introspection’s answer is signed with, where it is asked for as a JWT.",
        INTROSPECTION,
    ),
    (
        "introspection_encrypted_response_alg",
        "How the key comes to it by which that answer is encrypted.",
        INTROSPECTION,
    ),
    ("introspection_encrypted_response_enc", "What that is encrypted with.", INTROSPECTION),
    ("request_object_encryption_alg", "How its request objects are encrypted, and none but those.", METADATA),
    ("request_object_encryption_enc", "What those are encrypted with.", METADATA),
    ("request_object_signing_alg", "How its request objects are signed, and none but those.", METADATA),
    ("token_endpoint_auth_method", "How it proves who it is.", METADATA),
    ("token_endpoint_auth_signing_alg", "What its client assertions are signed with.", METADATA),
    ("default_max_age", "How old a sign-in may be, where a request does not say.", METADATA),
    ("require_auth_time", "Whether it must be told when the person signed in. It is told anyway.", METADATA),
    ("default_acr_values", "How sure it wants to be, where a request does not say.", METADATA),
    ("initiate_login_uri", "Where a sign-in can be begun for it by somebody else.", METADATA),
    ("request_uris", "Where its request objects may be fetched, and nowhere else.", METADATA),
    ("post_logout_redirect_uris", "Where a browser may go once it is signed out.", METADATA),
    ("backchannel_logout_uri", "Where it is told, server to server, that a sign-in is over.", BACK),
    ("backchannel_logout_session_required", "Whether it must be told which sign-in that is.", BACK),
    ("frontchannel_logout_uri", "Its page that a browser opens, unseen, when it signs out.", FRONT),
    ("frontchannel_logout_session_required", "Whether that page must be told which sign-in is over.", FRONT),
    ("software_id", "Which software it is, the same for each copy.", DYNAMIC),
    ("software_version", "Which version of it.", DYNAMIC),
    (
        "software_statement",
        "Somebody vouches, signed, for what the app says of itself. It counts more than what the app says.",
        "https://www.rfc-editor.org/rfc/rfc7591#section-2.3",
    ),
];
