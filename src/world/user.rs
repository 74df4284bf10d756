//! A pretend person.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::protocol::{Map, Subject};

/// Someone who can sign in. Every key beyond the named ones is a claim, of any JSON type.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename = "User")]
pub struct User {
    /// The stable name, and what the person types as username unless `username` says otherwise.
    pub sub: Subject,
    /// What the person types. The `email` does as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The one password that is accepted. Without it any password is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Whether every sign-in is refused with `access_denied`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub locked: bool,
    /// What others know and have signed, by their names: UserInfo hands their statements on.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub aggregated: BTreeMap<String, Map>,
    /// What others know, by their names: UserInfo says where it can be fetched.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub distributed: BTreeMap<String, Map>,
    /// The claims, each under its own name.
    #[serde(flatten)]
    pub claims: Map,
}

impl User {
    /// A person without claims.
    pub fn new(sub: &str) -> Self {
        let (aggregated, distributed) = (BTreeMap::new(), BTreeMap::new());
        Self {
            sub: sub.into(),
            username: None,
            password: None,
            locked: false,
            aggregated,
            distributed,
            claims: Map::new(),
        }
    }

    /// With a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Whether others know something of them.
    pub fn has_sources(&self) -> bool {
        !self.aggregated.is_empty() || !self.distributed.is_empty()
    }

    /// A claim that is a string.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The name to show: `name`, or whatever comes nearest.
    pub fn shown_name(&self) -> &str {
        let names = ["name", "preferred_username", "email"].into_iter().filter_map(|claim| self.text(claim));
        names.map(str::trim).find(|name| !name.is_empty()).unwrap_or(self.sub.as_str())
    }

    /// Whether this is what the person types as username.
    pub fn answers_to(&self, typed: &str) -> bool {
        let typed = typed.trim();
        self.username.as_deref() == Some(typed)
            || self.sub.as_str() == typed
            || self.text("email").is_some_and(|email| email.eq_ignore_ascii_case(typed))
            || self.text("preferred_username") == Some(typed)
    }
}

/// Claims that say something about the token or the sign-in, not about the person: the provider's own.
pub const OWN_CLAIMS: [&str; 12] =
    ["iss", "aud", "exp", "iat", "nbf", "jti", "nonce", "at_hash", "c_hash", "sid", "azp", "auth_time"];

/// The `typ` of access tokens for distributed claims: they are good for nothing else.
pub const DISTRIBUTED_TYP: &str = "distributed-claims+jwt";

/// What is wrong with a `sub`, if something is, in words to stand behind it:
/// [Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken) asks for ASCII and at most 255 characters.
pub fn wrong_sub(sub: &str) -> Option<&'static str> {
    if sub.is_empty() {
        return Some("is empty");
    }
    if !sub.is_ascii() || sub.chars().any(|c| c.is_ascii_control()) {
        return Some("is not printable ASCII, as Core §2 asks");
    }
    if sub.len() > 255 {
        return Some("is longer than 255 characters, which Core §2 allows");
    }
    if sub.trim() != sub {
        return Some("begins or ends with a space");
    }
    sub.starts_with('+').then_some("begins with +, which is how the sign-in page says \"someone brand new\"")
}

/// Somebody who is in no configuration, with what a name alone tells of them.
pub fn made_up(name: &str) -> (Subject, Map) {
    let local = name.split('@').next().unwrap_or(name);
    let mut given = local.chars();
    let given: String = given.next().into_iter().flat_map(char::to_uppercase).chain(given).collect();
    let mut user =
        User::new("").claim("name", given.clone()).claim("given_name", given).claim("preferred_username", local);
    if name.contains('@') {
        user = user.claim("email", name).claim("email_verified", true);
    }
    (local.into(), user.claims)
}

/// A key that is a slip of one of the named ones: as a claim it would leave a user without the password that was meant.
fn nearly_named(key: &str) -> Option<&'static str> {
    let near = |name: &&str| {
        key.eq_ignore_ascii_case(name) || !key.contains('_') && strsim::damerau_levenshtein(key, name) == 1
    };
    ["sub", "username", "password", "locked"]
        .into_iter()
        .find(|name| name.len() > 3 && near(name) || key.eq_ignore_ascii_case(name))
}

/// Written by hand, since `#[serde(flatten)]` forgets where in the file a value stood.
impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = User;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user: a table with `sub` and any claims")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<User, A::Error> {
                let mut sub = None;
                let mut user = User::new("");
                while let Some(key) = members.next_key::<String>()? {
                    match key.as_str() {
                        "sub" => sub = Some(members.next_value::<Subject>()?),
                        "username" => user.username = members.next_value()?,
                        "password" => user.password = members.next_value()?,
                        "locked" => user.locked = members.next_value()?,
                        "aggregated" => user.aggregated = members.next_value()?,
                        "distributed" => user.distributed = members.next_value()?,
                        _ => {
                            if let Some(meant) = nearly_named(&key) {
                                let what = format!("`{key}` would be a claim; did you mean `{meant}`?");
                                return Err(de::Error::custom(what));
                            }
                            user.claims.insert(key, members.next_value()?);
                        }
                    }
                }
                user.sub = sub.ok_or_else(|| de::Error::missing_field("sub"))?;
                if user.sub.as_str().is_empty() {
                    return Err(de::Error::custom("`sub` must not be empty"));
                }
                Ok(user)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
