//! From what was written to what a realm is told, with the mistakes that only the whole shows.

use std::collections::BTreeMap;

use url::Url;

use crate::protocol::ClientId;
use crate::tokens::{Alg, KeyRing};
use crate::world::{AuthMethod, BackChannel, Client, Policy, Settings};

use super::{Config, Mistake};

/// In seconds.
const YEAR: i64 = 365 * 86_400;

impl Config {
    /// What a realm of this configuration is told. `source` is what a mistake calls the configuration.
    pub fn settings(&self, source: &str, issuer: &str, keys: KeyRing) -> Result<Settings, Box<Mistake>> {
        self.check(source)?;
        let clients: BTreeMap<ClientId, Client> =
            self.client.iter().map(|client| (client.client_id(), client.clone())).collect();
        Ok(Settings {
            issuer: issuer.to_owned(),
            back_channel: self.back_channel(),
            routes: BTreeMap::new(),
            users: self.people(),
            clients,
            strict: self.strict,
            scopes: self.scopes.clone(),
            claims: self.claims.clone(),
            policy: Policy {
                consent: self.consent,
                access_token_format: self.access_token_format,
                signing_alg: self.signing_alg,
                lifetimes: self.lifetimes,
                rotate_refresh_tokens: self.refresh.rotate,
                refresh_grace: self.refresh.grace,
            },
            keys,
        })
    }

    fn back_channel(&self) -> BackChannel {
        match self.back_channel.as_deref() {
            Some("issuer") => BackChannel::Issuer,
            Some("follow") => BackChannel::Follow,
            Some(url) => BackChannel::At(url.trim_end_matches('/').to_owned()),
            None if self.public_url.is_some() => BackChannel::Follow,
            None => BackChannel::Issuer,
        }
    }

    /// Looks for the mistakes that no single value shows.
    pub fn check(&self, source: &str) -> Result<(), Box<Mistake>> {
        let wrong = |what: String, help: &str| Err(Box::new(Mistake::new(source, what).help(help)));
        if let Some(url) = &self.public_url {
            check_url(source, "public_url", url)?;
        }
        if let Some(url) = self.back_channel.as_deref().filter(|value| !["issuer", "follow"].contains(value)) {
            check_url(source, "back_channel", url)?;
        }
        let mut subs: Vec<_> = self.user.iter().flatten().map(|user| &user.sub).collect();
        subs.sort();
        if let Some([twice, _]) = subs.array_windows().find(|[one, next]| one == next) {
            return wrong(format!("two users have the sub `{twice}`"), "give each user a sub of its own");
        }
        let odd =
            self.user.iter().flatten().find(|user| !user.sub.as_str().is_ascii() || user.sub.as_str().len() > 255);
        if let Some(user) = odd {
            return wrong(
                format!("the sub `{}` is not ASCII, or longer than 255 characters", user.sub),
                "Core §2 asks for both",
            );
        }
        let clients = self.client.iter().filter_map(|client| client.lifetimes);
        if std::iter::once(self.lifetimes)
            .chain(clients)
            .any(|lifetimes| !(1..=YEAR).contains(&lifetimes.access_token.seconds()))
        {
            return wrong(
                "an access token must be good for a second at least and a year at most".into(),
                "choose another lifetime",
            );
        }
        let mut ids: Vec<&str> = self.client.iter().map(|client| client.id.as_str()).collect();
        ids.sort_unstable();
        if let Some([twice, _]) = ids.array_windows().find(|[one, next]| one == next) {
            return wrong(format!("two clients have the id `{twice}`"), "give each client an id of its own");
        }
        if self.client.is_empty() && self.signing_alg == Alg::HS256 {
            let what = "`signing_alg` is HS256, which is keyed by a client's secret, but no client is registered";
            return wrong(what.into(), "register the clients, or choose another algorithm");
        }
        self.client.iter().try_for_each(|client| self.check_client(source, client))
    }

    fn check_client(&self, source: &str, client: &Client) -> Result<(), Box<Mistake>> {
        let wrong = |what: String, help: &str| {
            Err(Box::new(Mistake::new(source, format!("client `{}`: {what}", client.id)).help(help)))
        };
        if client.id.is_empty() {
            return wrong("the id is empty".into(), "give the client an id");
        }
        for uri in client.redirect_uris.iter().chain(&client.post_logout_redirect_uris) {
            if Url::parse(uri).is_err() {
                return wrong(
                    format!("`{uri}` is no absolute URI"),
                    "write it whole, such as http://localhost:3000/callback",
                );
            }
            if uri.contains('#') {
                return wrong(format!("`{uri}` has a fragment"), "leave out # and what follows, RFC 6749 §3.1.2");
            }
        }
        let algs = [
            Some(client.id_token_signed_response_alg.unwrap_or(self.signing_alg)),
            client.userinfo_signed_response_alg,
        ];
        if algs.contains(&Some(Alg::HS256)) && client.secret.is_none() {
            return wrong(
                "HS256 is keyed by the client's secret, but it has none".into(),
                "give it a secret, or choose another algorithm",
            );
        }
        if client.access_token_signed_response_alg == Some(Alg::HS256) {
            return wrong(
                "an API cannot verify access tokens that are signed by HS256".into(),
                "choose another algorithm",
            );
        }
        let keys = client.jwks.is_some() || client.jwks_uri.is_some();
        match client.token_endpoint_auth_method {
            Some(AuthMethod::PrivateKeyJwt) if !keys => {
                wrong("private_key_jwt needs the client's public keys".into(), "add jwks or jwks_uri")
            }
            Some(AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::ClientSecretJwt)
                if client.secret.is_none() =>
            {
                wrong("its token_endpoint_auth_method needs a secret".into(), "add secret")
            }
            _ => Ok(()),
        }
    }
}

fn check_url(source: &str, key: &str, text: &str) -> Result<(), Box<Mistake>> {
    let fits = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.path().chars().all(|c| c.is_ascii_alphanumeric() || "/-._~".contains(c))
    });
    if fits {
        return Ok(());
    }
    let mistake = Mistake::new(source, format!("`{key}` is `{text}`, which cannot be an issuer"));
    Err(Box::new(mistake.help("write an http or https URL without query and fragment, such as http://localhost:7760")))
}
