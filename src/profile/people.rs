//! People as pages show them.

use serde_json::Value;

use crate::protocol::Map;
use crate::reply::PersonOnPage;
use crate::world::{Settings, SignedInUser, User};

pub(super) fn person(user: &User, number: usize) -> PersonOnPage {
    PersonOnPage {
        sub: user.sub.to_string(),
        name: user.shown_name().to_owned(),
        initials: if user.locked { "!".into() } else { initials(user.shown_name()) },
        number,
        note: if user.locked { "always fails with `access_denied`".into() } else { note(&user.claims) },
        find: String::new(),
        trap: user.locked,
    }
}

/// The person behind a sign-in, who may exist in no configuration.
pub(super) fn person_on_page(settings: &Settings, signed_in: &SignedInUser) -> PersonOnPage {
    let claims = settings.claims_of(signed_in).cloned().unwrap_or_default();
    person(&User { claims, ..User::new(signed_in.sub.as_str()) }, 0)
}

/// Roles and groups, whether they are a list or a single word.
fn roles(claims: &Map) -> Vec<String> {
    let words = |name: &str| -> Vec<String> {
        match claims.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(word)) if !word.is_empty() => vec![word.clone()],
            _ => Vec::new(),
        }
    };
    [words("roles"), words("groups")].concat()
}

/// What the filter looks in, in lower case.
pub(super) fn found_by(user: &User) -> String {
    let email = user.text("email").unwrap_or_default();
    format!("{} {} {email} {}", user.shown_name(), user.sub, roles(&user.claims).join(" ")).to_lowercase()
}

fn note(claims: &Map) -> String {
    const SHOWN: usize = 4;
    let email =
        claims.get("email").and_then(Value::as_str).filter(|email| !email.is_empty()).unwrap_or("no email").to_owned();
    let roles = roles(claims);
    let more = if roles.len() > SHOWN { format!(" and {} more", roles.len() - SHOWN) } else { String::new() };
    let shown = roles.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    let name = claims.get("name").and_then(Value::as_str).unwrap_or_default();
    let mut parts = vec![email];
    parts.push(if roles.is_empty() { "no roles".into() } else { format!("{shown}{more}") });
    if !name.is_ascii() {
        parts.push("non-ASCII name".into());
    }
    parts.join(" · ")
}

fn initials(name: &str) -> String {
    let letters: Vec<char> =
        name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).collect();
    let (first, last) = (letters.first(), letters.get(1..).and_then(<[char]>::last));
    let initials: String = first.into_iter().chain(last).flat_map(|c| c.to_uppercase()).collect();
    if initials.is_empty() { "?".into() } else { initials }
}

/// Which scopes open a claim.
pub(super) fn scopes_in_words(settings: &Settings, claim: &str) -> String {
    let scopes: Vec<&str> = settings.scopes_opening(claim).collect();
    if scopes.is_empty() { "no scope opens it".into() } else { format!("needs scope {}", scopes.join(" or ")) }
}
