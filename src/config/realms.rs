//! Providers beside the first one: what they have of their own, and where they are.

use serde_json::Value;
use url::Url;

use super::{Config, Mistake};

/// The most characters of a realm's name.
const LONGEST: usize = 120;

impl Config {
    /// The whole configuration of a realm: whatever it says itself, and for the rest what the first provider says.
    #[must_use]
    pub fn of_realm(&self, realm: &Self) -> Self {
        let members = |config: &Self| match serde_json::to_value(config) {
            Ok(Value::Object(members)) => members,
            _ => serde_json::Map::new(),
        };
        let (mut whole, unsaid) = (members(self), members(&Self::default()));
        // Where a provider is cannot be inherited, nor what makes it the first one.
        for key in ["public_url", "port", "back_channel", "realm", "keys", "$schema", "ttl", "name"] {
            whole.remove(key);
        }
        // Where the first provider has two host names, those beside it have them as well.
        if self.back_channel().follows() && realm.back_channel.is_none() {
            whole.insert("back_channel".into(), "follow".into());
        }
        whole.extend(members(realm).into_iter().filter(|(key, value)| unsaid.get(key) != Some(value)));
        serde_json::from_value(Value::Object(whole)).expect("two configurations make a configuration")
    }

    /// Looks for mistakes in the realms.
    pub(super) fn check_realms(&self, source: &str) -> Result<(), Box<Mistake>> {
        if self.realm.is_empty() {
            return Ok(());
        }
        let wrong =
            |what: String, help: &str, word: &str| Err(Box::new(Mistake::new(source, what).help(help).word(word)));
        let mut names = Vec::new();
        for realm in &self.realm {
            let Some(name) = &realm.name else {
                return wrong("a realm has no name".into(), "give it a `name`", "realm");
            };
            if let Some(why) = wrong_name(name) {
                return wrong(format!("the realm's name `{name}` {why}"), "choose another", name);
            }
            if names.contains(&name) {
                return wrong(format!("two realms have the name `{name}`"), "give each a name of its own", name);
            }
            if let Some((key, help)) = realm.not_for_realms() {
                return wrong(format!("the realm `{name}` has `{key}`, which is the first one's"), help, key);
            }
            names.push(name);
            self.of_realm(realm).check(source)?;
        }
        Ok(())
    }

    /// A key that says something about the whole server, and so cannot be a realm's, with what to do instead.
    pub fn not_for_realms(&self) -> Option<(&'static str, &'static str)> {
        let host = self.host != Self::default().host;
        let kinds = [
            (!self.realm.is_empty(), "realm", "list the realms beside each other"),
            (self.tls || self.tls_cert.is_some(), "tls", "a realm speaks as the server does"),
            (self.http_port.is_some(), "http_port", "a realm is reached by both of the server's ports"),
            (!self.outgoing_ca.is_empty(), "outgoing_ca", "give it to the server"),
            (self.keys.is_some(), "keys", "rotate the realm's keys instead"),
            (host, "host", "a realm listens where the server does; give it a port or a public_url"),
        ];
        kinds.into_iter().find(|(said, ..)| *said).map(|(_, key, help)| (key, help))
    }

    /// The port of its own that a realm asks for.
    pub fn own_port(&self) -> Option<u16> {
        (self.port != Self::default().port).then_some(self.port)
    }

    /// The host and path of its own that a realm asks for.
    pub fn own_place(&self) -> Option<Url> {
        self.public_url.as_deref().and_then(|url| Url::parse(url).ok())
    }
}

/// What is wrong with a name, if something is: it becomes part of a path.
pub fn wrong_name(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._~-".contains(c);
    if name == "default" {
        return Some("is the first provider's own");
    }
    if name.is_empty() || name.len() > LONGEST {
        return Some("must have 1 to 120 characters");
    }
    let segment =
        |segment: &str| !segment.is_empty() && segment != "." && segment != ".." && segment.chars().all(plain);
    (!name.split('/').all(segment)).then_some("may have letters, digits, `.`, `_`, `~`, `-`, and `/` between them")
}
