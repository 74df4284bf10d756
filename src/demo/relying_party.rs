//! The app's side of the protocol, all of it left to `openidconnect`.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken};
use openidconnect::{
    AdditionalClaims, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout, RedirectUrl, Scope,
    TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What the app must remember between sending the browser away and having it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    state: CsrfToken,
    nonce: Nonce,
    verifier: String,
}

/// Who signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SignedIn {
    pub(super) name: String,
    /// Claim, value, and where it came from.
    pub(super) claims: Vec<(String, String, String)>,
    id_token: String,
}

/// The claims beside the standard ones: roles, groups, and whatever else the provider has.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Others(Map<String, Value>);

impl AdditionalClaims for Others {}

/// One app at one provider.
#[derive(Debug)]
pub(super) struct RelyingParty {
    pub(super) issuer: String,
    pub(super) url: String,
    pub(super) client_id: &'static str,
    pub(super) client_secret: &'static str,
    pub(super) redirect_uri: String,
}

/// What went wrong, in words.
pub(super) type Wrong = String;

impl RelyingParty {
    /// Discovery, read anew each time: a sample that always tells the truth matters more than a fast one.
    async fn discover(&self) -> Result<(Client, ProviderMetadataWithLogout), Wrong> {
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|e| e.to_string())?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &send)
            .await
            .map_err(|e| format!("Discovery at {} failed: {e}", self.issuer))?;
        let redirect = RedirectUrl::new(self.redirect_uri.clone()).map_err(|e| e.to_string())?;
        let secret = ClientSecret::new(self.client_secret.into());
        let client =
            CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(self.client_id.into()), Some(secret));
        Ok((client.set_redirect_uri(redirect), metadata))
    }

    /// Where to send the browser, and what to remember.
    pub(super) async fn begin(&self) -> Result<(String, Pending), Wrong> {
        let (client, _) = self.discover().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["profile", "email", "roles", "groups"].map(|scope| Scope::new(scope.into())))
            .set_pkce_challenge(challenge)
            .url();
        Ok((url.into(), Pending { state, nonce, verifier: verifier.into_secret() }))
    }

    /// Trades the code, verifies the ID token, and asks UserInfo.
    pub(super) async fn finish(&self, pending: Pending, code: &str, state: &str) -> Result<SignedIn, Wrong> {
        if pending.state.secret() != state {
            return Err(
                "The state that came back is not the one that was sent. Somebody else's sign-in, perhaps.".into()
            );
        }
        let (client, _) = self.discover().await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.into()))
            .map_err(|e| e.to_string())?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier))
            .request_async(&send)
            .await
            .map_err(|e| format!("The code was not accepted: {e:?}"))?;
        let id_token = tokens.id_token().ok_or("The provider sent no ID token.")?;
        let claims = id_token
            .claims(&client.id_token_verifier(), &pending.nonce)
            .map_err(|e| format!("The ID token was not accepted: {e}"))?;
        let userinfo: UserInfoClaims<Others, CoreGenderClaim> = client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|e| e.to_string())?
            .request_async(&send)
            .await
            .map_err(|e| format!("UserInfo was not accepted: {e}"))?;
        let mut known = listed(&serde_json::to_value(claims).unwrap_or_default(), "ID token");
        let told = listed(&serde_json::to_value(&userinfo).unwrap_or_default(), "UserInfo");
        known.extend(told.into_iter().filter(|(name, ..)| name != "sub"));
        let name = userinfo
            .name()
            .and_then(|name| name.get(None))
            .map_or_else(|| claims.subject().to_string(), |name| name.to_string());
        Ok(SignedIn { name, claims: known, id_token: id_token.to_string() })
    }

    /// Where to send the browser to sign out at the provider as well.
    pub(super) async fn end(&self, signed_in: &SignedIn) -> Result<String, Wrong> {
        let (_, metadata) = self.discover().await?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone();
        let endpoint = endpoint.ok_or("The provider has no end_session_endpoint.")?;
        let hint: CoreIdToken = signed_in.id_token.parse().map_err(|_| "The ID token was not kept whole.")?;
        let back = PostLogoutRedirectUrl::new(self.url.clone()).map_err(|e| e.to_string())?;
        let request = LogoutRequest::from(endpoint).set_id_token_hint(&hint).set_post_logout_redirect_uri(back);
        Ok(request.http_get_url().into())
    }
}

/// Claims as rows of a table.
fn listed(claims: &Value, source: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = claims.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), text(value), source.to_owned())).collect()
}

/// `openidconnect` asks for a function that sends requests; redirects are not followed, as its documentation demands.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let client = crate::http::http_client()?;
    let answer = client.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}
