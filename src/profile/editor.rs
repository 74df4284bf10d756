//! What the claim editor says.

use serde_json::Value;

use crate::protocol::{Params, Scopes};
use crate::reply::{Editor, Row};
use crate::world::{Settings, User};

use super::people::{person, scopes_in_words};

/// The claims that are changed most, in this order.
const FIRST: [&str; 5] = ["sub", "name", "email", "email_verified", "roles"];

/// The editor of a person's claims; `sent` is what was typed before, if it is shown again.
pub(super) fn editor(settings: &Settings, user: &User, (request, sent): (&Params, Option<&Params>)) -> Editor {
    let scopes = Scopes::from(request.get("scope").unwrap_or_default());
    let typed = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let claims = user.claims.iter().map(|(name, value)| (name.clone(), typed(value)));
    let mut claims: Vec<(String, String)> =
        std::iter::once(("sub".to_owned(), user.sub.to_string())).chain(claims).collect();
    for name in FIRST.iter().filter(|name| !claims.iter().any(|(known, _)| known == *name)).collect::<Vec<_>>() {
        claims.push(((*name).to_owned(), String::new()));
    }
    claims.sort_by_key(|(name, _)| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
    let row = |(name, configured): (String, String)| {
        let sent = sent.and_then(|sent| sent.all(&format!("claim.{name}")).next().map(str::to_owned));
        let value = sent.unwrap_or_else(|| configured.clone());
        let opened_by = opened_by(settings, &scopes, &name);
        Row { name, configured, value, opened_by }
    };
    Editor {
        person: person(user, 0),
        rows: claims.into_iter().map(row).collect(),
        added: sent.and_then(|sent| sent.get("add")).unwrap_or_default().to_owned(),
        ticked: sent.map(|sent| sent.all("what_if").map(str::to_owned).collect()).unwrap_or_default(),
        what_ifs: Vec::new(),
    }
}

/// Whether the app will see a claim that is not changed, in words.
fn opened_by(settings: &Settings, scopes: &Scopes, claim: &str) -> String {
    if claim == "sub" {
        return "always sent".into();
    }
    match settings.scopes_opening(claim).find(|scope| scopes.contains(scope)) {
        Some(scope) => format!("scope {scope}"),
        None => match settings.scopes_opening(claim).next() {
            Some(_) => format!("not sent: {}", scopes_in_words(settings, claim)),
            None => "not sent: no scope opens it".into(),
        },
    }
}
