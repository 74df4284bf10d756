//! Whether a token opens the API: a JWT is verified by the provider's keys, any other is asked about.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, get_current_timestamp};
use serde_json::{Map, Value};

use crate::protocol::{Params, Scopes};

/// What a good token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) client: String,
    pub(super) user: String,
    pub(super) scopes: Scopes,
    pub(super) acr: Option<String>,
    pub(super) auth_time: Option<i64>,
}

/// How the API comes to believe tokens.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) issuer: String,
    /// Whom tokens must be for.
    pub(super) resource: String,
    /// What the API authenticates with where it asks about tokens.
    pub(super) client: (&'static str, &'static str),
    trusted: Vec<reqwest::Certificate>,
    keys: Mutex<Option<JwkSet>>,
    /// Keys that were asked for, and are not published: when that was. Nobody makes the API ask again and again.
    unknown: Mutex<HashMap<String, u64>>,
}

/// For how many seconds a key that is not published is not asked for again, and how many of them are asked for meanwhile.
const UNKNOWN: u64 = 2;
const MOST: usize = 100;

const ASYMMETRIC: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

impl Verifier {
    pub(super) fn new(
        issuer: &str,
        resource: &str,
        (client, trusted): ((&'static str, &'static str), Vec<reqwest::Certificate>),
    ) -> Self {
        let (issuer, resource) = (issuer.to_owned(), resource.to_owned());
        Self { issuer, resource, client, trusted, keys: Mutex::default(), unknown: Mutex::default() }
    }

    /// What a token says, if it is good here; what is wrong with it otherwise.
    pub(super) async fn verify(&self, token: &str) -> Result<Access, String> {
        if token.split('.').count() == 3 { self.by_keys(token).await } else { self.by_asking(token).await }
    }

    /// [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4)
    async fn by_keys(&self, token: &str) -> Result<Access, String> {
        let header = decode_header(token).map_err(|e| format!("the token is no JWT: {e}"))?;
        if !ASYMMETRIC.contains(&header.alg) {
            return Err(format!("tokens signed by {:?} are not taken", header.alg));
        }
        let typ = header.typ.as_deref().unwrap_or("JWT").trim_start_matches("application/");
        if !["at+jwt", "jwt"].contains(&typ.to_ascii_lowercase().as_str()) {
            return Err(format!("the token is no access token: its typ is {typ}"));
        }
        let kid = header.kid.ok_or("the token names no key")?;
        let key = self.key(&kid).await?;
        let mut wanted = Validation::new(header.alg);
        wanted.set_issuer(&[&self.issuer]);
        wanted.set_audience(&[&self.resource]);
        wanted.set_required_spec_claims(&["exp", "iss", "aud"]);
        let claims: Map<String, Value> = decode(token, &key, &wanted).map_err(|e| said(&e, &self.resource))?.claims;
        if !claims.contains_key("client_id") {
            return Err("the token is no access token: it has no client_id".into());
        }
        Ok(access(&claims))
    }

    /// [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662#section-2)
    async fn by_asking(&self, token: &str) -> Result<Access, String> {
        let metadata =
            self.fetch(&format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))).await?;
        let endpoint =
            metadata["introspection_endpoint"].as_str().ok_or("the provider has no introspection endpoint")?;
        let form = Params::default().with("token", token).with("token_type_hint", "access_token");
        let client = crate::http::patient_client(&self.trusted).map_err(|e| e.to_string())?;
        let request = client.post(endpoint).basic_auth(self.client.0, Some(self.client.1));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_query());
        let answer = request.send().await.map_err(|e| e.to_string())?.bytes().await.map_err(|e| e.to_string())?;
        let members: Map<String, Value> = serde_json::from_slice(&answer).map_err(|e| e.to_string())?;
        if members.get("active") != Some(&Value::Bool(true)) {
            return Err("the token is not active".into());
        }
        // A refresh token is active as well, and opens nothing; so is a token for another API.
        if members.get("token_type").and_then(Value::as_str).is_none_or(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err("the token is no access token".into());
        }
        let audience = members.get("aud").map(|aud| aud.as_array().cloned().unwrap_or_else(|| vec![aud.clone()]));
        if !audience.is_some_and(|all| all.iter().any(|one| *one == self.resource.as_str())) {
            return Err(format!("the token is for another audience than {}", self.resource));
        }
        Ok(access(&members))
    }

    async fn key(&self, kid: &str) -> Result<DecodingKey, String> {
        let lock = |keys: &Mutex<Option<JwkSet>>| keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = lock(&self.keys);
        if let Some(key) = known.as_ref().and_then(|keys| keys.find(kid)) {
            return DecodingKey::from_jwk(key).map_err(|e| e.to_string());
        }
        let unpublished = || "the token is signed by a key that the provider does not publish".to_owned();
        if !self.may_ask(kid) {
            return Err(unpublished());
        }
        // A key that is not known may be new: the set is read again.
        let metadata =
            self.fetch(&format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))).await?;
        let keys = self.fetch(metadata["jwks_uri"].as_str().unwrap_or_default()).await?;
        let keys: JwkSet = serde_json::from_value(keys).map_err(|e| e.to_string())?;
        let found = keys.find(kid).map(DecodingKey::from_jwk);
        *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
        let Some(found) = found else {
            let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
            unknown.insert(kid.to_owned(), get_current_timestamp());
            return Err(unpublished());
        };
        found.map_err(|e| e.to_string())
    }

    /// Whether the key set is read again for a key that is not known.
    fn may_ask(&self, kid: &str) -> bool {
        let now = get_current_timestamp();
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        unknown.retain(|_, at| now.saturating_sub(*at) < UNKNOWN);
        unknown.len() < MOST && !unknown.contains_key(kid)
    }

    async fn fetch(&self, url: &str) -> Result<Value, String> {
        let client = crate::http::patient_client(&self.trusted).map_err(|e| e.to_string())?;
        let answer =
            client.get(url).send().await.map_err(|e| e.to_string())?.bytes().await.map_err(|e| e.to_string())?;
        serde_json::from_slice(&answer).map_err(|e| format!("{url}: {e}"))
    }
}

fn said(error: &jsonwebtoken::errors::Error, resource: &str) -> String {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::ExpiredSignature => "the token has expired".to_owned(),
        ErrorKind::InvalidAudience => format!("the token is for another audience than {resource}"),
        ErrorKind::InvalidIssuer => "the token is another issuer's".to_owned(),
        ErrorKind::InvalidSignature => "the token's signature does not hold".to_owned(),
        _ => format!("the token cannot be believed: {error}"),
    }
}

fn access(claims: &Map<String, Value>) -> Access {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    Access {
        client: text("client_id"),
        user: text("sub"),
        scopes: Scopes::from(text("scope").as_str()),
        acr: Some(text("acr")).filter(|acr| !acr.is_empty()),
        auth_time: number("auth_time"),
    }
}
