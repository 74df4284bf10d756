//! Two tokens side by side.

use serde_json::Value;

use crate::tokens::Opened;

/// A claim that is not the same in both. What changes each time is left out: times, and names of this one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The claim's name.
    pub name: String,
    /// In the earlier token, as JSON.
    pub before: Option<String>,
    /// In the later one, as JSON.
    pub after: Option<String>,
}

const ALWAYS_NEW: [&str; 10] = ["iat", "exp", "nbf", "auth_time", "nonce", "at_hash", "c_hash", "s_hash", "jti", "sid"];

/// What differs, in the order of the later token, and then what is gone.
pub fn compared(before: &Opened, after: &Opened) -> Vec<Difference> {
    let text = |value: Option<&Value>| value.map(ToString::to_string);
    let later = after.claims.keys();
    let gone = before.claims.keys().filter(|name| !after.claims.contains_key(*name));
    let names = later.chain(gone).filter(|name| !ALWAYS_NEW.contains(&name.as_str()));
    let both = names.map(|name| Difference {
        name: name.clone(),
        before: text(before.claims.get(name)),
        after: text(after.claims.get(name)),
    });
    both.filter(|difference| difference.before != difference.after).collect()
}
