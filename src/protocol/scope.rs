//! A list of words separated by spaces, in which order means nothing.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `scope` parameter, [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3). Order as asked, each word once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Scopes(Vec<String>);

impl Scopes {
    /// Whether this scope is in the list.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.iter().any(|word| word == scope)
    }

    /// The words in the order they were asked for.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether every scope of this list is in `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.iter().all(|word| other.contains(word))
    }

    /// The scopes of this list that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|word| keep(word)).cloned().collect())
    }

    /// About how many bytes the list takes.
    pub fn size(&self) -> usize {
        self.0.iter().map(|word| word.len() + size_of::<String>() + 8).sum()
    }

    /// Whether no scope is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first word with a character that [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3) does not allow in a scope.
    pub fn malformed(&self) -> Option<&str> {
        self.iter().find(|word| !word.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)))
    }
}

impl From<&str> for Scopes {
    fn from(text: &str) -> Self {
        let mut words: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        Self(words)
    }
}

impl From<String> for Scopes {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}
