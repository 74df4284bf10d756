//! An app that is registered with the provider, under the registered metadata names.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::protocol::{ClientId, Map, ResponseType, Scopes, UnixTime};
use crate::tokens::{Alg, JweAlg, JweEnc};

use super::{
    AccessTokenFormat, AccessTokenTyp, ApplicationType, AuthMethod, Consent, GrantType, Lifetimes, RefreshTokenFormat,
    SigningAlg, SubjectType,
};

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

/// How a client came here that registered itself, [RFC 7591](https://www.rfc-editor.org/rfc/rfc7591).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// `client_id_issued_at`
    pub at: UnixTime,
    /// `registration_access_token`: who shows it may read, change and remove the client.
    pub access_token: String,
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
    /// What it may ask for at the authorization endpoint. Without it: everything that discovery lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<ResponseType>>,
    /// Web or native.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// Which `sub` it sees of a person. Without it: the one that the profile has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<SubjectType>,
    /// A document that lists the redirect URIs of all clients that see the same pairwise `sub`; its host is their sector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<Url>,
    /// The scopes that may be asked for, separated by spaces. Without it: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scopes>,
    /// What it signs its client assertions with. Without it: whatever it likes of what its authentication allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<Alg>,
    /// What its ID tokens are signed with; `none` is for an app that fetches them itself, and gets none by the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<SigningAlg>,
    /// How the key comes to it by which its ID tokens are encrypted, once they are signed. Without it: they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_alg: Option<JweAlg>,
    /// What they are encrypted with. Without it: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_encrypted_response_enc: Option<JweEnc>,
    /// What UserInfo's answer is signed with. Without it: plain JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<SigningAlg>,
    /// How the key comes to it by which its answer of UserInfo is encrypted. Without it: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_alg: Option<JweAlg>,
    /// What it is encrypted with. Without it: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userinfo_encrypted_response_enc: Option<JweEnc>,
    /// What introspection's answer is signed with, where it is asked for as a JWT, [RFC 9701](https://www.rfc-editor.org/rfc/rfc9701).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<Alg>,
    /// How the key comes to it by which its answer of introspection is encrypted, where it is asked for as a JWT. Without it: it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_alg: Option<JweAlg>,
    /// What it is encrypted with. Without it: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_encrypted_response_enc: Option<JweEnc>,
    /// How its request objects must be signed; `none` is not at all. Without it: as it likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<SigningAlg>,
    /// How the key comes to it by which its request objects must be encrypted. Without it: as it likes, or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_alg: Option<JweAlg>,
    /// What they must be encrypted with. Without it: `A128CBC-HS256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_encryption_enc: Option<JweEnc>,
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
    /// The `acr_values` of a request that sends none, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
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
    /// The app's home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<Url>,
    /// Whom to write to about it, mostly by email.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
    /// Where a sign-in can be begun for it by somebody else, [Core §4](https://openid.net/specs/openid-connect-core-1_0.html#ThirdPartyInitiatedLogin).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<Url>,
    /// Which software it is, the same for each copy, [RFC 7591 §2](https://www.rfc-editor.org/rfc/rfc7591#section-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    /// Which version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
    /// How it came here, if it registered itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Registered>,
    /// Whether it is a client that nobody registered, so any secret and any loopback address will do.
    #[serde(skip)]
    pub unregistered: bool,
}

impl Client {
    /// What the `client_id` of an app begins with that registered itself.
    pub const ISSUED: &str = "dcr-";

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

    /// The hosts that it brings in: those that it may be sent back to, and, where somebody else wrote it down, those of all its addresses.
    pub fn hosts(&self) -> impl Iterator<Item = String> {
        let own = [&self.jwks_uri, &self.backchannel_logout_uri, &self.sector_identifier_uri];
        let own = own.into_iter().flatten().map(Url::as_str).chain(self.request_uris.iter().map(String::as_str));
        let own = own.filter(|_| self.registered.is_none());
        let all = self.redirect_uris.iter().map(String::as_str).chain(own);
        all.filter_map(|uri| Url::parse(uri).ok()?.host_str().map(str::to_owned))
    }

    /// The host by which clients belong together that see the same pairwise `sub`, if it can be told.
    pub fn sector(&self) -> Option<String> {
        let first = || Url::parse(self.redirect_uris.first()?).ok();
        self.sector_identifier_uri.clone().or_else(first)?.host_str().map(str::to_owned)
    }

    /// What is encrypted for it or by it: under which name that is registered, and how.
    pub fn encryption(&self) -> [(&'static str, Option<JweAlg>, Option<JweEnc>); 4] {
        [
            ("id_token_encrypted_response", self.id_token_encrypted_response_alg, self.id_token_encrypted_response_enc),
            ("userinfo_encrypted_response", self.userinfo_encrypted_response_alg, self.userinfo_encrypted_response_enc),
            (
                "introspection_encrypted_response",
                self.introspection_encrypted_response_alg,
                self.introspection_encrypted_response_enc,
            ),
            ("request_object_encryption", self.request_object_encryption_alg, self.request_object_encryption_enc),
        ]
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

    /// Whether it may ask for this at the authorization endpoint.
    pub fn may_ask(&self, wanted: ResponseType) -> bool {
        match &self.response_types {
            Some(listed) => listed.contains(&wanted),
            None => !wanted.has_tokens() || self.may_use(GrantType::Implicit),
        }
    }

    /// Whether it gets a refresh token with these scopes: it may use one, and asked in the request or when it was registered,
    /// [Core §11](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess).
    pub fn wants_refresh_token(&self, scopes: &Scopes) -> bool {
        let registered = self.grant_types.as_ref().is_some_and(|listed| listed.contains(&GrantType::RefreshToken));
        self.may_use(GrantType::RefreshToken) && (registered || scopes.contains("offline_access"))
    }
}
