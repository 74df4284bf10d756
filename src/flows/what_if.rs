//! "Sign in as Alice, but …": claims changed for one sign-in.

use serde_json::{Value, json};

use crate::protocol::{Map, Params};
use crate::world::{PersonAnswer, User};

/// Name and label of each prepared change.
pub const WHAT_IFS: [(&str, &str); 6] = [
    ("unverified", "email not verified"),
    ("no-email", "no email"),
    ("no-roles", "no roles"),
    ("mfa", "signed in with MFA"),
    ("400-groups", "400 groups"),
    ("3-days-ago", "signed in 3 days ago"),
];

const THREE_DAYS: i64 = 3 * 86_400;

/// What the claim editor's form says: fields `claim.NAME`, one `add` of the form `name = value`, and any `what_if`.
pub(super) fn answer(user: &User, params: &Params, marks: Vec<String>) -> PersonAnswer {
    let mut claims = edited(user, params);
    let (mut amr, mut age) = (vec!["user".to_owned()], 0);
    for what_if in params.all("what_if") {
        match what_if {
            "unverified" => drop(claims.insert("email_verified".into(), false.into())),
            "no-email" => ["email", "email_verified"].iter().for_each(|name| drop(claims.shift_remove(*name))),
            "no-roles" => drop(claims.shift_remove("roles")),
            "400-groups" => {
                let groups: Vec<String> = (1..=400).map(|n| format!("group-{n:03}")).collect();
                claims.insert("groups".into(), json!(groups));
            }
            "mfa" => amr = vec!["pwd".into(), "otp".into(), "mfa".into()],
            "3-days-ago" => age = THREE_DAYS,
            _ => {}
        }
    }
    let sub = params.get("claim.sub").map_or_else(|| user.sub.clone(), Into::into);
    PersonAnswer::SignIn { sub, claims: Some(claims), amr, age, marks }
}

fn edited(user: &User, params: &Params) -> Map {
    let mut claims = user.claims.clone();
    for (name, typed) in params.iter().filter_map(|(name, typed)| Some((name.strip_prefix("claim.")?, typed))) {
        if name == "sub" {
            continue;
        }
        if typed.trim().is_empty() {
            claims.shift_remove(name);
        } else {
            let value = as_typed(claims.get(name), typed);
            claims.insert(name.to_owned(), value);
        }
    }
    if let Some((name, typed)) = params.get("add").and_then(|text| text.split_once('=')) {
        claims.insert(name.trim().to_owned(), as_typed(None, typed));
    }
    claims
}

/// A claim that is text stays text; anything else is read as JSON, and as text where it is none.
fn as_typed(before: Option<&Value>, typed: &str) -> Value {
    let typed = typed.trim();
    if before.is_some_and(Value::is_string) {
        return typed.into();
    }
    serde_json::from_str(typed).unwrap_or_else(|_| typed.into())
}
