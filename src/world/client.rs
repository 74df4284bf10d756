//! An app that is registered with the provider, under the registered metadata names.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;

use crate::protocol::{ClientId, Map, Scopes};
use crate::tokens::Alg;

use super::{AccessTokenFormat, AccessTokenTyp, Consent, Lifetimes, RefreshTokenFormat};

/// How a client proves who it is at the token endpoint, [Core §9](https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the `Authorization` header.
    ClientSecretBasic,
    /// Id and secret in the body.
    ClientSecretPost,
    /// A JWT, signed by HMAC with the secret.
    ClientSecretJwt,
    /// A JWT, signed by the client's private key.
    PrivateKeyJwt,
    /// Not at all: a public client.
    None,
}

impl AuthMethod {
    /// Every method that works here, as discovery lists them.
    pub const ALL: [Self; 5] =
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::ClientSecretJwt, Self::PrivateKeyJwt, Self::None];

    /// The name in metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
        }
    }
}

/// A way of getting tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// A code that a person's browser brought back.
    AuthorizationCode,
    /// Tokens that come by the person's browser, without a code.
    Implicit,
    /// A refresh token.
    RefreshToken,
    /// The client for itself.
    ClientCredentials,
    /// A person's password, typed into the app. Off unless a client lists it.
    Password,
}

impl GrantType {
    /// Every grant type that works here, as discovery lists them.
    pub const ALL: [Self; 5] =
        [Self::AuthorizationCode, Self::Implicit, Self::RefreshToken, Self::ClientCredentials, Self::Password];

    /// Those that the token endpoint knows: with an implicit grant nobody comes there.
    pub const AT_TOKEN_ENDPOINT: [Self; 4] =
        [Self::AuthorizationCode, Self::RefreshToken, Self::ClientCredentials, Self::Password];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::Implicit => "implicit",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Password => "password",
        }
    }
}

/// How a request object is signed, [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum RequestSigning {
    /// Not at all.
    #[serde(rename = "none")]
    Unsigned,
    /// By this algorithm.
    #[serde(untagged)]
    Signed(Alg),
}

impl<'de> Deserialize<'de> for RequestSigning {
    /// By hand, so that a slip is told with the names that there are.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let named = if name == "none" { Some(Self::Unsigned) } else { Alg::named(&name).map(Self::Signed) };
        named.ok_or_else(|| {
            let known: Vec<&str> = ["none"].into_iter().chain(Alg::ALL.map(Alg::as_str)).collect();
            D::Error::custom(format!("`{name}` is none of {}", known.join(", ")))
        })
    }
}

impl RequestSigning {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "none",
            Self::Signed(alg) => alg.as_str(),
        }
    }
}

/// Whether the app runs on a server or on a person's device, [Registration §2](https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ApplicationType {
    /// On a server or in a browser.
    #[default]
    Web,
    /// On a device: its loopback redirect URIs match with any port, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3).
    Native,
}

/// Claims that go into a token: the name of one of the person's claims, or a table of fixed ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the name of a claim, or a table of claims with fixed values")]
pub enum ClaimPick {
    /// A claim of the person.
    OfPerson(String),
    /// Claims with these values, whoever signs in.
    Fixed(Map),
}

/// Claims that are sent unasked, by the kind of token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenClaims {
    /// Into the ID token.
    pub id_token: Vec<ClaimPick>,
    /// Into the access token.
    pub access_token: Vec<ClaimPick>,
    /// Into the answer of UserInfo.
    pub userinfo: Vec<ClaimPick>,
}

/// A registered app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the registered metadata")]
pub struct Client {
    /// `client_id`
    #[serde(alias = "client_id")]
    pub id: String,
    /// `client_secret`. A client without one, and without keys, is public.
    #[serde(default, alias = "client_secret", skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `client_name`
    #[serde(default, alias = "client_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where codes may be sent, compared character by character.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where a browser may be sent after logout, compared character by character.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where the app is told that a sign-in is over, [Back-Channel Logout §2.2](https://openid.net/specs/openid-connect-backchannel-1_0.html#BCRegistration).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<Url>,
    /// Whether it must be told by `sid` which sign-in that is. It is told anyway.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backchannel_logout_session_required: bool,
    /// The page of the app that a browser is to open, unseen, when it signs out,
    /// [Front-Channel Logout §2](https://openid.net/specs/openid-connect-frontchannel-1_0.html#RPLogout).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontchannel_logout_uri: Option<Url>,
    /// Whether that page must be told by `iss` and `sid` which sign-in is over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub frontchannel_logout_session_required: bool,
    /// The way of authenticating. Without it: by secret in header or body, by key if there are keys, or not at all. With `client_secret_basic`
    /// or `client_secret_post` the other of the two is served as well and remarked on, unless the server is strict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// The ways of getting tokens. Without it: all but `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<GrantType>>,
    /// Web or native.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// The scopes that may be asked for, separated by spaces. Without it: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scopes>,
    /// What its ID tokens are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<Alg>,
    /// What UserInfo's answer is signed with. Without it: plain JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Alg>,
    /// How its request objects must be signed; `none` is not at all. Without it: as it likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<RequestSigning>,
    /// Where its request objects may be fetched, character by character as they are sent, with their fragments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// What its access tokens are signed with, [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<Alg>,
    /// What its access tokens look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_format: Option<AccessTokenFormat>,
    /// The `typ` of its JWT access tokens. Without it: `at+jwt` where the request names a `resource`, `JWT` where it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_typ: Option<AccessTokenTyp>,
    /// What its refresh tokens look like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_format: Option<RefreshTokenFormat>,
    /// The client's public keys, for `private_key_jwt` and for request objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where the client's public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<Url>,
    /// The oldest sign-in, in seconds, where a request sends no `max_age`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether `auth_time` is always in the ID token. It is anyway.
    #[serde(default)]
    pub require_auth_time: bool,
    /// Whether `code_challenge` must be sent. Public clients must in any case.
    #[serde(default)]
    pub require_pkce: bool,
    /// Whether people are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// How long things are good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetimes: Option<Lifetimes>,
    /// Claims that are sent unasked.
    #[serde(default)]
    pub claims: TokenClaims,
    /// The `aud` of its access tokens where a request names no `resource`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The app's picture, shown on its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<Url>,
    /// What the app does with what it learns, linked on its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<Url>,
    /// The app's terms, linked on its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<Url>,
    /// Whether it is a client that nobody registered, so any secret and any loopback address will do.
    #[serde(skip)]
    pub unregistered: bool,
}

impl Client {
    /// A client that keeps a secret.
    pub fn confidential(id: &str, secret: &str) -> Self {
        Self { id: id.into(), secret: Some(secret.into()), ..Self::default() }
    }

    /// A client that cannot keep one.
    pub fn public(id: &str) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// A client that nobody registered.
    pub fn unregistered(id: &str) -> Self {
        Self { id: id.into(), unregistered: true, ..Self::default() }
    }

    /// With a redirect URI.
    #[must_use]
    pub fn redirects_to(mut self, uri: &str) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }

    /// With a post-logout redirect URI.
    #[must_use]
    pub fn returns_after_logout_to(mut self, uri: &str) -> Self {
        self.post_logout_redirect_uris.push(uri.into());
        self
    }

    /// The `client_id` as a type.
    pub fn client_id(&self) -> ClientId {
        self.id.as_str().into()
    }

    /// The name to show.
    pub fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether the client has nothing to prove itself with.
    pub fn is_public(&self) -> bool {
        if self.unregistered {
            return false;
        }
        match self.token_endpoint_auth_method {
            Some(method) => method == AuthMethod::None,
            None => self.secret.is_none() && self.jwks.is_none() && self.jwks_uri.is_none(),
        }
    }

    /// Whether it may get tokens in this way.
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        match &self.grant_types {
            Some(listed) => listed.contains(&grant_type),
            None => grant_type != GrantType::Password,
        }
    }

    /// Whether it gets a refresh token with these scopes: it may use one, and asked in the request or when it was registered,
    /// [Core §11](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess).
    pub fn wants_refresh_token(&self, scopes: &Scopes) -> bool {
        let registered = self.grant_types.as_ref().is_some_and(|listed| listed.contains(&GrantType::RefreshToken));
        self.may_use(GrantType::RefreshToken) && (registered || scopes.contains("offline_access"))
    }
}
