//! What is no mistake, and still not what most people would expect.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::world::{Client, GrantType, ScopeClaims, User};

use super::Config;

/// Something odd: what it will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The user, client or key.
    pub about: String,
    /// What will come of it, in a sentence.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.about, self.what)
    }
}

/// The standard claims that are no text, [Core §5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims).
const NO_TEXT: [(&str, &str); 4] = [
    ("email_verified", "true or false"),
    ("phone_number_verified", "true or false"),
    ("address", "an object"),
    ("updated_at", "a number"),
];

/// The standard claims that are text.
pub(super) const TEXT: [&str; 15] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
];

impl Config {
    /// What is odd. `scopes` is which claims each scope opens, the standard ones included.
    pub fn notes(&self, scopes: &ScopeClaims) -> Vec<Note> {
        let note = |about: String, what: String| Note { about, what };
        let mut notes = Vec::new();
        let off = [("auto_login", self.auto_login.is_some()), ("seed", self.seed.is_some())];
        notes.extend(
            off.into_iter()
                .filter(|(_, said)| self.strict && *said)
                .map(|(key, _)| note(format!("key {key}"), "has no effect: `strict` turns it off".to_owned())),
        );
        let people = self.user.iter().flatten();
        for user in people.clone() {
            let odd = user.claims.iter().filter_map(|(name, value)| odd_type(name, value));
            notes.extend(odd.map(|what| note(format!("user {}", user.sub), what)));
        }
        notes.extend(self.same_names().into_iter().map(|(name, subs)| {
            note(
                format!("users {}", subs.join(" and ")),
                format!("both answer to `{name}`: whoever types it is the first"),
            )
        }));
        notes.extend(self.closed_claims(scopes).into_iter().map(|(claim, what)| note(format!("claim {claim}"), what)));
        let stuck = self.client.iter().filter_map(|client| Some((client, nobody_can_sign_in(client)?)));
        notes.extend(stuck.map(|(client, what)| note(format!("client {}", client.id), what.to_owned())));
        notes
    }

    /// Names by which more than one person is found.
    fn same_names(&self) -> Vec<(String, Vec<String>)> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for user in self.user.iter().flatten() {
            let email = user.text("email").map(str::to_lowercase);
            let others = user.text("preferred_username").map(str::to_owned);
            for name in email.into_iter().chain(others).chain(user.username.clone()).chain([user.sub.to_string()]) {
                names.entry(name).or_default().insert(user.sub.to_string());
            }
        }
        let several = names.into_iter().filter(|(_, subs)| subs.len() > 1);
        several.map(|(name, subs)| (name, subs.into_iter().collect())).collect()
    }

    /// Claims of people that no scope opens and nothing sends unasked: no app will see them, unless it asks for them one by one.
    fn closed_claims(&self, scopes: &ScopeClaims) -> Vec<(String, String)> {
        let named = |user: &User| user.claims.keys().cloned().collect::<Vec<_>>();
        let claims: BTreeSet<String> = self.user.iter().flatten().flat_map(named).collect();
        let opened = |claim: &String| scopes.values().any(|names| names.contains(claim));
        let sent = |claim: &String| {
            let kinds = std::iter::once(&self.claims).chain(self.client.iter().map(|client| &client.claims));
            let mut picks = kinds.flat_map(|kinds| [&kinds.id_token, &kinds.access_token, &kinds.userinfo]).flatten();
            picks.any(|pick| matches!(pick, crate::world::ClaimPick::OfPerson(name) if name == claim))
        };
        let closed = claims.into_iter().filter(|claim| !opened(claim) && !sent(claim));
        closed
            .map(|claim| {
                let open = format!("[scopes] {claim} = [\"{claim}\"]");
                let what =
                    format!("no scope opens it, so apps do not see it; {open} would, or [claims] sends it unasked");
                (claim, what)
            })
            .collect()
    }
}

fn odd_type(name: &str, value: &Value) -> Option<String> {
    if TEXT.contains(&name) && !value.is_string() {
        return Some(format!("{name} is {value}, and apps expect text; it is sent as it is"));
    }
    let (_, wanted) = NO_TEXT.iter().find(|(known, _)| *known == name)?;
    let fits = match name {
        "address" => value.is_object(),
        "updated_at" => value.is_number(),
        _ => value.is_boolean(),
    };
    (!fits).then(|| format!("{name} is {value}, and apps expect {wanted}; it is sent as it is"))
}

/// Why nobody can sign in to an app that is there for that.
pub(crate) fn nobody_can_sign_in(client: &Client) -> Option<&'static str> {
    let only_codes = client.grant_types.as_ref().is_none_or(|types| types.contains(&GrantType::AuthorizationCode));
    let by_itself = client.grant_types.as_ref().is_some_and(|types| types.contains(&GrantType::ClientCredentials));
    let stuck = client.redirect_uris.is_empty() && only_codes && !by_itself;
    stuck.then_some("has no redirect_uris, so nobody can sign in to it")
}
