//! "Sign in as Alice, but …": claims changed for one sign-in.

use serde_json::{Value, json};

use crate::protocol::{Map, Params, Subject};
use crate::world::{OWN_CLAIMS, User, UserDecision, wrong_sub};

/// A prepared change: its name, its label, and the row of the editor that it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhatIf {
    /// What the form sends.
    pub name: &'static str,
    /// What the page says.
    pub label: &'static str,
    /// The claims that it alters, each with what the editor's field holds then; an empty one leaves the claim out.
    pub rows: &'static [(&'static str, &'static str)],
}

const fn what_if(name: &'static str, label: &'static str, rows: &'static [(&'static str, &'static str)]) -> WhatIf {
    WhatIf { name, label, rows }
}

/// Every prepared change.
pub const WHAT_IFS: [WhatIf; 6] = [
    what_if("unverified", "email not verified", &[("email_verified", "false")]),
    what_if("no-email", "no email", &[("email", ""), ("email_verified", "")]),
    what_if("no-roles", "no roles", &[("roles", "")]),
    what_if("mfa", "signed in with MFA", &[]),
    what_if("400-groups", "400 groups", &[("groups", "400 groups")]),
    what_if("3-days-ago", "signed in 3 days ago", &[]),
];

const THREE_DAYS: i64 = 3 * 86_400;

/// What the claim editor's form asks for.
pub(super) struct Change {
    pub(super) sub: Subject,
    pub(super) claims: Map,
    told: Vec<String>,
    amr: Vec<String>,
    age: i64,
}

impl Change {
    /// The answer of whoever pressed "sign in".
    pub(super) fn answer(self) -> UserDecision {
        let Self { sub, claims, told, amr, age } = self;
        UserDecision::SignIn { sub, claims: Some(claims), told, amr, age, tags: Vec::new() }
    }
}

/// What the form says: fields `claim.NAME`, one `add` of the form `name = value`, and any `what_if`; or what is wrong with it. A row that
/// was typed into is stronger than a prepared change.
pub(super) fn change(user: &User, params: &Params) -> Result<Change, String> {
    let mut claims = prepared(user, params);
    let typed = typed(user, params)?;
    for (name, value) in typed {
        match value {
            Some(value) => drop(claims.insert(name, value)),
            None => drop(claims.shift_remove(&name)),
        }
    }
    let sub = params.get("claim.sub").unwrap_or(user.sub.as_str());
    if let Some(why) = wrong_sub(sub) {
        return Err(format!("The sub `{sub}` {why}"));
    }
    if let Some(own) = OWN_CLAIMS.iter().find(|name| claims.contains_key(**name) && !user.claims.contains_key(**name)) {
        return Err(format!("`{own}` is the provider's own: only a lie alters it, not a claim"));
    }
    let told =
        claims.iter().filter(|(name, value)| user.claims.get(*name) != Some(value)).map(|(name, _)| name.clone());
    let asks = |name: &str| params.all("what_if").any(|what_if| what_if == name);
    let amr = if asks("mfa") { &["pwd", "otp", "mfa"][..] } else { &["user"] };
    Ok(Change {
        sub: sub.into(),
        told: told.collect(),
        claims,
        amr: amr.iter().map(|way| (*way).to_owned()).collect(),
        age: if asks("3-days-ago") { THREE_DAYS } else { 0 },
    })
}

fn prepared(user: &User, params: &Params) -> Map {
    let mut claims = user.claims.clone();
    let asked = |what_if: &&WhatIf| params.all("what_if").any(|name| name == what_if.name);
    for (claim, value) in WHAT_IFS.iter().filter(asked).flat_map(|what_if| what_if.rows) {
        match *value {
            "" => drop(claims.shift_remove(*claim)),
            "400 groups" => drop(claims.insert((*claim).to_owned(), four_hundred_groups())),
            value => drop(claims.insert((*claim).to_owned(), as_typed(None, value))),
        }
    }
    claims
}

fn four_hundred_groups() -> Value {
    json!((1..=400).map(|n| format!("group-{n:03}")).collect::<Vec<_>>())
}

/// The rows that hold something else than the configuration's value; nothing for one that was emptied.
fn typed(user: &User, params: &Params) -> Result<Vec<(String, Option<Value>)>, String> {
    let mut typed = Vec::new();
    for (name, text) in params.iter().filter_map(|(name, text)| Some((name.strip_prefix("claim.")?, text))) {
        let before = user.claims.get(name);
        if name == "sub" || before.map(shown).unwrap_or_default() == text {
            continue;
        }
        let text = text.trim();
        let value = match text {
            "" => None,
            "400 groups" => Some(four_hundred_groups()),
            _ => Some(as_typed(before, text)),
        };
        typed.push((name.to_owned(), value));
    }
    if let Some(added) = params.get("add") {
        let (name, value) =
            added.split_once('=').ok_or_else(|| format!("`{added}` is no claim: write it as name = value"))?;
        let name = name.trim();
        if name.is_empty() || name == "sub" {
            return Err(format!("`{added}` names no claim to add: the sub has a row of its own"));
        }
        typed.push((name.to_owned(), Some(as_typed(None, value))));
    }
    Ok(typed)
}

/// A claim as the editor's field shows it.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A claim that is text stays text; anything else is read as JSON, and as text where it is none.
fn as_typed(before: Option<&Value>, typed: &str) -> Value {
    let typed = typed.trim();
    if before.is_some_and(Value::is_string) {
        return typed.into();
    }
    serde_json::from_str(typed).unwrap_or_else(|_| typed.into())
}
