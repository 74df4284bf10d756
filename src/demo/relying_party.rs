//! The app's side of the protocol, all of it left to `openidconnect`.

use std::pin::Pin;
use std::sync::Arc;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreTokenResponse};
use openidconnect::{
    AdditionalClaims, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, LogoutRequest, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    RedirectUrl, RefreshToken, Scope, TokenResponse as _, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::protocol::Params;

use super::checks::{Checked, Expected, Switches, all_hold, of_id_token, reason};
use super::logout_inbox::{LogoutInbox, Over};
use super::partner::Partner;
use super::sample::Sample;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What the app wants of a sign-in beyond the usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Another scope, for which the person is to be asked.
    pub(super) scope: Option<String>,
    /// A surer sign-in, as an API demands it: `acr_values` and `max_age`.
    pub(super) step_up: Option<(String, u64)>,
}

/// What the app must remember between sending the browser away and having it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    state: CsrfToken,
    nonce: Nonce,
    verifier: Option<String>,
    switches: Switches,
}

/// Who signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SignedIn {
    pub(super) name: String,
    pub(super) sub: String,
    pub(super) sid: Option<String>,
    /// When the sign-in was made, in seconds since 1970.
    pub(super) auth_time: i64,
    /// Claim, value, and where it came from.
    pub(super) claims: Vec<(String, String, String)>,
    /// What the app checked.
    pub(super) checks: Vec<Checked>,
    pub(super) tokens: Tokens,
}

/// What the app holds of the provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tokens {
    pub(super) id: String,
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) scope: String,
    pub(super) expires_in: Option<u64>,
}

/// A sign-in that the app refused: why, and what it checked until then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) checks: Vec<Checked>,
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self { why, checks: Vec::new() }
    }
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
    pub(super) sample: &'static Sample,
    pub(super) redirect_uri: String,
    pub(super) api: Option<String>,
    pub(super) partner: Option<Partner>,
    pub(super) inbox: Arc<LogoutInbox>,
    pub(super) console: Option<String>,
    pub(super) trusted: Vec<reqwest::Certificate>,
}

/// An answer on its way.
type Sent = Pin<Box<dyn Future<Output = Result<HttpResponse, reqwest::Error>> + Send>>;

impl RelyingParty {
    /// How the library sends requests; it wants a function.
    fn sender(&self) -> Result<impl Fn(HttpRequest) -> Sent, String> {
        let client = crate::http::patient_client(&self.trusted).map_err(|e| e.to_string())?;
        Ok(move |request| -> Sent { Box::pin(send(client.clone(), request)) })
    }

    /// Discovery, read anew each time: a sample that always tells the truth matters more than a fast one.
    async fn discover(&self) -> Result<(Client, ProviderMetadataWithLogout), String> {
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|e| e.to_string())?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &self.sender()?)
            .await
            .map_err(|e| format!("Discovery at {} failed: {}", self.issuer, reason(&e)))?;
        let redirect = RedirectUrl::new(self.redirect_uri.clone()).map_err(|e| e.to_string())?;
        let secret = ClientSecret::new(self.sample.client_secret.into());
        let id = ClientId::new(self.sample.client_id.into());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret));
        Ok((client.set_redirect_uri(redirect), metadata))
    }

    /// Where to send the browser, and what to remember.
    pub(super) async fn begin(&self, wish: &Wish, switches: Switches) -> Result<(String, Pending), String> {
        let (client, _) = self.discover().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let usual = ["profile", "email", "roles", "groups", "offline_access"];
        let of_api = self.api.as_ref().map(|_| "read");
        let scopes = usual.into_iter().chain(of_api).chain(wish.scope.as_deref()).map(|scope| Scope::new(scope.into()));
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random).add_scopes(scopes);
        if let Some(api) = &self.api {
            request = request.add_extra_param("resource", api);
        }
        if wish.scope.is_some() {
            request = request.add_prompt(openidconnect::core::CoreAuthPrompt::Consent);
        }
        if let Some((acr, max_age)) = &wish.step_up {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
            request = request.set_max_age(std::time::Duration::from_secs(*max_age));
        }
        let kept = if switches.pkce {
            request = request.set_pkce_challenge(challenge);
            Some(verifier.into_secret())
        } else {
            None
        };
        let (url, state, nonce) = request.url();
        Ok((url.into(), Pending { state, nonce, verifier: kept, switches }))
    }

    /// Trades the code, verifies the ID token, and asks UserInfo. `answer` is what came back by the browser: an error is believed
    /// as little as a code is, unless it is the answer to this request.
    pub(super) async fn finish(&self, pending: Pending, answer: &Params) -> Result<SignedIn, Refused> {
        let mut checks = self.of_answer(&pending, answer.get("state").unwrap_or_default(), answer.get("iss"));
        if !all_hold(&checks) {
            return Err(Refused { why: "The answer is not the one that was asked for.".into(), checks });
        }
        if let Some(error) = answer.get("error") {
            let more = answer.get("error_description").unwrap_or_default();
            return Err(Refused { why: format!("The provider refused: {error}. {more}"), checks });
        }
        let code = answer.get("code").unwrap_or_default();
        let (client, _) = self.discover().await?;
        let mut request = client.exchange_code(AuthorizationCode::new(code.into())).map_err(|e| e.to_string())?;
        if let Some(verifier) = pending.verifier.clone() {
            request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier));
        }
        let tokens = request.request_async(&self.sender()?).await;
        let tokens = tokens.map_err(|e| Refused {
            why: format!("The code was not accepted: {}", reason(&e)),
            checks: checks.clone(),
        })?;
        let id_token = tokens.id_token().ok_or_else(|| "The provider sent no ID token.".to_owned())?;
        let expected = Expected {
            issuer: &self.issuer,
            nonce: &pending.nonce,
            access_token: tokens.access_token(),
            switches: pending.switches,
        };
        checks.extend(of_id_token(id_token, || client.id_token_verifier(), &expected));
        if !all_hold(&checks) {
            return Err(Refused { why: "The ID token is not to be believed.".into(), checks });
        }
        self.known(&client, &tokens, id_token, checks).await
    }

    /// What comes back by the browser is checked before anything is done with it.
    fn of_answer(&self, pending: &Pending, state: &str, iss: Option<&str>) -> Vec<Checked> {
        let same = pending.state.secret() == state;
        let sentence = if same {
            "it is the one that was sent"
        } else {
            "it is not the one that was sent: somebody else's sign-in, perhaps"
        };
        let mut checks = vec![Checked::new("state", same, sentence).counting(pending.switches.state)];
        // Its metadata promise it, RFC 9207 §2.4: one that is missing is another provider's answer, perhaps.
        let sentence = match iss {
            Some(iss) if iss == self.issuer => "it is the provider that was asked".to_owned(),
            Some(iss) => format!("it is {iss}, another provider"),
            None => "it is missing, though the provider says that it sends it".to_owned(),
        };
        checks.push(Checked::new("iss of the answer", iss == Some(&self.issuer), sentence));
        checks
    }

    /// What the app knows now, from the ID token and from UserInfo.
    async fn known(
        &self,
        client: &Client,
        tokens: &CoreTokenResponse,
        id_token: &CoreIdToken,
        mut checks: Vec<Checked>,
    ) -> Result<SignedIn, Refused> {
        // Everything that counts was checked; what is switched off is not to stand in the way here.
        let blind = client.id_token_verifier().insecure_disable_signature_check();
        let nonce = |_: Option<&Nonce>| Ok::<(), String>(());
        let claims =
            id_token.claims(&blind, nonce).map_err(|e| format!("The ID token was not accepted: {}", reason(&e)))?;
        let userinfo = client.user_info(tokens.access_token().clone(), None).map_err(|e| e.to_string())?;
        let userinfo: UserInfoClaims<Others, CoreGenderClaim> = userinfo
            .request_async(&self.sender()?)
            .await
            .map_err(|e| format!("UserInfo was not accepted: {}", reason(&e)))?;
        let same = userinfo.subject() == claims.subject();
        checks.push(Checked::new(
            "sub of UserInfo",
            same,
            if same {
                "it is the ID token's".to_owned()
            } else {
                format!(
                    "it is {}, and the ID token is about {}",
                    userinfo.subject().as_str(),
                    claims.subject().as_str()
                )
            },
        ));
        if !same {
            return Err(Refused { why: "UserInfo is about somebody else.".into(), checks });
        }
        let of_id_token = serde_json::to_value(claims).unwrap_or_default();
        let mut known = listed(&of_id_token, "ID token");
        let told = listed(&serde_json::to_value(&userinfo).unwrap_or_default(), "UserInfo");
        known.extend(told.into_iter().filter(|(name, ..)| name != "sub"));
        let name = userinfo.name().and_then(|name| name.get(None));
        // The library keeps no claims that it has no name for: `sid` is read from the token that it believed.
        let sid = payload(&id_token.to_string()).get("sid").and_then(Value::as_str).map(str::to_owned);
        Ok(SignedIn {
            name: name.map_or_else(|| claims.subject().to_string(), |name| name.to_string()),
            sub: claims.subject().to_string(),
            sid,
            auth_time: claims.auth_time().map_or_else(|| claims.issue_time().timestamp(), |time| time.timestamp()),
            claims: known,
            checks,
            tokens: held(tokens, id_token.to_string()),
        })
    }

    /// Gets new tokens, without the person.
    pub(super) async fn refresh(&self, signed_in: &mut SignedIn) -> Result<(), String> {
        let refresh = signed_in.tokens.refresh.clone().ok_or("There is no refresh token.")?;
        let (client, _) = self.discover().await?;
        let refresh = RefreshToken::new(refresh);
        let request = client.exchange_refresh_token(&refresh).map_err(|e| e.to_string())?;
        let tokens = request
            .request_async(&self.sender()?)
            .await
            .map_err(|e| format!("The refresh was refused: {}", reason(&e)))?;
        let id = match tokens.id_token() {
            Some(token) => {
                // Core §12.2: as strict as at the sign-in, but for the nonce, and about the same person.
                let nonce = |_: Option<&Nonce>| Ok::<(), String>(());
                let claims = token.claims(&client.id_token_verifier(), nonce);
                let claims = claims.map_err(|e| format!("The new ID token is not to be believed: {}", reason(&e)))?;
                if claims.subject().as_str() != signed_in.sub {
                    return Err(format!("The new ID token is about {}, somebody else.", claims.subject().as_str()));
                }
                token.to_string()
            }
            None => signed_in.tokens.id.clone(),
        };
        let before = signed_in.tokens.refresh.take();
        signed_in.tokens = held(&tokens, id);
        signed_in.tokens.refresh = signed_in.tokens.refresh.take().or(before);
        Ok(())
    }

    /// Where to send the browser to sign out at the provider as well.
    pub(super) async fn end(&self, signed_in: &SignedIn) -> Result<String, String> {
        let (_, metadata) = self.discover().await?;
        let endpoint = metadata.additional_metadata().end_session_endpoint.clone();
        let endpoint = endpoint.ok_or("The provider has no end_session_endpoint.")?;
        let hint: CoreIdToken = signed_in.tokens.id.parse().map_err(|_| "The ID token was not kept whole.")?;
        let back = PostLogoutRedirectUrl::new(self.url.clone()).map_err(|e| e.to_string())?;
        let request = LogoutRequest::from(endpoint).set_id_token_hint(&hint).set_post_logout_redirect_uri(back);
        Ok(request.http_get_url().into())
    }

    /// Takes a message that a sign-in is over, [Back-Channel Logout §2.6](https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation);
    /// what was wrong with it.
    pub(super) async fn hear(&self, token: &str) -> Result<(), String> {
        let (_, metadata) = self.discover().await?;
        let keys =
            crate::http::patient_client(&self.trusted).map_err(|e| e.to_string())?.get(metadata.jwks_uri().as_str());
        let keys = keys.send().await.map_err(|e| e.to_string())?.bytes().await.map_err(|e| e.to_string())?;
        let keys: JwkSet = serde_json::from_slice(&keys).map_err(|e| format!("the key set cannot be read: {e}"))?;
        let header = decode_header(token).map_err(|e| format!("it is no JWT: {e}"))?;
        if header.typ.as_deref().is_some_and(|typ| !typ.eq_ignore_ascii_case("logout+jwt")) {
            return Err("its typ is not logout+jwt".into());
        }
        let key = header.kid.as_deref().and_then(|kid| keys.find(kid)).ok_or("it is signed by an unknown key")?;
        let key = DecodingKey::from_jwk(key).map_err(|e| e.to_string())?;
        let mut wanted = Validation::new(header.alg);
        wanted.set_issuer(&[&self.issuer]);
        wanted.set_audience(&[self.sample.client_id]);
        wanted.set_required_spec_claims(&["exp", "iss", "aud"]);
        let claims: Map<String, Value> = decode(token, &key, &wanted).map_err(|e| e.to_string())?.claims;
        let event = "http://schemas.openid.net/event/backchannel-logout";
        if !claims.get("events").and_then(Value::as_object).is_some_and(|events| events.contains_key(event)) {
            return Err("its events do not say that it is about a logout".into());
        }
        if claims.contains_key("nonce") {
            return Err("it has a nonce, as only ID tokens have".into());
        }
        if ["iat", "jti"].iter().any(|name| !claims.contains_key(*name)) {
            return Err("iat or jti is missing".into());
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let over = match (text("sid"), text("sub")) {
            (Some(sid), _) => Over::Session(sid),
            (None, Some(sub)) => Over::Subject(sub, claims["iat"].as_i64().unwrap_or_default()),
            (None, None) => return Err("it says neither sub nor sid".into()),
        };
        self.inbox.end(over);
        Ok(())
    }
}

fn held(tokens: &CoreTokenResponse, id: String) -> Tokens {
    let scopes = tokens.scopes().map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "));
    Tokens {
        id,
        access: tokens.access_token().secret().clone(),
        refresh: tokens.refresh_token().map(|token| token.secret().clone()),
        scope: scopes.unwrap_or_default(),
        expires_in: tokens.expires_in().map(|time| time.as_secs()),
    }
}

/// The claims of a token, believed or not.
pub(super) fn payload(token: &str) -> Map<String, Value> {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap_or_default();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Claims as rows of a table.
fn listed(claims: &Value, source: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let members = claims.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.clone(), text(value), source.to_owned())).collect()
}

/// `openidconnect` asks for a function that sends requests; redirects are not followed, as its documentation demands.
async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = client.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}
