//! What cannot be registered: whether a client comes from a file, from a test, or by itself.

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use url::Url;

use crate::tokens::Alg;

use super::{AuthMethod, Client, wrong_uri};

/// What is wrong with a client's metadata, and what to do.
pub(super) type ClientMistake = (String, String);

impl Client {
    /// Whether its metadata go together. `signing_alg` is what ID tokens are signed with where the client says nothing.
    pub fn check(&self, signing_alg: Alg) -> Result<(), ClientMistake> {
        let wrong = |what: String, help: &str| Err((what, help.to_owned()));
        if self.id.is_empty() {
            return wrong("the id is empty".into(), "give the client an id");
        }
        if self.secret.as_deref() == Some("") {
            return wrong("its `secret` is empty".into(), "leave it out for a public client, or give it one");
        }
        let mut uris = self.redirect_uris.iter().chain(&self.post_logout_redirect_uris);
        if let Some((what, help)) = uris.find_map(|uri| odd_uri(uri)) {
            return wrong(what, &help);
        }
        let algs = [Some(self.id_token_signed_response_alg.unwrap_or(signing_alg)), self.userinfo_signed_response_alg];
        if algs.contains(&Some(Alg::HS256)) && self.secret.is_none() {
            return wrong(
                "HS256 is keyed by the client's secret, but it has none".into(),
                "give it a secret, or choose another algorithm",
            );
        }
        if self.access_token_signed_response_alg == Some(Alg::HS256) {
            return wrong(
                "an API cannot verify access tokens that are signed by HS256".into(),
                "choose another algorithm",
            );
        }
        if self.jwks.as_ref().is_some_and(|jwks| !are_keys(jwks)) {
            return wrong("its `jwks` is no set of public keys".into(), "write {\"keys\": [ … ]}, RFC 7517 §5");
        }
        let logout = [&self.backchannel_logout_uri, &self.frontchannel_logout_uri];
        let links = [&self.logo_uri, &self.policy_uri, &self.tos_uri, &self.jwks_uri].into_iter().chain(logout);
        if let Some(odd) = links.flatten().find(|url| !matches!(url.scheme(), "http" | "https")) {
            return wrong(format!("`{odd}` is neither http nor https"), "only these are linked and fetched");
        }
        let fetched =
            |uri: &&String| Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if let Some(odd) = self.request_uris.iter().find(|uri| !fetched(uri)) {
            return wrong(format!("`{odd}` in its `request_uris` is no http or https address"), "write it whole");
        }
        // Back-Channel Logout §2.2: it may not have a fragment.
        if self.backchannel_logout_uri.as_ref().is_some_and(|uri| uri.fragment().is_some()) {
            return wrong(
                "its `backchannel_logout_uri` has a fragment".into(),
                "leave out # and what stands behind it",
            );
        }
        let keys = self.jwks.is_some() || self.jwks_uri.is_some();
        match self.token_endpoint_auth_method {
            Some(AuthMethod::PrivateKeyJwt) if !keys => {
                wrong("private_key_jwt needs the client's public keys".into(), "add jwks or jwks_uri")
            }
            Some(AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt)
                if self.secret.is_none() =>
            {
                wrong("its token_endpoint_auth_method needs a secret".into(), "add secret")
            }
            _ => Ok(()),
        }
    }
}

/// What is wrong with a URI to which an app is to be sent, and what to do.
fn odd_uri(uri: &str) -> Option<(String, String)> {
    if let Some(why) = wrong_uri(uri) {
        let help = match why {
            why if why.starts_with("has no scheme") => format!("did you mean `http://{uri}`?"),
            why if why.contains("a fragment") => "leave out # and what stands behind it".to_owned(),
            why if why.starts_with("begins or ends") => format!("did you mean `{}`?", uri.trim()),
            _ => "write it whole, such as http://localhost:3000/callback".to_owned(),
        };
        return Some((format!("`{uri}` {why}"), help));
    }
    let star = "has a *, which stands for itself: URIs are compared character by character";
    let help = "list each address; redirect_hosts opens whole hosts while no client is registered";
    uri.contains('*').then(|| (format!("`{uri}` {star}"), help.to_owned()))
}

fn are_keys(jwks: &Value) -> bool {
    let keys = jwks.get("keys").and_then(Value::as_array);
    keys.is_some_and(|keys| keys.iter().all(|key| serde_json::from_value::<Jwk>(key.clone()).is_ok()))
}
