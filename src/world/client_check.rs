//! What cannot be registered: whether a client comes from a file, from a test, or by itself.

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use url::Url;

use crate::protocol::ResponseType;
use crate::tokens::{Alg, JweAlg, Recipient};

use super::{AuthMethod, Client, SigningAlg, wrong_uri};

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
        self.check_addresses()?;
        self.check_algs(signing_alg)?;
        if self.jwks.as_ref().is_some_and(|jwks| !are_keys(jwks)) {
            return wrong("its `jwks` is no set of public keys".into(), "write {\"keys\": [ … ]}, RFC 7517 §5");
        }
        if self.jwks.as_ref().is_some_and(has_private_keys) {
            return wrong(
                "its `jwks` has a private key in it, which is nobody's but the app's own".into(),
                "send the public halves only, and make a new key: this one is known now",
            );
        }
        self.check_encryption()?;
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

    fn check_algs(&self, signing_alg: Alg) -> Result<(), ClientMistake> {
        let wrong = |what: &str, help: &str| Err((what.to_owned(), help.to_owned()));
        let id_token = self.id_token_signed_response_alg.unwrap_or(signing_alg.into());
        let introspection = self.introspection_signed_response_alg.map(SigningAlg::Signed);
        let algs = [Some(id_token), self.userinfo_signed_response_alg, introspection];
        if algs.contains(&Some(Alg::HS256.into())) && self.secret.is_none() {
            return wrong(
                "HS256 is keyed by the client's secret, but it has none",
                "give it a secret, or choose another algorithm",
            );
        }
        // Registration §2: only where no ID token comes from the authorization endpoint.
        if id_token == SigningAlg::Unsigned
            && ResponseType::ALL.iter().any(|wanted| wanted.id_token && self.may_ask(*wanted))
        {
            return wrong(
                "its ID tokens are unsigned, and an ID token that comes by the browser must be signed",
                "register response_types = [\"code\"], or choose another id_token_signed_response_alg",
            );
        }
        if self.access_token_signed_response_alg == Some(Alg::HS256) {
            return wrong("an API cannot verify access tokens that are signed by HS256", "choose another algorithm");
        }
        Ok(())
    }

    /// What is encrypted needs a key of the other side; those behind `jwks_uri` are looked at when they are needed.
    fn check_encryption(&self) -> Result<(), ClientMistake> {
        for (name, alg, enc) in self.encryption() {
            let wrong = |what: String, help: &str| Err((what, help.to_owned()));
            let Some(alg) = alg else {
                match enc {
                    Some(_) => {
                        return wrong(format!("its `{name}_enc` has no `{name}_alg`"), "add it, or leave both out");
                    }
                    None => continue,
                }
            };
            if alg == JweAlg::Dir && self.secret.is_none() {
                return wrong(
                    format!("its `{name}_alg` is dir, which is keyed by the client's secret, but it has none"),
                    "give it a secret, or choose another algorithm",
                );
            }
            // What an app encrypts, it encrypts for a key of the provider.
            if alg == JweAlg::Dir || name == "request_object_encryption" || self.jwks_uri.is_some() {
                continue;
            }
            let enc = enc.unwrap_or_default();
            if self.jwks.as_ref().and_then(|jwks| Recipient::among(jwks, alg, enc)).is_none() {
                return wrong(
                    format!("its `{name}_alg` is {}, and none of its keys is for that", alg.as_str()),
                    "add a public key of that kind to jwks, with use enc, or a jwks_uri",
                );
            }
        }
        Ok(())
    }

    /// What browsers are sent to, and what is called and shown.
    fn check_addresses(&self) -> Result<(), ClientMistake> {
        let wrong = |what: String, help: &str| Err((what, help.to_owned()));
        let after_logout = || self.post_logout_redirect_uris.iter().find_map(|uri| odd_uri(uri));
        if let Some(mistake) = self.odd_redirect_uri().or_else(after_logout) {
            return Err(mistake);
        }
        let logout = [&self.backchannel_logout_uri, &self.frontchannel_logout_uri];
        let more = [&self.client_uri, &self.initiate_login_uri, &self.sector_identifier_uri];
        let links = [&self.logo_uri, &self.policy_uri, &self.tos_uri, &self.jwks_uri];
        let links = links.into_iter().chain(logout).chain(more);
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
        Ok(())
    }

    /// What is wrong with one of its redirect URIs, and what to do.
    pub fn odd_redirect_uri(&self) -> Option<ClientMistake> {
        self.redirect_uris.iter().find_map(|uri| odd_uri(uri))
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

/// [RFC 7518 §6](https://www.rfc-editor.org/rfc/rfc7518#section-6): the private exponent, or a key that is the same on both sides.
fn has_private_keys(jwks: &Value) -> bool {
    let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
    keys.into_iter().any(|key| ["d", "k"].iter().any(|name| key.get(*name).is_some()))
}

fn are_keys(jwks: &Value) -> bool {
    let keys = jwks.get("keys").and_then(Value::as_array);
    keys.is_some_and(|keys| keys.iter().all(|key| serde_json::from_value::<Jwk>(key.clone()).is_ok()))
}
