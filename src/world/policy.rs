//! The choices that a provider has where the specifications leave one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::protocol::Lifetime;
use crate::tokens::Alg;

/// Whether a person is asked before an app learns something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// Never, unless the app sends `prompt=consent`.
    #[default]
    Off,
    /// Once for each app and scope.
    Remembered,
    /// At each sign-in.
    Always,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenFormat {
    /// A JWT, [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068).
    #[default]
    Jwt,
    /// A random string that only this provider can read.
    Opaque,
}

/// The `typ` in the header of JWT access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AccessTokenTyp {
    /// `at+jwt`, [RFC 9068 §2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.1).
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// `JWT`, as most providers have it.
    #[serde(rename = "JWT")]
    Jwt,
}

impl AccessTokenTyp {
    /// The value in the header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}

/// What a refresh token looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RefreshTokenFormat {
    /// A random string that only this provider can read.
    #[default]
    Opaque,
    /// A JWT, for apps that look into it, such as those that were written for a provider that has it so.
    Jwt,
}

/// How long things are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table of lifetimes, such as access_token")]
pub struct Lifetimes {
    /// An authorization code. [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2) recommends ten minutes at most.
    pub code: Lifetime,
    /// An ID token.
    pub id_token: Lifetime,
    /// An access token.
    pub access_token: Lifetime,
    /// A refresh token, from its own issue.
    pub refresh_token: Lifetime,
    /// A browser's sign-in.
    pub session: Lifetime,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: Lifetime::of_seconds(60),
            id_token: Lifetime::of_seconds(3_600),
            access_token: Lifetime::of_seconds(3_600),
            refresh_token: Lifetime::of_seconds(30 * 86_400),
            session: Lifetime::of_seconds(86_400),
        }
    }
}

/// A provider's choices, where a client has none of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether a person is asked before an app learns something.
    pub consent: Consent,
    /// What an access token looks like.
    pub access_token_format: AccessTokenFormat,
    /// The `typ` of JWT access tokens, if it is always the same.
    pub access_token_typ: Option<AccessTokenTyp>,
    /// What a refresh token looks like.
    pub refresh_token_format: RefreshTokenFormat,
    /// What ID tokens and access tokens are signed with.
    pub signing_alg: Alg,
    /// How long things are good for.
    pub lifetimes: Lifetimes,
    /// Whether each refresh gives a new refresh token and ends the old one.
    pub rotate_refresh_tokens: bool,
    /// How long a replaced refresh token may still be used.
    pub refresh_grace: Lifetime,
    /// Whether `code_verifier` is taken as it comes. No configuration says so: it is how a careless provider is played.
    pub lenient_pkce: bool,
    /// Whether a person is asked at logout even where the app's ID token says whose wish it is. Nor does any configuration.
    pub confirm_sign_out: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            consent: Consent::default(),
            access_token_format: AccessTokenFormat::default(),
            access_token_typ: None,
            refresh_token_format: RefreshTokenFormat::default(),
            signing_alg: Alg::default(),
            lifetimes: Lifetimes::default(),
            rotate_refresh_tokens: true,
            refresh_grace: Lifetime::of_seconds(0),
            lenient_pkce: false,
            confirm_sign_out: false,
        }
    }
}

/// Which apps may register themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationPolicy {
    /// Whether apps may at all.
    pub offered: bool,
    /// Whoever registers shows one of these; without any, everybody may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub initial_access_tokens: Vec<String>,
    /// Which software statements are believed.
    pub software_statements: SoftwareStatements,
    /// Whether every registration is refused after all. No configuration says so: it is how a provider is played that does.
    #[serde(skip)]
    pub refuses: bool,
    /// The `client_id` that every app is given. Nor does any configuration say this.
    #[serde(skip)]
    pub issued_client_id: Option<&'static str>,
}

impl Default for RegistrationPolicy {
    fn default() -> Self {
        Self {
            offered: true,
            initial_access_tokens: Vec::new(),
            software_statements: SoftwareStatements::default(),
            refuses: false,
            issued_client_id: None,
        }
    }
}

/// Which software statements are believed, [RFC 7591 §2.3](https://www.rfc-editor.org/rfc/rfc7591#section-2.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SoftwareStatements {
    /// Whether every app must bring one.
    pub required: bool,
    /// The public keys of those who sign them, as a JWK set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
}
