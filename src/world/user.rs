//! A pretend person.

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
    /// The claims, each under its own name.
    #[serde(flatten)]
    pub claims: Map,
}

impl User {
    /// A person without claims.
    pub fn new(sub: &str) -> Self {
        Self { sub: sub.into(), username: None, password: None, locked: false, claims: Map::new() }
    }

    /// With a claim.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// A claim that is a string.
    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// The name to show: `name`, or whatever comes nearest.
    pub fn shown_name(&self) -> &str {
        ["name", "preferred_username", "email"].iter().find_map(|claim| self.text(claim)).unwrap_or(self.sub.as_str())
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
