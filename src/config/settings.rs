//! From what was written to what a realm is told, with the mistakes that only the whole shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use crate::protocol::ClientId;
use crate::tokens::{Alg, KeyRing};
use crate::world::{BackChannel, Client, Lifetimes, OWN_CLAIMS, Policy, RootUrl, Settings, SubjectType, wrong_sub};

use super::mistake::did_you_mean;
use super::{Config, MemoryConfig, Mistake};

/// In seconds.
const YEAR: i64 = 365 * 86_400;

impl Config {
    /// What a realm of this configuration is told. `source` is what a mistake calls the configuration.
    pub fn settings(&self, source: &str, root_url: &str, keys: KeyRing) -> Result<Settings, Box<Mistake>> {
        self.check(source)?;
        let clients: BTreeMap<ClientId, Arc<Client>> =
            self.client.iter().map(|client| (client.client_id(), Arc::new(client.clone()))).collect();
        Ok(Settings {
            issuer: root_url.to_owned(),
            root: RootUrl::default(),
            issuer_below_root: String::new(),
            back_channel: self.back_channel(),
            routes: BTreeMap::new(),
            users: self.people(),
            clients,
            source: source.into(),
            strict: self.strict,
            either_way_of_secret: !self.strict,
            redirect_hosts: self.redirect_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            outgoing_hosts: self.outgoing_hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
            invents_people: self.user.is_none(),
            resource_typs: self
                .resources
                .iter()
                .filter_map(|(uri, resource)| Some((uri.clone(), resource.access_token_typ?)))
                .collect(),
            scopes: self.scopes.clone(),
            registration: self.registration.clone(),
            claims: self.claims.clone(),
            subject_type: SubjectType::default(),
            policy: Policy {
                consent: self.consent,
                access_token_format: self.access_token_format,
                access_token_typ: self.access_token_typ,
                refresh_token_format: self.refresh_token_format,
                signing_alg: self.signing_alg,
                lifetimes: self.lifetimes,
                rotate_refresh_tokens: self.refresh.rotate,
                refresh_grace: self.refresh.grace,
                ..Policy::default()
            },
            auto_login: self.auto_login.clone().filter(|_| !self.strict),
            static_token: self.static_token.clone(),
            keys,
        })
    }

    /// Under which base the endpoints are published that apps call directly.
    pub(super) fn back_channel(&self) -> BackChannel {
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
        if let Some(url) = &self.public_url {
            check_url(source, "public_url", url)?;
        }
        match self.back_channel.as_deref() {
            None | Some("issuer" | "follow") => {}
            Some(word) if !word.contains(':') => {
                let help = did_you_mean(word, ["issuer", "follow"]).unwrap_or_default();
                let what = format!("`back_channel` is `{word}`; it can be issuer, follow or a URL");
                return Err(Box::new(Mistake::new(source, what).help(help).word(word)));
            }
            Some(url) => check_url(source, "back_channel", url)?,
        }
        self.check_tls(source)?;
        self.check_users(source)?;
        self.check_hosts(source)?;
        self.check_auto_login(source)?;
        self.check_static_token(source)?;
        self.check_realms(source)?;
        self.check_lifetimes(source)?;
        self.check_memory(source)?;
        let mut ids: Vec<&str> = self.client.iter().map(|client| client.id.as_str()).collect();
        ids.sort_unstable();
        if let Some([twice, _]) = ids.array_windows().find(|[one, next]| one == next) {
            let mistake = Mistake::new(source, format!("two clients have the id `{twice}`"));
            return Err(Box::new(mistake.help("give each client an id of its own").word(*twice)));
        }
        if self.client.is_empty() && self.signing_alg == Alg::HS256 {
            let what = "`signing_alg` is HS256, which is keyed by a client's secret, but no client is registered";
            let mistake = Mistake::new(source, what).help("register the clients, or choose another algorithm");
            return Err(Box::new(mistake.word("HS256")));
        }
        self.client.iter().try_for_each(|client| self.check_client(source, client))
    }

    fn check_users(&self, source: &str) -> Result<(), Box<Mistake>> {
        let wrong =
            |what: String, help: &str, word: &str| Err(Box::new(Mistake::new(source, what).help(help).word(word)));
        let mut subs: Vec<&str> = self.user.iter().flatten().map(|user| user.sub.as_str()).collect();
        if let Some((odd, why)) = subs.iter().find_map(|sub| Some((sub, wrong_sub(sub)?))) {
            return wrong(format!("the sub `{odd}` {why}"), "choose another", odd);
        }
        let mut names: Vec<&str> = self.user.iter().flatten().filter_map(|user| user.username.as_deref()).collect();
        names.sort_unstable();
        if let Some([twice, _]) = names.array_windows().find(|[one, next]| one == next) {
            let help = "whoever types it can be one person only: give each a username of their own";
            return wrong(format!("two users have the username `{twice}`"), help, twice);
        }
        subs.sort_unstable();
        if let Some([twice, _]) = subs.array_windows().find(|[one, next]| one == next) {
            return wrong(format!("two users have the sub `{twice}`"), "give each user a sub of its own", twice);
        }
        for user in self.user.iter().flatten() {
            if let Some(own) = OWN_CLAIMS.iter().find(|name| user.claims.contains_key(**name)) {
                let what = format!("the user `{}` has the claim `{own}`, which is the provider's own", user.sub);
                return wrong(what, "leave it out", own);
            }
        }
        Ok(())
    }

    fn check_tls(&self, source: &str) -> Result<(), Box<Mistake>> {
        let wrong =
            |what: &str, help: &str, word: &str| Err(Box::new(Mistake::new(source, what).help(help).word(word)));
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => {
                return wrong("`tls_cert` has no `tls_key`", "name the file with its private key", "tls_cert");
            }
            (None, Some(_)) => {
                return wrong("`tls_key` has no `tls_cert`", "name the file with its certificate", "tls_key");
            }
            _ => {}
        }
        if self.http_port.is_some() && !self.speaks_tls() {
            return wrong(
                "`http_port` is a second port beside https, and there is none",
                "add tls = true, or leave it out",
                "http_port",
            );
        }
        if self.http_port.is_some_and(|port| port != 0 && port == self.port) {
            return wrong("`http_port` is the same as `port`", "give each a port of its own", "http_port");
        }
        Ok(())
    }

    /// Whether it is reached by https.
    pub fn speaks_tls(&self) -> bool {
        self.tls || self.tls_cert.is_some()
    }

    fn check_hosts(&self, source: &str) -> Result<(), Box<Mistake>> {
        let plain = |host: &&String| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
                && host.contains('.')
        };
        let Some(odd) = self.redirect_hosts.iter().find(|host| !plain(host)) else { return Ok(()) };
        let what = format!("`redirect_hosts` has `{odd}`, which is no host name");
        let help =
            "write a name with a dot, without scheme, port and *, such as acme.test; names under it count as well";
        Err(Box::new(Mistake::new(source, what).help(help).word(odd)))
    }

    fn check_auto_login(&self, source: &str) -> Result<(), Box<Mistake>> {
        let Some(name) = self.auto_login.as_deref().filter(|name| *name != "login_hint") else { return Ok(()) };
        let people = self.people();
        if people.iter().any(|user| user.answers_to(name)) {
            return Ok(());
        }
        let known = people.iter().map(|user| user.sub.as_str()).chain(["login_hint"]);
        let help = did_you_mean(name, known).unwrap_or_else(|| "name a user, or login_hint".into());
        let mistake = Mistake::new(source, format!("`auto_login` is `{name}`, but nobody is called so"));
        Err(Box::new(mistake.help(help).word(name)))
    }

    fn check_static_token(&self, source: &str) -> Result<(), Box<Mistake>> {
        let Some(fixed) = &self.static_token else { return Ok(()) };
        if let Some(why) = fixed.wrong() {
            return Err(Box::new(Mistake::new(source, format!("the `static_token` {why}")).word("static_token")));
        }
        let known = self.client.iter().map(|client| client.id.as_str());
        if !self.client.is_empty() && !known.clone().any(|id| id == fixed.client) {
            let what = format!("the `static_token` is for the client `{}`, which is not registered", fixed.client);
            let help = did_you_mean(&fixed.client, known).unwrap_or_else(|| "register it, or name another".into());
            return Err(Box::new(Mistake::new(source, what).help(help).word(&fixed.client)));
        }
        let own = fixed.sub == fixed.client;
        if !own && self.user.is_some() && !self.people().iter().any(|user| user.sub.as_str() == fixed.sub) {
            let what = format!("the `static_token` is about `{}`, and nobody is called so", fixed.sub);
            let people = self.people();
            let help = did_you_mean(&fixed.sub, people.iter().map(|user| user.sub.as_str()));
            let help = help.unwrap_or_else(|| "name a person, or the client itself".into());
            return Err(Box::new(Mistake::new(source, what).help(help).word(&fixed.sub)));
        }
        Ok(())
    }

    fn check_memory(&self, source: &str) -> Result<(), Box<Mistake>> {
        let MemoryConfig { records_mib, journal_mib, journal_entries } = self.memory;
        let all = [("records_mib", records_mib), ("journal_mib", journal_mib), ("journal_entries", journal_entries)];
        match all.into_iter().find(|(_, most)| *most == 0) {
            Some((name, _)) => {
                let mistake = Mistake::new(source, format!("`memory.{name}` is 0, and something must be kept"));
                Err(Box::new(mistake.help("write 1 or more").word(name)))
            }
            None => Ok(()),
        }
    }

    fn check_lifetimes(&self, source: &str) -> Result<(), Box<Mistake>> {
        let clients = self.client.iter().filter_map(|client| client.lifetimes);
        let fits = |lifetimes: Lifetimes| (1..=YEAR).contains(&lifetimes.access_token.seconds());
        if std::iter::once(self.lifetimes).chain(clients).all(fits) {
            return Ok(());
        }
        let mistake = Mistake::new(source, "an access token must be good for a second at least and a year at most");
        Err(Box::new(mistake.help("choose another lifetime").word("access_token")))
    }

    fn check_client(&self, source: &str, client: &Client) -> Result<(), Box<Mistake>> {
        client.check(self.signing_alg).map_err(|(what, help)| {
            let quoted = what.split('`').nth(1).unwrap_or(&client.id).to_owned();
            let mistake = Mistake::new(source, format!("client `{}`: {what}", client.id));
            Box::new(mistake.help(help).word(quoted))
        })
    }
}

/// An issuer is compared as text, so it must be written as every library would write it.
fn check_url(source: &str, key: &str, text: &str) -> Result<(), Box<Mistake>> {
    let mistake = |help: String| {
        let mistake = Mistake::new(source, format!("`{key}` is `{text}`, which cannot be an issuer"));
        Err(Box::new(mistake.help(help).word(text)))
    };
    let plain = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.path().chars().all(|c| c.is_ascii_alphanumeric() || "/-._~".contains(c))
    };
    match Url::parse(text) {
        Ok(url) if !plain(&url) => {
            mistake("write an http or https URL without query and fragment, such as http://localhost:7760".into())
        }
        Ok(url) if url.as_str().trim_end_matches('/') != text.trim_end_matches('/') => {
            mistake(format!("libraries would write it {}", url.as_str().trim_end_matches('/')))
        }
        Ok(_) => Ok(()),
        Err(_) => mistake("write a whole URL, such as http://localhost:7760".into()),
    }
}
